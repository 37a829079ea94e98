#include <fmt/format.h>

#include <filesystem>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/replay_finding.h"
#include "scenarios/cli/replay_json.h"
#include "scenarios/cli/study_access.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/verdict.h"
#include "scenarios/file/load.h"
#include "scenarios/run/build_info.h"
#include "scenarios/run/run.h"
#include "sim/engine/seed.h"

namespace aivm::scenarios::cli {
namespace {

// The scenario of a run; empty if this version no longer accepts it, which is reported on stderr.
std::optional<sim::Scenario> scenario_of(const sim::Study::Provenance& from) {
    std::vector<Override> overrides;
    for (const std::string& assignment : from.overrides()) {
        auto parsed = parse_override(assignment);
        if (!parsed) {
            complain(fmt::format("recorded override {}: {}", assignment, parsed.error().message));
            return std::nullopt;
        }
        overrides.push_back(std::move(*parsed));
    }
    auto loaded = load_scenario_text(from.point.scenario_text, from.point.scenario + " (recorded)",
                                     overrides);
    if (!loaded) {
        say(to_text(loaded.error()));
        complain(fmt::format(
            "this version does not accept the recorded scenario; it was run by aivmsim {}",
            from.study.code_version));
        return std::nullopt;
    }
    return std::move(loaded->scenario);
}

// An interrupted run is stopped at the same virtual time again, so that it has the recorded digest.
std::function<bool(sim::SimTime, std::uint64_t)> until_recorded_end(const sim::RunRow& run,
                                                                    Progress& progress) {
    const auto hook = progress.hook();
    if (run.status != sim::RunStatus::kInterrupted) return hook;
    return [hook, end = static_cast<sim::SimTime>(run.end_time_ns)](sim::SimTime now,
                                                                    std::uint64_t final_tasks) {
        return hook(now, final_tasks) && now < end;
    };
}

ReplayedRun replay_run(const sim::Study::Provenance& from) {
    ReplayedRun replayed{from.run.run_id, from.point.scenario, from.run.seed, from.run.digest, "",
                         kExitBadRequest};
    const auto scenario = scenario_of(from);
    const auto seed = sim::seed_from_text(from.run.seed);
    if (!scenario || !seed) return replayed;
    Progress progress(progress_mode(false, false), scenario->workload.tasks);
    RunOptions options;
    options.seed = *seed;
    options.progress = until_recorded_end(from.run, progress);
    const auto outcome = run_scenario(*scenario, options);
    progress.clear();
    if (!outcome) {
        complain(outcome.error().text());
        return replayed;
    }
    replayed.found = outcome->digest.hex();
    replayed.exit_code = replayed.found == replayed.recorded ? kExitClean
                         : interrupted()                     ? kExitInterrupted
                                                             : kExitNotDeterministic;
    return replayed;
}

std::string line_of(const ReplayedRun& run, const std::string& recorded_by, bool colour) {
    const std::string what = fmt::format("{} seed={} run {}", run.scenario, run.seed, run.run_id);
    if (run.exit_code == kExitClean) {
        return fmt::format("{} {} digest={}, as recorded\n", styled(Style::kGood, "SAME", colour),
                           what, run.found);
    }
    if (run.exit_code == kExitInterrupted) {
        return fmt::format("{} {}\n", styled(Style::kCaution, "STOPPED", colour), what);
    }
    if (run.found.empty()) return fmt::format("{} {}\n", styled(Style::kBad, "FAIL", colour), what);
    return fmt::format("{} {}\n  recorded {}  by aivmsim {}\n  found    {}  by aivmsim {}\n",
                       styled(Style::kBad, "DIFFERS", colour), what, run.recorded, recorded_by,
                       run.found, build_info().version);
}

int replay_database(const ReplayRequest& request) {
    auto study = open_for_user(request.path);
    if (!study) return kExitBadRequest;
    const auto runs = study->rows<sim::RunRow>();
    if (!runs) {
        complain(runs.error().context);
        return kExitBadRequest;
    }
    std::vector<ReplayedRun> replayed;
    int worst = kExitClean;
    for (const sim::RunRow& run : *runs) {
        if ((request.run && *request.run != run.run_id) || interrupted()) continue;
        const auto from = study->provenance(run.run_id);
        if (!from) {
            complain(from.error().context);
            return kExitBadRequest;
        }
        replayed.push_back(replay_run(*from));
        if (worst == kExitClean) worst = replayed.back().exit_code;
        const std::string line =
            line_of(replayed.back(), from->study.code_version, has_colour(stdout));
        if (!request.json && !print_result(line)) return kExitHarnessFailed;
    }
    if (replayed.empty()) {
        complain(request.run ? fmt::format("{} has no run {}; aivmsim check {} lists them",
                                           request.path, *request.run, request.path)
                             : fmt::format("{} has no run", request.path));
        return kExitNothingMatched;
    }
    if (request.json && !print_result(replay_json(replayed))) return kExitHarnessFailed;
    return worst;
}

}  // namespace

int replay_command(const ReplayRequest& request) {
    catch_interrupts();
    std::error_code ignored;
    if (std::filesystem::is_directory(request.path, ignored)) return replay_finding_folder(request);
    return replay_database(request);
}

}  // namespace aivm::scenarios::cli
