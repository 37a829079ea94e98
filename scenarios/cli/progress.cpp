#include "scenarios/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::chrono::milliseconds kLineInterval{200};
constexpr std::chrono::milliseconds kLogInterval{5000};
constexpr std::chrono::milliseconds kPatience{500};  // a run shorter than this shows nothing

}  // namespace

ProgressMode progress_mode(bool quiet, bool asked) {
    if (quiet) return ProgressMode::kNone;
    if (isatty(STDERR_FILENO) == 1) return ProgressMode::kLine;
    return asked ? ProgressMode::kLog : ProgressMode::kNone;
}

Progress::Progress(ProgressMode mode, std::uint64_t tasks)
    : mode_(mode), tasks_(tasks), next_(started_ + (mode == ProgressMode::kLog ? kLogInterval : kPatience)) {}

std::function<bool(sim::SimTime, std::uint64_t)> Progress::hook() {
    return [this](sim::SimTime now, std::uint64_t final_tasks) {
        if (mode_ != ProgressMode::kNone && Clock::now() >= next_) report(now, final_tasks);
        return !interrupted();
    };
}

void Progress::report(sim::SimTime now, std::uint64_t final_tasks) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    const std::string text = fmt::format("t={}  {} of {} tasks final  {:.1f} s", span_text(now), grouped(final_tasks),
                                         grouped(tasks_), seconds);
    if (mode_ == ProgressMode::kLine) {
        std::fputs(("\r\x1b[K" + text).c_str(), stderr);
        shown_ = true;
    } else {
        std::fputs((text + "\n").c_str(), stderr);
    }
    std::fflush(stderr);
    next_ = Clock::now() + (mode_ == ProgressMode::kLine ? kLineInterval : kLogInterval);
}

void Progress::clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

}  // namespace aivm::scenarios::cli
