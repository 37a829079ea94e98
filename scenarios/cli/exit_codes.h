// The exit codes of aivmsim. Scripts and CI rely on them: their meaning never changes.
#pragma once

#include <array>
#include <string_view>

namespace aivm::scenarios::cli {

enum ExitCode : int {
    kExitClean = 0,
    // a property was violated, a violation that was expected did not happen, or a case of theory
    // disagrees or could not be compared
    kExitViolated = 1,
    kExitBadRequest = 2,        // a scenario, flag or file that cannot be used
    kExitHarnessFailed = 3,     // aivmsim itself: a failed internal check, the GPU, the disk
    kExitNothingMatched = 4,    // nothing matched the request, or nothing ran
    kExitNotDeterministic = 5,  // a repeated run had another history
    // a budget ran out (a case of theory is undecided), or liveness did not return in time
    kExitLimit = 6,
    kExitInterrupted = 130,  // stopped by a signal; partial results were kept
};

// As the manual says it; pyharness/docs/parts/exit_codes.md says the same.
struct ExitCodeRow {
    ExitCode code;
    std::string_view meaning;
};
inline constexpr auto kExitCodeRows = std::to_array<ExitCodeRow>({
    {kExitClean, "clean"},
    {kExitViolated,
     "a property was violated, or a violation that was expected did not happen, or a case of "
     "theory disagrees or could not be compared"},
    {kExitBadRequest, "the request was wrong: a scenario, flag or file that cannot be used"},
    {kExitHarnessFailed,
     "aivmsim itself failed: an internal check, the GPU, the disk, a run of a sweep that left a "
     "reason"},
    {kExitNothingMatched, "nothing matched the request, or nothing ran; a shard is missing"},
    {kExitNotDeterministic, "not deterministic: a repeated run had another history"},
    {kExitLimit,
     "a budget ran out, a case of theory is undecided, or liveness did not return in time"},
    {kExitInterrupted, "stopped by a signal; partial results were kept"},
});

}  // namespace aivm::scenarios::cli
