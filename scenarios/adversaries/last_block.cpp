// A23 last_block: acts like an honest actor, but in the last block in which an action counts, or a
// configured number of blocks later.
//
// Stresses the edges of every window. A provider answers in the last block before its timeout. A
// challenger commits in the last block of the challenge window and reveals in the last one of the
// reveal window; both ends are inclusive, so nothing is lost without delay, and everything with a
// delay of one block. Observe n_fraud_missed and slash_due.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class LastMinuteProvider final : public sim::ProviderStrategy {
public:
    LastMinuteProvider(const Parameters& parameters, const sim::StrategyContext& context)
        : timeout_ns_(context.rules.config.task_timeout_ns),
          interval_ns_(static_cast<std::uint64_t>(context.block_interval)),
          late_(static_cast<std::uint64_t>(parameters.get("answer_late"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    bool waits(const sim::TaskView& view) override {
        // Timeouts fall at the end of the first block at or after the deadline, and its operations
        // still count. An operation sent now is in the next block.
        const TimestampNs next = view.state.head.timestamp_ns + interval_ns_;
        return next < view.task.waiting_since_ns + timeout_ns_ + late_ * interval_ns_;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override { return true_answer(view); }

private:
    std::uint64_t timeout_ns_;
    std::uint64_t interval_ns_;
    std::uint64_t late_;
};

class LastBlockChallenger final : public sim::ChallengerStrategy {
public:
    LastBlockChallenger(const Parameters& parameters, const sim::StrategyContext& context)
        : policy_(context.rules.policy),
          window_blocks_(context.rules.config.challenge_window_blocks),
          commit_late_(static_cast<Height>(parameters.get("commit_late"))),
          reveal_late_(static_cast<Height>(parameters.get("reveal_late"))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = true_answer(view);
        if (answers_agree(policy_, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }
    bool commits(const sim::TaskView& view) override {
        return view.height() + 1 >= view.task.posted_at + window_blocks_ + commit_late_;
    }
    bool reveals(const sim::DisputeView& view) override {
        return view.height() + 1 >= view.dispute.deadline + reveal_late_;
    }

private:
    Policy policy_;
    Height window_blocks_;
    Height commit_late_;
    Height reveal_late_;
};

std::unique_ptr<sim::ProviderStrategy> make_last_minute_provider(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<LastMinuteProvider>(parameters, context);
}

std::unique_ptr<sim::ChallengerStrategy> make_last_block_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<LastBlockChallenger>(parameters, context);
}

constexpr std::array kLastBlockParameters{
    StrategyParameter{"answer_late", 0, 1000, 0, "blocks",
                      "after the last block before the timeout"},
    StrategyParameter{"commit_late", 0, 1000, 0, "blocks",
                      "after the last block of the challenge window"},
    StrategyParameter{"reveal_late", 0, 1000, 0, "blocks",
                      "after the last block of the reveal window"},
};

}  // namespace

const StrategyRow kLastBlockRow{.name = "last_block",
                                .id = "A23",
                                .honest = true,
                                .doc = "acts in the last block of every window",
                                .parameters = kLastBlockParameters,
                                .provider = make_last_minute_provider,
                                .challenger = make_last_block_challenger};

}  // namespace aivm::scenarios
