#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "scenarios/cli/backend_choice.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/leave_finding.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/run_screen.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/verdict.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/print.h"
#include "scenarios/run/determinism.h"
#include "scenarios/run/run.h"
#include "scenarios/run/run_info.h"
#include "scenarios/run/setting.h"

namespace aivm::scenarios::cli {
namespace {

int refuse(int code, const Error& error) {
    complain(error.context.empty() ? error.text() : error.context);
    return code;
}

int print_and_return(const std::string& text, int code) {
    if (print_result(text)) return code;
    complain("stdout cannot be written; is the disk full?");
    return kExitHarnessFailed;
}

int show(const RunRequest& request, const RunShown& shown) {
    const std::string text = request.json    ? run_json(shown)
                             : request.quiet ? quiet_text(shown, has_colour(stdout))
                                             : run_screen(shown, has_colour(stdout));
    return print_and_return(text, exit_code_of(shown));
}

// The command that makes this run again in any shell, whatever the environment sets here.
std::string rerun_of(const RunRequest& request, const ScenarioGiven& given) {
    std::string out =
        fmt::format("aivmsim run {} --seed {}", shell_argument(request.scenario), *request.seed);
    for (const Override& one : given.overrides)
        out += fmt::format(" --set {}", shell_argument(one.key + "=" + one.value));
    return out + (request.paranoid ? " --paranoid" : "");
}

// Makes one run and passes its rows to `sink`.
Result<sim::Outcome> execute(const RunRequest& request, const ScenarioGiven& given,
                             std::uint64_t seed, Backend& backend, sim::RowSink& sink,
                             const sim::RunInfo& info) {
    Progress progress(progress_mode(request.quiet, request.progress),
                      given.loaded.scenario.workload.tasks);
    RunOptions options;
    options.seed = seed;
    options.paranoid = request.paranoid;
    options.counterfactual = request.counterfactual;
    backend.use_in(options);
    options.progress = progress.hook();
    options.wall_clock_ns = wall_clock_ns;
    options.events = request.events;
    if (const auto& recorded = given.loaded.recorded;
        recorded && recorded->has_choices && recorded->seed == seed)
        options.choices = &recorded->choices;
    return run_scenario(given.loaded.scenario, options, sink, info);
}

// The comparison over the seeds from that of `first` on.
Result<std::vector<CheatingGain>> compare_over_seeds(const RunRequest& request,
                                                     const ScenarioGiven& given, Backend& backend,
                                                     const sim::Outcome& first) {
    constexpr double kConfidence = 0.95;
    std::vector<std::vector<sim::CounterfactualRow>> runs{first.counterfactuals};
    sim::NullSink nowhere;
    for (std::uint64_t i = 1; i < request.runs && !first.counterfactuals.empty(); ++i) {
        AIVM_ASSIGN(const sim::Outcome outcome,
                    execute(request, given, first.seed + i, backend, nowhere, {}));
        if (outcome.status == sim::RunStatus::kInterrupted) break;
        runs.push_back(outcome.counterfactuals);
    }
    return gains_over(runs, kConfidence);
}

// Passes a run to a recorder and keeps the recorder's error, so that a full disk does not hide what
// the run found.
class KeptError final : public sim::RowSink {
public:
    explicit KeptError(sim::RowSink& behind) : behind_(behind) {}
    Status begin_run(const sim::RunInfo& info) override {
        keep(behind_.begin_run(info));
        return {};
    }
    Status finish_run(const sim::RunSummary& summary) override {
        if (!error_) keep(behind_.finish_run(summary));
        return {};
    }
    void keep(Status status) {
        if (!status && !error_) error_ = std::move(status.error());
    }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

protected:
    void take(sim::RowRef row) override {
        if (error_) return;
        std::visit([this](const auto* one) { behind_.add(*one); }, row);
    }

private:
    sim::RowSink& behind_;
    std::optional<Error> error_;
};

// The violation was told; now that nothing was recorded.
int tell_lost_record(const Error& error, int code) {
    complain(fmt::format("the run was not recorded: {}",
                         error.context.empty() ? error.text() : error.context));
    return code == kExitClean ? kExitHarnessFailed : code;
}

int run_and_show(const RunRequest& request, const ScenarioGiven& given, Backend& backend) {
    const sim::RunInfo info = make_run_info(given.loaded, given.overrides, *request.seed);
    std::unique_ptr<sim::Recorder> recorder;
    if (request.record) {
        auto made = request.out ? record_to(*request.out, request.overwrite)
                                : record_by_default(info, request.overwrite);
        const std::string path = request.out.value_or(fmt::format("{}/run.db", kOutputFolder));
        if (!made) return refuse(exit_code_of_refusal(path, made.error()), made.error());
        recorder = std::move(*made);
    }
    sim::NullSink nowhere;
    KeptError record(recorder ? static_cast<sim::RowSink&>(*recorder) : nowhere);
    Tally tally(record);
    const std::uint64_t started = wall_clock_ns();
    const auto outcome = execute(request, given, *request.seed, backend, tally, info);
    const std::uint64_t wall_ns = wall_clock_ns() - started;
    if (!outcome) return refuse(kExitHarnessFailed, outcome.error());
    if (recorder && !record.error()) record.keep(recorder->close());
    RunShown shown{given.loaded.scenario,
                   *outcome,
                   tally,
                   wall_ns,
                   recorder && !record.error() ? recorder->path() : "",
                   nullptr,
                   nullptr,
                   backend.name(),
                   backend.fallback_count()};
    shown.rerun = rerun_of(request, given);
    shown.why_not_recorded = record.error() ? "see the error below" : "--no-record";
    if (request.counterfactual) {
        auto gains = compare_over_seeds(request, given, backend, *outcome);
        if (!gains) return refuse(kExitHarnessFailed, gains.error());
        shown.gains = std::move(*gains);
    }
    std::optional<SavedFinding> finding;
    if (recorder) {
        const std::string folder =
            (std::filesystem::path(recorder->path()).parent_path() / "findings").string();
        finding =
            leave_finding(given.loaded.scenario, *outcome, folder, request.paranoid, request.quiet);
        if (finding) shown.finding = &*finding;
    }
    const int code = show(request, shown);
    return record.error() ? tell_lost_record(*record.error(), code) : code;
}

// The rows of the first run of the comparison are counted for the screen; nothing is recorded.
int verify_and_show(const RunRequest& request, const ScenarioGiven& given,
                    const std::array<Kernels*, 2>& kernels, const std::string& name) {
    auto setting = make_setting(given.loaded.scenario);
    if (!setting) return refuse(kExitBadRequest, setting.error());
    sim::NullSink nowhere;
    Tally tally(nowhere);
    const std::uint64_t started = wall_clock_ns();
    Progress progress(progress_mode(request.quiet, request.progress),
                      given.loaded.scenario.workload.tasks);
    DeterminismOptions options;
    options.seed = *request.seed;
    if (const auto& recorded = given.loaded.recorded;
        recorded && recorded->has_choices && recorded->seed == *request.seed)
        options.choices = &recorded->choices;
    options.paranoid = request.paranoid;
    options.side_by_side = request.threads == 2;
    options.kernels = kernels;
    options.progress = progress.hook();
    const auto report = verify_determinism(*setting, options, tally);
    progress.clear();
    if (!report) return refuse(kExitHarnessFailed, report.error());
    RunShown shown{given.loaded.scenario,
                   report->first,
                   tally,
                   wall_clock_ns() - started,
                   "",
                   &*report,
                   nullptr,
                   name};
    shown.rerun = rerun_of(request, given);
    shown.why_not_recorded = "--verify-determinism compares two runs and keeps no rows";
    return show(request, shown);
}

}  // namespace

int run_command(const RunRequest& as_given) {
    const auto given = load_given(as_given.scenario, as_given.assignments);
    if (!given) return kExitBadRequest;
    RunRequest request = as_given;
    const auto& recorded = given->loaded.recorded;
    if (!request.seed) request.seed = recorded ? recorded->seed : 1;
    if (recorded && recorded->seed == *request.seed && recorded->paranoid) request.paranoid = true;
    if (request.show_config) return print_and_return(show_config(given->loaded), kExitClean);
    if (!request.quiet && !given->loaded.notes.empty()) say(to_text(given->loaded.notes));
    const auto backend = open_backend(request.backend);
    if (!backend) return kExitHarnessFailed;
    if (!request.quiet) announce(**backend);
    catch_interrupts();
    if (!request.verify_determinism) return run_and_show(request, *given, **backend);
    const auto second = open_backend(request.backend);
    if (!second) return kExitHarnessFailed;
    return verify_and_show(request, *given, {&(*backend)->kernels(), &(*second)->kernels()},
                           (*backend)->name());
}

}  // namespace aivm::scenarios::cli
