// V31, V33-V35: a share of the proposers leaves out fraud proofs. Every answer is wrong and one
// challenger proves each at once; a sample is one answer, missed if a censor proposed every block
// of its window. Only the commitment must be included in time; the reveal is not limited. Windows
// overlap, so answers of one run depend on each other.
#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kAnyTimeBlocks = 100'000;

sim::Scenario censored(const ValidationCase& c, std::uint32_t answers) {
    sim::Scenario s = market(answers, 1);
    s.vm.config.challenge_window_blocks = static_cast<std::uint64_t>(c.whole("W"));
    s.vm.policy.challenge_reveal_blocks = kAnyTimeBlocks;
    s.actors = {liars(1), members(sim::Role::kChallenger, "checker", 1, "always_check")};
    return s;
}

// Counts the answers posted in a block after which, by `aligned`, a window begins.
template <class Aligned>
Sample missed_of(const Played& played, Aligned aligned) {
    Sample sample;
    for (const sim::ResultRow& result : played.results()) {
        if (!aligned(result.reveal_block.value())) continue;
        sample.whole += 1;
        if (played.tasks().at(result.task).outcome == sim::TaskOutcome::kFinalCorrupt)
            sample.part += 1;
    }
    return sample;
}

}  // namespace

Result<Sample> censored_proofs(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = censored(c, 6000);
    s.chain.censorship = sim::CensorshipModel::kIid;
    s.chain.censoring_ppm = c.ppm("al");
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = 4 * s.chain.block_interval_ns;
    AIVM_ASSIGN(const auto played, play(context, s));
    return missed_frauds(*played);
}

// The five operations of a bisection over two steps: commitment, reveal, the provider's opening of
// the last step and of the first, the verdict. Censors leave out all of them, and each is possible
// only after the one before it.
Result<Sample> sequential_moves(const ValidationCase& c, const RunContext& context) {
    if (c.whole("m") != 5)
        return fail(ErrorCode::kInvalidArgument, "a bisection over two steps has 5 moves");
    sim::Scenario s = censored(c, 2000);
    s.chain.censorship = sim::CensorshipModel::kIid;
    s.chain.censoring_ppm = c.ppm("al");
    s.workload.steps = 2;
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = 5 * s.chain.block_interval_ns;
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = kAnyTimeBlocks;
    AIVM_ASSIGN(const auto played, play(context, s));
    Sample sample{static_cast<double>(played->results().size()),
                  static_cast<double>(played->results().size())};
    for (const sim::ChallengeRow& row : played->rows.rows<sim::ChallengeRow>()) {
        const bool in_time =
            row.resolved_block &&
            *row.resolved_block <= row.ready_block + static_cast<Height>(c.whole("W"));
        if (in_time) sample.part -= 1;
    }
    return sample;
}

Result<Sample> permuted_proposers(const ValidationCase& c, const RunContext& context) {
    const auto round = static_cast<std::uint64_t>(c.whole("n"));
    const auto window = static_cast<std::uint64_t>(c.whole("W"));
    sim::Scenario s = censored(c, 3300);
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = 3 * s.chain.block_interval_ns;
    s.chain.censorship = sim::CensorshipModel::kPermuted;
    s.chain.censoring_ppm = static_cast<std::uint32_t>(1'000'000 * c.whole("A") / c.whole("n"));
    s.chain.round_proposers = static_cast<std::uint32_t>(round);
    AIVM_ASSIGN(const auto played, play(context, s));
    // Blocks posted + 1 to posted + window within one round; the first round begins with block 1.
    return missed_of(*played, [&](Height posted) { return posted % round + window <= round; });
}

Result<Sample> sticky_leaders(const ValidationCase& c, const RunContext& context) {
    const auto term = static_cast<std::uint64_t>(c.whole("s"));
    sim::Scenario s = censored(c, 3300);
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = 3 * s.chain.block_interval_ns;
    s.chain.censorship = sim::CensorshipModel::kSticky;
    s.chain.censoring_ppm = c.ppm("al");
    s.chain.leader_term_blocks = static_cast<std::uint32_t>(term);
    AIVM_ASSIGN(const auto played, play(context, s));
    return missed_of(*played, [&](Height posted) { return posted % term == 0; });
}

}  // namespace aivm::scenarios
