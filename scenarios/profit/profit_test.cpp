// The search for deviations that pay, on small worlds in which it is known what pays.
#include "scenarios/profit/profit_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/load.h"
#include "scenarios/profit/known_attacks.h"
#include "scenarios/profit/profit_files.h"
#include "scenarios/run/run.h"
#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// Two honest providers and two of the owner "two", which work for themselves and may not split.
sim::Scenario world_of_two(std::uint32_t checkers) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 16;
    sim::ActorGroup two = group("provider", 2);
    two.name = "two";
    s.actors = {group("provider", 2), two};
    if (checkers > 0) s.actors.push_back(group("challenger", checkers));
    return s;
}

SearchSpace space_of(const sim::Scenario& scenario, const std::string& owner = "two",
                     const std::vector<std::string>& without = {}) {
    auto space = SearchSpace::make(scenario, owner, without);
    EXPECT_TRUE(space) << space.error().text();
    return *space;
}

ProfitOptions with_runs(std::uint64_t runs) {
    ProfitOptions options;
    options.runs_max = runs;
    options.fresh_seeds = 6;
    return options;
}

ProfitResult searched(const SearchSpace& space, const ProfitOptions& options) {
    const auto result = search_profit(space, options);
    EXPECT_TRUE(result) << result.error().text();
    return *result;
}

// A folder that is removed with it.
class Folder {
public:
    explicit Folder(const std::string& name)
        : path_(fs::path(testing::TempDir()) / ("profit-" + name)) {
        fs::remove_all(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

TEST(Composed, WithoutActionsEachIsTheHonestStrategyOfItsRole) {
    for (const VerificationMode mode :
         {VerificationMode::kOptimistic, VerificationMode::kRedundant, VerificationMode::kTee}) {
        sim::Scenario honest = small_economic();
        honest.vm.config.verification_mode = mode;
        honest.actors = {group("provider", 6), group("challenger", 2), group("validator", 5)};
        for (sim::ActorGroup& one : honest.actors) one.hardware = "H100";
        sim::Scenario composed = honest;
        composed.actors[0].strategy = "composed_provider";
        composed.actors[1].strategy = "composed_challenger";
        composed.actors[2].strategy = "composed_validator";
        const sim::Outcome a = run(honest);
        const sim::Outcome b = run(composed);
        EXPECT_EQ(verdict(b), "clean");
        EXPECT_GT(count(b, "tasks"), 0);
        EXPECT_EQ(a.payoffs, b.payoffs) << static_cast<int>(mode);
    }
}

TEST(Composed, EveryParameterIsAPrimitiveActionWithLevelsInItsRange) {
    std::size_t parameters = 0;
    for (const StrategyRow* row : strategies()) {
        if (!row->name.starts_with("composed_")) continue;
        for (const StrategyParameter& parameter : row->parameters) {
            ++parameters;
            const auto ladder = std::ranges::find_if(ladders(), [&](const Ladder& one) {
                return one.strategy == row->name && one.parameter == parameter.name;
            });
            ASSERT_NE(ladder, ladders().end())
                << row->name << "." << parameter.name << " needs a row in kLadders";
            for (const std::int64_t level : ladder->levels) {
                EXPECT_GE(level, parameter.minimum) << parameter.name;
                EXPECT_LE(level, parameter.maximum) << parameter.name;
                EXPECT_NE(level, parameter.default_value) << parameter.name << " is off there";
            }
        }
    }
    EXPECT_EQ(parameters, ladders().size()) << "a row of kLadders names no parameter";
}

TEST(Composed, AnOwnerInSeveralIdentitiesIsHonestAsOneWithAllTheirMoney) {
    sim::Scenario s = small_economic();
    sim::ActorGroup one = group("provider", 1);
    one.name = "one";
    s.actors.push_back(one);
    const SearchSpace space = space_of(s, "one");
    const auto& primitives = space.primitives();
    const auto identities =
        std::ranges::find(primitives, "identities", &Primitive::parameter) - primitives.begin();
    const sim::Scenario split = space.scenario_of({{static_cast<std::size_t>(identities), 4}});
    EXPECT_EQ(split.actors.back().count, 4U);
    EXPECT_EQ(split.actors.back().bond, Amount(one.bond.nlux() / 4));
    EXPECT_TRUE(split.actors.back().shared_principal);
    RunOptions options;
    options.counterfactual = true;
    const auto outcome = run_scenario(split, options);
    const auto honest = run_scenario(space.honest(), {});
    ASSERT_TRUE(outcome && honest);
    ASSERT_EQ(outcome->counterfactuals.size(), 1U);
    const auto self = std::ranges::find(honest->principals, "one", &sim::PrincipalRow::label);
    const auto index = static_cast<std::size_t>(self - honest->principals.begin());
    EXPECT_EQ(outcome->counterfactuals[0].honest_payoff_nlux,
              honest->payoffs.at(index).total_nlux());
    sim::Scenario odd = split;
    odd.actors.back().count = 5;
    EXPECT_THAT(check_strategies(odd),
                ElementsAre(Field(&sim::ScenarioProblem::message,
                                  HasSubstr("no multiple of identities = 4"))));
}

TEST(ProfitSearch, FindsThatLiesPayWhereNobodyChecks) {
    const SearchSpace space = space_of(world_of_two(0));
    const ProfitResult result = searched(space, with_runs(120));
    ASSERT_NE(result.best(), nullptr);
    EXPECT_GT(result.best()->interval.low, 0);
    EXPECT_THAT(result.best()->name, HasSubstr("wrong_ppm"));
    EXPECT_THAT(result.violations, IsEmpty());
    EXPECT_EQ(result.members, 2U);
}

TEST(ProfitSearch, FindsNothingWhereEveryLieIsProven) {
    const ProfitResult result = searched(space_of(world_of_two(2)), with_runs(300));
    EXPECT_EQ(result.best(), nullptr) << result.best()->name;
    EXPECT_GT(result.candidates, 50U);
    EXPECT_FALSE(result.stopped);
}

TEST(ProfitSearch, TheSameSeedBringsTheSameWithMoreThreadsAndAfterAStop) {
    const SearchSpace space = space_of(world_of_two(0));
    const ProfitResult whole = searched(space, with_runs(150));
    ASSERT_FALSE(whole.deviations.empty());
    const Folder folder("resumed");
    ProfitOptions options = with_runs(150);
    options.folder = folder.path();
    options.jobs = 2;
    std::atomic<int> asked = 0;
    options.stop = [&asked] { return ++asked > 90; };
    const ProfitResult stopped = searched(space, options);
    EXPECT_TRUE(stopped.stopped);
    EXPECT_THAT(stopped.deviations, IsEmpty());
    {
        std::ofstream torn(folder.file("runs.tsv"), std::ios::app);
        torn << "honest play\t1";  // a process died while it wrote this
    }
    options.stop = nullptr;
    const ProfitResult resumed = searched(space, options);
    ASSERT_EQ(resumed.deviations.size(), whole.deviations.size());
    for (std::size_t i = 0; i < whole.deviations.size(); ++i) {
        EXPECT_EQ(resumed.deviations[i].name, whole.deviations[i].name);
        EXPECT_EQ(resumed.deviations[i].interval, whole.deviations[i].interval);
    }
    EXPECT_EQ(resumed.runs, whole.runs);
    EXPECT_EQ(resumed.candidates, whole.candidates);
}

TEST(ProfitSearch, AFoundDeviationIsAScenarioThatBringsTheSameByItself) {
    const SearchSpace space = space_of(world_of_two(0));
    const ProfitResult result = searched(space, with_runs(120));
    ASSERT_NE(result.cheapest(), nullptr);
    const Deviation& one = *result.cheapest();
    const std::string text =
        candidate_text(space.scenario_of(one.candidate), "It pays.\n\nReally.");
    const auto loaded = load_scenario_text(text, "cheapest.toml");
    ASSERT_TRUE(loaded) << text;
    Moments gain;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        RunOptions options;
        options.seed = result.first_fresh_seed + seed;
        options.counterfactual = true;
        const auto outcome = run_scenario(loaded->scenario, options);
        ASSERT_TRUE(outcome);
        ASSERT_EQ(outcome->counterfactuals.size(), 1U);
        const sim::CounterfactualRow& row = outcome->counterfactuals[0];
        EXPECT_EQ(row.label, "two");
        gain.add(static_cast<double>(row.payoff_nlux - row.honest_payoff_nlux) / row.members);
    }
    EXPECT_DOUBLE_EQ(gain.mean(), one.gain.mean());
}

TEST(ProfitSearch, AnActionThatIsSwitchedOffIsNotTried) {
    const SearchSpace space = space_of(world_of_two(0), "two", {"wrong_ppm", "invented_ppm"});
    for (const Primitive& primitive : space.primitives())
        EXPECT_THAT(primitive.parameter, testing::Not(testing::AnyOf("wrong_ppm", "invented_ppm")));
    const std::size_t all = space_of(world_of_two(0)).primitives().size();
    EXPECT_EQ(space.primitives().size() + 2, all);
}

std::string refusal_of(const sim::Scenario& scenario, const std::string& owner,
                       const std::vector<std::string>& without) {
    const auto space = SearchSpace::make(scenario, owner, without);
    return space ? "none" : space.error().text();
}

TEST(ProfitSearch, RefusesWhatItCannotSearch) {
    sim::Scenario full = world_of_two(0);
    full.run.fidelity = sim::Fidelity::kFull;
    EXPECT_THAT(refusal_of(full, "two", {}), HasSubstr("--set run.fidelity=economic"));
    EXPECT_THAT(refusal_of(world_of_two(0), "tow", {}), HasSubstr("no owner called 'tow'"));
    EXPECT_THAT(refusal_of(world_of_two(0), "two", {"wrong"}),
                HasSubstr("no primitive action is called 'wrong'"));
}

TEST(ProfitSearch, ALogOfAnotherSearchAndADamagedOneAreRefused) {
    const SearchSpace space = space_of(world_of_two(0));
    const Folder folder("refused");
    ProfitOptions options = with_runs(40);
    options.folder = folder.path();
    ASSERT_TRUE(search_profit(space, options));
    options.seed = 2;
    const auto other = search_profit(space, options);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().text(), HasSubstr("of another search"));
    options.seed = 1;
    std::ofstream(folder.file("runs.tsv"), std::ios::app) << "this is no run\n";
    const auto damaged = search_profit(space, options);
    ASSERT_FALSE(damaged);
    EXPECT_THAT(damaged.error().text(), HasSubstr("this is no run of a search"));
}

TEST(KnownAttacks, ANamedAttackIsFoundAgainWithoutItsStrategy) {
    sim::Scenario s = world_of_two(0);
    s.actors[1].strategy = "lazy_guess";
    const auto owners = attackers_of(s);
    ASSERT_TRUE(owners);
    EXPECT_THAT(*owners, ElementsAre("two"));
    const auto attack = find_again(s, "two", with_runs(150), false);
    ASSERT_TRUE(attack) << attack.error().text();
    EXPECT_EQ(attack->strategies, "lazy_guess");
    EXPECT_EQ(attack->ids, "A01");
    EXPECT_TRUE(attack->pays());
    EXPECT_TRUE(attack->found_again()) << attack->share_found();
    EXPECT_FALSE(attack->deviation_names.empty());
}

TEST(KnownAttacks, AnAttackThatDoesNotPayIsMeasuredAndNotSearchedFor) {
    sim::Scenario s = world_of_two(2);
    s.actors[1].strategy = "lazy_guess";
    const auto attack = find_again(s, "two", with_runs(150), false);
    ASSERT_TRUE(attack);
    EXPECT_FALSE(attack->pays());
    EXPECT_EQ(attack->gain.n(), 6U);
    EXPECT_EQ(attack->found.runs, 0U);
    EXPECT_FALSE(attack->found_again());
}

}  // namespace
}  // namespace aivm::scenarios
