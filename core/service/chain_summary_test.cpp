#include "core/service/chain_summary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "core/testing/random_play.h"

namespace aivm::test {
namespace {

Choose summary_choices(std::uint64_t seed) {
    return [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
        return static_cast<std::uint32_t>(generator() % bound);
    };
}

void expect_equal(const ChainSummary& kept, const ChainSummary& walked, const State& state) {
    EXPECT_EQ(kept.active_providers(), walked.active_providers());
    EXPECT_EQ(kept.epoch_rewards(), walked.epoch_rewards());
    EXPECT_EQ(kept.present_providers(), walked.present_providers());
    EXPECT_EQ(kept.open_models(), walked.open_models());
    for (std::uint32_t i = 0; i < state.providers.size(); ++i) {
        EXPECT_EQ(kept.work_of(ProviderIndex{i}), walked.work_of(ProviderIndex{i})) << i;
        EXPECT_EQ(kept.job_history(state, ProviderIndex{i}),
                  walked.job_history(state, ProviderIndex{i}))
            << i;
    }
    for (std::uint32_t i = 0; i < state.tasks.size(); ++i)
        EXPECT_EQ(kept.disputes_of(TaskIndex{i}), walked.disputes_of(TaskIndex{i})) << i;
}

// Kept block by block, the counts are those of a walk over the whole state.
struct Watched {
    explicit Watched(TestChain& watched) : chain(watched), kept(walk()), before(chain.tip()) {}

    ChainSummary walk() {
        timestamps[chain.height()] = chain.state().head.timestamp_ns;
        return {chain.state(), [this](Height height) { return timestamps.at(height); }};
    }
    void check() {
        kept.add_block(before->state, *chain.tip());
        before = chain.tip();
        expect_equal(kept, walk(), chain.state());
    }

    TestChain& chain;
    std::map<Height, TimestampNs> timestamps;
    ChainSummary kept;
    ExecutedPtr before;
};

TestOptions with_short_epochs() {
    TestOptions options;
    options.parameters.config.epoch_duration_ns = 10 * kBlockNs;
    return options;
}

RC_GTEST_PROP(ChainSummary, IsThatOfTheWholeStateAfterEveryBlock, ()) {
    const Choose choose = summary_choices(*rc::gen::arbitrary<std::uint64_t>());
    TestChain chain(with_short_epochs());
    Watched watched(chain);
    for (int i = 0; i < 60; ++i) {
        random_block(chain, choose);
        watched.check();
    }
}

TEST(ChainSummary, CountsWorkSlashesDisputesAndTheRewardsOfTheEpoch) {
    TestChain chain(with_short_epochs());
    Watched watched(chain);
    const auto block = [&](const std::vector<OperationPtr>& operations = {}) {
        chain.block(operations);
        watched.check();
    };
    // Enough for the minimum after one slash, so that it is drawn again.
    block({chain.by("p-1", registration("p-1", lux(1100)))});
    EXPECT_EQ(watched.kept.active_providers(), 1U);
    block({chain.by("alice", submission("job"))});
    while (chain.task("job").status != TaskStatus::kAssigned) block();
    block({chain.by("p-1", result("job", "p-1", chain.lie("job")))});
    EXPECT_EQ(watched.kept.work_of(ProviderIndex{0}).answered, 1U);
    block({chain.by("bob", hidden_challenge("job", "bob", chain.truth("job")))});
    EXPECT_EQ(watched.kept.disputes_of(TaskIndex{0}).size(), 1U);
    block({chain.by("bob", opening("job", "bob", chain.truth("job")))});
    while (chain.task("job").status == TaskStatus::kChallenged) block();
    while (chain.task("job").status != TaskStatus::kAssigned) block();
    block({chain.by("p-1", result("job", "p-1", chain.truth("job")))});
    while (chain.task("job").status != TaskStatus::kCompleted) block();
    EXPECT_FALSE(watched.kept.epoch_rewards().is_zero());
    EXPECT_EQ(watched.kept.disputes_of(TaskIndex{0}).size(), 1U) << "settled ones stay";
    for (int i = 0; i < 12; ++i) block();
    EXPECT_TRUE(watched.kept.epoch_rewards().is_zero()) << "another epoch";
}

TEST(ChainSummary, KeepsTheModelsThatTakeTasksAndTheProvidersThatHaveNotLeft) {
    TestChain chain(with_short_epochs());
    Watched watched(chain);
    const auto block = [&](const OperationPtr& operation) {
        chain.block({operation});
        watched.check();
    };
    const auto models = [&] { return watched.kept.open_models().size(); };
    const std::size_t of_genesis = models();
    block(chain.by("alice", op::RegisterModel{small_model("m-1"), salt_of("license")}));
    EXPECT_EQ(models(), of_genesis + 1);
    block(chain.by("alice", op::RetireModel{"m-1"}));
    EXPECT_EQ(models(), of_genesis);
    block(chain.by("p-1", registration("p-1", lux(1000))));
    block(chain.by("p-2", registration("p-2", lux(1000))));
    block(chain.by("p-1", leave("p-1")));
    EXPECT_EQ(watched.kept.present_providers().size(), 2U) << "one of them is leaving";
    for (int i = 0; i < 8; ++i) {
        chain.block();
        watched.check();
    }
    block(chain.by("p-1", withdrawal("p-1")));
    EXPECT_EQ(watched.kept.present_providers(), std::set{ProviderIndex{1}});
    block(chain.by("p-1", registration("p-1", lux(1000))));
    EXPECT_EQ(watched.kept.present_providers().size(), 2U) << "it is back under its id";
}

}  // namespace
}  // namespace aivm::test
