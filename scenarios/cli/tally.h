// Counts facts that the rows of a run contain beyond its metrics, on their way to the recorder.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/record/row_sink.h"

namespace aivm::scenarios::cli {

class Tally final : public sim::RowSink {
public:
    explicit Tally(sim::RowSink& behind) : behind_(behind) {}

    Status begin_run(const sim::RunInfo& info) override { return behind_.begin_run(info); }
    Status finish_run(const sim::RunSummary& summary) override {
        return behind_.finish_run(summary);
    }

    [[nodiscard]] std::uint64_t tasks(sim::TaskOutcome outcome) const {
        return outcomes_.at(static_cast<std::size_t>(outcome));
    }
    // Wrong results that nobody has proven wrong and that their tasks may still become final with.
    [[nodiscard]] std::uint64_t fraud_open() const;
    [[nodiscard]] std::uint64_t slashes() const { return slashes_; }
    [[nodiscard]] const std::vector<sim::FaultRow>& faults() const { return faults_; }
    // Participants of each principal, by its number.
    [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& agents() const { return agents_; }

protected:
    void take(sim::RowRef row) override;

private:
    template <class Row>
    void note(const Row&) {}
    void note(const sim::TaskRow& row);
    void note(const sim::ResultRow& row);
    void note(const sim::SlashRow& row);
    void note(const sim::FaultRow& row) { faults_.push_back(row); }
    void note(const sim::AgentRow& row) { ++agents_[row.principal]; }

    sim::RowSink& behind_;
    std::array<std::uint64_t, enum_count<sim::TaskOutcome>> outcomes_{};
    struct Wrong {
        std::uint64_t task = 0;
        std::uint32_t provider = 0;
        std::uint32_t attempt = 0;
    };

    std::map<std::uint64_t, std::uint32_t> pending_;  // tasks without an outcome: assignments
    std::vector<Wrong> wrong_;                        // every wrong result
    std::set<std::pair<std::uint64_t, std::uint32_t>> slashed_;  // task and agent
    std::uint64_t slashes_ = 0;
    std::vector<sim::FaultRow> faults_;
    std::map<std::uint32_t, std::uint64_t> agents_;
};

}  // namespace aivm::scenarios::cli
