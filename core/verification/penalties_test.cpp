// Penalties beyond a flat share of the result bond: escalation, correlation, and the split of the
// challenger's share among several true claims.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "core/config/check_parameters.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

TestOptions with_policy(const std::function<void(Policy&)>& change) {
    TestOptions options;
    options.parameters.policy.reassignments_max = 0;
    change(options.parameters.policy);
    return options;
}

void join_with(TestChain& chain, std::string_view name, Amount bond) {
    chain.block({chain.by(name, registration(name, bond))});
}

// Runs blocks until a slash for this cause; nothing within 80 blocks is a failure.
event::Slashed next_slash(TestChain& chain, SlashCause cause) {
    for (int i = 0; i < 80; ++i) {
        chain.block();
        for (const event::Slashed& slash : chain.last<event::Slashed>()) {
            if (slash.cause == cause) return slash;
        }
    }
    throw TestFailure("no slash");
}

void challenge_truly(TestChain& chain, std::string_view job,
                     const std::vector<std::string_view>& challengers) {
    const Answer truth = chain.truth(job);
    std::vector<OperationPtr> commits;
    std::vector<OperationPtr> openings;
    for (const std::string_view name : challengers) {
        commits.push_back(chain.by(name, hidden_challenge(job, name, truth)));
    }
    chain.block(commits);
    for (const std::string_view name : challengers)
        openings.push_back(chain.by(name, opening(job, name, truth)));
    chain.block(openings);
}

// The assigned provider lies and is proven wrong.
event::Slashed prove_a_lie(TestChain& chain, const std::string& job) {
    chain.post(job, chain.lie(job));
    challenge_truly(chain, job, {"bob"});
    return next_slash(chain, SlashCause::kWrongAnswer);
}

// F3: a penalty that grows by 0.01 % an offence stays at 1 nLUX, because it is rounded down. A loop
// over 2^64 - 1 offences would not end in our lifetime.
TEST(Escalation, F3OfAnOffenceCountAtItsEndTakesNoTimeAndTheCountStaysThere) {
    TestChain chain(with_policy([](Policy& p) {
        p.slash_escalation_bps = 10'001;
        p.result_bond = Amount(1);
    }));
    join_with(chain, "p-1", lux(5000));
    chain.assign("job");
    chain.rewrite([](State& state) { state.providers.edit(0).offences = ~std::uint64_t{0}; });
    EXPECT_EQ(prove_a_lie(chain, "job").taken, Amount(1));
    EXPECT_EQ(chain.provider("p-1").offences, ~std::uint64_t{0});
}

TEST(Escalation, MultipliesEachFurtherOffenceUpToTheUnlockedBond) {
    TestChain chain(with_policy([](Policy& p) { p.slash_escalation_bps = 20'000; }));
    join_with(chain, "p-1", lux(5000));
    const std::uint64_t due[] = {100, 200, 400, 800, 1600, 1900};  // 3200 would be due last
    for (int k = 0; k < 6; ++k) {
        const std::string job = fmt::format("job-{}", k);
        chain.assign(job);
        const event::Slashed slash = prove_a_lie(chain, job);
        EXPECT_EQ(slash.due, lux(due[k])) << k;
        EXPECT_EQ(slash.taken, slash.due) << k;
        EXPECT_EQ(chain.provider("p-1").offences, static_cast<std::uint64_t>(k + 1));
    }
    EXPECT_EQ(chain.provider("p-1").bond, Amount());
}

TEST(Escalation, IsOffByDefault) {
    TestChain chain(with_policy([](Policy&) {}));
    join_with(chain, "p-1", lux(5000));
    for (const std::string job : {"first", "second"}) {
        chain.assign(job);
        EXPECT_EQ(prove_a_lie(chain, job).due, lux(100));
    }
}

TestOptions correlated(std::uint32_t multiplier) {
    return with_policy([multiplier](Policy& p) {
        p.correlation_multiplier = multiplier;
        p.correlation_window_blocks = 60;
    });
}

// Jobs until `liars` distinct providers of three have been proven wrong once each.
std::set<std::string> let_lie(TestChain& chain, std::size_t liars) {
    for (const char* name : {"p-1", "p-2", "p-3"}) join_with(chain, name, lux(2000));
    std::set<std::string> out;
    for (int i = 0; out.size() < liars; ++i) {
        const std::string job = fmt::format("job-{}", i);
        const std::string who = chain.assign(job);
        if (out.insert(who).second) {
            prove_a_lie(chain, job);
        } else {
            chain.post(job, chain.truth(job));
            chain.advance(7);
        }
    }
    return out;
}

TEST(Correlation, ALoneOffenderLosesTheMultipliersShare) {
    TestChain chain(correlated(1));
    const std::string liar = *let_lie(chain, 1).begin();
    EXPECT_EQ(chain.provider(liar).bond, lux(1900));
    const event::Slashed penalty = next_slash(chain, SlashCause::kCorrelated);
    EXPECT_EQ(chain.state().provider(penalty.provider).id, liar);
    EXPECT_EQ(penalty.taken, lux(2000).share(333'333, 1'000'000));  // 1 of 3 bonds
    EXPECT_EQ(penalty.burned, penalty.taken);
    EXPECT_EQ(chain.height(), chain.provider(liar).offended_at + 60);
    EXPECT_FALSE(chain.provider(liar).penalty_due);
}

TEST(Correlation, TwoOfThreeLoseTwiceAsMuchEach) {
    TestChain chain(correlated(1));
    let_lie(chain, 2);
    const Amount expected = lux(2000).share(666'666, 1'000'000);
    EXPECT_EQ(next_slash(chain, SlashCause::kCorrelated).taken, expected);
    EXPECT_EQ(next_slash(chain, SlashCause::kCorrelated).taken, expected);
}

TEST(Correlation, AThirdOfTheStakeLosesEverythingWithMultiplierThree) {
    TestChain chain(correlated(3));
    const std::string liar = *let_lie(chain, 1).begin();
    EXPECT_EQ(next_slash(chain, SlashCause::kCorrelated).taken, lux(1900));
    EXPECT_EQ(chain.provider(liar).bond, Amount());
}

TEST(Correlation, ABondStaysUntilThePenaltyIsCharged) {
    TestChain chain(correlated(1));
    const std::string liar = *let_lie(chain, 1).begin();
    chain.block({chain.by(liar, leave(liar))});
    chain.advance(10);  // the cooldown is 8 blocks
    chain.expect_refused(chain.by(liar, withdrawal(liar)), ErrorCode::kBondLocked);
    next_slash(chain, SlashCause::kCorrelated);
    EXPECT_FALSE(chain.refusal(chain.by(liar, withdrawal(liar))));
}

TestChain challenged_by_three(ClaimReward reward) {
    TestOptions options = with_policy([reward](Policy& p) { p.claim_reward = reward; });
    TestChain chain(options);
    join_with(chain, "p-1", lux(5000));
    chain.assign("job");
    chain.post("job", chain.lie("job"));
    challenge_truly(chain, "job", {"bob", "carol", "p-3"});
    return chain;
}

TEST(ClaimReward, HalvingPaysEachOfThreeAQuarterAndBurnsTheRest) {
    TestChain chain = challenged_by_three(ClaimReward::kHalving);
    const Amount burned = chain.totals().burned;
    const event::Slashed slash = next_slash(chain, SlashCause::kWrongAnswer);
    EXPECT_EQ(slash.waiting, lux(40));
    EXPECT_EQ(slash.to_challenger, Amount());
    for (const char* name : {"bob", "carol", "p-3"})
        EXPECT_EQ(chain.balance(name), lux(10'010)) << name;
    EXPECT_EQ(chain.totals().burned - burned, lux(100 - 30 - 10));  // the requester has 10
    EXPECT_EQ(chain.last<event::ShareSettled>().size(), 4U);
}

TEST(ClaimReward, FirstPaysOneOfThree) {
    TestChain chain = challenged_by_three(ClaimReward::kFirst);
    next_slash(chain, SlashCause::kWrongAnswer);
    EXPECT_EQ(chain.balance("bob"), lux(10'040));
    EXPECT_EQ(chain.balance("carol"), lux(10'000));
}

TEST(ClaimReward, HalvingIsRefusedWithCommittees) {
    VmParameters parameters;
    parameters.policy.claim_reward = ClaimReward::kHalving;
    EXPECT_TRUE(check_parameters(parameters));
    parameters.config.verification_mode = VerificationMode::kRedundant;
    const Status refused = check_parameters(parameters);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("claim_reward"), std::string::npos);
}

}  // namespace
}  // namespace aivm::test
