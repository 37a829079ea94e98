#include "sim/actors/deviating_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/consensus/snowman/messages.h"

namespace aivm::sim {
namespace {

using ::testing::ElementsAre;

// Notes by its name what it is asked.
class Noting final : public ValidatorStrategy {
public:
    Noting(std::string name, std::vector<std::string>& asked)
        : name_(std::move(name)), asked_(asked) {}

    bool builds(const State&, const Hash32&) override { return note("builds"); }
    void begin_block(Height) override { note("begin_block"); }
    bool includes(const SignedOperation&) override { return note("includes"); }
    bool builds_twice() override { return note("builds_twice"); }
    void built_twice(const BlockRef&) override { note("built_twice"); }
    bool votes_twice() override { return note("votes_twice"); }
    void sends(ActorId, Outgoing&) override { note("sends"); }
    bool runs_twice() override { return note("runs_twice"); }
    void vote(const PollView&, Vote&) override { note("vote"); }
    void hears(ActorId, const Message&) override { note("hears"); }
    bool serves(const Follower&) override { return note("serves"); }
    bool reports_equivocation() override { return note("reports_equivocation"); }

private:
    bool note(const std::string& hook) {
        asked_.push_back(name_ + " " + hook);
        return true;
    }

    std::string name_;
    std::vector<std::string>& asked_;
};

class DeviatingValidatorTest : public ::testing::Test {
protected:
    DeviatingValidator make() {
        std::vector<DeviatingValidator::Deviation> deviations;
        deviations.push_back({&first_, std::make_unique<Noting>("first", asked_)});
        deviations.push_back({&second_, std::make_unique<Noting>("second", asked_)});
        return {std::make_unique<Noting>("own", asked_), std::move(deviations)};
    }
    // Whoever is asked now.
    std::vector<std::string> asked_by(DeviatingValidator& validator) {
        asked_.clear();
        EXPECT_TRUE(validator.builds_twice());
        return asked_;
    }

    FaultPlan first_;
    FaultPlan second_;
    std::vector<std::string> asked_;
};

TEST_F(DeviatingValidatorTest, FollowsItsOwnStrategyBeforeAndAfterTheFault) {
    DeviatingValidator validator = make();
    EXPECT_THAT(asked_by(validator), ElementsAre("own builds_twice"));
    validator.begin(first_);
    EXPECT_THAT(asked_by(validator), ElementsAre("first builds_twice"));
    validator.end(first_);
    EXPECT_THAT(asked_by(validator), ElementsAre("own builds_twice"));
}

TEST_F(DeviatingValidatorTest, FollowsTheFaultThatBeganLastOfThoseInForce) {
    DeviatingValidator validator = make();
    validator.begin(first_);
    validator.begin(second_);
    EXPECT_THAT(asked_by(validator), ElementsAre("second builds_twice"));
    validator.end(first_);
    EXPECT_THAT(asked_by(validator), ElementsAre("second builds_twice"));
    validator.begin(first_);
    validator.end(second_);
    EXPECT_THAT(asked_by(validator), ElementsAre("first builds_twice"));
}

TEST_F(DeviatingValidatorTest, AsksTheStrategyInForceForEverything) {
    DeviatingValidator validator = make();
    validator.begin(first_);
    const PollQuestion question;
    Vote vote;
    Outgoing outgoing{.message = Chits{1, {}}};
    static_cast<void>(validator.builds(State(), Hash32()));
    validator.begin_block(1);
    validator.built_twice({});
    static_cast<void>(validator.votes_twice());
    validator.sends(1, outgoing);
    validator.vote({question, {}}, vote);
    validator.hears(1, outgoing.message);
    static_cast<void>(validator.serves({}));
    static_cast<void>(validator.reports_equivocation());
    EXPECT_THAT(asked_, ElementsAre("first builds", "first begin_block", "first built_twice",
                                    "first votes_twice", "first sends", "first vote", "first hears",
                                    "first serves", "first reports_equivocation"));
    asked_.clear();
    static_cast<void>(validator.runs_twice());
    EXPECT_THAT(asked_, ElementsAre("own runs_twice"));
}

}  // namespace
}  // namespace aivm::sim
