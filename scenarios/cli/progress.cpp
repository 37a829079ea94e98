#include "scenarios/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/wall_clock.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kLineInterval = 200 * kMs;
constexpr std::uint64_t kLogInterval = 5000 * kMs;
constexpr std::uint64_t kPatience = 500 * kMs;  // nothing is shown for anything faster

}  // namespace

ProgressMode progress_mode(bool quiet, bool asked) {
    if (quiet) return ProgressMode::kNone;
    if (isatty(STDERR_FILENO) == 1) return ProgressMode::kLine;
    return asked ? ProgressMode::kLog : ProgressMode::kNone;
}

StatusLine::StatusLine(ProgressMode mode)
    : mode_(mode),
      next_ns_(wall_clock_ns() + (mode == ProgressMode::kLog ? kLogInterval : kPatience)) {}

void StatusLine::show(const std::function<std::string()>& text) {
    if (mode_ == ProgressMode::kNone || wall_clock_ns() < next_ns_) return;
    const bool over = mode_ == ProgressMode::kLine;
    std::fputs(((over ? "\r\x1b[K" : "") + text() + (over ? "" : "\n")).c_str(), stderr);
    std::fflush(stderr);
    shown_ = over;
    next_ns_ = wall_clock_ns() + (over ? kLineInterval : kLogInterval);
}

void StatusLine::clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

Progress::Progress(ProgressMode mode, std::uint64_t tasks)
    : line_(mode), tasks_(tasks), started_ns_(wall_clock_ns()) {}

std::function<bool(sim::SimTime, std::uint64_t)> Progress::hook() {
    return [this](sim::SimTime now, std::uint64_t final_tasks) {
        line_.show([&] {
            return fmt::format("t={}  {} of {} tasks final  {:.1f} s", span_text(now),
                               grouped(final_tasks), grouped(tasks_),
                               static_cast<double>(wall_clock_ns() - started_ns_) / 1e9);
        });
        return !interrupted();
    };
}

}  // namespace aivm::scenarios::cli
