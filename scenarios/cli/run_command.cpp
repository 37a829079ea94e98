#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "gpu/backend/backend_registry.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/run_screen.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/verdict.h"
#include "scenarios/file/print.h"
#include "scenarios/run/run.h"
#include "scenarios/run/run_info.h"

namespace aivm::scenarios::cli {
namespace {

std::uint64_t wall_clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

int refuse(int code, const Error& error) {
    complain(error.context.empty() ? error.text() : error.context);
    return code;
}

int print_and_return(const std::string& text, int code) {
    if (print_result(text)) return code;
    complain("stdout cannot be written; is the disk full?");
    return kExitHarnessFailed;
}

// One run with its rows going to `sink`.
Result<sim::Outcome> execute(const RunRequest& request, const ScenarioGiven& given, Kernels& kernels,
                             sim::RowSink& sink, const sim::RunInfo& info) {
    Progress progress(progress_mode(request.quiet, request.progress), given.loaded.scenario.workload.tasks);
    RunOptions options;
    options.seed = request.seed;
    options.paranoid = request.paranoid;
    options.kernels = &kernels;
    options.progress = progress.hook();
    options.wall_clock_ns = wall_clock_ns;
    return run_scenario(given.loaded.scenario, options, sink, info);
}

int run_and_show(const RunRequest& request, const ScenarioGiven& given, Kernels& kernels) {
    const sim::RunInfo info = make_run_info(given.loaded, given.overrides, request.seed);
    std::unique_ptr<sim::Recorder> recorder;
    if (request.record) {
        auto made =
            request.out ? record_to(*request.out, request.overwrite) : record_by_default(info, request.overwrite);
        if (!made) return refuse(kExitBadRequest, made.error());
        recorder = std::move(*made);
    }
    sim::NullSink nowhere;
    Tally tally(recorder ? static_cast<sim::RowSink&>(*recorder) : nowhere);
    const std::uint64_t started = wall_clock_ns();
    const auto outcome = execute(request, given, kernels, tally, info);
    const std::uint64_t wall_ns = wall_clock_ns() - started;
    if (!outcome) return refuse(kExitHarnessFailed, outcome.error());
    if (recorder) {
        if (const Status closed = recorder->close(); !closed) return refuse(kExitHarnessFailed, closed.error());
    }
    const RunShown shown{given.loaded.scenario, *outcome, tally, wall_ns, recorder ? recorder->path() : ""};
    const std::string text = request.json    ? run_json(shown)
                             : request.quiet ? verdict_line(*outcome, wall_ns, has_colour(stdout)) + "\n"
                                             : run_screen(shown, has_colour(stdout));
    return print_and_return(text, exit_code_of(*outcome));
}

}  // namespace

int run_command(const RunRequest& request) {
    const auto given = load_given(request.scenario, request.assignments);
    if (!given) return kExitBadRequest;
    if (request.show_config) return print_and_return(show_config(given->loaded), kExitClean);
    if (!request.quiet && !given->loaded.notes.empty()) say(to_text(given->loaded.notes));
    gpu::BackendRegistry backends;
    if (const Status chosen = backends.set_backend(request.backend); !chosen) {
        complain(fmt::format("--backend {}: {}", gpu::name(request.backend), chosen.error().text()));
        return kExitBadRequest;
    }
    catch_interrupts();
    return run_and_show(request, *given, backends.kernels());
}

}  // namespace aivm::scenarios::cli
