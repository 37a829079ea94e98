// V31, V33-V35: a share of the proposers leaves out fraud proofs. Every answer is wrong and one
// challenger proves each at once; a sample is one answer, missed if a censor proposed every block
// of its window. Only the commitment must be included in time; the reveal is not limited. Windows
// overlap, so answers of one run depend on each other.
#include <algorithm>
#include <map>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kAnyTimeBlocks = 100'000;
constexpr std::uint32_t kRoundMax = 1000;  // proposers of a round, blocks of a term
constexpr std::uint32_t kBlocksPerAnswer = 3;
constexpr std::uint32_t kCensoredAnswers = 3300;
constexpr std::uint32_t kRounds = 50;  // in a run, at least

std::uint32_t window_of(const ValidationCase& c) { return c.whole("W", 1, kSimulatedBlocksMax); }

// Wrong answers one by one, with this mean number of blocks between them.
sim::Scenario censored(std::uint32_t window, std::uint32_t answers, std::uint32_t gap_blocks) {
    sim::Scenario s = market(answers, 1);
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = gap_blocks * s.chain.block_interval_ns;
    s.vm.config.challenge_window_blocks = window;
    s.vm.policy.challenge_reveal_blocks = kAnyTimeBlocks;
    s.actors = {liars(1), members(sim::Role::kChallenger, "checker", 1, "always_check")};
    return s;
}

// Enough of them for many rounds of this many blocks.
sim::Scenario censored_in_rounds(std::uint32_t window, std::uint32_t round) {
    const std::uint32_t answers = std::max(kCensoredAnswers, kRounds * round / kBlocksPerAnswer);
    return censored(window, answers, kBlocksPerAnswer);
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

// Counts the answers whose dispute has not got its m-th operation into a block of the window.
class Moves final : public sim::Probe {
public:
    Moves(std::uint32_t needed, std::uint32_t window) : needed_(needed), window_(window) {}

    void on_block(const Executed& block, sim::SimTime) override {
        const Height height = block.state.head.height;
        for (const VmEvent& e : block.events) {
            if (const auto* posted = std::get_if<event::ResultPosted>(&e)) {
                posted_[posted->task] = height;
            } else if (const auto* opened = std::get_if<event::ChallengeOpened>(&e)) {
                count(opened->dispute, opened->task, height);
            } else if (const auto* revealed = std::get_if<event::ChallengeRevealed>(&e)) {
                count(revealed->dispute, revealed->task, height);
            } else if (const auto* moved = std::get_if<event::DisputeMoved>(&e)) {
                count(moved->dispute, moved->task, height);
            }
        }
    }
    [[nodiscard]] Sample missed() const {
        const auto all = static_cast<double>(posted_.size());
        return {all - in_time_, all};
    }

private:
    void count(DisputeIndex dispute, TaskIndex task, Height height) {
        if (++moves_[dispute] == needed_ && height <= posted_.at(task) + window_) in_time_ += 1;
    }

    std::uint32_t needed_;
    std::uint32_t window_;
    std::map<TaskIndex, Height> posted_;
    std::map<DisputeIndex, std::uint32_t> moves_;
    double in_time_ = 0;
};

}  // namespace

Result<Sample> censored_proofs(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = censored(window_of(c), 6000, 4);
    s.chain.censorship = sim::CensorshipModel::kIid;
    s.chain.censoring_ppm = c.ppm("al");
    AIVM_ASSIGN(const auto played, play(context, s));
    return missed_frauds(*played);
}

// The operations of a bisection: commitment, reveal, the opening of the last step, and for each
// halving an opening and a verdict. Censors leave out all of them, and each is possible only after
// the one before it. A bisection over 2^h steps has 3 + 2 h; the first m of one with at least m are
// counted.
Result<Sample> sequential_moves(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kHalvingsMax = 10;
    constexpr std::uint32_t kStepsOfAll = 128'000;  // bounds the computing of a run
    const std::uint32_t needed = c.whole("m", 1, 3 + 2 * kHalvingsMax);
    const std::uint32_t halvings = std::max(1U, needed < 3 ? 0 : (needed - 2) / 2);
    const std::uint32_t steps = 1U << halvings;
    const std::uint32_t window = window_of(c);
    sim::Scenario s = censored(window, std::min(2000U, kStepsOfAll / steps), 5);
    s.chain.censorship = sim::CensorshipModel::kIid;
    s.chain.censoring_ppm = c.ppm("al");
    s.workload.steps = steps;
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = kAnyTimeBlocks;
    Moves moves(needed, window);
    AIVM_TRY(play(context, s, &moves));
    return moves.missed();
}

Result<Sample> permuted_proposers(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t round = c.whole("n", 1, kRoundMax);
    const std::uint32_t censors = c.whole("A", 0, round);
    const std::uint32_t window = c.whole("W", 1, round);
    sim::Scenario s = censored_in_rounds(window, round);
    s.chain.censorship = sim::CensorshipModel::kPermuted;
    s.chain.censoring_ppm = 1'000'000 * censors / round;
    s.chain.round_proposers = round;
    AIVM_ASSIGN(const auto played, play(context, s));
    // Blocks posted + 1 to posted + window within one round; the first round begins with block 1.
    return missed_of(*played, [&](Height posted) { return posted % round + window <= round; });
}

Result<Sample> sticky_leaders(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t term = c.whole("s", 1, kRoundMax);
    const std::uint32_t window = window_of(c);
    sim::Scenario s = censored_in_rounds(window, std::max(term, std::min(window, kRoundMax)));
    s.chain.censorship = sim::CensorshipModel::kSticky;
    s.chain.censoring_ppm = c.ppm("al");
    s.chain.leader_term_blocks = term;
    AIVM_ASSIGN(const auto played, play(context, s));
    return missed_of(*played, [&](Height posted) { return posted % term == 0; });
}

}  // namespace aivm::scenarios
