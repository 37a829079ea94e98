#include <fmt/format.h>

#include <filesystem>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/leave_finding.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/replay_file.h"
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
std::optional<LoadedScenario> scenario_of(const sim::Study::Provenance& from) {
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
    return std::move(*loaded);
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

// Of a run with the recorded digest: what its outcome says; one that was stopped is the same again.
int exit_code_of_same(const sim::RunRow& run, const sim::Outcome& outcome) {
    return run.status == sim::RunStatus::kInterrupted ? kExitClean : exit_code_of(outcome);
}

struct RepeatedRun {
    ReplayedRun run;
    std::string violations;  // as text; empty if nothing was violated that is not expected
};

// Runs a recorded run again. One that is asked for by name and violates an invariant is shrunk and
// saved beside the database.
RepeatedRun replay_run(const ReplayRequest& request, const sim::Study::Provenance& from) {
    RepeatedRun out{
        {from.run.run_id, from.point.scenario, from.run.seed, from.run.digest, "", kExitBadRequest},
        ""};
    ReplayedRun& replayed = out.run;
    const auto scenario = scenario_of(from);
    const auto seed = sim::seed_from_text(from.run.seed);
    if (!seed) complain(fmt::format("recorded seed {}: {}", from.run.seed, seed.error().text()));
    if (!scenario || !seed) return out;
    Progress progress(progress_mode(false, false), scenario->scenario.workload.tasks);
    RunOptions options;
    options.seed = *seed;
    options.progress = until_recorded_end(from.run, progress);
    if (scenario->recorded && scenario->recorded->has_choices && scenario->recorded->seed == *seed)
        options.choices = &scenario->recorded->choices;
    const auto outcome = run_scenario(scenario->scenario, options);
    progress.clear();
    if (!outcome) {
        complain(outcome.error().text());
        return out;
    }
    replayed.found = outcome->digest.hex();
    replayed.exit_code = replayed.found == replayed.recorded ? exit_code_of_same(from.run, *outcome)
                         : interrupted()                     ? kExitInterrupted
                                                             : kExitNotDeterministic;
    for (const sim::Violation& violation : outcome->violations)
        if (!violation.expected) replayed.violations.push_back(violation.invariant);
    if (replayed.exit_code != kExitViolated && replayed.exit_code != kExitLimit) return out;
    std::optional<SavedFinding> finding;
    if (request.run) {
        const auto folder = std::filesystem::path(request.path).parent_path() / "findings";
        finding = leave_finding(scenario->scenario, *outcome, folder.string(), false, request.json);
    }
    if (finding) replayed.finding = finding->folder;
    out.violations = failures_text(*outcome, finding ? &*finding : nullptr, has_colour(stdout));
    return out;
}

std::string line_of(const ReplayedRun& run, const std::string& recorded_by, bool colour) {
    const std::string what = fmt::format("{} seed={} run {}", run.scenario, run.seed, run.run_id);
    if (run.exit_code == kExitInterrupted) {
        return fmt::format("{} {}\n", styled(Style::kCaution, "STOPPED", colour), what);
    }
    if (!run.found.empty() && run.found == run.recorded) {
        return fmt::format("{} {} digest={}, as recorded\n", styled(Style::kGood, "SAME", colour),
                           what, run.found);
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
        RepeatedRun again = replay_run(request, *from);
        if (worst == kExitClean) worst = again.run.exit_code;
        replayed.push_back(std::move(again.run));
        const std::string line =
            line_of(replayed.back(), from->study.code_version, has_colour(stdout)) +
            (again.violations.empty() ? "" : "\n" + again.violations);
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
    if (request.path.ends_with(".toml")) return replay_scenario_file(request);
    return replay_database(request);
}

}  // namespace aivm::scenarios::cli
