// What the sweeps of NAME.thresholds.json showed when they were last measured:
// NAME.thresholds.expected beside it. One block per sweep, in the order of the sweeps: a line with
// the finding, and an indented line per value of the grid.
#pragma once

#include <map>
#include <string>

namespace aivm::scenarios::cli {

struct SweepResult {
    std::string finding;  // "crosses zero at 24.1 +- 0.9, theory 24 [96 runs per value]"
    std::string values;   // "  x = 20: gain 4.10 LUX [3.20, 5.00]" and so on, with line ends
};
std::string to_text(const std::string& sweep, const SweepResult& result);

// Whether two results have the same grid, and intervals that overlap at each of its values. Throws
// for lines that are no values.
bool agree(const SweepResult& a, const SweepResult& b);

// By the name of the sweep; none if there is no such file. Throws for text that is no result.
std::map<std::string, SweepResult> read_sweep_results(const std::string& scenario);

// Replaces the result of one sweep; sweeps that the scenario no longer has are dropped.
void write_sweep_result(const std::string& scenario, const std::string& sweep,
                        const SweepResult& result);

}  // namespace aivm::scenarios::cli
