#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <thread>

#include "scenarios/cli/backend_choice.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/leave_finding.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/sweep_shown.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/names.h"
#include "scenarios/run/run.h"
#include "sim/engine/seed.h"
#include "sim/record/metrics.h"
#include "sim/record/study.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

int refuse(int code, const std::string& why) {
    complain(why);
    return code;
}

struct PlanAsked {
    SweepRequest request;
    SweepPlan plan;
};

// The plan; empty if the request is wrong, with all problems reported on stderr.
std::optional<PlanAsked> plan_of(const SweepArguments& arguments) {
    const auto given = load_given(arguments.scenario, arguments.assignments);
    if (!given) return std::nullopt;
    SweepRequest request;
    request.text = given->loaded.text;
    request.source = given->loaded.source;
    request.overrides = given->overrides;
    request.over = arguments.over;
    request.seeds = arguments.seeds;
    request.until_width = arguments.until_width;
    request.until_decided = arguments.until_decided;
    request.confidence = arguments.confidence;
    request.base = arguments.base;
    request.shard = arguments.shard;
    request.counterfactual = arguments.counterfactual;
    request.detail = from_word<Detail>(arguments.record).value();
    auto plan = SweepPlan::make(request);
    if (!plan) {
        for (const std::string& problem : plan.error()) complain(problem);
        return std::nullopt;
    }
    if (!arguments.show.empty() && arguments.show != kFraudMissedShare &&
        sim::find_metric(arguments.show) == nullptr) {
        std::vector<std::string> names{std::string(kFraudMissedShare)};
        for (const sim::MetricSpec& spec : sim::metric_specs()) names.emplace_back(spec.name);
        const std::string near = nearest_name(arguments.show, names);
        complain(fmt::format("--show {}: there is no such metric; {}", arguments.show,
                             near.empty() ? "aivmsim list metrics names them"
                                          : fmt::format("did you mean \"{}\"?", near)));
        return std::nullopt;
    }
    return PlanAsked{std::move(request), *std::move(plan)};
}

// The path of the study.
std::string path_of(const SweepArguments& arguments, const SweepPlan& plan) {
    return arguments.out.value_or(fmt::format("{}/{}-sweep.db", kOutputFolder, plan.scenario()));
}

// False if the default folder cannot be made, which is reported on stderr.
bool make_output_folder() {
    std::error_code error;
    fs::create_directories(kOutputFolder, error);
    if (!error) return true;
    complain(fmt::format("the folder {} cannot be made: {}; name a file with --out", kOutputFolder,
                         error.message()));
    return false;
}

int show(const SweepArguments& arguments, SweepShown& shown) {
    const std::string text = arguments.json ? sweep_json(shown)
                             : arguments.quiet
                                 ? sweep_line(shown, has_colour(stdout))
                                 : sweep_screen(shown, arguments.show, has_colour(stdout));
    if (print_result(text)) return shown.exit_code();
    return refuse(kExitHarnessFailed, "stdout cannot be written; is the disk full?");
}

int show_finished(const SweepArguments& arguments, const SweepPlan& plan, const std::string& path) {
    say(fmt::format("{} is finished: there is nothing to run", path));
    SweepShown shown{.plan = plan, .database = path, .complete = true};
    const auto runs = [&] {
        auto database = sim::Database::open(path, sim::Database::Mode::kReadOnly);
        return database ? database->integer("SELECT count(*) FROM run").value_or(0) : 0;
    }();
    shown.runs = {static_cast<std::uint64_t>(runs), 0, static_cast<std::uint64_t>(runs)};
    if (const Status read = read_study(shown); !read)
        return refuse(kExitHarnessFailed, read.error().context);
    return show(arguments, shown);
}

// Parts of one sweep may have the same file name and second; the shard distinguishes them.
sim::StudyInfo study_of(const std::string& path, const SweepPlan& plan) {
    const std::string name = fs::path(path).stem().string();
    return study_info(
        plan.shards() == 1 ? name : fmt::format("{} {}/{}", name, plan.shard(), plan.shards()));
}

SweepOptions options_of(unsigned jobs, const gpu::BackendRequest& backend, StatusLine& line,
                        std::uint64_t started_ns) {
    SweepOptions options;
    options.jobs = jobs;
    options.backend = backend;
    options.stop = interrupted;
    options.wall_clock_ns = wall_clock_ns;
    options.progress = [&line, started_ns](const SweepProgress& at) {
        line.show([&] {
            const double seconds = static_cast<double>(wall_clock_ns() - started_ns) / 1e9;
            const double rate = static_cast<double>(at.runs_made) / seconds;
            const double left =
                rate > 0 ? static_cast<double>(at.runs_max - at.runs_there) / rate : 0;
            return fmt::format("{} of {} runs  {:.1f} a second  about {} left",
                               grouped(at.runs_there), grouped(at.runs_max), rate,
                               span_text(static_cast<std::int64_t>(left) * 1'000'000'000));
        });
    };
    return options;
}

// Keeps partial results after an error and says how to resume.
int fail_and_keep(sim::Recorder& recorder, const Error& error) {
    const auto runs = recorder.database().integer("SELECT count(*) FROM run");
    const std::string partial = recorder.partial_path();
    const bool kept = recorder.suspend().has_value();
    complain(fmt::format("{}; {}finished runs are kept in {}; repeat the command to resume",
                         error.context.empty() ? error.text() : error.context,
                         kept && runs ? fmt::format("{} ", *runs) : "", partial));
    return kExitHarnessFailed;
}

// Writes the estimates of a complete study and renames it to its final name; an incomplete one
// stays unfinished. Returns the path of the file.
Result<std::string> end_study(sim::Recorder& recorder, bool complete) {
    if (!complete) {
        AIVM_TRY(recorder.suspend());
        return recorder.partial_path();
    }
    AIVM_ASSIGN(const auto sweeps, sim::select_rows<sim::SweepRow>(recorder.database(), ""));
    AIVM_TRY(write_conclusions(recorder, sweeps.front()));
    AIVM_TRY(recorder.close());
    return recorder.path();
}

struct Trial {
    std::uint64_t runs = 0;
    std::uint64_t tasks = 0;  // of all of them
    double each_ns = 0;       // real time
};

// Up to three runs of the plan, to measure how long they take; empty if they were interrupted.
Result<std::optional<Trial>> try_some(const SweepPlan& plan, Backend& backend) {
    Trial out;
    const std::uint64_t started = wall_clock_ns();
    const std::set<std::size_t> some{0, plan.points() / 2, plan.points() - 1};
    for (const std::size_t point : some) {
        RunOptions options;
        options.seed = plan.seeds().front();
        options.wall_clock_ns = wall_clock_ns;
        options.counterfactual = plan.counterfactual();
        options.progress = [](sim::SimTime, std::uint64_t) { return !interrupted(); };
        backend.use_in(options);
        AIVM_ASSIGN(const sim::Outcome outcome, run_scenario(plan.load(point).scenario, options));
        if (interrupted()) return std::nullopt;
        const sim::Number found = outcome.metric("tasks");
        if (const auto* number = std::get_if<std::int64_t>(&found))
            out.tasks += static_cast<std::uint64_t>(*number);
        ++out.runs;
    }
    out.each_ns = static_cast<double>(wall_clock_ns() - started) / static_cast<double>(out.runs);
    return out;
}

std::string dry_run_text(const DryRunShown& shown, const std::string& path, const Trial& trial) {
    const SweepPlan& plan = shown.plan;
    std::string out =
        fmt::format("{} {} points, {} seeds: at most {}", plan.scenario(),
                    grouped(std::uint64_t{plan.points()}),
                    grouped(std::uint64_t{plan.seeds().size()}), counted(plan.runs_max(), "run"));
    if (shown.runs_there != 0) {
        out += fmt::format(", of which {} has {} already: {} to make", path,
                           grouped(shown.runs_there), grouped(shown.runs_left()));
    }
    if (shown.runs_left() == 0) return out + "\n";
    return out + fmt::format(", about {}\nabout {} with {}, by {} that took {} each\n",
                             counted(shown.tasks, "task"), span_text(shown.time_ns),
                             counted(shown.jobs, "thread"), counted(trial.runs, "run"),
                             span_text(static_cast<std::int64_t>(trial.each_ns)));
}

// Says how many runs and tasks are left to make and how long they take.
int show_estimate(const SweepArguments& arguments, const SweepPlan& plan, const std::string& path,
                  unsigned jobs) {
    const auto there = count_runs_in_place(path, plan);
    if (!there) return refuse(kExitHarnessFailed, there.error().context);
    DryRunShown shown{.plan = plan, .runs_there = *there, .jobs = jobs};
    Trial trial;
    if (shown.runs_left() != 0) {
        const auto backend = open_backend(arguments.backend);
        if (!backend) return kExitHarnessFailed;
        const auto tried = try_some(plan, **backend);
        if (!tried) return refuse(kExitHarnessFailed, tried.error().context);
        if (!*tried) return kExitInterrupted;
        trial = **tried;
        shown.tasks = trial.tasks * shown.runs_left() / trial.runs;
        shown.time_ns = static_cast<std::int64_t>(trial.each_ns *
                                                  static_cast<double>(shown.runs_left()) / jobs);
    }
    const std::string text =
        arguments.json ? dry_run_json(shown) : dry_run_text(shown, path, trial);
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

// Makes the first run of each violated invariant again, shrinks it and saves it beside the study.
// An interrupt ends the shrinking.
void save_findings(const SweepArguments& arguments, SweepShown& shown) {
    constexpr std::size_t kMostFindings = 3;
    std::set<std::string> invariants;
    const std::string folder = (fs::path(shown.database).parent_path() / "findings").string();
    for (const ViolationShown& violation : shown.violations) {
        if (interrupted() || invariants.size() == kMostFindings) return;
        if (violation.liveness || !invariants.insert(violation.invariant).second) continue;
        const auto point = point_number(shown.plan, violation.point_id);
        const auto seed = sim::seed_from_text(violation.seed);
        if (!point || !seed) continue;
        const sim::Scenario scenario = shown.plan.load(*point).scenario;
        RunOptions options;
        options.seed = *seed;
        const auto outcome = run_scenario(scenario, options);
        if (!outcome) continue;
        auto saved = leave_finding(scenario, *outcome, folder, false, arguments.quiet);
        if (saved) shown.findings.push_back(std::move(*saved));
    }
}

}  // namespace

int sweep_command(const SweepArguments& arguments) {
    auto asked = plan_of(arguments);
    if (!asked) return kExitBadRequest;
    const unsigned jobs =
        arguments.jobs > 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
    const std::string path = path_of(arguments, asked->plan);
    const auto before = static_cast<std::uint64_t>(asked->plan.runs_max());
    auto placed = plan_in_place(path, asked->request, std::move(asked->plan));
    if (!placed) return refuse(kExitBadRequest, placed.error().context);
    const SweepPlan* const plan = &placed->plan;
    catch_interrupts();
    if (arguments.dry_run) return show_estimate(arguments, *plan, path, jobs);
    if (!arguments.out && !make_output_folder()) return kExitBadRequest;
    if (placed->finished) return show_finished(arguments, *plan, path);
    if (plan->runs_max() != before && !arguments.quiet) {
        say(fmt::format("{} grows to {} points and {} seeds, {} in all", path,
                        grouped(std::uint64_t{plan->points()}),
                        grouped(std::uint64_t{plan->seeds().size()}),
                        counted(plan->runs_max(), "run")));
    }
    auto recorder = open_sweep(path, study_of(path, *plan), *plan);
    if (!recorder)
        return refuse(exit_code_of_refusal(path, recorder.error()), recorder.error().context);
    const auto backend = open_backend(arguments.backend);  // so that a wrong name fails at once
    if (!backend) return kExitHarnessFailed;
    if (!arguments.quiet) announce(**backend);
    const std::uint64_t started = wall_clock_ns();
    StatusLine line(progress_mode(arguments.quiet, arguments.progress));
    const auto outcome =
        run_sweep(*plan, options_of(jobs, arguments.backend, line, started), **recorder);
    line.clear();
    if (!outcome) return fail_and_keep(**recorder, outcome.error());
    const auto written = end_study(**recorder, outcome->complete);
    if (!written) return fail_and_keep(**recorder, written.error());
    SweepShown shown{.plan = *plan,
                     .database = *written,
                     .complete = outcome->complete,
                     .runs = outcome->runs,
                     .wall_ns = wall_clock_ns() - started};
    if (!outcome->complete) say(fmt::format("stopped; repeat the command to resume {}", *written));
    if (const Status read = read_study(shown); !read)
        return refuse(kExitHarnessFailed, read.error().context);
    if (outcome->complete) save_findings(arguments, shown);
    return show(arguments, shown);
}

}  // namespace aivm::scenarios::cli
