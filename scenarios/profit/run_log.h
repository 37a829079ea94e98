// The log of a profit search: a line for each run, whose fields are separated by tabs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace aivm::scenarios {

// What one run brought one owner, all its principals together.
struct RunPayoff {
    bool ended = false;  // by itself, and without a violation that nobody expected
    std::int64_t payoff_nlux = 0;
    std::int64_t spent_nlux = 0;  // costs and slashes
    std::string violation = {};   // "E3", of one that was not expected
    std::string message = {};     // of the violation
    std::string expected = {};    // ids of the violations that were, separated by spaces

    friend bool operator==(const RunPayoff&, const RunPayoff&) = default;
};

struct LoggedRun {
    std::string name;  // of the scenario that ran
    std::uint64_t seed = 0;
    RunPayoff payoff;

    friend bool operator==(const LoggedRun&, const LoggedRun&) = default;
};

// Without the line break. Tabs and line breaks in texts become blanks.
std::string log_line(const LoggedRun& run);
// Fails with kMalformed.
Result<LoggedRun> logged_run(std::string_view line);

}  // namespace aivm::scenarios
