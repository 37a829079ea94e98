// V21, V22, V24, V25, V27, V29, V30, V58: committees of N, of whom M must agree. Members answer in
// the open, without a challenge window: the samples are draws and tallies, which commit and reveal
// do not change.
#include <algorithm>
#include <map>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

sim::Scenario committees(std::uint32_t tasks, std::uint32_t per_block,
                         const sim::ActorGroup& pool) {
    sim::Scenario s = market(tasks, per_block);
    s.vm.config.verification_mode = VerificationMode::kRedundant;
    s.vm.config.challenge_window_blocks = 0;
    s.vm.config.redundancy_factor = 3;
    s.vm.policy.redundancy_providers = 5;
    s.vm.policy.commit_reveal = false;
    s.vm.policy.commit_window_blocks = 3;
    // so that no participant runs out of money in a long run; 0 would violate E4
    s.vm.policy.slash_silent_bps = 1;
    s.actors = {pool};
    return s;
}

// The share of tasks with this outcome.
Sample share_of(const Played& played, sim::TaskOutcome outcome) {
    Sample sample;
    for (const sim::TaskRow& task : played.tasks()) {
        sample.whole += 1;
        if (task.outcome == outcome) sample.part += 1;
    }
    return sample;
}

// The blocks of the draw and of the M-th answer of a committee.
class Quorums final : public sim::Probe {
public:
    explicit Quorums(std::uint32_t needed) : needed_(needed) {}
    void on_block(const Executed& block, sim::SimTime) override {
        const Height height = block.state.head.height;
        for (const VmEvent& e : block.events) {
            if (const auto* assigned = std::get_if<event::TaskAssigned>(&e))
                drawn_.emplace(assigned->task, height);
            const auto* answered = std::get_if<event::ResultRevealed>(&e);
            if (answered == nullptr || ++answers_[answered->task] != needed_) continue;
            sample_.part += static_cast<double>(height - drawn_.at(answered->task));
            sample_.whole += 1;
        }
    }
    [[nodiscard]] Sample in_units_of(double blocks) const {
        return {sample_.part / blocks, sample_.whole};
    }

private:
    std::uint32_t needed_;
    std::map<TaskIndex, Height> drawn_;
    std::map<TaskIndex, std::uint32_t> answers_;
    Sample sample_;
};

// A colluder that ignores who else is drawn.
const std::map<std::string, std::int64_t> kAlways{{"bad_ppm", 1'000'000}};

constexpr std::uint64_t kWorkBlocks =
    200;  // the mean of an exponential time, long compared with a block

// Members that begin at once and take exponential times.
sim::Scenario racing(std::uint32_t tasks, const std::vector<sim::ActorGroup>& pool) {
    sim::Scenario s = committees(tasks, 1, pool.front());
    s.actors = pool;
    for (sim::ActorGroup& group : s.actors) group.machines = 10'000;
    s.workload.work_law = sim::WorkLaw::kExponential;
    s.workload.step_time_ns = kWorkBlocks * s.chain.block_interval_ns;
    s.vm.policy.commit_window_blocks = 10 * kWorkBlocks;
    return s;
}

}  // namespace

Result<Sample> corrupt_open_pool(const ValidationCase& c, const RunContext& context) {
    const auto pool =
        members(sim::Role::kProvider, "pool", 20, "quorum_collusion", {{"bad_ppm", c.ppm("f")}});
    AIVM_ASSIGN(const auto played, play(context, committees(3000, 100, pool)));
    return share_of(*played, sim::TaskOutcome::kFinalCorrupt);
}

Result<Sample> corrupt_finite_pool(const ValidationCase& c, const RunContext& context) {
    const auto bad = static_cast<std::uint32_t>(c.whole("K"));
    const auto good = static_cast<std::uint32_t>(c.whole("n")) - bad;
    sim::Scenario s = committees(3000, 100, members(sim::Role::kProvider, "good", good, "honest"));
    s.actors.push_back(members(sim::Role::kProvider, "bad", bad, "quorum_collusion", kAlways));
    AIVM_ASSIGN(const auto played, play(context, s));
    return share_of(*played, sim::TaskOutcome::kFinalCorrupt);
}

Result<Sample> missed_quorums(const ValidationCase& c, const RunContext& context) {
    const auto pool =
        members(sim::Role::kProvider, "pool", 5, "silent_selected", {{"silent_ppm", c.ppm("a")}});
    AIVM_ASSIGN(const auto played, play(context, committees(8000, 200, pool)));
    return share_of(*played, sim::TaskOutcome::kReverted);
}

Result<Sample> assignment_rounds(const ValidationCase& c, const RunContext& context) {
    const auto pool =
        members(sim::Role::kProvider, "pool", 5, "silent_selected", {{"silent_ppm", c.ppm("a")}});
    sim::Scenario s = committees(1000, 100, pool);
    s.vm.policy.max_assignments = 1000;
    AIVM_ASSIGN(const auto played, play(context, s));
    Sample sample;
    for (const sim::TaskRow& task : played->tasks()) {
        sample.part += task.assignments;
        sample.whole += 1;
    }
    return sample;
}

// Every seat is a trial: its owner is honest, and slashed if it alone erred beside a quorum.
Result<Sample> slashed_honest_seats(const ValidationCase& c, const RunContext& context) {
    const auto pool =
        members(sim::Role::kProvider, "pool", 10, "nondeterministic", {{"error_ppm", c.ppm("e")}});
    AIVM_ASSIGN(const auto played, play(context, committees(2000, 100, pool)));
    const auto& slashes = played->rows.rows<sim::SlashRow>();
    const auto slashed =
        std::ranges::count(slashes, std::string("divergent"), &sim::SlashRow::cause);
    return Sample{static_cast<double>(slashed), 5.0 * static_cast<double>(played->tasks().size())};
}

// h honest members, b that agree on a wrong answer, and free riders in the other seats, which
// decide.
Result<Sample> copied_wrong_answers(const ValidationCase& c, const RunContext& context) {
    const auto honest = static_cast<std::uint32_t>(c.whole("h"));
    const auto bad = static_cast<std::uint32_t>(c.whole("b"));
    const sim::Scenario s =
        racing(500, {members(sim::Role::kProvider, "honest", honest, "honest"),
                     members(sim::Role::kProvider, "bad", bad, "quorum_collusion", kAlways),
                     members(sim::Role::kProvider, "riders", 5 - honest - bad, "free_rider")});
    AIVM_ASSIGN(const auto played, play(context, s));
    return share_of(*played, sim::TaskOutcome::kFinalCorrupt);
}

// The leaver deregisters in the block of its draw, commits and never reveals. Without the
// obligation rule it escapes if the cooldown ends before the slash; the margin of a cooldown is its
// excess over the shortest one that keeps the bond.
Result<Sample> unbond_margin(const ValidationCase& c, const RunContext& context) {
    const auto escapes = [&](std::uint64_t cooldown) -> Result<bool> {
        sim::Scenario s = committees(1, 1, members(sim::Role::kProvider, "honest", 4, "honest"));
        s.actors.push_back(
            members(sim::Role::kProvider, "leaver", 1, "unbond_escape", {{"committee", 1}}));
        s.vm.policy.commit_reveal = true;
        s.vm.policy.obligation_rule = false;
        s.vm.policy.commit_window_blocks = static_cast<std::uint64_t>(c.whole("C"));
        s.vm.policy.reveal_window_blocks = static_cast<std::uint64_t>(c.whole("R"));
        s.vm.policy.unbond_cooldown_blocks = cooldown;
        AIVM_ASSIGN(const auto played, play({context.seed, context.fault, false}, s));
        for (const sim::SlashRow& row : played->rows.rows<sim::SlashRow>()) {
            if (row.cause == "unrevealed") return row.taken < row.due;
        }
        return fail(ErrorCode::kWrongState, "the leaver was not slashed at all");
    };
    std::int64_t low = 0;  // the shortest cooldown that keeps the bond, from below and above
    std::int64_t high = 4 * (c.whole("C") + c.whole("R"));
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        AIVM_ASSIGN(const bool too_short, escapes(static_cast<std::uint64_t>(middle)));
        too_short ? low = middle + 1 : high = middle;
    }
    return Sample{static_cast<double>(c.whole("U") - low), 1};
}

Result<Sample> time_to_quorum(const ValidationCase& c, const RunContext& context) {
    const auto needed = static_cast<std::uint32_t>(c.whole("M"));
    sim::Scenario s = racing(100, {members(sim::Role::kProvider, "pool",
                                           static_cast<std::uint32_t>(c.whole("N")), "honest")});
    s.vm.config.redundancy_factor = needed;
    s.vm.policy.redundancy_providers = static_cast<std::uint32_t>(c.whole("N"));
    Quorums quorums(needed);
    AIVM_TRY(play(context, s, &quorums));
    return quorums.in_units_of(static_cast<double>(kWorkBlocks) / c.get("mu"));
}

}  // namespace aivm::scenarios
