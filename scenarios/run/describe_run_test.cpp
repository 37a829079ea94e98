#include "scenarios/run/describe_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aivm::scenarios {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kMinuteNs = 60'000'000'000;

sim::FaultPlan fault(sim::FaultKind kind) {
    sim::FaultPlan out;
    out.kind = kind;
    out.at_ns = 5 * kMinuteNs;
    out.duration_ns = 2 * kMinuteNs;
    return out;
}

TEST(RunWords, AFaultSaysWhatWhomAndWhen) {
    auto partition = fault(sim::FaultKind::kPartition);
    partition.regions = {"AP"};
    EXPECT_EQ(describe(partition), "partition of AP from 5m to 7m");
    auto one_way = fault(sim::FaultKind::kOneWay);
    one_way.regions = {"AP", "EU"};
    EXPECT_EQ(describe(one_way), "nothing gets out of AP, EU from 5m to 7m");
    auto slow = fault(sim::FaultKind::kSlowNode);
    slow.validators = {3};
    slow.delay_ns = 250'000'000;
    EXPECT_EQ(describe(slow), "messages of validator[3] take 250ms longer from 5m to 7m");
    auto crash = fault(sim::FaultKind::kCrash);
    crash.validators = {2, 5};
    EXPECT_EQ(describe(crash), "crash of validator[2], validator[5] from 5m to 7m");
    crash.duration_ns = 0;
    EXPECT_EQ(describe(crash), "crash of validator[2], validator[5] at 5m");
    auto byzantine = fault(sim::FaultKind::kByzantine);
    byzantine.validators = {3};
    byzantine.strategy = "equivocator";
    EXPECT_EQ(describe(byzantine), "the strategy of validator[3] is equivocator from 5m to 7m");
}

TEST(RunWords, AChoiceSaysWhichMessageOfWhom) {
    sim::Participants participants;
    participants.all.emplace_back().name = "validator[0]";
    const auto say = [&](sim::ChoiceKind kind, std::uint32_t actor) {
        return describe({{kind, actor, 122}, 1}, participants);
    };
    EXPECT_EQ(say(sim::ChoiceKind::kMessageLoss, 0), "message 123 of validator[0] is lost");
    EXPECT_EQ(say(sim::ChoiceKind::kMessageDuplicate, 0),
              "message 123 of validator[0] arrives twice");
    EXPECT_EQ(say(sim::ChoiceKind::kMessageReorder, 9), "message 123 of actor 9 is overtaken");
    EXPECT_EQ(say(sim::ChoiceKind::kSwarmStrength,
                  static_cast<std::uint32_t>(sim::FaultKind::kByzantine)),
              "swarm, byzantine: which strategy (draw 123) is 1");
}

TEST(RunWords, ARunSaysWhoTakesPartTheWorkAndWhatGoesWrong) {
    sim::Scenario scenario;
    scenario.workload.tasks = 1;
    scenario.faults = {fault(sim::FaultKind::kPartition)};
    scenario.faults[0].regions = {"AP"};
    sim::ActorGroup group;
    group.role = sim::Role::kProvider;
    group.name = "p";
    group.count = 3;
    scenario.actors = {group};
    const sim::ChoiceList choices{{{sim::ChoiceKind::kMessageLoss, 0, 0}, 1}};
    EXPECT_THAT(describe_run(scenario, choices, {}),
                ElementsAre("3 providers \"p\" (honest) take part", "1 task is submitted",
                            "partition of AP from 5m to 7m", "message 1 of actor 0 is lost"));
    EXPECT_EQ(run_action_count(scenario, choices), 6U);
}

}  // namespace
}  // namespace aivm::scenarios
