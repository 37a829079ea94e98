// Probes: named points that the runs of a campaign must reach somewhere. A campaign that never
// reaches one has not tested what lies behind it. Each has a target, the share of the runs that
// must reach it, and is judged in the scenarios that can reach it only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/state/event.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"
#include "sim/world/probe.h"

namespace aivm::scenarios {

// What a run did, as far as probes ask. Counted on the accepted chain.
struct RunFacts {
    std::array<std::uint64_t, std::variant_size_v<VmEvent>> events{};  // by alternative
    std::array<std::uint64_t, enum_count<SlashCause>> slashes{};
    std::uint64_t challenges_won = 0;
    std::uint64_t challenges_lost = 0;
    std::uint64_t challenges_in_last_block = 0;  // of their window
    std::uint64_t tasks_drawn_again = 0;
    std::uint64_t operations_max = 0;  // in one block
    std::array<std::uint64_t, sim::kFaultKinds> faults{};
    std::uint64_t messages_lost = 0;
    std::uint64_t messages_corrupted = 0;
    bool recovered = false;  // from its last fault
    std::uint64_t disputes_timed_out = 0;
    std::uint64_t cuts_with_conflicts = 0;
    std::uint64_t view_changes = 0;
    std::uint64_t torn_writes_recovered = 0;

    template <class Event>
    [[nodiscard]] std::uint64_t count() const {
        return events.at(VmEvent(Event{}).index());
    }
};

// Counts while a run goes on.
class FactCounter final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime now) override;
    void on_cut(const CutResult&, bool contested) override {
        facts_.cuts_with_conflicts += contested ? 1 : 0;
    }
    void on_view_change(sim::ActorId) override { ++facts_.view_changes; }
    void on_torn_write_recovered(sim::ActorId) override { ++facts_.torn_writes_recovered; }
    // How long after its time a block was accepted by the first node, on average; 0 without blocks.
    [[nodiscard]] std::uint64_t latency_ns(TimestampNs genesis_time) const;
    // The facts of the finished run.
    [[nodiscard]] RunFacts facts(const sim::Scenario& scenario, const sim::Outcome& outcome) const;

private:
    RunFacts facts_;
    std::uint64_t blocks_ = 0;
    std::uint64_t accepted_ns_ = 0;  // the sum of the times of their acceptance
    std::uint64_t made_ns_ = 0;      // and of their own times, modulo 2^64
};

struct ProbeRow {
    std::string_view name;
    std::string_view meaning;
    // The share of the runs that must reach it: about a third of what the catalogue's scenario
    // `swarm` shows, see probes.cpp. Greater than 0.
    double target;
    // Whether runs of the scenario can reach it at all. Where they cannot it is not judged.
    bool (*applies)(const sim::Scenario& scenario);
    std::uint64_t (*count)(const RunFacts& facts);
};
std::span<const ProbeRow> probe_rows();

// The probes that the run reached, by position in probe_rows().
std::vector<std::size_t> reached(const RunFacts& facts);

// What the run did, coarsely: how it ended, which probes it reached, and what it violated. Equal
// texts are one behaviour.
std::string behaviour_of(const RunFacts& facts, const sim::Outcome& outcome);

}  // namespace aivm::scenarios
