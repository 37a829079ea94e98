#include "scenarios/cli/profit_shown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/build_info.h"

namespace aivm::scenarios::cli {
namespace {

using ProfitJson = nlohmann::ordered_json;

constexpr double kNluxPerLux = 1e9;

std::string lux_of_mean(double nlux) { return lux_text(std::llround(nlux)); }

// "12.3 LUX per member and run over honest play, from 11 to 14".
std::string deviation_gain_text(const Moments& gain, const Interval& interval) {
    return fmt::format("{} LUX per member and run over honest play, from {} to {}",
                       lux_of_mean(gain.mean()), lux_of_mean(interval.low),
                       lux_of_mean(interval.high));
}

std::string actions_text(const SearchSpace& space, const Candidate& candidate) {
    std::string out;
    std::size_t number = 0;
    for (const auto& [index, level] : candidate) {
        const Primitive& primitive = space.primitives().at(index);
        out += fmt::format("    {}  {} = {}\n       {}\n", ++number, primitive.key, level,
                           wrapped(primitive.doc, kScreenWidth - 7, 7));
    }
    return out;
}

std::string reproduce_text(const ProfitShown& shown, const std::string& path) {
    return fmt::format("aivmsim run {} --counterfactual --seed {} --runs {}", path,
                       shown.result.first_fresh_seed, shown.options.fresh_seeds);
}

std::string searched_text(const ProfitShown& shown) {
    const ProfitResult& result = shown.result;
    return fmt::format("{}, {}{}, {}", counted(result.candidates, "candidate"),
                       counted(result.runs, "run"),
                       result.exhausted ? ", the space is exhausted" : "",
                       span_text(static_cast<std::int64_t>(shown.wall_ns)));
}

std::string violating_text(const ProfitShown& shown) {
    std::string out;
    for (const ViolatingDeviation& one : shown.result.violations) {
        out += fmt::format(
            "FAIL  {}   {}   seed {}\n  {}\n{}  reproduce  aivmsim run {}/violates-{}.toml --seed "
            "{}\n",
            one.invariant, shown.scenario, one.seed, one.message,
            actions_text(shown.space, one.candidate), shown.options.folder, one.invariant,
            one.seed);
    }
    return out;
}

std::string tried_text(const ProfitShown& shown) {
    std::string out;
    for (const Deviation& one : shown.result.deviations)
        out += fmt::format("  tried on fresh seeds: {}\n    {}\n",
                           deviation_gain_text(one.gain, one.interval), one.name);
    return out;
}

std::string profitable_text(const ProfitShown& shown, const Deviation& cheapest) {
    const ProfitResult& result = shown.result;
    std::string out = fmt::format(
        "FAIL  E5 honest-play-pays-best   {}   owner {}\n"
        "  the cheapest deviation that pays brings {}\n"
        "  ({} fresh seeds, {:.0f} % for all {} tried there together); it spends {} LUX\n{}",
        shown.scenario, shown.space.owner(), deviation_gain_text(cheapest.gain, cheapest.interval),
        shown.options.fresh_seeds, 100 * kProfitConfidence,
        counted(result.deviations.size(), "deviation"), lux_of_mean(cheapest.spent),
        actions_text(shown.space, cheapest.candidate));
    if (const Deviation* best = result.best(); best != &cheapest) {
        out += fmt::format("  the most profitable one brings {}\n  and spends {} LUX\n{}",
                           deviation_gain_text(best->gain, best->interval),
                           lux_of_mean(best->spent), actions_text(shown.space, best->candidate));
    }
    return out + fmt::format("  searched   {}\n  saved      {}\n  reproduce  {}\n",
                             searched_text(shown), shown.options.folder,
                             reproduce_text(shown, cheapest_file(shown.options)));
}

ProfitJson interval_json(const Moments& gain, const Interval& interval) {
    return {{"mean_lux", gain.mean() / kNluxPerLux},
            {"low_lux", interval.low / kNluxPerLux},
            {"high_lux", interval.high / kNluxPerLux},
            {"runs", gain.n()}};
}

ProfitJson deviation_json(const SearchSpace& space, const Deviation& one) {
    ProfitJson actions = ProfitJson::object();
    for (const auto& [index, level] : one.candidate)
        actions[space.primitives().at(index).key] = level;
    return {{"actions", actions},
            {"gain", interval_json(one.gain, one.interval)},
            {"spent_lux", one.spent / kNluxPerLux},
            {"pays", one.pays()}};
}

std::string interval_cell(const Moments& gain, const Interval& interval) {
    if (gain.n() < 2) return "-";
    return fmt::format("{:.2f} [{:.2f}, {:.2f}]", gain.mean() / kNluxPerLux,
                       interval.low / kNluxPerLux, interval.high / kNluxPerLux);
}

std::string found_cell(const KnownAttack& attack) {
    const Deviation* best = attack.found.best();
    return best == nullptr ? "nothing that pays" : interval_cell(best->gain, best->interval);
}

struct Recovered {
    std::size_t pay = 0;
    std::size_t again = 0;
    std::size_t some = 0;  // something that pays, if less than half
    double median_share = 0;
};

Recovered recovered(const std::vector<KnownAttack>& attacks) {
    Recovered out;
    std::vector<double> shares;
    for (const KnownAttack& attack : attacks) {
        if (!attack.pays()) continue;
        ++out.pay;
        out.again += attack.found_again() ? 1 : 0;
        out.some += attack.found.best() != nullptr ? 1 : 0;
        shares.push_back(attack.share_found());
    }
    std::ranges::sort(shares);
    if (!shares.empty()) out.median_share = shares[shares.size() / 2];
    return out;
}

std::string recovered_text(const RecoveryShown& shown) {
    const Recovered all = recovered(shown.attacks);
    return fmt::format(
        "attacks that pay        {} of {} measured\n"
        "found again             {}, with at least half of the known profit\n"
        "something that pays     {}\n"
        "profit found / known    median {:.2f}\n",
        all.pay, shown.attacks.size(), all.again, all.some, all.median_share);
}

}  // namespace

std::string cheapest_file(const ProfitOptions& options) {
    return options.folder + "/cheapest.toml";
}
std::string best_file(const ProfitOptions& options) { return options.folder + "/best.toml"; }

std::string profit_text(const ProfitShown& shown) {
    const std::string violations = violating_text(shown);
    if (const Deviation* cheapest = shown.result.cheapest())
        return violations + profitable_text(shown, *cheapest);
    if (shown.result.stopped) {
        return violations + fmt::format("STOPPED  {}   owner {}   before fresh seeds; {}\n",
                                        shown.scenario, shown.space.owner(), searched_text(shown));
    }
    return violations + fmt::format("{}  {}   owner {}   no profitable deviation found in {}\n{}",
                                    violations.empty() ? "PASS" : "    ", shown.scenario,
                                    shown.space.owner(), searched_text(shown), tried_text(shown));
}

std::string profit_json(const ProfitShown& shown) {
    ProfitJson deviations = ProfitJson::array();
    for (const Deviation& one : shown.result.deviations)
        deviations.push_back(deviation_json(shown.space, one));
    ProfitJson violations = ProfitJson::array();
    for (const ViolatingDeviation& one : shown.result.violations) {
        violations.push_back({{"invariant", one.invariant},
                              {"message", one.message},
                              {"seed", std::to_string(one.seed)},
                              {"actions", one.name}});
    }
    const Deviation* cheapest = shown.result.cheapest();
    const ProfitJson out = {
        {"schema_version", kJsonVersion},
        {"program", build_info().version},
        {"scenario", shown.scenario},
        {"owner", shown.space.owner()},
        {"members", shown.result.members},
        {"seed", std::to_string(shown.options.seed)},
        {"first_fresh_seed", std::to_string(shown.result.first_fresh_seed)},
        {"fresh_seeds", shown.options.fresh_seeds},
        {"confidence", kProfitConfidence},
        {"primitives", shown.space.primitives().size()},
        {"candidates", shown.result.candidates},
        {"runs", shown.result.runs},
        {"exhausted", shown.result.exhausted},
        {"stopped", shown.result.stopped},
        {"pays", cheapest != nullptr},
        {"cheapest", cheapest == nullptr ? ProfitJson() : deviation_json(shown.space, *cheapest)},
        {"deviations", deviations},
        {"violations", violations}};
    return out.dump(2, ' ', false, ProfitJson::error_handler_t::replace) + "\n";
}

std::string deviation_comment(const ProfitShown& shown, const Deviation& one,
                              const std::string& path) {
    return fmt::format(
        "A deviation of the owner {} that pays in the scenario {}, found by a profit search\n"
        "(aivmsim {}, seed {}). On seeds that the search had not seen it brings\n{}\n"
        "({} seeds). To repeat that:\n  {}",
        shown.space.owner(), shown.scenario, build_info().version, shown.options.seed,
        deviation_gain_text(one.gain, one.interval), shown.options.fresh_seeds,
        reproduce_text(shown, path));
}

std::string primitives_text() {
    std::string out;
    std::string_view strategy;
    for (const Ladder& ladder : ladders()) {
        if (ladder.strategy != strategy)
            out += fmt::format("{}{}\n", out.empty() ? "" : "\n", ladder.strategy);
        strategy = ladder.strategy;
        const StrategyRow* row = find_strategy(strategy);
        const auto known =
            std::ranges::find(row->parameters, ladder.parameter, &StrategyParameter::name);
        out += fmt::format("  {:<17} {}\n", ladder.parameter,
                           wrapped(known->doc, kScreenWidth - 20, 20));
    }
    return out +
           "\nchain\n  censorship        pays for the censorship of fraud proofs that the scenario "
           "offers it\n";
}

std::string recovery_line(const KnownAttack& attack) {
    const std::string known = interval_cell(attack.gain, attack.interval);
    const std::string about =
        fmt::format("{:<22} {:<12} {}", attack.scenario, attack.owner, attack.strategies);
    if (!attack.pays()) return fmt::format("{}: {} LUX, does not pay", about, known);
    return fmt::format("{}: known {} LUX, found {}{}", about, known, found_cell(attack),
                       attack.found_again() ? ", found again" : "");
}

std::string recovery_text(const RecoveryShown& shown) {
    std::string out;
    for (const KnownAttack& attack : shown.attacks) out += recovery_line(attack) + "\n";
    if (!shown.complete) out += "stopped before all attacks were searched for\n";
    return out + "\n" + recovered_text(shown);
}

std::string recovery_json(const RecoveryShown& shown) {
    ProfitJson attacks = ProfitJson::array();
    for (const KnownAttack& attack : shown.attacks) {
        const Deviation* best = attack.found.best();
        attacks.push_back(
            {{"scenario", attack.scenario},
             {"owner", attack.owner},
             {"strategies", attack.strategies},
             {"ids", attack.ids},
             {"known", interval_json(attack.gain, attack.interval)},
             {"pays", attack.pays()},
             {"found", best == nullptr ? ProfitJson() : interval_json(best->gain, best->interval)},
             {"actions", attack.deviation_names},
             {"share_found", attack.share_found()},
             {"found_again", attack.found_again()},
             {"candidates", attack.found.candidates},
             {"runs", attack.found.runs}});
    }
    const Recovered all = recovered(shown.attacks);
    const ProfitJson out = {{"schema_version", kJsonVersion},
                            {"program", build_info().version},
                            {"machine", shown.machine},
                            {"seed", std::to_string(shown.options.seed)},
                            {"complete", shown.complete},
                            {"attacks_that_pay", all.pay},
                            {"found_again", all.again},
                            {"median_share", all.median_share},
                            {"attacks", attacks}};
    return out.dump(2, ' ', false, ProfitJson::error_handler_t::replace) + "\n";
}

std::string recovery_markdown(const RecoveryShown& shown) {
    std::string out = fmt::format(
        "# Profit search: how many known attacks are found again\n\n"
        "Written by `aivmsim profit --catalogue --seed {}` with {}; aivmsim {}, {}; {}.{}\n\n"
        "```\n{}```\n\n"
        "Of each attack of the catalogue in the economic fidelity that pays: what it brings with "
        "its named\nstrategy, and what the search found for the same owner with primitive actions "
        "only. In LUX per member\nand run over honest play, on the same {} seeds, none of which "
        "the search has seen; intervals of 95 %\n(of what was found: for all deviations that were "
        "tried there together). `share` is found / known.\n\n"
        "| scenario | strategy | known | found | share | what was found does | candidates | runs "
        "|\n|---|---|---|---|---|---|---|---|\n",
        shown.options.seed, shown.budget, build_info().version, build_info().compiler,
        shown.machine, shown.complete ? "" : " It was stopped before all had been searched for.",
        recovered_text(shown), shown.options.fresh_seeds);
    std::string unprofitable;
    for (const KnownAttack& attack : shown.attacks) {
        if (!attack.pays()) {
            unprofitable += fmt::format("{}`{}` {}", unprofitable.empty() ? "" : ", ",
                                        attack.scenario, attack.owner);
            continue;
        }
        out += fmt::format("| `{}` {} | {} {} | {} | {} | {:.2f} | {} | {} | {} |\n",
                           attack.scenario, attack.owner, attack.ids, attack.strategies,
                           interval_cell(attack.gain, attack.interval), found_cell(attack),
                           attack.share_found(), fmt::join(attack.deviation_names, " "),
                           attack.found.candidates, attack.found.runs);
    }
    return out + fmt::format("\nMeasured, and does not pay on these seeds: {}.\n", unprofitable);
}

}  // namespace aivm::scenarios::cli
