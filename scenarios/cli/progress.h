// Tells on stderr how far a run is, and carries Ctrl-C into it. On a terminal one line that is
// written over; elsewhere, when asked for, a line every few seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/engine/time.h"

namespace aivm::scenarios::cli {

enum class ProgressMode { kNone, kLine, kLog };

// kLine on a terminal, kLog when asked for, else kNone; `quiet` wins.
ProgressMode progress_mode(bool quiet, bool asked);

class StatusLine {
public:
    explicit StatusLine(ProgressMode mode);
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine() { clear(); }

    // Shows what `text` makes, if it is time for that.
    void show(const std::function<std::string()>& text);
    // Takes the line away.
    void clear();

private:
    ProgressMode mode_;
    std::uint64_t next_ns_;
    bool shown_ = false;
};

class Progress {
public:
    Progress(ProgressMode mode, std::uint64_t tasks);

    // For RunOptions::progress. The Progress must outlive the run.
    std::function<bool(sim::SimTime, std::uint64_t)> hook();
    void clear() { line_.clear(); }

private:
    StatusLine line_;
    std::uint64_t tasks_;
    std::uint64_t started_ns_;
};

}  // namespace aivm::scenarios::cli
