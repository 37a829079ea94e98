// The golden file of a scenario of the catalogue, NAME.expected: first the verdict and figures of
// the run with seed 1, then a line for the effect of each owner that breaks the protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aivm::scenarios::cli {

// "effect liar: yes, 206.94 LUX a run over honest play, sd 20.1, 16 runs": the mean gain over
// honest play of one member, over seeds from 1 on. On a DAG, and where an attack is there to delay,
// a second line says what the owner's doings cost everybody in time: "effect liar: longer, 0.31 s
// to settle a run over honest play, ...", or "s to finality". What an attack on a DAG is about
// stands in a further line, beside other validators of the owner: "effect liar: longer, 2.1 s to
// prove a run over honest validators, ...", or "... 0.3 s to decide a run over vertex_equivocator,
// ...".
struct Effect {
    std::string owner;
    // "yes" or "no" where the unit is LUX, "longer", "shorter" or "no" where it is seconds, "more",
    // "fewer" or "no" where it is a number; with any unit "cannot be told".
    std::string verdict;
    double mean = 0;
    double sd = 0;
    unsigned long long runs = 0;
    std::string unit = "LUX";
    std::string over = "honest play";
};
std::string effect_line(const Effect& effect);
// Throws for a line that effect_line did not write.
Effect parse_effect(const std::string& line);

struct GoldenFile {
    std::string run;  // every line that is no effect
    std::vector<Effect> effects;
};
// Empty if there is no such file. Throws for a line that begins like an effect and is none.
GoldenFile read_golden(const std::string& scenario);
void write_golden(const std::string& scenario, const GoldenFile& golden);

// The polls of this scenario are too weak, on purpose: its chain forks at most seeds, with
// consequences that depend on the seed.
inline bool may_fork(std::string_view scenario) { return scenario == "snow_breach"; }

}  // namespace aivm::scenarios::cli
