// The draw of a committee, and the content that a commitment binds.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/base/digest.h"
#include "core/tasks/admission.h"
#include "core/testing/committee_world.h"
#include "core/verification/draw.h"

namespace aivm::test {
namespace {

std::vector<ProviderIndex> providers(std::uint32_t count) {
    std::vector<ProviderIndex> out;
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(ProviderIndex{i});
    return out;
}

TEST(CommitteeDraw, TakesMembersOneByOneFromWhatRemains) {
    const Hash32 seed = salt_of("seed");
    std::vector<ProviderIndex> remaining = providers(9);
    std::vector<ProviderIndex> expected;
    for (std::uint32_t i = 0; i < 4; ++i) {
        // The i-th draw by long division, digit by digit in base 16, instead of the function under
        // test.
        std::uint64_t at = 0;
        for (const char digit : to_hex(keccak256(Writer().fixed(seed).u32(i).view()).view())) {
            at = (at * 16 +
                  static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10)) %
                 remaining.size();
        }
        expected.push_back(remaining[at]);
        remaining[at] = remaining.front();  // what was in front takes the place of what was drawn
        remaining.erase(remaining.begin());
    }
    EXPECT_EQ(draw_committee(providers(9), seed, 4), expected);
}

TEST(CommitteeDraw, IsDistinctAndFairOverManySeeds) {
    std::map<std::uint32_t, int> chosen;
    for (std::uint32_t i = 0; i < 4000; ++i) {
        const auto members = draw_committee(providers(8), keccak256(Writer().u32(i).view()), 5);
        EXPECT_EQ(std::set<ProviderIndex>(members.begin(), members.end()).size(), 5u);
        for (const ProviderIndex member : members) chosen[member.value] += 1;
    }
    // Binomial(4000, 5/8): 2500 expected, standard deviation 31.
    for (const auto& [provider, count] : chosen) EXPECT_NEAR(count, 2500, 155) << provider;
}

// D27: the draw is seeded by a value the requester chooses.
TEST(CommitteeDraw, D27FollowsABeaconThatTheRequesterCannotKnow) {
    EXPECT_EQ(draw_seed(salt_of("task"), salt_of("beacon")),
              keccak256({salt_of("task").view(), salt_of("beacon").view()}));
    CommitteeWorld world(committee_parameters(), 12);
    world.draw("job");
    const Task& task = world.chain.task("job");
    const auto expected =
        draw_committee(providers(12), draw_seed(task.task_key, world.chain.state().head.beacon), 5);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(task.seats[i].provider, expected[i]);
    EXPECT_EQ(task.draw_at, task.submitted_at + 2);
}

TEST(CommitteeCommitment, BindsEveryFieldIn32BytesEach) {
    CommittedResult r;
    r.task_key = salt_of("task");
    r.model = salt_of("model");
    r.input.fill(7);
    r.answer = 9;
    r.embedding_digest = empty_embedding_digest();
    r.operator_address = address_of("p-1");
    r.nonce = salt_of("nonce");
    const Bytes input(32, 7);
    const Bytes output{9};
    const Bytes padding(12, 0);
    EXPECT_EQ(result_commitment(r),
              keccak256({r.task_key.view(), r.model.view(), keccak256(input).view(),
                         keccak256(output).view(), keccak256(ByteView{}).view(), padding,
                         r.operator_address.view(), r.nonce.view()}));
}

// D26: the reward is not bound into the intent's id, so the payer can be drained.
TEST(CommitteeCommitment, D26IsForTheFeeThatTheTaskWasSubmittedWith) {
    CommittedResult cheap;
    cheap.task_key = task_key(address_of("alice"), committee_task("job", lux(1)), 1);
    CommittedResult dear = cheap;
    dear.task_key = task_key(address_of("alice"), committee_task("job", lux(2)), 1);
    EXPECT_NE(cheap.task_key, dear.task_key);
    EXPECT_NE(result_commitment(cheap), result_commitment(dear));
}

}  // namespace
}  // namespace aivm::test
