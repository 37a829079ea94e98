#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/engine/choice_sources.h"
#include "sim/faults/message_faults.h"
#include "sim/faults/scheduled_fault.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::sim {
namespace {

const Packet kPacket = FollowRequest{};

MessageInFlight message(NodeId from, NodeId to, SimTime now = 0) {
    static std::optional<Packet> replacement;
    return {.transmission = {from, to, 100},
            .packet = &kPacket,
            .replacement = replacement,
            .now = now};
}

class IdleActor final : public Actor {
public:
    void start() override {}
    void receive(ActorId, const Packet&) override {}
    void wake(std::uint64_t) override {}
};

// A network of four nodes, without disks.
struct Site {
    explicit Site(const FaultPlan& plan, std::vector<ActorId> targets)
        : targets_(std::move(targets)), fault(make_fault(plan)) {
        for (ActorId id = 0; id < 4; ++id) machines.install(id, idle_);
    }

    void begin(SimTime now = 0) {
        FaultSite site = at(now);
        fault->begin(site);
    }
    void end() {
        FaultSite site = at(0);
        fault->end(site);
    }
    [[nodiscard]] Fate fate(NodeId from, NodeId to, SimTime now = 0) const {
        MessageInFlight one = message(from, to, now);
        one.choices = &choices;
        for (const MessageFault* each : message_faults) each->apply(one);
        return one.fate;
    }
    FaultSite at(SimTime now) {
        return {.targets = targets_,
                .network = network,
                .message_faults = message_faults,
                .machines = machines,
                .now = now,
                .run_seed = 1};
    }

    std::vector<ActorId> targets_;
    IdleActor idle_;
    Engine engine;
    Network network{1, {}, {{0, 0, 0, 0}, {}}};
    MessageFaults message_faults;
    Machines machines{engine, 4, {[](ActorId) {}, [](ActorId) {}, [](ActorId) {}}};
    mutable StreamChoices choices{1};
    std::unique_ptr<ScheduledFault> fault;
};

FaultPlan plan_of(FaultKind kind) {
    FaultPlan plan;
    plan.kind = kind;
    plan.delay_ns = 7'000;
    plan.period_ns = 10;
    plan.bandwidth_bps = 8'000;
    plan.skew_ns = 5'000;
    plan.rate_ppm = 250'000;
    return plan;
}

TEST(Faults, EveryKindHasItsTraitsAnImplementationAndASentenceOfItsOwn) {
    std::set<std::string_view> seen;
    std::set<std::string> sentences;
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        const auto kind = static_cast<FaultKind>(i);
        const FaultPlan plan = plan_of(kind);
        EXPECT_EQ(traits_of(kind).kind, kind);
        EXPECT_EQ(words<FaultKind>.at(i), traits_of(kind).word);
        seen.insert(traits_of(kind).word);
        EXPECT_NE(make_fault(plan), nullptr);
        const std::string sentence = describe_fault(plan, "node", "now");
        EXPECT_NE(sentence.find("node"), std::string::npos) << sentence;
        EXPECT_NE(sentence.find("now"), std::string::npos) << sentence;
        sentences.insert(sentence);
    }
    EXPECT_EQ(seen.size(), kFaultKinds);
    EXPECT_EQ(sentences.size(), kFaultKinds);
    EXPECT_FALSE(seen.contains(""));
}

TEST(Faults, KindsThatIsolateBlockTheLinksOfTheirTargetsUntilTheyEnd) {
    for (const FaultTraits& traits : kFaultTraits) {
        if (!traits.isolates) continue;
        const FaultPlan plan = plan_of(traits.kind);
        Site site(plan, {1});
        site.begin();
        EXPECT_FALSE(site.network.is_reachable(0, 1)) << traits.word;
        EXPECT_FALSE(site.network.is_reachable(1, 0)) << traits.word;
        EXPECT_TRUE(site.network.is_reachable(0, 2)) << traits.word;
        site.end();
        EXPECT_TRUE(site.network.is_reachable(0, 1)) << traits.word;
    }
}

TEST(Faults, OneWayBlocksWhatTheTargetsSendToTheOthers) {
    const FaultPlan plan = plan_of(FaultKind::kOneWay);
    Site site(plan, {0, 1});
    site.begin();
    EXPECT_FALSE(site.network.is_reachable(0, 2));
    EXPECT_TRUE(site.network.is_reachable(2, 0));
    EXPECT_TRUE(site.network.is_reachable(0, 1));
}

TEST(Faults, ASlowNodeDelaysWhatItSendsAndWhatItReceives) {
    const FaultPlan plan = plan_of(FaultKind::kSlowNode);
    Site site(plan, {0, 3});
    site.begin();
    EXPECT_EQ(site.fate(0, 2).sender_delay, 7'000);
    EXPECT_EQ(site.fate(2, 0).receiver_delay, 7'000);
    EXPECT_EQ(site.fate(0, 3).sender_delay, 7'000);
    EXPECT_EQ(site.fate(0, 3).receiver_delay, 7'000);
    EXPECT_EQ(site.fate(2, 1).sender_delay, 0);
    FaultPlan slower = plan;
    slower.delay_ns = 9'000;
    const std::unique_ptr<ScheduledFault> other = make_fault(slower);
    FaultSite place = site.at(0);
    other->begin(place);
    EXPECT_EQ(site.fate(0, 2).sender_delay, 9'000) << "the worst one counts";
    other->end(place);
    site.end();
    EXPECT_EQ(site.fate(0, 2).sender_delay, 0);
}

TEST(Faults, AFlappingNodeIsDownInTheFirstHalfOfEveryPeriod) {
    const FaultPlan plan = plan_of(FaultKind::kFlapping);
    Site site(plan, {3});
    site.begin(100);
    for (SimTime now = 100; now < 140; ++now) {
        const bool down = (now - 100) % 10 < 5;
        EXPECT_EQ(site.fate(3, 0, now).blocked, down) << now;
        EXPECT_EQ(site.fate(0, 3, now).blocked, down) << now;
        EXPECT_FALSE(site.fate(0, 1, now).blocked) << now;
    }
    site.end();
    EXPECT_FALSE(site.fate(3, 0, 140).blocked);
}

TEST(Faults, AWrongClockIsAheadByItsSkewUntilItEnds) {
    const FaultPlan plan = plan_of(FaultKind::kClock);
    Site site(plan, {2});
    site.begin();
    EXPECT_EQ(site.machines.clock_error(2), 5'000);
    EXPECT_EQ(site.machines.clock_error(1), 0);
    site.end();
    EXPECT_EQ(site.machines.clock_error(2), 0);
}

TEST(Faults, ACrashedMachineIsDownUntilTheFaultEnds) {
    const FaultPlan plan = plan_of(FaultKind::kCrash);
    Site site(plan, {2});
    site.begin();
    EXPECT_FALSE(site.machines.is_up(2));
    EXPECT_TRUE(site.machines.is_up(1));
    site.end();
    EXPECT_TRUE(site.machines.is_up(2));
}

TEST(Faults, APartitionMayHaveGroupsAndThoseInNoneAreOneMore) {
    const FaultPlan plan = plan_of(FaultKind::kPartition);
    Site site(plan, {0, 1, 2});
    const std::vector<std::vector<ActorId>> sides = {{0}, {1, 2}};
    FaultSite place = site.at(0);
    place.sides = &sides;
    site.fault->begin(place);
    EXPECT_TRUE(site.network.is_reachable(1, 2));
    EXPECT_FALSE(site.network.is_reachable(0, 1));
    EXPECT_FALSE(site.network.is_reachable(2, 3));
    site.fault->end(place);
    EXPECT_TRUE(site.network.is_reachable(0, 3));
}

TEST(Faults, MessagesOfTheTargetsAreHitAtTheRateOfThePlanAndNoOthers) {
    const auto hit = [](FaultKind kind, const Fate& fate) {
        switch (kind) {
            case FaultKind::kLoss:
                return fate.lost;
            case FaultKind::kDuplicate:
                return fate.duplicated;
            case FaultKind::kReorder:
                return fate.reordered;
            default:
                return fate.corrupted;
        }
    };
    for (const FaultKind kind :
         {FaultKind::kLoss, FaultKind::kDuplicate, FaultKind::kReorder, FaultKind::kCorrupt}) {
        const FaultPlan plan = plan_of(kind);
        Site site(plan, {1});
        site.begin();
        int sent = 0;
        int received = 0;
        for (int i = 0; i < 4'000; ++i) {
            sent += hit(kind, site.fate(1, 0)) ? 1 : 0;
            received += hit(kind, site.fate(2, 1)) ? 1 : 0;
            ASSERT_FALSE(hit(kind, site.fate(2, 3)));
        }
        EXPECT_NEAR(sent, 1'000, 120) << word(kind);
        EXPECT_NEAR(received, 1'000, 120) << word(kind);
        site.end();
        EXPECT_FALSE(hit(kind, site.fate(1, 0)));
    }
}

TEST(Faults, AClockJumpsByItsSkewInTheFirstHalfOfEveryPeriod) {
    FaultPlan plan = plan_of(FaultKind::kClockJumps);
    plan.behind = true;
    Site site(plan, {2});
    site.begin();
    EXPECT_EQ(site.machines.clock_error(2), -5'000);
    EXPECT_EQ(site.machines.real_delay(2, 100), 100) << "timers run on";
    site.engine.post_at(7, Priority::kTimer, {});
    site.engine.run([](const Engine::Event&) {});
    ASSERT_EQ(site.engine.now(), 7);
    EXPECT_EQ(site.machines.clock_error(2), 0);
    site.end();
}

bool blames(const Scenario& scenario, const std::string& key) {
    return std::ranges::any_of(check_scenario(scenario), [&](const ScenarioProblem& problem) {
        return problem.keys.front() == key;
    });
}

TEST(Faults, TheRulesDemandTheQuantityOfAKindAndRefuseTheOthers) {
    Scenario scenario;
    FaultPlan& plan = scenario.faults.emplace_back();
    plan.duration_ns = 1;
    plan.validators = {1};
    for (const FaultTraits& traits : kFaultTraits) {
        plan.kind = traits.kind;
        plan.delay_ns = plan.period_ns = plan.bandwidth_bps = plan.skew_ns = plan.rate_ppm = 0;
        plan.strategy.clear();
        EXPECT_EQ(blames(scenario, "fault.0.delay"), traits.quantity == FaultQuantity::kDelay);
        EXPECT_EQ(blames(scenario, "fault.0.period"), traits.needs(FaultQuantity::kPeriod));
        EXPECT_EQ(blames(scenario, "fault.0.rate"), traits.needs(FaultQuantity::kRate));
        EXPECT_EQ(blames(scenario, "fault.0.skew"), traits.quantity == FaultQuantity::kSkew);
        EXPECT_EQ(blames(scenario, "fault.0.strategy"), traits.needs(FaultQuantity::kStrategy));
        plan.delay_ns = plan.period_ns = plan.bandwidth_bps = plan.skew_ns = 5;
        plan.strategy = "late_answers";
        EXPECT_EQ(blames(scenario, "fault.0.delay"), traits.quantity != FaultQuantity::kDelay);
        EXPECT_EQ(blames(scenario, "fault.0.bandwidth"),
                  traits.quantity != FaultQuantity::kBandwidth);
        EXPECT_EQ(blames(scenario, "fault.0.strategy"), !traits.needs(FaultQuantity::kStrategy));
    }
}

TEST(Faults, OnlyKindsThatIsolateClientsRunInTheEconomicFidelity) {
    Scenario scenario;
    scenario.run.fidelity = Fidelity::kEconomic;
    scenario.actors.emplace_back().name = "clients";
    FaultPlan& plan = scenario.faults.emplace_back();
    plan.groups = {{"clients"}};
    for (const FaultTraits& traits : kFaultTraits) {
        plan.kind = traits.kind;
        EXPECT_EQ(check_runnable(scenario).has_value(), traits.isolates) << traits.word;
    }
    plan.kind = FaultKind::kEclipse;
    plan.groups = {{"nobody"}};
    EXPECT_FALSE(check_runnable(scenario));
}

TEST(MessageFaults, ChanceDecidesTheFateAndEveryFaultHasASentence) {
    StreamChoices choices(1);
    MessageInFlight lucky = message(0, 1);
    apply_by_chance(lucky, {}, choices);
    EXPECT_FALSE(lucky.fate.lost || lucky.fate.duplicated || lucky.fate.reordered);
    MessageInFlight unlucky = message(0, 1);
    apply_by_chance(unlucky,
                    {.loss_ppm = 1'000'000,
                     .duplicate_ppm = 1'000'000,
                     .reorder_ppm = 1'000'000,
                     .corrupt_ppm = 1'000'000},
                    choices);
    EXPECT_TRUE(unlucky.fate.lost && unlucky.fate.duplicated && unlucky.fate.reordered &&
                unlucky.fate.corrupted);
    EXPECT_EQ(sentence_of(ChoiceKind::kMessageDuplicate), "arrives twice");
}

// A fault as one could be added: it changes what is delivered.
struct Corruption {
    static constexpr ChoiceKind kChoice = ChoiceKind::kMessageLoss;
    static constexpr auto kProbability = &LinkSettings::loss_ppm;
    static void apply(MessageInFlight& message) { message.replace_packet(BlockRequest{}); }
};

TEST(MessageFaults, AFaultMayReplaceThePacketThatIsDelivered) {
    StreamChoices choices(1);
    MessageInFlight one = message(0, 1);
    apply_by_chance<std::tuple<Corruption>>(one, {.loss_ppm = 0}, choices);
    EXPECT_TRUE(std::holds_alternative<FollowRequest>(*one.packet));
    apply_by_chance<std::tuple<Corruption>>(one, {.loss_ppm = 1'000'000}, choices);
    EXPECT_TRUE(std::holds_alternative<BlockRequest>(*one.packet));
}

}  // namespace
}  // namespace aivm::sim
