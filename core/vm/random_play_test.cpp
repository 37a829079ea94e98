// Random operation sequences on small worlds. The seed is pinned by RC_PARAMS; a failure names the
// block and what broke.
#include "core/testing/random_play.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "core/state/load.h"

namespace aivm::test {
namespace {

// One number decides a whole game: shrinking single choices would only produce unrelated games.
Choose choices_of(std::uint64_t seed) {
    return [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
        return static_cast<std::uint32_t>(generator() % bound);
    };
}

TestOptions with_policies(const Choose& choose) {
    TestOptions options;
    Policy& policy = options.parameters.policy;
    policy.reassignments_max = choose(4);
    policy.reward_schedule = choose(2) == 0 ? RewardSchedule::kFlat : RewardSchedule::kTiered;
    policy.slash_bps = choose(2) == 0 ? 10'000 : 3'333;
    options.parameters.config.max_task_queue_size = 2 + choose(6);
    options.parameters.config.max_tasks_per_provider = 1 + choose(4);
    return options;
}

RC_GTEST_PROP(RandomPlay, KeepsEveryInvariantAfterEveryBlock, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestChain chain(with_policies(choose));
    for (int i = 0; i < 60; ++i) random_block(chain, choose);
}

// F3: a statistic that overflowed in a settlement stopped the chain for ever.
RC_GTEST_PROP(RandomPlay, F3GoesOnWithAmountsNearTheGreatestSupply, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestOptions options = with_policies(choose);
    make_amounts_great(options);
    if (choose(2) == 0) options.parameters.policy.reward_schedule = RewardSchedule::kTiered;
    TestChain chain(options);
    for (int i = 0; i < 60; ++i) random_block(chain, choose, kGreatScale);
}

// F3: prices that nobody can pay, and sums with them that no integer holds.
RC_GTEST_PROP(RandomPlay, F3GoesOnWithPricesUpToTheGreatestInteger, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestOptions options = with_policies(choose);
    make_amounts_great(options);
    make_prices_extreme(options, choose);
    TestChain chain(options);
    for (int i = 0; i < 60; ++i) random_block(chain, choose, kGreatScale);
}

// F3: counters that are at their end stay there, and everything else goes on.
RC_GTEST_PROP(RandomPlay, F3GoesOnWithCountersNearTheGreatestInteger, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestOptions options = with_policies(choose);
    make_amounts_great(options);
    options.parameters.policy.slash_escalation_bps = 10'000 + choose(2);
    options.parameters.policy.full_proof_operations = 1;
    options.parameters.policy.trust_from_history = choose(2) * 20;
    options.providers = {"p-1", "p-2", "p-3"};  // none begins later, with counters of its own
    TestChain chain(options);
    for (int i = 0; i < 15; ++i) random_block(chain, choose);
    plant_great_counters(chain, choose);
    for (int i = 0; i < 45; ++i) {
        random_block(chain, choose, kGreatScale);
        RC_ASSERT(great_counters_hold(chain.state()));
    }
}

// A game in which no counter moves would prove nothing.
TEST(RandomPlay, F3PlantedCountersReachTheirEnd) {
    std::uint64_t at_the_end = 0;
    bool wrapped = false;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Choose choose = choices_of(seed);
        TestOptions options = with_policies(choose);
        options.parameters.policy.full_proof_operations = 1;
        options.providers = {"p-1", "p-2", "p-3"};
        TestChain chain(options);
        plant_great_counters(chain, [](std::uint32_t) { return 1U; });
        for (int i = 0; i < 60; ++i) random_block(chain, choose);
        wrapped = wrapped || chain.state().head.full_proof_blocks < 1'000;
        chain.state().providers.for_each([&](std::size_t, const Provider& p) {
            at_the_end += p.tasks_completed == ~std::uint64_t{0} ? 1 : 0;
            at_the_end += p.offences == ~std::uint64_t{0} ? 1 : 0;
        });
    }
    EXPECT_GT(at_the_end, 5U);
    EXPECT_TRUE(wrapped);
}

// Games in which nothing happens would prove nothing.
TEST(RandomPlay, ReachesEveryKindOfEventAndSlashOfTheOptimisticMode) {
    std::map<std::size_t, int> reached;
    std::map<SlashCause, int> slashed;
    std::map<bool, int> disputes;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const Choose choose = choices_of(seed);
        TestChain chain(with_policies(choose));
        for (int i = 0; i < 80; ++i) {
            random_block(chain, choose);
            for (const VmEvent& event : chain.events()) ++reached[event.index()];
            for (const auto& slash : chain.last<event::Slashed>()) ++slashed[slash.cause];
            for (const auto& closed : chain.last<event::DisputeClosed>())
                ++disputes[closed.challenger_won];
        }
    }
    for (std::size_t kind = 0; kind <= VmEvent(event::EpochClosed{}).index(); ++kind) {
        if (kind == VmEvent(event::ResultCommitted{}).index()) continue;  // of the redundant mode
        EXPECT_GT(reached[kind], 2) << "event kind " << kind;
    }
    for (const VmEvent& event :
         {VmEvent(event::BondAdded{}), VmEvent(event::ModelRegistered{}),
          VmEvent(event::ModelRetired{}), VmEvent(event::ValidatorJoined{}),
          VmEvent(event::ValidatorLeaving{}), VmEvent(event::StakeWithdrawn{})}) {
        EXPECT_GT(reached[event.index()], 1) << "event kind " << event.index();
    }
    for (const SlashCause cause : {SlashCause::kWrongAnswer, SlashCause::kTimeout,
                                   SlashCause::kLostChallenge, SlashCause::kEquivocation}) {
        EXPECT_GT(slashed[cause], 2) << word(cause);
    }
    EXPECT_GT(disputes[true], 2);
    EXPECT_GT(disputes[false], 2);
}

RC_GTEST_PROP(RandomPlay, GoesOnAfterARestartAsIfThereHadBeenNone, ()) {
    const std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();
    const Choose choose = choices_of(seed);
    const Choose same = choices_of(seed);
    TestChain steady(with_policies(choose));
    TestChain shaken(with_policies(same));
    const Choose when = choices_of(seed + 1);
    for (int i = 0; i < 40; ++i) {
        random_block(steady, choose);
        if (when(3) == 0) shaken.restart();
        random_block(shaken, same);
        RC_ASSERT(shaken.vm().last_accepted() == steady.vm().last_accepted());
        RC_ASSERT(contents_digest(shaken.state()) == contents_digest(steady.state()));
    }
}

RC_GTEST_PROP(RandomPlay, VerifyAndRejectLeaveNoTrace, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestChain chain;
    for (int i = 0; i < 30; ++i) {
        random_block(chain, choose);
        const Hash32 contents = contents_digest(chain.state());
        const Hash32 root = chain.state().state_root;
        std::vector<OperationPtr> operations;
        for (int k = 0; k < 4; ++k) operations.push_back(random_operation(chain, choose));
        const Built built = chain.build(operations);
        const BlockPtr block = built.executed->block;
        RC_ASSERT(chain.vm().verify(block, block->header().timestamp_ns).has_value());
        RC_ASSERT(contents_digest(chain.state()) == contents);
        RC_ASSERT(chain.vm().reject(block->id()).has_value());
        RC_ASSERT(contents_digest(chain.state()) == contents && chain.state().state_root == root);
        RC_ASSERT(chain.vm().processing_count() == 0U);
        RC_ASSERT(chain.vm().get_block(block->id()).error().code == ErrorCode::kNotFound);
    }
}

RC_GTEST_PROP(RandomPlay, EveryOperationAndBlockSurvivesItsOwnEncoding, ()) {
    const Choose choose = choices_of(*rc::gen::arbitrary<std::uint64_t>());
    TestChain chain;
    for (int i = 0; i < 10; ++i) random_block(chain, choose);
    for (int i = 0; i < 20; ++i) {
        const OperationPtr operation = random_operation(chain, choose);
        const auto again = Operation::decode(operation->bytes());
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->encode() == operation->bytes());
        Bytes cut = operation->bytes();
        cut.pop_back();
        RC_ASSERT(!Operation::decode(cut).has_value());
        cut = operation->bytes();
        cut.push_back(0);
        RC_ASSERT(!Operation::decode(cut).has_value());
    }
}

}  // namespace
}  // namespace aivm::test
