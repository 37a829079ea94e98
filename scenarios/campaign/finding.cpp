#include "scenarios/campaign/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/finding_folder.h"
#include "scenarios/campaign/shrink_run.h"
#include "scenarios/file/load.h"
#include "scenarios/file/print.h"
#include "scenarios/file/recorded.h"
#include "scenarios/run/build_info.h"
#include "scenarios/run/describe_run.h"
#include "scenarios/run/setting.h"
#include "sim/history/history_shrink.h"

namespace aivm::scenarios {
namespace {

Bytes encoded(const sim::ChoiceList& choices) {
    Writer out;
    sim::encode_choices(out, choices);
    return out.take();
}

Result<sim::Scenario> scenario_of(const std::string& text, const std::string& source) {
    auto loaded = load_scenario_text(text, source);
    if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
    return std::move(loaded->scenario);
}

// Runs the plan's world to its end and keeps its accepted blocks.
struct Rerunning {
    std::unique_ptr<Kernels> kernels;
    std::unique_ptr<sim::World> world;
    sim::Outcome outcome;
};

Result<Rerunning> run_again(const RunPlan& plan, const Rerun& rerun, sim::ShrinkBudget& budget) {
    Rerunning out;
    if (rerun.make_kernels) out.kernels = rerun.make_kernels();
    AIVM_ASSIGN(const sim::Setting setting, make_setting(plan.scenario));
    sim::WorldOptions options;
    options.seed = plan.seed;
    options.paranoid = rerun.paranoid;
    options.choices = &plan.choices;
    options.kernels = out.kernels.get();
    options.keep_history = true;
    options.progress = [&budget](sim::SimTime, std::uint64_t) { return budget.keep_going(0); };
    AIVM_ASSIGN(out.world, sim::World::make(setting, options));
    out.outcome = out.world->run();
    return out;
}

// Shrinks the accepted chain. Returns true if that produced a reproducer.
Result<bool> try_history(const RunPlan& plan, const Rerun& rerun, sim::ShrinkBudget& budget,
                         SavedFinding& finding, FindingFiles& files) {
    if (!sim::HistoryPlayer::can_show(finding.violation.invariant)) return false;
    AIVM_ASSIGN(const Rerunning again, run_again(plan, rerun, budget));
    if (again.outcome.digest.hex() != finding.digest) return false;
    AIVM_ASSIGN(auto shrunk, sim::shrink_history(*again.world, finding.violation, budget));
    if (!shrunk) return false;
    finding.reproducer = Reproducer::kHistory;
    finding.actions_before = shrunk->operations_before;
    finding.actions_after = shrunk->actions.size();
    finding.actions = std::move(shrunk->actions);
    finding.shrunk_message = shrunk->violation.message;
    files.history = sim::encode_history(shrunk->history);
    return true;
}

// A finding on disk, and the smallest run that shows it so far.
struct Shrinking {
    const RunPlan& whole;
    const ShrinkOptions& options;
    std::optional<RunPlan> begun;  // by a process that was killed: what it had reached
    SavedFinding& finding;
    FindingFiles& files;
};

// Looks for a smaller run, from where an earlier process has stopped. Every better one is on disk
// before the next is tried. Empty if the run does not fail again.
std::optional<ShrunkRun> smaller_run(Shrinking& work, sim::ShrinkBudget& budget) {
    const Rerun& rerun = work.options.rerun;
    const auto keep = [&](const RunPlan& plan, const sim::Violation& violation,
                          const std::string& digest) {
        // A full disk is reported when the whole folder is written at the end.
        static_cast<void>(write_reproducer(work.finding.folder,
                                           self_contained_text(plan, violation, digest, rerun)));
    };
    std::optional<ShrunkRun> out;
    if (work.begun) out = shrink_run(*work.begun, work.finding.violation, rerun, budget, keep);
    if (!out) out = shrink_run(work.whole, work.finding.violation, rerun, budget, keep);
    if (!out) return out;
    work.finding.shrunk_digest = out->digest;
    work.files.shrunk = self_contained_text(out->plan, out->violation, out->digest, rerun);
    return out;
}

void try_run(Shrinking& work, sim::ShrinkBudget& budget) {
    SavedFinding& finding = work.finding;
    auto shrunk = smaller_run(work, budget);
    if (!shrunk) {
        finding.note =
            budget.over()
                ? "shrinking ended before the run was repeated"
                : "the repeated run did not violate the invariant; try --verify-determinism";
        return;
    }
    finding.reproducer = Reproducer::kRun;
    finding.actions_before = run_action_count(work.whole.scenario, work.whole.choices);
    finding.actions_after = shrunk->actions_after;
    finding.actions = std::move(shrunk->actions);
    finding.shrunk_message = shrunk->violation.message;
}

void limit_lines(std::vector<std::string>& actions) {
    if (actions.size() <= kFindingActionsMax) return;
    const std::size_t left_out = actions.size() - (kFindingActionsMax - 1);
    actions.resize(kFindingActionsMax - 1);
    actions.push_back(fmt::format("... and {} more", left_out));
}

// Beside a history, which shows what matters, the run is shrunk with a few tries only.
void try_run_beside_history(Shrinking& work, const sim::ShrinkBudget& spent) {
    constexpr std::size_t kTriesMax = 60;
    const std::size_t left = work.options.tries_max - spent.tries();
    sim::ShrinkBudget budget(
        std::min(kTriesMax, left), [&](std::size_t tries, std::size_t actions_left) {
            return !work.options.go_on || work.options.go_on(spent.tries() + tries, actions_left);
        });
    static_cast<void>(smaller_run(work, budget));
}

Status shrink(Shrinking& work) {
    const ShrinkOptions& options = work.options;
    SavedFinding& finding = work.finding;
    const auto read_clock = [&] { return options.wall_clock_ns ? options.wall_clock_ns() : 0; };
    const std::uint64_t started = read_clock();
    sim::ShrinkBudget budget(options.tries_max, options.go_on);
    AIVM_ASSIGN(const bool done,
                try_history(work.whole, options.rerun, budget, finding, work.files));
    if (done) {
        limit_lines(finding.actions);
        if (!work.begun) AIVM_TRY(write_finding(finding, work.files));
        try_run_beside_history(work, budget);
    } else {
        try_run(work, budget);
        limit_lines(finding.actions);
    }
    finding.tries = budget.tries();
    finding.shrink_time_ms = (read_clock() - started) / 1'000'000;
    return {};
}

// The smallest run of a process that was killed while it shrank this finding, if there is one.
std::optional<RunPlan> begun_before(const SavedFinding& finding) {
    if (!load_finding(finding.folder)) return std::nullopt;
    auto loaded = load_scenario_file(finding.folder + "/" + kReproducerName);
    if (!loaded || !loaded->recorded || !loaded->recorded->has_choices) return std::nullopt;
    if (loaded->recorded->violates != finding.violation.invariant) return std::nullopt;
    return RunPlan{std::move(loaded->scenario), loaded->recorded->seed,
                   std::move(loaded->recorded->choices)};
}

}  // namespace

Result<SavedFinding> save_finding(const sim::Scenario& scenario, const sim::Outcome& outcome,
                                  const std::string& directory, const ShrinkOptions& options) {
    const auto found =
        std::ranges::find_if(outcome.violations, [](const auto& v) { return !v.expected; });
    if (found == outcome.violations.end()) {
        return fail(ErrorCode::kInvalidArgument, "the run has no unexpected violation to save");
    }
    FindingFiles files;
    files.scenario = canonical_text(scenario);
    files.choices = encoded(outcome.choices);
    SavedFinding finding;
    finding.violation = *found;
    finding.scenario_name = scenario.name;
    finding.seed = outcome.seed;
    finding.digest = outcome.digest.hex();
    finding.code_version = build_info().version;
    finding.paranoid = options.rerun.paranoid;
    finding.id = finding_id(files.scenario, finding.seed, found->invariant, finding.digest);
    finding.folder = (directory.empty() ? "." : directory) + "/" + finding.id;

    // Shrink exactly what a replay will load.
    AIVM_ASSIGN(sim::Scenario stored, scenario_of(files.scenario, "scenario.toml"));
    const RunPlan whole{std::move(stored), finding.seed, outcome.choices};
    files.shrunk = self_contained_text(whole, *found, finding.digest, options.rerun);
    finding.shrunk_digest = finding.digest;
    Shrinking work{whole, options, begun_before(finding), finding, files};
    finding.note =
        options.tries_max == 0 ? "no tries were allowed" : "the shrinking was interrupted";
    if (work.begun && options.tries_max == 0) return load_finding(finding.folder);
    if (!work.begun) AIVM_TRY(write_finding(finding, files));
    if (options.tries_max == 0) return finding;
    finding.note.clear();
    AIVM_TRY(shrink(work));
    AIVM_TRY(write_finding(finding, files));
    return finding;
}

Result<SavedFinding> load_finding(const std::string& folder) {
    AIVM_ASSIGN(StoredFinding stored, read_finding(folder));
    return std::move(stored.finding);
}

}  // namespace aivm::scenarios
