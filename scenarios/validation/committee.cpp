// V21, V22, V24, V25, V27, V29, V30, V58: committees of N, of whom M must agree. Members answer in
// the open, without a challenge window: the samples are draws and tallies, which commit and reveal
// do not change.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/config/limits.h"
#include "scenarios/validation/case_table.h"
#include "scenarios/validation/search.h"
#include "scenarios/validation/theory.h"

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
    // The sum of the times from draw to quorum in blocks, over the committees that had one.
    [[nodiscard]] const Sample& blocks() const { return sample_; }

private:
    std::uint32_t needed_;
    std::map<TaskIndex, Height> drawn_;
    std::map<TaskIndex, std::uint32_t> answers_;
    Sample sample_;
};

// A colluder that ignores who else is drawn.
const std::map<std::string, std::int64_t> kAlways{{"bad_ppm", 1'000'000}};

constexpr std::uint32_t kSeats = static_cast<std::uint32_t>(kSeatsMax);
constexpr std::uint32_t kPoolMax = 5000;

// A mean of an exponential time, long compared with a block.
constexpr std::uint32_t kWorkBlocks = 200;
constexpr std::uint32_t kLongestWork = 16;  // in means: exceeded once in nine million

// Members that begin at once and take exponential times with this mean. All of them have a seat.
sim::Scenario racing(std::uint32_t tasks, const std::vector<sim::ActorGroup>& pool,
                     std::uint32_t work_blocks) {
    sim::Scenario s = committees(tasks, 1, pool.front());
    s.actors = pool;
    std::uint32_t seats = 0;
    for (sim::ActorGroup& group : s.actors) {
        group.machines = 10'000;
        seats += group.count;
    }
    s.workload.work_law = sim::WorkLaw::kExponential;
    s.workload.step_time_ns = work_blocks * s.chain.block_interval_ns;
    s.vm.config.redundancy_factor = seats / 2 + 1;
    s.vm.policy.redundancy_providers = seats;
    s.vm.policy.commit_window_blocks = std::uint64_t{kLongestWork} * work_blocks;
    return s;
}

// The leaver deregisters in the block of its draw, commits and never reveals. Without the
// obligation rule it escapes if the cooldown ends before the slash.
Result<bool> keeps_bond(const RunContext& context, std::uint32_t commit_blocks,
                        std::uint32_t reveal_blocks, std::uint64_t cooldown_blocks) {
    sim::Scenario s = committees(1, 1, members(sim::Role::kProvider, "honest", 4, "honest"));
    s.actors.push_back(
        members(sim::Role::kProvider, "leaver", 1, "unbond_escape", {{"committee", 1}}));
    s.vm.policy.commit_reveal = true;
    s.vm.policy.obligation_rule = false;
    s.vm.policy.commit_window_blocks = commit_blocks;
    s.vm.policy.reveal_window_blocks = reveal_blocks;
    s.vm.policy.unbond_cooldown_blocks = cooldown_blocks;
    AIVM_ASSIGN(const auto played, play({context.seed, context.fault, false}, s));
    for (const sim::SlashRow& row : played->rows.rows<sim::SlashRow>()) {
        if (row.cause == "unrevealed") return row.taken == row.due;
    }
    return fail(ErrorCode::kWrongState, "the leaver was not slashed at all");
}

}  // namespace

Result<Sample> corrupt_open_pool(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t bad_ppm = c.ppm("f");
    // With bad_ppm = 0 the strategy decides by its accomplices instead.
    const auto pool = bad_ppm == 0 ? members(sim::Role::kProvider, "pool", 20, "honest")
                                   : members(sim::Role::kProvider, "pool", 20, "quorum_collusion",
                                             {{"bad_ppm", bad_ppm}});
    AIVM_ASSIGN(const auto played, play(context, committees(3000, 100, pool)));
    return share_of(*played, sim::TaskOutcome::kFinalCorrupt);
}

Result<Sample> corrupt_finite_pool(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t all = c.whole("n", 5, kPoolMax);
    const std::uint32_t bad = c.whole("K", 0, all);
    sim::Scenario s =
        committees(3000, 100, members(sim::Role::kProvider, "good", all - bad, "honest"));
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
    // Committees that meet again and again take the time of many tasks.
    const double present = 1 - c.share("a");
    const double quorum = std::max(1e-6, binom_sf(3, 5, present));
    sim::Scenario s = committees(tasks_for(std::max(20.0, 1000 * quorum)), 100, pool);
    s.vm.policy.reassignments_max = 999'999;
    AIVM_ASSIGN(const auto played, play(context, s));
    Sample sample;
    for (const sim::TaskRow& task : played->tasks()) {
        if (task.outcome == sim::TaskOutcome::kReverted)
            return fail(ErrorCode::kLimitReached, "a task was given up without a quorum");
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

// h honest members, b that agree on a wrong answer, and as many free riders as decide for whom they
// copy: with the smaller side they are a majority. A committee of N, if the case has an N.
Result<Sample> copied_wrong_answers(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t honest = c.whole("h", 0, kSeats);
    const std::uint32_t bad = c.whole("b", 0, kSeats);
    const std::uint32_t least = 2 * std::max(honest, bad) + 1;
    if (least > kSeats) {
        c.refuse(honest > bad ? "h" : "b",
                 fmt::format("a committee in which riders decide would have {} seats; there are {}",
                             least, kSeats));
    }
    const std::uint32_t seats = c.parameters.contains("N") ? c.whole("N", least, kSeats) : least;
    const sim::Scenario s =
        racing(500,
               {members(sim::Role::kProvider, "honest", honest, "honest"),
                members(sim::Role::kProvider, "bad", bad, "quorum_collusion", kAlways),
                members(sim::Role::kProvider, "riders", seats - honest - bad, "free_rider")},
               kWorkBlocks);
    AIVM_ASSIGN(const auto played, play(context, s));
    return share_of(*played, sim::TaskOutcome::kFinalCorrupt);
}

// The margin of a cooldown is its excess over the shortest one that keeps the bond, which is
// searched for. U itself is simulated too, and must escape exactly if its margin is negative.
Result<Sample> unbond_margin(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint64_t kCooldownMax = 1'000'000'000;
    const std::uint32_t cooldown = c.whole("U", 0, kCooldownMax);
    const std::uint32_t commit = c.whole("C", 1, kSimulatedBlocksMax);
    const std::uint32_t reveal = c.whole("R", 1, kSimulatedBlocksMax);
    AIVM_ASSIGN(const std::uint64_t shortest,
                smallest_that(cooldown, kCooldownMax, [&](std::uint64_t blocks) {
                    return keeps_bond(context, commit, reveal, blocks);
                }));
    AIVM_ASSIGN(const bool keeps, keeps_bond(context, commit, reveal, cooldown));
    if (keeps != (cooldown >= shortest))
        return fail(ErrorCode::kWrongState, "a longer cooldown keeps less of the bond");
    return Sample{static_cast<double>(cooldown) - static_cast<double>(shortest), 1};
}

// Every member of N works for the same mean time, so that the unit of time is mu of them.
Result<Sample> time_to_quorum(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t seats = c.whole("N", 1, kSeats);
    const std::uint32_t needed = c.whole("M", 1, seats);
    // Long enough for the first answers of many members.
    const std::uint32_t work_blocks = kWorkBlocks * ((seats + 2 * needed - 1) / (2 * needed));
    const double unit_blocks = work_blocks * c.positive("mu");
    constexpr std::uint32_t kTasks = 100;
    sim::Scenario s =
        racing(kTasks, {members(sim::Role::kProvider, "pool", seats, "honest")}, work_blocks);
    // Answers that are no majority make no quorum of the VM, but they are counted just the same.
    s.vm.config.redundancy_factor = std::max(needed, seats / 2 + 1);
    Quorums quorums(needed);
    AIVM_TRY(play(context, s, &quorums));
    const Sample blocks = quorums.blocks();
    if (blocks.whole != kTasks)
        return fail(ErrorCode::kLimitReached, "a committee has not got enough answers");
    return Sample{blocks.part / unit_blocks, blocks.whole};
}

}  // namespace aivm::scenarios
