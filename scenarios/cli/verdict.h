// How a run ended: the exit code, the verdict line, and the text of a violation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/campaign/finding.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

ExitCode exit_code_of(const sim::Outcome& outcome);

// The word in front of a result: PASS, LIMIT, STOPPED, NOTHING or FAIL, and how it is printed.
struct VerdictWord {
    std::string_view text;
    Style style;
};
VerdictWord verdict_word(ExitCode code);

// "PASS quickstart seed=1 events=48 211 sim=6h wall=0.8s digest=9f3c...": PASS, FAIL, LIMIT or
// STOPPED. Without a wall time (0) the line is the same on every machine.
std::string verdict_line(const sim::Outcome& outcome, std::uint64_t wall_ns, bool colour);

// Notes that are not failures: expected violations, an interruption, an exhausted budget. Ends in a
// line break unless empty.
std::string notes_text(const sim::Outcome& outcome, bool colour);

// The violations with their places and actors; the saved finding comes last, so that the text ends
// with the command that repeats the run. Ends in a line break unless empty.
std::string failures_text(const sim::Outcome& outcome, const SavedFinding* finding, bool colour);

}  // namespace aivm::scenarios::cli
