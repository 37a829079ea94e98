// E9 and E10 are shown true blocks, and blocks in which money or terms changed without their owner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::registration;
using aivm::test::submission;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A chain with a provider, and the block in which alice submits a task.
class Ownership : public ::testing::Test {
protected:
    Ownership() {
        seen.watch.settings.vm = aivm::test::short_parameters();
        seen.watch.known_rules = chain.rules();
        chain.join("p-1");
        block({chain.by("alice", submission("job", lux(3)))});
    }
    void block(const std::vector<OperationPtr>& operations) {
        before = chain.state();
        chain.block(operations);
        tip = *chain.tip();
    }
    void tell(std::string_view id) { seen.of(id).on_chain(tip, before); }
    // The tip with its operations replaced by those, as a validator that checks nothing would have
    // it.
    void carry(std::vector<OperationPtr> operations) {
        tip.block = std::make_shared<const Block>(tip.block->header(), std::move(operations),
                                                  tip.block->authorization());
    }

    TestChain chain;
    Watched seen;
    State before;
    Executed tip;
};

TEST_F(Ownership, ATrueBlockViolatesNothingAndIsChecked) {
    tell("E9");
    tell("E10");
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_GT(seen.of("E9").checks(), 1U);
    EXPECT_EQ(seen.of("E10").checks(), 2U) << "the terms, and the debit";
}

TEST_F(Ownership, AnOperationThatItsSenderDidNotSignViolatesE9) {
    const OperationPtr& signed_one = tip.block->operations().front();
    carry({std::make_shared<const SignedOperation>(
        Operation{address_of("bob"), signed_one->nonce(), signed_one->body()},
        signed_one->authorization())});
    tell("E9");
    ASSERT_FALSE(seen.reported().empty());
    EXPECT_THAT(seen.reported().front(), HasSubstr("that it did not sign"));
}

TEST_F(Ownership, ABalanceThatFallsWithoutAnOperationOfItsAccountViolatesE9) {
    carry({});
    tell("E9");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("lost 3000000000 nLUX in block")));
}

TEST_F(Ownership, ABondThatShrinksByNoSlashViolatesE9) {
    tip.state.providers.edit(0).bond = lux(1);
    tip.touched.providers = {0};
    tell("E9");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("E9 the bond of provider p-1 fell by")));
    event::Slashed slash;
    slash.provider = ProviderIndex{0};
    tip.events.push_back(slash);
    tell("E9");
    EXPECT_EQ(seen.reported().size(), 1U) << "a slash explains it";
}

TEST_F(Ownership, AStakeThatShrinksByNoSlashViolatesE9) {
    tip.state.validators.edit(1).stake = lux(1);
    tip.touched.validators = {1};
    tell("E9");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("E9 the stake of validator 1 fell by")));
    event::Slashed slash;
    slash.cause = SlashCause::kEquivocation;
    slash.account = tip.state.validators[1].address;
    tip.events.push_back(slash);
    tell("E9");
    EXPECT_EQ(seen.reported().size(), 1U) << "a slash explains it";
}

TEST_F(Ownership, TermsOtherThanTheSignedOnesViolateE10) {
    for (const auto& change : std::vector<void (*)(Task&)>{
             [](Task& task) { task.fee += lux(1); }, [](Task& task) { task.input_row += 1; },
             [](Task& task) { task.task_key = {}; },
             [](Task& task) { task.requester = address_of("bob"); }}) {
        const Executed whole = tip;
        change(tip.state.tasks.edit(0));
        tell("E10");
        tip = whole;
    }
    EXPECT_EQ(seen.reported().size(), 4U);
    EXPECT_THAT(seen.reported().front(), HasSubstr("has other terms than its payer signed"));
}

TEST_F(Ownership, AFeeThatIsNotDebitedViolatesE10) {
    before = tip.state;  // the balance did not move
    tell("E10");
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("submitted tasks for 3000000000 nLUX in block")));
}

TEST_F(Ownership, APayerThatIsPaidInTheSameBlockIsNotMistaken) {
    chain.advance(2);
    block({chain.by("p-1", aivm::test::result("job", "p-1", chain.truth("job")))});
    chain.advance(5);
    const OperationPtr again = chain.by("alice", submission("job-2", lux(3)));
    block({again});
    tell("E9");
    tell("E10");
    EXPECT_THAT(seen.reported(), IsEmpty());
}

}  // namespace
}  // namespace aivm::sim::test
