// Tells on stderr how far a run is, and carries Ctrl-C into it. On a terminal one line that is written over; elsewhere,
// when asked for, a line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "sim/engine/time.h"

namespace aivm::scenarios::cli {

enum class ProgressMode { kNone, kLine, kLog };

// kLine on a terminal, kLog when asked for, else kNone; `quiet` wins.
ProgressMode progress_mode(bool quiet, bool asked);

class Progress {
public:
    Progress(ProgressMode mode, std::uint64_t tasks);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    // For RunOptions::progress. The Progress must outlive the run.
    std::function<bool(sim::SimTime, std::uint64_t)> hook();

    // Takes the line away.
    void clear();

private:
    using Clock = std::chrono::steady_clock;
    void report(sim::SimTime now, std::uint64_t final_tasks);

    ProgressMode mode_;
    std::uint64_t tasks_;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_;
    bool shown_ = false;
};

}  // namespace aivm::scenarios::cli
