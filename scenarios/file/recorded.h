// The [recorded] table of a scenario file: the seed and the random choices of a run that violated
// something, so that the file alone repeats it. `aivmsim run` takes both from it.
//
//   [recorded]
//   seed = "2"
//   violates = "S1"
//   digest = "9f3c..."    of the run, by this program
//   program = "0.1.0 (3f9a2c71)"
//   paranoid = true       if the run was made with --paranoid; absent: false
//   choices = [
//     "message_loss 3 17 1",    kind, actor, ordinal, answer (sim/engine/choice_source.h)
//   ]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/file/units.h"
#include "sim/engine/choice_source.h"

namespace aivm::scenarios {

struct Recorded {
    std::uint64_t seed = 1;
    std::string violates;  // id of the invariant
    std::string digest;
    std::string program;
    bool paranoid = false;
    bool has_choices = false;  // without the key, choices are drawn from the seed
    sim::ChoiceList choices;
};

// The table as TOML.
std::string recorded_text(const Recorded& recorded);

// "message_loss 3 17 1", and back.
std::string choice_text(const sim::ChoiceAnswer& choice);
Parsed<sim::ChoiceAnswer> parse_recorded_choice(std::string_view text);

// How many of the recorded choices a run still asked for: those that `used`, the choices of a
// replayed run, holds too.
std::size_t binding_choices(const sim::ChoiceList& recorded, const sim::ChoiceList& used);

}  // namespace aivm::scenarios
