// Shrinks a saved finding, or a scenario file with a recorded run, further. The smallest run so far
// is always on disk as repro.toml, and the command goes on from it.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "scenarios/campaign/finding_source.h"
#include "scenarios/campaign/shrink_run.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/units.h"
#include "scenarios/run/describe_run.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

// Writes the file under another name first, so that it is whole or as before.
bool write_whole(const std::string& path, const std::string& text) {
    const std::string unfinished = path + ".unfinished";
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    std::error_code error;
    if (!file.fail()) fs::rename(unfinished, path, error);
    if (!file.fail() && !error) return true;
    fs::remove(unfinished, error);
    complain(fmt::format("{} cannot be written; is the disk full?", path));
    return false;
}

struct Shrinking {
    const ShrinkArguments& arguments;
    std::string path;  // of the result
    std::uint64_t limit_ns = 0;
    std::uint64_t started_ns = wall_clock_ns();
    bool written = true;
};

std::string result_text(const Shrinking& work, const ShrunkRun& shrunk, std::size_t before,
                        std::size_t tries) {
    std::string out =
        fmt::format("{} {}   {}\n  shrunk {} -> {} ({}, {:.1f} s)\n", shrunk.violation.invariant,
                    shrunk.violation.name, shrunk.plan.scenario.name,
                    grouped(std::uint64_t{before}), counted(shrunk.actions_after, "action"),
                    tries == 1 ? "1 try" : fmt::format("{} tries", tries),
                    static_cast<double>(wall_clock_ns() - work.started_ns) / 1e9);
    out += "  " + wrapped(shrunk.violation.message, kScreenWidth - 2, 2) + "\n";
    for (std::size_t i = 0; i < shrunk.actions.size() && i < kFindingActionsMax; ++i)
        out += fmt::format("  {:>3}  {}\n", i + 1, shrunk.actions[i]);
    if (shrunk.actions.size() > kFindingActionsMax)
        out += fmt::format("       ... and {} more\n", shrunk.actions.size() - kFindingActionsMax);
    return out +
           fmt::format("  saved      {}\n  reproduce  aivmsim run {}\n", work.path, work.path);
}

int shrink_source(Shrinking& work, const FindingSource& source) {
    StatusLine status(progress_mode(work.arguments.quiet, false));
    sim::ShrinkBudget budget(work.arguments.tries, [&](std::size_t tries,
                                                       std::size_t actions_left) {
        status.show([&] {
            return fmt::format("shrinking: {} tries, {} actions left",
                               grouped(std::uint64_t{tries}), grouped(std::uint64_t{actions_left}));
        });
        return !interrupted() && work.written && wall_clock_ns() - work.started_ns < work.limit_ns;
    });
    Rerun rerun;
    rerun.paranoid = source.paranoid;
    const auto save = [&](const RunPlan& plan, const sim::Violation& violation,
                          const std::string& digest) {
        work.written = write_whole(work.path, self_contained_text(plan, violation, digest, rerun));
    };
    const auto shrunk = shrink_run(source.plan, source.violation, rerun, budget, save);
    status.clear();
    if (!work.written) return kExitHarnessFailed;
    if (!shrunk) {
        complain(fmt::format("{} {}; nothing was changed", work.arguments.path,
                             budget.over()
                                 ? "could not be repeated within the budget"
                                 : "does not violate " + source.violation.invariant +
                                       " in the same way when it is repeated by this program"));
        return budget.over() ? kExitLimit : kExitNotDeterministic;
    }
    const std::string text = result_text(
        work, *shrunk, run_action_count(source.plan.scenario, source.plan.choices), budget.tries());
    if (!print_result(text)) return kExitHarnessFailed;
    return interrupted() ? kExitInterrupted : kExitClean;
}

}  // namespace

int shrink_command(const ShrinkArguments& arguments) {
    const auto limit = parse_duration_ns(arguments.limit);
    if (!limit || *limit == 0) {
        complain(fmt::format("--limit {}: give it some time, such as 60s", arguments.limit));
        return kExitBadRequest;
    }
    auto source = read_finding_source(arguments.path);
    if (!source) {
        complain(source.error().context);
        return kExitBadRequest;
    }
    catch_interrupts();
    Shrinking work{arguments, arguments.out.value_or(source->reproducer_path), *limit};
    return shrink_source(work, *source);
}

}  // namespace aivm::scenarios::cli
