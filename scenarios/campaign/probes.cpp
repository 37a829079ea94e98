#include "scenarios/campaign/probes.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/execution/execute.h"

namespace aivm::scenarios {
namespace {

std::uint64_t fault(const RunFacts& facts, sim::FaultKind kind) {
    return facts.faults.at(static_cast<std::size_t>(kind));
}
std::uint64_t slash(const RunFacts& facts, SlashCause cause) {
    return facts.slashes.at(static_cast<std::size_t>(cause));
}

using F = const RunFacts&;
constexpr std::array kProbeRows{
    ProbeRow{"task_completed", "a task becomes final", 0.9,
             [](F f) { return f.count<event::TaskCompleted>(); }},
    ProbeRow{"task_failed", "a task fails and its fee is refunded", 0,
             [](F f) { return f.count<event::TaskFailed>(); }},
    ProbeRow{"task_returned", "a task goes back to the queue for another provider", 0.3,
             [](F f) { return f.count<event::TaskReturned>(); }},
    ProbeRow{"task_drawn_again", "a task is assigned for the second time", 0.3,
             [](F f) { return f.tasks_drawn_again; }},
    ProbeRow{"challenge_opened", "a challenge enters a block", 0.5,
             [](F f) { return f.count<event::ChallengeOpened>(); }},
    ProbeRow{"challenge_in_last_block", "a challenge enters the last block of its window", 0,
             [](F f) { return f.challenges_in_last_block; }},
    ProbeRow{"challenge_won", "a challenger wins its dispute", 0.5,
             [](F f) { return f.challenges_won; }},
    ProbeRow{"challenge_lost", "a challenger loses its dispute, or does not reveal", 0,
             [](F f) { return f.challenges_lost; }},
    ProbeRow{"dispute_moved", "a move of a bisection enters a block", 0,
             [](F f) { return f.count<event::DisputeMoved>(); }},
    ProbeRow{"wrong_answer_slashed", "a bond is taken for a wrong answer", 0.5,
             [](F f) { return slash(f, SlashCause::kWrongAnswer); }},
    ProbeRow{"timeout_slashed", "a bond is taken for silence", 0,
             [](F f) { return slash(f, SlashCause::kTimeout); }},
    ProbeRow{"equivocation_slashed", "stake is taken for two blocks of one height", 0,
             [](F f) { return slash(f, SlashCause::kEquivocation); }},
    ProbeRow{"quorum_reached", "a committee agrees", 0,
             [](F f) { return f.count<event::QuorumReached>(); }},
    ProbeRow{"quorum_missed", "a committee does not agree", 0,
             [](F f) { return f.count<event::QuorumMissed>(); }},
    ProbeRow{"usable_early", "an attested result may be used before it is final", 0,
             [](F f) { return f.count<event::UsableEarly>(); }},
    ProbeRow{"bond_withdrawn", "a provider takes its bond back", 0,
             [](F f) { return f.count<event::BondWithdrawn>(); }},
    ProbeRow{"rewards_claimed", "a provider claims its rewards", 0,
             [](F f) { return f.count<event::RewardsClaimed>(); }},
    ProbeRow{"epoch_closed", "an epoch ends", 0, [](F f) { return f.count<event::EpochClosed>(); }},
    ProbeRow{"full_block", "a block holds 32 operations or more", 0,
             [](F f) { return std::uint64_t{f.operations_max >= 32}; }},
    ProbeRow{"partition", "the network is cut", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kPartition); }},
    ProbeRow{"crash", "a validator crashes", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kCrash); }},
    ProbeRow{"torn_write", "a write is torn", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kTornWrite); }},
    ProbeRow{"lost_writes", "a disk loses its last writes", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kLostWrites); }},
    ProbeRow{"replaced_disk", "a validator restarts with an empty disk", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kReplacedDisk); }},
    ProbeRow{"clock_wrong", "a clock is wrong", 0.2,
             [](F f) {
                 return fault(f, sim::FaultKind::kClock) + fault(f, sim::FaultKind::kClockJumps);
             }},
    ProbeRow{"byzantine", "a validator breaks the protocol for a time", 0.2,
             [](F f) { return fault(f, sim::FaultKind::kByzantine); }},
    ProbeRow{"message_lost", "a message is lost", 0.2, [](F f) { return f.messages_lost; }},
    ProbeRow{"message_corrupted", "a message is corrupted", 0.2,
             [](F f) { return f.messages_corrupted; }},
    ProbeRow{"recovered", "the chain recovers from its last fault", 0.5,
             [](F f) { return std::uint64_t{f.recovered}; }},
};

class EventCounter {
public:
    EventCounter(RunFacts& facts, const Executed& block) : facts_(facts), block_(block) {}
    void operator()(const event::Slashed& slashed) const {
        ++facts_.slashes.at(static_cast<std::size_t>(slashed.cause));
    }
    void operator()(const event::DisputeClosed& closed) const {
        ++(closed.challenger_won ? facts_.challenges_won : facts_.challenges_lost);
    }
    void operator()(const event::ChallengeOpened& opened) const {
        const Task& task = block_.state.task(opened.task);
        // A task is settled in the block after its window, unless a dispute is open.
        if (task.settle_at <= block_.state.head.height + 1) ++facts_.challenges_in_last_block;
    }
    void operator()(const event::TaskAssigned& assigned) const {
        if (block_.state.task(assigned.task).assignments > 1) ++facts_.tasks_drawn_again;
    }
    template <class Other>
    void operator()(const Other&) const {}

private:
    RunFacts& facts_;
    const Executed& block_;
};

}  // namespace

void FactCounter::on_block(const Executed& block, sim::SimTime now) {
    ++blocks_;
    accepted_ns_ += static_cast<std::uint64_t>(now);
    made_ns_ += block.state.head.timestamp_ns;
    for (const VmEvent& event : block.events) {
        ++facts_.events.at(event.index());
        std::visit(EventCounter(facts_, block), event);
    }
    if (block.block != nullptr) {
        facts_.operations_max =
            std::max<std::uint64_t>(facts_.operations_max, block.block->operations().size());
    }
}

std::uint64_t FactCounter::latency_ns(TimestampNs genesis_time) const {
    if (blocks_ == 0) return 0;
    const std::uint64_t sum = accepted_ns_ - (made_ns_ - blocks_ * genesis_time);
    // Clocks that are ahead may make it negative.
    return sum > ~std::uint64_t{0} / 2 ? 0 : sum / blocks_;
}

RunFacts FactCounter::facts(const sim::Scenario& scenario, const sim::Outcome& outcome) const {
    using sim::ChoiceKind;
    RunFacts out = facts_;
    for (const sim::FaultPlan& plan : scenario.faults)
        ++out.faults.at(static_cast<std::size_t>(plan.kind));
    for (const sim::ChoiceAnswer& choice : outcome.choices) {
        const ChoiceKind kind = choice.id.kind;
        if (kind == ChoiceKind::kSwarmPresent && choice.id.actor < out.faults.size())
            ++out.faults.at(choice.id.actor);
        out.messages_lost += kind == ChoiceKind::kMessageLoss || kind == ChoiceKind::kFaultLoss;
        out.messages_corrupted +=
            kind == ChoiceKind::kMessageCorrupt || kind == ChoiceKind::kFaultCorrupt;
    }
    out.recovered = outcome.recovery_time.has_value();
    return out;
}

std::span<const ProbeRow> probe_rows() { return kProbeRows; }

std::vector<std::size_t> reached(const RunFacts& facts) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < kProbeRows.size(); ++i)
        if (kProbeRows.at(i).count(facts) > 0) out.push_back(i);
    return out;
}

std::string behaviour_of(const RunFacts& facts, const sim::Outcome& outcome) {
    std::string out(word(outcome.status));
    for (const ProbeRow& row : kProbeRows) out += row.count(facts) > 0 ? '1' : '0';
    for (const sim::Violation& violation : outcome.violations) out += " " + violation.invariant;
    return out;
}

}  // namespace aivm::scenarios
