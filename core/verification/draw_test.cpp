// The draw of a provider: who can be drawn, and how trust weighs.
#include "core/verification/draw.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_evidence.h"

namespace aivm::test {
namespace {

// How often each of two providers is drawn in 2,000 draws of a task at the chain's tip.
std::array<int, 2> draws(const TestChain& chain, std::string_view job) {
    BlockContext context;
    context.height = chain.height();
    context.timestamp_ns = chain.state().head.timestamp_ns;
    const Transition t(chain.state(), context, chain.rules());
    std::array<int, 2> count{};
    for (std::uint32_t i = 0; i < 2000; ++i) {
        const Drawn drawn = draw_providers(t, chain.task(job), keccak256(Writer().u32(i).view()));
        count.at(drawn[0].value) += 1;
    }
    return count;
}

GpuEvidence evidence_now(const TestChain& chain) {
    GpuEvidence evidence = hardware_evidence();
    evidence.timestamp_ns = chain.state().head.timestamp_ns;
    return evidence;
}

TestOptions slow_timeouts() {
    TestOptions options;
    options.parameters.config.task_timeout_ns = 1000 * kBlockNs;
    return options;
}

// F17: evidence of 30 s standing gave a weight of 101 for ever, also after a proven lie.
TEST(Draw, F17TrustWeighsWhileItsEvidenceIsFresh) {
    TestChain chain(slow_timeouts());
    chain.join("p-1");
    chain.join("p-2");
    chain.block({chain.by("p-1", attestation("p-1", evidence_now(chain)))});
    chain.block({chain.by("alice", submission("job"))});
    EXPECT_NEAR(draws(chain, "job")[0], 2000 * 101 / 102, 40);
    chain.advance(9);  // 36 s later; attestationTimeout is 30 s
    EXPECT_NEAR(draws(chain, "job")[0], 1000, 110);
}

TEST(Draw, F17AProvenLieEndsTheTrustUntilThereIsNewEvidence) {
    TestChain chain(slow_timeouts());
    chain.join("p-1");
    chain.assign("lie");
    chain.block({chain.by("p-1", attestation("p-1", evidence_now(chain)))});
    chain.join("p-2");
    chain.post("lie", chain.lie("lie"));
    chain.block({chain.by("bob", hidden_challenge("lie", "bob", chain.truth("lie")))});
    chain.block({chain.by("bob", opening("lie", "bob", chain.truth("lie")))});
    chain.block();
    ASSERT_TRUE(chain.provider("p-1").trust_lost);
    const Amount missing = lux(1000) - chain.provider("p-1").bond;
    chain.block(
        {chain.by("p-1", op::AddBond{"p-1", missing}), chain.by("alice", submission("job"))});
    EXPECT_NEAR(draws(chain, "job")[0], 1000, 110);
    chain.block({chain.by("p-1", attestation("p-1", evidence_now(chain)))});
    EXPECT_NEAR(draws(chain, "job")[0], 2000 * 101 / 102, 40);
}

// F16: whoever proposed the two blocks after a task registered identities until the draw fell on
// one of its own.
TEST(Draw, F16OnlyProvidersThatWereBondedBeforeTheTaskAreCandidates) {
    TestOptions options;
    options.parameters.policy.activation_delay_blocks = 3;
    TestChain chain(options);
    chain.join("p-1");
    chain.advance(3);
    chain.block({chain.by("alice", submission("job"))});
    chain.block({chain.by("p-2", registration("p-2", lux(1000))),
                 chain.by("p-3", registration("p-3", lux(1000)))});
    chain.block();
    EXPECT_EQ(chain.assigned_provider("job"), "p-1");
}

TEST(Draw, ANewProviderIsDrawnOnceItsDelayIsOver) {
    TestOptions options;
    options.parameters.policy.activation_delay_blocks = 3;
    TestChain chain(options);
    chain.join("p-1");
    const Height joined = chain.height();
    chain.block({chain.by("alice", submission("job"))});
    chain.advance_to(joined + 4);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    chain.block();  // the set of two blocks before, three blocks after it joined
    EXPECT_EQ(chain.height(), joined + 5);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kAssigned);
}

// F27: a provider with a tenth of the minimum was still drawn, and could not raise its bond.
TEST(Draw, F27ABondBelowTheMinimumIsNotDrawnUntilItIsFilledUp) {
    TestOptions options = slow_timeouts();
    options.parameters.config.min_provider_bond = lux(1000);
    options.parameters.policy.activation_delay_blocks = 2;
    TestChain chain(options);
    chain.join("p-1");
    chain.advance(2);
    chain.assign("lie");
    chain.post("lie", chain.lie("lie"));
    chain.block({chain.by("bob", hidden_challenge("lie", "bob", chain.truth("lie")))});
    chain.block({chain.by("bob", opening("lie", "bob", chain.truth("lie")))});
    chain.advance(8);
    EXPECT_LT(chain.provider("p-1").bond, lux(1000));
    EXPECT_EQ(chain.task("lie").status, TaskStatus::kPending);
    chain.expect_refused(chain.by("alice", submission("job")), ErrorCode::kNoProvider);
    chain.expect_refused(chain.by("bob", op::AddBond{"p-1", lux(1)}), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("p-1", op::AddBond{"p-1", Amount()}),
                         ErrorCode::kInvalidArgument);
    const Amount missing = lux(1000) - chain.provider("p-1").bond;
    chain.block({chain.by("p-1", op::AddBond{"p-1", missing})});
    const Height filled = chain.height();
    chain.advance_to(filled + 3);
    EXPECT_EQ(chain.task("lie").status, TaskStatus::kPending);
    chain.block();
    EXPECT_EQ(chain.task("lie").status, TaskStatus::kAssigned);
}

TEST(Draw, AProviderOfTheGenesisCountsAsBondedForEver) {
    TestOptions options;
    options.parameters.policy.activation_delay_blocks = 3;
    TestChain chain(served(options));
    EXPECT_EQ(chain.totals().bonds, lux(2 * 5000 + 1000));
    chain.block(
        {chain.by("p-1", registration("p-1", lux(1000))), chain.by("alice", submission("job"))});
    chain.advance(2);
    EXPECT_EQ(chain.assigned_provider("job"), "served") << "p-1 was bonded too late";
}

}  // namespace
}  // namespace aivm::test
