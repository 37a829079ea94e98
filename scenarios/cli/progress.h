// Reports the progress of a run on stderr, and passes Ctrl-C to it. On a terminal this is one line
// that is overwritten; elsewhere, on request, a line every few seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/engine/time.h"

namespace aivm::scenarios::cli {

enum class ProgressMode { kNone, kLine, kLog };

// kLine on a terminal, kLog on request, otherwise kNone; `quiet` overrides both.
ProgressMode progress_mode(bool quiet, bool asked);

class StatusLine {
public:
    explicit StatusLine(ProgressMode mode);
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine() { clear(); }

    // Shows the result of `text` if an update is due.
    void show(const std::function<std::string()>& text);
    // Clears the line.
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
