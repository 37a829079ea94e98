#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "core/base/units.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/study_access.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/setting.h"
#include "sim/scenario/fault_budget.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios::cli {
namespace {

// Decided by content, so the name of a database does not matter.
bool looks_like_database(const std::string& path) {
    constexpr std::string_view kMagic("SQLite format 3\0", 16);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return false;
    std::array<char, 16> head{};
    std::ifstream(path, std::ios::binary).read(head.data(), head.size());
    return std::string_view(head.data(), head.size()) == kMagic || path.ends_with(".db");
}

int check_database(const std::string& path) {
    auto study = open_for_user(path);
    if (!study) return kExitBadRequest;
    std::string text = fmt::format("{} is a whole database of aivmsim\n", path);
    const auto studies = study->rows<sim::StudyRow>();
    const auto points = study->rows<sim::PointRow>();
    const auto runs = study->rows<sim::RunRow>();
    if (!studies || !points || !runs) {
        complain((!studies ? studies.error() : !points ? points.error() : runs.error()).context);
        return kExitBadRequest;
    }
    for (const sim::StudyRow& row : *studies) {
        text += fmt::format("  study {}  made {} by aivmsim {} ({}, {})\n", row.name, row.created,
                            row.code_version, row.compiler, row.build_flags);
    }
    text += fmt::format("  {} of {}\n", counted(runs->size(), "run"),
                        counted(points->size(), "setting"));
    constexpr std::size_t kMostRuns = 20;
    for (std::size_t i = 0; i < runs->size() && i < kMostRuns; ++i) {
        const sim::RunRow& run = (*runs)[i];
        const auto from = study->provenance(run.run_id);
        text += fmt::format("  run {}  {} seed={} {} blocks={} events={} digest={}\n", run.run_id,
                            from ? from->point.scenario : "?", run.seed, word(run.status),
                            grouped(run.end_block), grouped(run.events), run.digest);
        const std::vector<std::string> set = from ? from->overrides() : std::vector<std::string>();
        if (!set.empty()) text += fmt::format("    with {}\n", fmt::join(set, " "));
    }
    if (runs->size() > kMostRuns) text += fmt::format("  and {} more\n", runs->size() - kMostRuns);
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

// How much may be faulty, and how likely a fork is; nothing where no validators decide together.
std::string describe_tolerance(const sim::Scenario& scenario) {
    const auto setting = make_setting(scenario);
    if (!setting || scenario.run.fidelity != sim::Fidelity::kFull) return "";
    const std::vector<Amount>& stakes = setting->stakes;
    const sim::FaultTolerance tolerance = sim::fault_tolerance(scenario, stakes);
    std::string out = fmt::format(
        "  fault budget: {} of {} of stake\n", exact_lux(sim::fault_budget(scenario, stakes)),
        exact_lux(std::accumulate(stakes.begin(), stakes.end(), Amount())));
    const sim::EngineRow& engine = sim::engine_row(scenario.chain.consensus);
    if (engine.sole_proposer && stakes.size() > 1)
        out +=
            "  outside the budget: what the disk of the sequencer loses, the only copy there is\n";
    if (engine.tolerance == nullptr) return out;
    out += fmt::format(
        "  chance of a fork in the run: below {:.1e} within the budget, {:.1e} with one validator "
        "more\n",
        tolerance.fork_chance, tolerance.fork_chance_beyond);
    out += fmt::format("  polls until a decision: {:.0f}, at most {:.0f} accepted\n",
                       tolerance.polls, tolerance.polls_max);
    return out;
}

int check_scenario_file(const CheckRequest& request) {
    const auto given = load_given(request.path, request.assignments);
    if (!given) return kExitBadRequest;
    if (!given->loaded.notes.empty()) say(to_text(given->loaded.notes));
    const sim::Scenario& scenario = given->loaded.scenario;
    std::string text = fmt::format("{} is a sound scenario\n  {}: {}\n", given->loaded.source,
                                   scenario.name, scenario.description);
    for (const sim::ActorGroup& group : sim::groups_of(scenario)) {
        text += fmt::format("  {:>5} {} {}, {}\n", grouped(std::uint64_t{group.count}),
                            word(group.role), group.name, group.strategy);
    }
    text += fmt::format("  {}, {}\n", counted(scenario.workload.tasks, "task"),
                        counted(scenario.faults.size(), "fault"));
    text += describe_tolerance(scenario);
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace

int check_command(const CheckRequest& request) {
    return looks_like_database(request.path) ? check_database(request.path)
                                             : check_scenario_file(request);
}

}  // namespace aivm::scenarios::cli
