// What the comments and descriptions of the catalogue claim. Every number in them is a value of its
// scenario or is computed here; every command in them is accepted; and every command that compares
// with honest play shows that the attack does not pay there, which is what it stands for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "core/config/config.h"
#include "core/rewards/rewards.h"
#include "core/tasks/admission.h"
#include "core/vm/mempool.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/comment_numbers.h"
#include "scenarios/cli/threshold_table.h"
#include "scenarios/file/load.h"
#include "scenarios/file/print.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "scenarios/statistics/cheating_gain.h"
#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/snowman/fork_chance.h"
#include "sim/consensus/snowman/repeated_polls.h"
#include "sim/record/row_sink.h"
#include "sim/world/probe.h"
#include "sim/world/world.h"

namespace aivm::scenarios::cli {
namespace {

constexpr double kClaimConfidence = 0.95;
constexpr std::uint64_t kRunsOfAComparison = 16;  // the default of aivmsim run --counterfactual

// --- Reading comments ---

// The comment lines and the description of a scenario file, as one line of text.
std::string comments_of(const std::string& name) {
    static const std::regex form(R"re((?:^|\s)#(.*)$|^description = "(.*)"$)re");
    std::ifstream in(scenario_path(name));
    std::string text;
    for (std::string line; std::getline(in, line);) {
        std::smatch found;
        if (std::regex_search(line, found, form)) text += found[1].str() + found[2].str() + ' ';
    }
    return std::regex_replace(text, std::regex(R"([\\\s]+)"), " ");
}

struct Command {
    std::string scenario;  // in whose comment it stands
    std::string text;
    std::string run;  // the scenario that it runs
    std::vector<std::string> set;
    bool counterfactual = false;
    std::uint64_t runs = kRunsOfAComparison;
    friend void PrintTo(const Command& one, std::ostream* out) { *out << one.text; }
};

// "aivmsim run NAME --set ..." and, in a sentence, "--set ..." for the scenario itself.
const std::regex& command_form() {
    static const std::regex form(
        R"((?:aivmsim run (\w+)|--set(?= ))((?: --set)? [\w.-]+=(?:"[^"]*"|[\w.%/-]*)|)"
        R"( --counterfactual| --runs \d+)+)");
    return form;
}

std::vector<Command> commands_of(const std::string& name) {
    const std::string text = comments_of(name);
    std::vector<Command> out;
    for (std::sregex_iterator one(text.begin(), text.end(), command_form()), end; one != end;
         ++one) {
        Command command{name, one->str(), (*one)[1].matched ? (*one)[1].str() : name, {}};
        static const std::regex words(R"re(([\w.-]+=)(?:"([^"]*)"|([\w.%/-]*))|--\w+(?: \d+)?)re");
        for (std::sregex_iterator word(command.text.begin(), command.text.end(), words);
             word != end; ++word) {
            const std::string written = word->str();
            if ((*word)[1].matched) {
                std::string value = (*word)[2].str() + (*word)[3].str();
                while (value.ends_with('.')) value.pop_back();  // of the sentence
                command.set.push_back((*word)[1].str() + value);
            } else if (written.starts_with("--counterfactual")) {
                command.counterfactual = true;
            } else if (written.starts_with("--runs ")) {
                command.runs = std::stoull(written.substr(7));
            }
        }
        out.push_back(std::move(command));
    }
    return out;
}

std::vector<Command> all_commands() {
    std::vector<Command> out;
    for (const std::string& name : catalog_names())
        std::ranges::copy(commands_of(name), std::back_inserter(out));
    return out;
}

std::vector<Command> comparisons() {
    std::vector<Command> out = all_commands();
    std::erase_if(out, [](const Command& one) { return !one.counterfactual; });
    return out;
}

sim::Scenario scenario_with(const std::string& name, const std::vector<std::string>& set = {}) {
    std::vector<Override> overrides;
    for (const std::string& assignment : set) overrides.push_back(*parse_override(assignment));
    const auto loaded = load_scenario_file(scenario_path(name), overrides);
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    return loaded->scenario;
}

// --- Commands ---

TEST(Claims, EveryCommandOfACommentIsAccepted) {
    const std::vector<Command> commands = all_commands();
    EXPECT_GT(commands.size(), 30U) << "they are no longer found";
    for (const Command& one : commands) {
        EXPECT_FALSE(one.set.empty() && !one.counterfactual) << one.scenario << ": " << one.text;
        EXPECT_NO_THROW({
            const auto setting = make_setting(scenario_with(one.run, one.set));
            EXPECT_TRUE(setting) << setting.error().text();
        }) << one.scenario
           << ": " << one.text;
    }
}

class ComparisonOf : public testing::TestWithParam<Command> {};

TEST_P(ComparisonOf, ShowsThatItDoesNotPay) {
    const sim::Scenario scenario = scenario_with(GetParam().run, GetParam().set);
    std::vector<std::vector<sim::CounterfactualRow>> rows;
    for (std::uint64_t seed = 1; seed <= GetParam().runs; ++seed) {
        RunOptions options;
        options.seed = seed;
        options.counterfactual = true;
        const auto outcome = run_scenario(scenario, options);
        ASSERT_TRUE(outcome) << outcome.error().text();
        rows.push_back(outcome->counterfactuals);
    }
    const std::vector<CheatingGain> gains = gains_over(rows, kClaimConfidence);
    ASSERT_FALSE(gains.empty());
    for (const CheatingGain& gain : gains)
        EXPECT_EQ(gain.pays, Pays::kNo) << gain.label << " gains " << gain.gains.mean() / 1e9;
}

INSTANTIATE_TEST_SUITE_P(Catalog, ComparisonOf, testing::ValuesIn(comparisons()),
                         [](const auto& run) {
                             return fmt::format("{}_{}", run.param.run, run.index);
                         });

// --- Numbers ---

struct Recorded {
    sim::VectorSink rows;
    sim::Outcome outcome;
};
std::unique_ptr<Recorded> recorded(const sim::Scenario& scenario,
                                   const sim::WorldOptions& options = {}) {
    const sim::Setting setting = make_setting(scenario).value();
    const auto world = sim::World::make(setting, options).value();
    auto out = std::make_unique<Recorded>();
    out->outcome = world->run();
    EXPECT_TRUE(out->rows.begin_run({}));
    world->write_results(out->rows, 0, out->outcome);
    return out;
}
std::unique_ptr<Recorded> recorded(const std::string& name) {
    return recorded(scenario_with(name));
}

std::int64_t parameter(const std::string& scenario, const std::string& group,
                       const std::string& key) {
    for (const sim::ActorGroup& one : scenario_with(scenario).actors) {
        if (one.name == group) return one.parameters.at(key);
    }
    throw std::runtime_error("no group " + group);
}

// What each member of a group gains or loses, on average.
double net_each(const Recorded& run, const std::string& group) {
    std::int64_t sum = 0;
    std::int64_t members = 0;
    for (std::size_t i = 0; i < run.outcome.principals.size(); ++i) {
        const std::string& label = run.outcome.principals[i].label;
        if (label != group && !label.starts_with(group + "-")) continue;
        sum += run.outcome.payoffs[i].net_nlux;
        ++members;
    }
    EXPECT_GT(members, 0) << group;
    return static_cast<double>(sum) / static_cast<double>(members);
}

double count_of(const sim::Outcome& outcome, const char* metric) {
    return std::visit([](auto value) { return static_cast<double>(value); },
                      outcome.metric(metric));
}

// The chance of a fork at a contested height, with so many of the validators against the rest; the
// equivocator only begins the split, which the model takes as given.
double fork_chance_of(const std::string& name, std::uint32_t byzantine) {
    const sim::Scenario scenario = scenario_with(name);
    sim::ForkModel model;
    model.snow.k = scenario.chain.k;
    model.snow.alpha_preference = scenario.chain.alpha_preference;
    model.snow.alpha_confidence = scenario.chain.alpha_confidence;
    model.snow.beta = scenario.chain.beta;
    model.snow.concurrent_polls = scenario.chain.concurrent_polls;
    model.validators = scenario.chain.validators;
    model.byzantine = byzantine;
    return sim::fork_chance(model);
}

std::uint32_t members_of(const sim::Scenario& scenario, sim::Role role) {
    std::uint32_t sum = 0;
    for (const sim::ActorGroup& one : scenario.actors) sum += one.role == role ? one.count : 0;
    return sum;
}

// Whether there are slashes of this cause, and all of them are as `is_so` says.
bool every_slash(const std::string& name, std::string_view cause,
                 bool (*is_so)(const sim::SlashRow& slash)) {
    const auto run = recorded(name);
    std::size_t seen = 0;
    for (const sim::SlashRow& slash : run->rows.rows<sim::SlashRow>()) {
        if (slash.cause != cause) continue;
        ++seen;
        if (!is_so(slash)) return false;
    }
    return seen > 0;
}

struct Number {
    const char* scenario;
    const char* written;  // in the comment, without thousands separators
    const char* meaning;
    bool (*holds)();
};

// Numbers of comments that are no value of a key.
constexpr Number kNumbers[] = {
    {"anchor_outage", "1/4", "of the anchors are withheld",
     [] { return scenario_with("anchor_outage").chain.anchor_withheld_ppm == 250'000; }},
    {"anchors_roll_over", "4096", "fewer slots than anchors",
     [] {
         const auto run = recorded("anchors_roll_over");
         const std::size_t anchors = run->rows.rows<sim::AnchorRow>().size();
         return anchors > 4096 &&
                anchors == static_cast<std::size_t>(count_of(run->outcome, "blocks"));
     }},
    {"bft", "1/3", "two of them decide, and nothing less",
     [] { return sim::quorum_of(300) == 201 && sim::quorum_of(299) == 200; }},
    {"cut_finality", "1/3", "two of them certify a cut, and nothing less",
     [] { return sim::quorum_of(300) == 201 && sim::quorum_of(299) == 200; }},
    {"bisection", "9", "moves at most, 1 + 2 log2 of 16 steps",
     [] { return scenario_with("bisection").workload.steps == 16 && 1 + 2 * 4 == 9; }},
    {"compute_time_inflator", "1.5", "LUX minted for a true report, and 3 for a false one",
     [] {
         std::set<std::uint64_t> minted;
         const auto run = recorded("compute_time_inflator");
         for (const sim::TaskRow& task : run->rows.rows<sim::TaskRow>())
             minted.insert(static_cast<std::uint64_t>(signed_nlux(*task.minted)));
         return minted == std::set<std::uint64_t>{1'500'000'000, 3'000'000'000};
     }},
    {"inspection", "101", "LUX that a proven lie costs: the slash and the fee",
     [] {
         const auto run = recorded("inspection");
         return run->rows.rows<sim::SlashRow>().at(0).taken +
                    run->rows.rows<sim::TaskRow>().at(0).fee ==
                lux(101);
     }},
    {"inspection", "101", "S in V / (V + S), the share that is checked",
     [] {
         return parameter("inspection", "checker", "check_ppm") ==
                static_cast<std::int64_t>(50.0 / (50 + 101) * 1e6 + 0.5);
     }},
    {"lazy_checker", "9", "tenths of the lies that a check finds",
     [] { return parameter("lazy_checker", "lazy", "power_ppm") == 900'000; }},
    {"minority_keeper", "11", "fork chance 10^-11",
     [] { return fork_chance_of("minority_keeper", 2) < 1e-11; }},
    {"model_downgrade", "7", "bits with which it serves the model itself",
     [] {
         const auto run = recorded(
             scenario_with("model_downgrade", {"provider.downgraders.parameters.kept_bits=7"}));
         return count_of(run->outcome, "n_cheats_posted") == 0 &&
                count_of(recorded("model_downgrade")->outcome, "n_cheats_posted") > 0;
     }},
    {"nothing_at_stake", "4", "fork chance 10^-4",
     [] { return fork_chance_of("nothing_at_stake", 3) < 1e-4; }},
    {"snow_breach", "1", "fork chance", [] { return fork_chance_of("snow_breach", 3) == 1; }},
    {"nondeterministic", "25", "one answer of so many is wrong",
     [] { return parameter("nondeterministic", "erring", "error_ppm") * 25 == 1'000'000; }},
    {"partition", "18", "validators that are left, whose polls of 11 mostly get 8 answers",
     [] {
         const sim::ChainSettings chain = scenario_with("partition").chain;
         const double answers = (18.0 - 1) / (chain.validators - 1);
         return chain.validators - 3 == 18 && chain.k == 11 && chain.alpha_confidence == 8 &&
                sim::chance_of_at_least(chain.alpha_confidence, chain.k, answers) > 0.5;
     }},
    {"partition", "6", "validators of NA, without which no task becomes final for three minutes",
     [] {
         const auto run = recorded(scenario_with("partition", {"fault.0.regions=NA"}));
         constexpr std::uint64_t kSecond = 1'000'000'000;
         return std::ranges::none_of(run->rows.rows<sim::TaskRow>(), [](const sim::TaskRow& task) {
             return task.final_time_ns && *task.final_time_ns > 125 * kSecond &&
                    *task.final_time_ns < 300 * kSecond;
         });
     }},
    {"queue_flooder", "1/4", "of a block's bytes are for proofs",
     [] {
         constexpr std::uint64_t kBlock = 1'000;
         return proof_delay_max(kBlock, kBlock) == 4 + 1 && proof_delay_max(250, kBlock) == 2;
     }},
    {"queue_holder", "1/16", "of the queue doubles the least fee",
     [] {
         VmParameters vm = scenario_with("queue_holder").vm;
         vm.policy.lock_fee_bps = 0;
         const std::uint64_t step = vm.config.max_task_queue_size / 16;
         return required_fee(vm, step - 1) == required_fee(vm, 0) &&
                required_fee(vm, step) == required_fee(vm, 0).checked_times(2);
     }},
    {"queue_holder", "110", "tasks that cost far less to hold than 160",
     [] {
         const auto few =
             recorded(scenario_with("queue_holder", {"requester.queue.parameters.hold=110"}));
         const auto all = recorded("queue_holder");
         return count_of(few->outcome, "attacker_net") >
                count_of(all->outcome, "attacker_net") / 10;
     }},
    {"selection_grinder", "13", "3/13 of the tasks",
     [] {
         const sim::Scenario scenario = scenario_with("selection_grinder");
         const double f = 1.0 / members_of(scenario, sim::Role::kProvider);
         const double s = 7.0 / scenario.chain.validators;
         return std::abs(f / (1 - s * (1 - f)) - 3.0 / 13) < 1e-12;
     }},
    {"self_challenger", "60", "of 100 LUX are not the owner's again",
     [] {
         return every_slash("self_challenger", "wrong_answer", [](const sim::SlashRow& slash) {
             return slash.taken - slash.to_challenger == lux(60);
         });
     }},
    {"self_challenger", "40", "LUX return, 10 go to the requester, 50 are burned",
     [] {
         return every_slash("self_challenger", "wrong_answer", [](const sim::SlashRow& slash) {
             return slash.to_challenger == lux(40) && slash.to_requester == lux(10) &&
                    slash.burned == lux(50);
         });
     }},
    {"slow", "40", "times as slow miss the timeout, ten times do not",
     [] {
         const auto much = recorded(scenario_with("slow", {"provider.slow.parameters.factor=40"}));
         const auto little = recorded("slow");
         return count_of(much->outcome, "slash_taken") > 0 &&
                count_of(little->outcome, "slash_taken") == 0;
     }},
    {"sybil", "7", "owners: those of one identity, and the one that splits",
     [] {
         const sim::Scenario scenario = scenario_with("sybil");
         const auto honest = std::ranges::find(scenario.actors, "honest", &sim::ActorGroup::name);
         return honest->count + 1 == 7;
     }},
    {"sybil", "9", "identities",
     [] { return members_of(scenario_with("sybil"), sim::Role::kProvider) == 9; }},
    {"threshold_check", "1000", "full_mlux with which no lie becomes final",
     [] {
         const auto run = recorded(
             scenario_with("threshold_check", {"challenger.watcher.parameters.full_mlux=1000"}));
         return count_of(run->outcome, "n_fraud_posted") > 0 &&
                count_of(run->outcome, "n_fraud_missed") == 0;
     }},
    {"trust_farmer", "70", "points of a TDX machine",
     [] {
         const auto run = recorded(scenario_with("trust_farmer", {"vm.trust_from_history=0"}));
         return std::ranges::any_of(run->rows.rows<sim::AgentRow>(), [](const sim::AgentRow& one) {
             return one.role == "provider" && one.trust == 70;
         });
     }},
    {"unbond_escape", "22", "blocks that a check takes",
     [] {
         const sim::Scenario scenario = scenario_with("unbond_escape");
         return scenario.workload.check_time_ns / scenario.chain.block_interval_ns == 22;
     }},
    {"vote_equivocator", "1/3", "of the stake is more than it has",
     [] { return 3 < scenario_with("vote_equivocator").chain.validators; }},
    {"wash_trader", "1/3", "of the providers are its own",
     [] {
         const sim::Scenario scenario = scenario_with("wash_trader");
         std::uint32_t own = 0;
         for (const sim::ActorGroup& one : scenario.actors) {
             if (one.role == sim::Role::kProvider && one.principal == "washer") own += one.count;
         }
         return own * 3 == members_of(scenario, sim::Role::kProvider);
     }},
};

class NumberOf : public testing::TestWithParam<Number> {};
void PrintTo(const Number& one, std::ostream* out) { *out << one.scenario << " " << one.written; }

TEST_P(NumberOf, IsComputed) {
    EXPECT_TRUE(numbers_in(comments_of(GetParam().scenario)).contains(GetParam().written))
        << "the comment does not have it";
    EXPECT_TRUE(GetParam().holds()) << GetParam().written << ": " << GetParam().meaning;
}

INSTANTIATE_TEST_SUITE_P(Catalog, NumberOf, testing::ValuesIn(kNumbers), [](const auto& run) {
    return fmt::format("{}_{}", run.param.scenario, run.index);
});

// Values of keys, sizes of roles, and parameters that the scenario leaves at their defaults.
std::set<std::string> values_in(const sim::Scenario& scenario) {
    std::set<std::string> out =
        numbers_in(std::regex_replace(canonical_text(scenario), std::regex("_"), ""));
    for (std::size_t role = 0; role < enum_count<sim::Role>; ++role)
        out.insert(std::to_string(members_of(scenario, static_cast<sim::Role>(role))));
    for (const sim::ActorGroup& group : scenario.actors) {
        const StrategyRow* row = find_strategy(group.strategy);
        if (row == nullptr) continue;
        for (const StrategyParameter& one : row->parameters)
            out.insert(std::to_string(one.default_value));
    }
    return out;
}

// A number is a value of the scenario, or computed above, or 0, 1 or 2 in a formula; a fraction is
// a value in parts per million or basis points.
TEST(Claims, EveryNumberOfACommentIsAValueOrComputed) {
    for (const std::string& name : catalog_names()) {
        std::string text = std::regex_replace(comments_of(name), command_form(), "");
        text = std::regex_replace(text, std::regex("`[^`]*`|sqlite3 .*'"), "");
        std::set<std::string> known = values_in(scenario_with(name));
        for (const Number& one : kNumbers) {
            if (name == one.scenario) known.insert(one.written);
        }
        known.insert({"0", "1", "2"});
        for (const std::string& number : numbers_in(text)) {
            const std::set<std::string> values = values_of_fraction(number);
            EXPECT_TRUE(
                known.contains(number) ||
                std::ranges::any_of(values, [&](const auto& one) { return known.contains(one); }))
                << name << ": " << number;
        }
    }
}

// The numbers that a sweep holds apart from its claim, and those of its scenario.
std::set<std::string> values_of(const Threshold& sweep) {
    std::set<std::string> out = values_in(scenario_with(sweep.scenario));
    out.merge(numbers_in(sweep.expression));
    for (const std::string& assignment : sweep.set) out.merge(numbers_in(assignment));
    for (const double x : sweep.grid) out.insert(fmt::format("{}", x));
    for (const auto& [name, value] : sweep.where) out.insert(fmt::format("{}", value));
    return out;
}

// What a sweep claims is measured against its expression or its sign; so a number of the sentence
// must be one of the sweep or of its scenario, or 0, 1 or 2 in a formula. A fraction with a
// numerator of 1 is one of the divisor, too.
TEST(Claims, EveryNumberOfASweepsClaimIsMeasured) {
    std::size_t seen = 0;
    for (const std::string& name : catalog_names()) {
        const std::vector<Threshold> sweeps = read_thresholds(name).value();
        for (const Threshold& sweep : sweeps) {
            std::set<std::string> known = values_of(sweep);
            known.insert({"0", "1", "2", "1/2"});
            for (const std::string& number : numbers_in(sweep.claim)) {
                ++seen;
                std::set<std::string> values = values_of_fraction(number);
                values.insert(number);
                if (number.starts_with("1/")) values.insert(number.substr(2));
                EXPECT_TRUE(std::ranges::any_of(
                    values, [&](const auto& one) { return known.contains(one); }))
                    << name << ", " << sweep.name << ": " << number;
            }
        }
    }
    EXPECT_GT(seen, 20U) << "they are no longer found";
}

// --- Sentences without numbers ---

TEST(Claims, WeakPollsForkAtMostSeeds) {
    const sim::Scenario scenario = scenario_with("snow_breach");
    int forks = 0;
    for (std::uint64_t seed = 1; seed <= 9; ++seed) {
        RunOptions options;
        options.seed = seed;
        const auto outcome = run_scenario(scenario, options);
        ASSERT_TRUE(outcome);
        forks += std::ranges::any_of(
            outcome->violations, [](const sim::Violation& one) { return one.invariant == "S1"; });
    }
    EXPECT_GE(forks, 5);
}

TEST(Claims, WhereProposersTakeTurnsTheShieldsHideOnlySomeOfTheLies) {
    const auto run = recorded(scenario_with(
        "shield64_limited", {"chain.consensus=snowman", "run.fidelity=full", "tasks.count=40"}));
    EXPECT_GT(count_of(run->outcome, "n_fraud_missed"), 0);
    EXPECT_LT(count_of(run->outcome, "n_fraud_missed"), count_of(run->outcome, "n_fraud_posted"));
}

TEST(Claims, ADelayBeyondTheLastTaskKeepsLatecomersOut) {
    const auto run = recorded(scenario_with("late_joiner", {"vm.activation_delay_blocks=40"}));
    EXPECT_EQ(count_of(run->outcome, "n_fraud_posted"), 0);
    EXPECT_GT(count_of(recorded("late_joiner")->outcome, "n_fraud_posted"), 0);
}

TEST(Claims, WithoutAToleranceHonestNoiseIsSlashed) {
    const auto strict = recorded(scenario_with("noise_gamer", {"vm.answer_tolerance=0"}));
    EXPECT_GT(count_of(strict->outcome, "n_honest_slashed"), 0);
    EXPECT_EQ(count_of(recorded("noise_gamer")->outcome, "n_honest_slashed"), 0);
}

TEST(Claims, WithCommitRevealTheHonestHaveNoQuorumWithoutTheRiders) {
    const auto run = recorded(scenario_with("free_rider_herd", {"vm.commit_reveal=true"}));
    EXPECT_TRUE(std::ranges::none_of(run->rows.rows<sim::TaskRow>(), [](const sim::TaskRow& task) {
        return task.correct.has_value();
    }));
}

TEST(Claims, TheHonestSideLosesNoGameOfABisection) {
    const auto run = recorded("bisection");
    const auto& challenges = run->rows.rows<sim::ChallengeRow>();
    EXPECT_GT(challenges.size(), 0U);
    for (const sim::ChallengeRow& one : challenges) {
        if (!one.valid) continue;
        EXPECT_NE(one.winner, sim::DisputeWinner::kProvider) << one.challenge;
    }
}

TEST(Claims, ADearPriceOfSpaceMakesCheckingALoss) {
    const std::vector<std::string> share{"vm.challenger_share_bps=100"};
    std::vector<std::string> dear = share;
    dear.push_back("vm.space_price_floor=0.2 LUX");
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        sim::WorldOptions options;
        options.seed = seed;
        const auto cheap = recorded(scenario_with("congestion", share), options);
        EXPECT_GT(net_each(*cheap, "watcher"), 0) << seed;
        const auto lost = recorded(scenario_with("congestion", dear), options);
        EXPECT_LT(net_each(*lost, "watcher"), 0) << seed;
        EXPECT_TRUE(lost->outcome.clean()) << "it ends by itself";
        EXPECT_EQ(count_of(lost->outcome, "n_fraud_missed"), 0) << seed;
    }
}

TEST(Claims, AttentionPaysForCheapChecksOnly) {
    const auto cheap = recorded("attention");
    EXPECT_GT(net_each(*cheap, "attentive"), net_each(*cheap, "idle"));
    EXPECT_EQ(count_of(cheap->outcome, "n_fraud_posted"), 0) << "nobody cheats";
    const auto dear = recorded(scenario_with("attention", {"tasks.check_cost=3 LUX"}));
    EXPECT_LT(net_each(*dear, "attentive"), net_each(*dear, "idle"));
}

// The tasks of the customers that no provider took in time.
std::size_t expired_of_customers(const Recorded& run) {
    const auto& agents = run.rows.rows<sim::AgentRow>();
    return static_cast<std::size_t>(
        std::ranges::count_if(run.rows.rows<sim::TaskRow>(), [&](const sim::TaskRow& task) {
            const std::uint32_t owner = agents.at(task.requester).principal;
            return task.outcome == sim::TaskOutcome::kExpired &&
                   run.outcome.principals.at(owner).label == "customers";
        }));
}

TEST(Claims, DustMakesTasksOfOthersFailOnlyWhereItIsNotPriced) {
    EXPECT_GT(expired_of_customers(*recorded("dust_locks")), 0U);
    const auto priced = recorded("dust_locks_priced");
    EXPECT_EQ(expired_of_customers(*priced), 0U);
    EXPECT_LT(count_of(priced->outcome, "tasks"),
              count_of(recorded("dust_locks")->outcome, "tasks"));
}

TEST(Claims, ManyLateAnswersSlowTheChainAndFewDoNot) {
    const auto finality = [](const std::string& assignment) {
        const auto run = recorded(scenario_with("late_answers", {assignment}));
        return count_of(run->outcome, "ttf_mean");
    };
    const double none = finality("validator.late.strategy=honest");
    const double few = finality("validator.late.count=2");
    const double block =
        static_cast<double>(scenario_with("late_answers").chain.block_interval_ns) / 1e9;
    EXPECT_LT(few, none + block / 4);
    EXPECT_GT(finality("validator.late.count=6"), few + block);
}

TEST(Claims, AttestationsThatAreRenewedAllowEarlyUseToTheEnd) {
    const auto run = recorded("tee_long");
    std::map<std::uint64_t, std::uint64_t> usable;
    for (const sim::ResultRow& result : run->rows.rows<sim::ResultRow>()) {
        if (result.usable_early_ns) usable.emplace(result.task, *result.usable_early_ns);
    }
    const auto& tasks = run->rows.rows<sim::TaskRow>();
    ASSERT_GT(tasks.back().submit_time_ns, 3ULL * 3600 * 1'000'000'000);
    const auto first_use = [&](const sim::TaskRow& task) {
        return usable.at(task.task) - task.submit_time_ns;
    };
    ASSERT_EQ(usable.size(), tasks.size()) << "every one of them";
    for (std::size_t i = tasks.size() - 100; i < tasks.size(); ++i)
        EXPECT_LE(first_use(tasks[i]), first_use(tasks[100]) + 4'000'000'000) << tasks[i].task;
    EXPECT_LT(count_of(run->outcome, "ttu_mean"), count_of(run->outcome, "ttf_mean") / 5);
}

// Keeps the root of all receipts after every block.
class ReceiptRoots final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        roots_[block.state.head.height] = to_hex(receipt_root(block.state).view());
    }
    [[nodiscard]] const std::string& at(Height height) const { return roots_.at(height); }

private:
    std::map<Height, std::string> roots_;
};

TEST(Claims, AnOutageDelaysAnchorsAndLosesNone) {
    const sim::Scenario scenario = scenario_with("anchor_outage");
    ReceiptRoots roots;
    sim::WorldOptions options;
    options.probe = &roots;
    const auto run = recorded(scenario, options);
    const std::uint64_t begins = scenario.chain.anchor_outage_at_ns;
    const std::uint64_t ends = begins + scenario.chain.anchor_outage_ns;
    std::size_t late = 0;
    std::size_t in_time = 0;
    std::size_t withheld = 0;
    for (const sim::AnchorRow& anchor : run->rows.rows<sim::AnchorRow>()) {
        EXPECT_EQ(anchor.root, roots.at(anchor.block)) << anchor.anchor;
        withheld += anchor.withheld ? 1 : 0;
        EXPECT_FALSE(anchor.withheld && anchor.landed_ns);
        if (!anchor.landed_ns) continue;
        EXPECT_FALSE(*anchor.landed_ns >= begins && *anchor.landed_ns < ends) << anchor.anchor;
        const bool is_late = *anchor.landed_ns > anchor.sent_ns + scenario.chain.anchor_delay_ns;
        EXPECT_EQ(is_late, anchor.sent_ns + scenario.chain.anchor_delay_ns >= begins &&
                               anchor.sent_ns + scenario.chain.anchor_delay_ns < ends);
        ++(is_late ? late : in_time);
    }
    EXPECT_GT(late, 3U);
    EXPECT_GT(in_time, late);
    EXPECT_GT(withheld, 3U);
    const auto whole = recorded(
        scenario_with("anchor_outage", {"chain.anchor_outage=0s", "chain.anchor_withheld=0%"}));
    EXPECT_EQ(count_of(run->outcome, "ttf_mean"), count_of(whole->outcome, "ttf_mean"));
    for (const sim::AnchorRow& anchor : whole->rows.rows<sim::AnchorRow>())
        EXPECT_FALSE(anchor.withheld) << anchor.anchor;
}

TEST(Claims, OnlyAttestedMachinesAllowEarlyUse) {
    const auto run = recorded("tee_fast");
    const auto& agents = run->rows.rows<sim::AgentRow>();
    std::size_t early = 0;
    for (const sim::ResultRow& result : run->rows.rows<sim::ResultRow>()) {
        if (!result.usable_early_ns) continue;
        ++early;
        const std::uint32_t owner = agents.at(result.provider).principal;
        EXPECT_TRUE(run->outcome.principals.at(owner).label.starts_with("attested"));
    }
    EXPECT_GT(early, 0U);
}

}  // namespace
}  // namespace aivm::scenarios::cli
