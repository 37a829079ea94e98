// Counts over the accepted chain that the service shows, kept up to date block by block, so that no
// request walks the history. They are no part of the consensus state: a node derives them from the
// state when it opens.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/execution/execute.h"

namespace aivm {

// A provider's work, summed over its seats on all tasks.
struct WorkRecord {
    std::uint64_t answered = 0;
    std::uint64_t slashed = 0;
    std::uint64_t compute_time_ms = 0;  // sum over the answered ones, modulo 2^64

    friend bool operator==(const WorkRecord&, const WorkRecord&) = default;
};

// The most jobs in a provider's history.
constexpr std::size_t kJobHistoryMax = 16;

class ChainSummary {
public:
    ChainSummary() = default;
    // Walks over the whole state once. `timestamp_of` returns the timestamp of an accepted block.
    ChainSummary(const State& state, const std::function<TimestampNs(Height)>& timestamp_of);

    // Adds an accepted block, which was executed on `parent`. Costs as much as the block changed.
    void add_block(const State& parent, const Executed& block);

    [[nodiscard]] WorkRecord work_of(ProviderIndex provider) const;
    // Ids of the last kJobHistoryMax tasks that the provider answered, the latest submitted first.
    [[nodiscard]] std::vector<std::string> job_history(const State& state,
                                                       ProviderIndex provider) const;
    [[nodiscard]] std::uint64_t active_providers() const { return active_providers_; }
    // Those that have not left, in order of registration.
    [[nodiscard]] const std::set<ProviderIndex>& present_providers() const { return present_; }
    // The models that take new tasks, by their first versions.
    [[nodiscard]] const std::set<ModelIndex>& open_models() const { return open_models_; }
    // Paid to providers for what became final since the present epoch began; saturates.
    [[nodiscard]] Amount epoch_rewards() const { return epoch_rewards_; }
    // Every dispute about the task, of earlier results too, in order of opening.
    [[nodiscard]] std::vector<DisputeIndex> disputes_of(TaskIndex task) const;

private:
    enum class Sign { kAdd, kRemove };
    void count_seats(TaskIndex index, const Task& task, Sign sign);
    void set_provider(ProviderIndex index, const Provider& provider);
    void set_model(ModelIndex index, const ModelStatus& status);
    void add_disputes(const State& state, std::size_t first);
    void add_payment(Amount paid);

    std::vector<WorkRecord> work_;  // by provider index; providers without work may be absent
    std::map<ProviderIndex, std::set<TaskIndex>> jobs_;  // that it answered
    std::uint64_t active_providers_ = 0;
    std::set<ProviderIndex> present_;
    std::set<ModelIndex> open_models_;
    Amount epoch_rewards_;
    std::map<TaskIndex, std::vector<DisputeIndex>> disputes_;
};

}  // namespace aivm
