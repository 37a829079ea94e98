#include "sim/faults/swarm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/engine/choice_sources.h"
#include "sim/scenario/check_scenario.h"
#include "sim/scenario/fault_budget.h"

namespace aivm::sim {
namespace {

// Of a chain that tolerates less than a third of the stake.
Scenario swarm_of(std::uint32_t validators) {
    Scenario s;
    s.chain.consensus = ConsensusKind::kSequencer;
    s.chain.validators = validators;
    s.swarm.enabled = true;
    return s;
}

// Of 20 validators that poll each other, two may be faulty at the same time.
Scenario swarm_of_polls() {
    Scenario s = swarm_of(20);
    s.chain.consensus = ConsensusKind::kSnowman;
    s.chain.preset = SnowPresetName::kAvalancheMainnet;
    apply_preset(s.chain);
    return s;
}

std::vector<Amount> stakes_of(const Scenario& s) {
    return std::vector<Amount>(s.chain.validators, lux(2000));
}

std::vector<FaultPlan> draw(const Scenario& s, std::uint64_t seed) {
    StreamChoices choices(seed);
    return draw_faults(s, stakes_of(s), choices);
}

TEST(Swarm, HasNoFaultsUnlessTheScenarioSaysSo) {
    Scenario s = swarm_of(7);
    s.swarm.enabled = false;
    EXPECT_TRUE(draw(s, 1).empty());
}

TEST(Swarm, EveryKindIsPresentInAboutHalfOfTheRuns) {
    std::map<FaultKind, int> present;
    constexpr int kRuns = 300;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        std::set<FaultKind> seen;
        for (const FaultPlan& plan : draw(swarm_of(20), seed)) seen.insert(plan.kind);
        for (const FaultKind kind : seen) ++present[kind];
    }
    for (const FaultTraits& traits : kFaultTraits) {
        // Kinds that forget or deviate share one budget, so some of them do not fit.
        const bool is_budgeted = traits.forgets || traits.deviates;
        EXPECT_GT(present[traits.kind], is_budgeted ? kRuns / 10 : kRuns * 4 / 10) << traits.word;
        EXPECT_LT(present[traits.kind], kRuns * 6 / 10) << traits.word;
    }
}

TEST(Swarm, DrawsOnlyFaultsThatAScenarioCouldScheduleWithinItsWindow) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Scenario s = swarm_of(seed % 2 == 0 ? 4 : 21);
        for (const FaultPlan& plan : draw(s, seed)) {
            EXPECT_GE(plan.at_ns, s.swarm.from_ns);
            EXPECT_LE(plan.at_ns + plan.duration_ns, s.swarm.until_ns);
            Scenario with = s;
            with.faults = {plan};
            for (const ScenarioProblem& problem : check_scenario(with)) {
                EXPECT_FALSE(problem.keys.front().starts_with("fault."))
                    << problem.keys.front() << " " << problem.message;
            }
        }
    }
}

TEST(Swarm, StaysWithinTheFaultBudgetUnlessItIsToGoBeyond) {
    int beyond = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Scenario s = swarm_of(7);
        FaultPlan scheduled;
        scheduled.kind = FaultKind::kCrash;
        scheduled.at_ns = s.swarm.from_ns;
        scheduled.duration_ns = s.swarm.until_ns - s.swarm.from_ns;
        scheduled.validators = {6};
        s.faults = {scheduled};
        const auto excess = [&](const std::vector<FaultPlan>& plans) {
            std::vector<Outage> outages;
            for (const FaultPlan& plan : plans) {
                if (auto one = outage_of(plan, s.chain, plan.validators)) outages.push_back(*one);
            }
            outages.push_back(*outage_of(scheduled, s.chain, {6}));
            return find_excess(outages, byzantine_validators(s), stakes_of(s),
                               fault_budget(s, stakes_of(s)))
                .has_value();
        };
        EXPECT_FALSE(excess(draw(s, seed))) << seed;
        s.run.beyond_f = true;
        beyond += excess(draw(s, seed)) ? 1 : 0;
    }
    EXPECT_GT(beyond, 100);
}

TEST(Swarm, LeavesTheDiskOfASoleProposerItsDataUnlessItIsToGoBeyond) {
    Scenario s = swarm_of(7);
    const auto lost = [&] {
        int plans = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            for (const FaultPlan& plan : draw(s, seed)) {
                const bool hit = std::ranges::find(plan.validators, 0U) != plan.validators.end();
                if (hit && traits_of(plan.kind).loses_data) ++plans;
            }
        }
        return plans;
    };
    s.chain.consensus = ConsensusKind::kSequencer;
    EXPECT_EQ(lost(), 0);
    s.run.beyond_f = true;
    EXPECT_GT(lost(), 20);
}

TEST(Swarm, MakesNoMoreValidatorsForgetThanThePollsOfSnowmanTolerate) {
    const auto forgetful = [](const Scenario& s) {
        std::size_t most = 0;
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            for (const FaultPlan& plan : draw(s, seed)) {
                if (traits_of(plan.kind).forgets) most = std::max(most, plan.validators.size());
            }
        }
        return most;
    };
    Scenario s = swarm_of(20);
    s.chain.consensus = ConsensusKind::kSnowman;
    EXPECT_EQ(forgetful(s), 0U) << "with the default parameters";
    EXPECT_EQ(forgetful(swarm_of_polls()), 2U);
}

TEST(Swarm, TheFaultBudgetGoesToTheFaultsThatBeginFirst) {
    const Scenario s = swarm_of_polls();
    Scenario all = s;  // the same faults, and none left out
    all.run.beyond_f = true;
    int left_out = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const std::vector<FaultPlan> kept = draw(s, seed);
        for (const FaultPlan& plan : draw(all, seed)) {
            const auto same = [&](const FaultPlan& one) {
                return one.kind == plan.kind && one.at_ns == plan.at_ns;
            };
            if (std::ranges::any_of(kept, same)) continue;
            ++left_out;
            std::vector<Outage> outages{*outage_of(plan, s.chain, {plan.validators.front()})};
            for (const FaultPlan& one : kept) {
                auto outage = outage_of(one, s.chain, one.validators);
                if (outage && one.at_ns <= plan.at_ns) outages.push_back(*std::move(outage));
            }
            EXPECT_TRUE(find_excess(outages, byzantine_validators(s), stakes_of(s),
                                    fault_budget(s, stakes_of(s))))
                << "seed " << seed << ": " << word(plan.kind) << " had room when it began";
        }
    }
    EXPECT_GT(left_out, 100);
}

TEST(Swarm, NoKindIsRareBecauseOthersHaveTheBudget) {
    std::map<FaultKind, int> present;
    constexpr int kRuns = 200;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        std::set<FaultKind> seen;
        for (const FaultPlan& plan : draw(swarm_of_polls(), seed)) seen.insert(plan.kind);
        for (const FaultKind kind : seen) ++present[kind];
    }
    for (const FaultTraits& traits : kFaultTraits)
        EXPECT_GT(present[traits.kind], kRuns / 10) << traits.word;
}

TEST(Swarm, DrawsEveryDeviationThatTheEngineIsToWithstand) {
    for (const ConsensusKind consensus :
         {ConsensusKind::kSequencer, ConsensusKind::kSnowman, ConsensusKind::kBft,
          ConsensusKind::kHotstuff, ConsensusKind::kAvalanche}) {
        Scenario s = swarm_of(20);
        s.chain.consensus = consensus;
        s.chain.preset = SnowPresetName::kAvalancheMainnet;
        apply_preset(s.chain);
        s.swarm.kinds = {"byzantine"};
        std::set<std::string, std::less<>> drawn;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            for (const FaultPlan& plan : draw(s, seed)) drawn.insert(plan.strategy);
        }
        for (const std::string_view strategy : deviations_drawn(s.chain))
            EXPECT_TRUE(drawn.contains(strategy)) << word(consensus) << " " << strategy;
        EXPECT_EQ(drawn.size(), deviations_drawn(s.chain).size()) << word(consensus);
    }
}

TEST(Swarm, TheSequencerNeverDeviatesAndNobodyDoesWithoutABudget) {
    Scenario s = swarm_of(7);
    s.swarm.kinds = {"byzantine"};
    for (const bool beyond_f : {false, true}) {
        s.run.beyond_f = beyond_f;
        int plans = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            for (const FaultPlan& plan : draw(s, seed)) {
                ++plans;
                EXPECT_EQ(std::ranges::find(plan.validators, 0U), plan.validators.end());
            }
        }
        EXPECT_GT(plans, 30);
    }
    s = swarm_of(3);
    s.swarm.kinds = {"byzantine"};
    StreamChoices stream(1);
    RecordingChoices recording(stream);
    for (int run = 0; run < 50; ++run) EXPECT_TRUE(draw_faults(s, stakes_of(s), recording).empty());
    EXPECT_TRUE(recording.choices().empty()) << "nothing is asked either";
}

TEST(Swarm, StrengthsAreLogUniform) {
    std::map<std::uint32_t, int> rates;
    Scenario s = swarm_of(4);
    s.swarm.kinds = {"loss"};
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        for (const FaultPlan& plan : draw(s, seed)) ++rates[plan.rate_ppm];
    }
    EXPECT_EQ(rates.size(), traits_of(FaultKind::kLoss).strength.steps);
    for (const auto& [rate, count] : rates) EXPECT_NEAR(count, 2000 / 9, 90) << rate;
}

TEST(Swarm, IsRecordedAndWithoutTheAnswerThatAKindIsPresentItIsGone) {
    const Scenario s = swarm_of(7);
    StreamChoices stream(5);
    RecordingChoices recording(stream);
    const std::vector<FaultPlan> drawn = draw_faults(s, stakes_of(s), recording);
    ASSERT_FALSE(drawn.empty());
    ReplayChoices replay(recording.choices());
    const std::vector<FaultPlan> again = draw_faults(s, stakes_of(s), replay);
    ASSERT_EQ(again.size(), drawn.size());
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        EXPECT_EQ(again[i].kind, drawn[i].kind);
        EXPECT_EQ(again[i].at_ns, drawn[i].at_ns);
        EXPECT_EQ(again[i].validators, drawn[i].validators);
        EXPECT_EQ(again[i].groups, drawn[i].groups);
        EXPECT_EQ(again[i].strategy, drawn[i].strategy);
    }
    ChoiceList fewer;
    const auto gone = static_cast<std::uint32_t>(drawn.front().kind);
    for (const ChoiceAnswer& answer : recording.choices()) {
        if (answer.id.kind != ChoiceKind::kSwarmPresent || answer.id.actor != gone)
            fewer.push_back(answer);
    }
    ReplayChoices without(fewer);
    for (const FaultPlan& plan : draw_faults(s, stakes_of(s), without))
        EXPECT_NE(plan.kind, drawn.front().kind);
    ReplayChoices nothing({});
    EXPECT_TRUE(draw_faults(s, stakes_of(s), nothing).empty());
}

}  // namespace
}  // namespace aivm::sim
