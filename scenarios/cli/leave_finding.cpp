#include "scenarios/cli/leave_finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/wall_clock.h"

namespace aivm::scenarios::cli {

std::optional<SavedFinding> leave_finding(const sim::Scenario& scenario,
                                          const sim::Outcome& outcome, const std::string& directory,
                                          bool paranoid, bool quiet) {
    const auto unexpected = [](const sim::Violation& v) { return !v.expected; };
    if (std::ranges::none_of(outcome.violations, unexpected)) return std::nullopt;
    StatusLine status(progress_mode(quiet, false));
    const std::uint64_t started = wall_clock_ns();
    ShrinkOptions options;
    options.rerun.paranoid = paranoid;
    options.wall_clock_ns = wall_clock_ns;
    options.go_on = [&](std::size_t tries, std::size_t actions_left) {
        status.show([&] {
            return fmt::format("shrinking: {} tries, {} actions left",
                               grouped(std::uint64_t{tries}), grouped(std::uint64_t{actions_left}));
        });
        return !interrupted() && wall_clock_ns() - started < kShrinkSecondsMax * 1'000'000'000;
    };
    auto saved = save_finding(scenario, outcome, directory, options);
    status.clear();
    if (saved) return std::move(*saved);
    complain(fmt::format("the finding could not be saved: {}", saved.error().text()));
    return std::nullopt;
}

}  // namespace aivm::scenarios::cli
