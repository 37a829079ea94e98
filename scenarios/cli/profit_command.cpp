// Searches for a deviation from honest play that pays.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <thread>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/profit_shown.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/text_file.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/units.h"
#include "scenarios/profit/profit_files.h"
#include "scenarios/run/build_info.h"

namespace aivm::scenarios::cli {
namespace {

constexpr const char* kDefaultSearchBudget = "5m";

int exit_code_of_search_error(const Error& error) {
    switch (error.code) {
        case ErrorCode::kConfig:
        case ErrorCode::kConflict:
        case ErrorCode::kNotFound:
        case ErrorCode::kMalformed:
            return kExitBadRequest;
        default:
            return kExitHarnessFailed;
    }
}

int refuse_search(const Error& error) {
    complain(error.context.empty() ? error.text() : error.context);
    return exit_code_of_search_error(error);
}

// Empty if a limit cannot be used; the reason has been written to stderr.
std::optional<ProfitOptions> search_options(const ProfitRequest& request) {
    ProfitOptions options;
    const bool limited_by_time = !request.budget.empty() || !request.runs;
    const std::string written = request.budget.empty() ? kDefaultSearchBudget : request.budget;
    if (limited_by_time) {
        const auto budget = parse_duration_ns(written);
        if (!budget || *budget == 0) {
            complain(fmt::format("--budget {} takes a time above zero, such as 5m", written));
            return std::nullopt;
        }
        options.budget_ns = *budget;
    }
    options.runs_max = request.runs.value_or(0);
    options.seed = request.seed;
    options.fresh_seeds = request.fresh_seeds;
    options.jobs =
        request.jobs > 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
    options.program = build_info().version;
    options.stop = interrupted;
    options.wall_clock_ns = wall_clock_ns;
    if (!request.quiet) options.progress = [](const std::string& line) { say(line + "\n"); };
    return options;
}

// The file of a deviation expects those violations that the scenario expected and that it made.
Status save_deviation(const ProfitShown& shown, const Deviation& one, const std::string& path) {
    sim::Scenario scenario = shown.space.scenario_of(one.candidate);
    scenario.expected_violations = one.expected;
    return write_scenario(path, candidate_text(scenario, deviation_comment(shown, one, path)));
}

Status save_deviations(const ProfitShown& shown) {
    if (const Deviation* cheapest = shown.result.cheapest())
        AIVM_TRY(save_deviation(shown, *cheapest, cheapest_file(shown.options)));
    if (const Deviation* best = shown.result.best())
        AIVM_TRY(save_deviation(shown, *best, best_file(shown.options)));
    for (const ViolatingDeviation& one : shown.result.violations) {
        AIVM_TRY(write_candidate(
            shown.options.folder, fmt::format("violates-{}.toml", one.invariant), shown.space,
            one.candidate,
            fmt::format("Violates {} with seed {}: {}", one.invariant, one.seed, one.message)));
    }
    return {};
}

int search_one(const ProfitRequest& request, ProfitOptions options) {
    const auto given = load_given(request.scenario, request.assignments);
    if (!given) return kExitBadRequest;
    const sim::Scenario& scenario = given->loaded.scenario;
    options.folder = request.out.value_or(
        fmt::format("{}/profit-{}-{}", kOutputFolder, scenario.name, request.seed));
    const auto space = SearchSpace::make(scenario, request.owner, request.without);
    if (!space) return refuse_search(space.error());
    const std::uint64_t started = wall_clock_ns();
    const auto result = search_profit(*space, options);
    if (!result) return refuse_search(result.error());
    const ProfitShown shown{scenario.name, *space, options, *result, wall_clock_ns() - started};
    // What was found is said before it is written, so that a full disk cannot hide it.
    if (!print_result(request.json ? profit_json(shown) : profit_text(shown)))
        return kExitHarnessFailed;
    if (const Status saved = save_deviations(shown); !saved) return refuse_search(saved.error());
    if (result->cheapest() != nullptr || !result->violations.empty()) return kExitViolated;
    return result->stopped ? kExitInterrupted : kExitClean;
}

struct AttackOfCatalogue {
    sim::Scenario scenario;
    std::string owner;
};

std::vector<AttackOfCatalogue> attacks_of_catalogue(const std::vector<std::string>& only) {
    std::vector<AttackOfCatalogue> out;
    for (const std::string& name : catalog_names()) {
        if (!only.empty() && std::ranges::find(only, name) == only.end()) continue;
        const auto loaded = load_scenario_file(scenario_path(name));
        if (!loaded || loaded->scenario.run.fidelity != sim::Fidelity::kEconomic) continue;
        const auto owners = attackers_of(loaded->scenario);
        if (!owners) continue;
        for (const std::string& owner : *owners) out.push_back({loaded->scenario, owner});
    }
    return out;
}

std::string machine_of_search(unsigned jobs) {
    utsname name{};
    uname(&name);
    return fmt::format("{} {}, {}", name.sysname, name.machine, counted(jobs, "thread"));
}

int search_catalogue(const ProfitRequest& request, ProfitOptions options) {
    const std::vector<std::string> only = request.scenario.empty()
                                              ? std::vector<std::string>()
                                              : std::vector<std::string>{request.scenario};
    const std::vector<AttackOfCatalogue> attacks = attacks_of_catalogue(only);
    if (attacks.empty()) {
        complain(
            "the catalogue has no such attack in the economic fidelity; aivmsim list names "
            "its scenarios");
        return kExitNothingMatched;
    }
    const std::uint64_t started = wall_clock_ns();
    const std::uint64_t budget_ns = options.budget_ns;
    options.progress = nullptr;
    std::vector<KnownAttack> found;
    for (const AttackOfCatalogue& attack : attacks) {
        // Each gets its part of the time that is left.
        const std::uint64_t used = wall_clock_ns() - started;
        const std::uint64_t left = budget_ns > used ? budget_ns - used : 1;
        options.budget_ns = budget_ns == 0 ? 0 : left / (attacks.size() - found.size()) + 1;
        auto one = find_again(attack.scenario, attack.owner, options, false);
        if (!one) return refuse_search(one.error());
        if (interrupted()) break;
        if (!request.quiet) say(recovery_line(*one) + "\n");
        found.push_back(*std::move(one));
    }
    const RecoveryShown shown{
        found, options,
        request.runs ? fmt::format("{} per attack", counted(*request.runs, "run"))
                     : "a budget of " + (request.budget.empty() ? std::string(kDefaultSearchBudget)
                                                                : request.budget),
        machine_of_search(options.jobs), found.size() == attacks.size()};
    if (!print_result(request.json ? recovery_json(shown) : recovery_text(shown)))
        return kExitHarnessFailed;
    if (!write_text_file(request.table, recovery_markdown(shown))) return kExitHarnessFailed;
    const bool violated = std::ranges::any_of(
        found, [](const KnownAttack& one) { return !one.found.violations.empty(); });
    if (violated) return kExitViolated;
    return shown.complete ? kExitClean : kExitInterrupted;
}

}  // namespace

int profit_command(const ProfitRequest& request) {
    if (request.list) return print_result(primitives_text()) ? kExitClean : kExitHarnessFailed;
    if (request.scenario.empty() && !request.catalogue) {
        complain("name a scenario, such as aivmsim profit quorum_collusion, or --catalogue");
        return kExitBadRequest;
    }
    const auto options = search_options(request);
    if (!options) return kExitBadRequest;
    catch_interrupts();
    return request.catalogue ? search_catalogue(request, *options) : search_one(request, *options);
}

}  // namespace aivm::scenarios::cli
