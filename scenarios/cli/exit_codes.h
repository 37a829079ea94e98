// What aivmsim tells the shell. Scripts and CI rely on these: they never change their meaning.
#pragma once

namespace aivm::scenarios::cli {

enum ExitCode : int {
    kExitClean = 0,
    kExitViolated = 1,  // a property was violated, or a violation that was expected did not happen
    kExitBadRequest = 2,        // a scenario, flag or file that cannot be used
    kExitHarnessFailed = 3,     // aivmsim itself: a failed internal check, the GPU, the disk
    kExitNothingMatched = 4,    // nothing has the name that was asked for
    kExitNotDeterministic = 5,  // the same run gave another history
    kExitLimit = 6,             // a budget ran out, or liveness did not return in time
    kExitInterrupted = 130,     // stopped by a signal; what there is was kept
};

}  // namespace aivm::scenarios::cli
