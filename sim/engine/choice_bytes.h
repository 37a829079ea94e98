// A list of choices as bytes that a fuzzer may change: any bytes are a list, and a choice can be
// removed, added or exchanged without a change of the others. Where an encoding must be canonical
// and hold every answer, see encode_choices.
//
//   input  := { choice }, of which an incomplete last one is ignored
//   choice := kind:u8 actor:u8 ordinal:u16 answer:u16, little-endian
//
// Kinds and actors above the last one begin again at the first; an answer of 0 is no choice.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "sim/engine/choice_source.h"

namespace aivm::sim {

inline constexpr std::size_t kChoiceBytes = 6;

// `actors`: how many actors and kinds of faults ask questions.
ChoiceList choices_from_bytes(ByteView bytes, std::uint32_t actors);
// Leaves out what does not fit: ordinals and answers above 2^16, actors above 2^8.
Bytes bytes_from_choices(const ChoiceList& choices);

// The bytes after a few random changes: choices added, removed, or changed in one field. A function
// of the arguments alone. At most `size_max` bytes.
Bytes mutate_choice_bytes(ByteView bytes, std::uint32_t actors, std::size_t size_max,
                          std::uint64_t seed);
// Takes each choice of either with probability one half, in their order; at most `size_max` bytes.
Bytes cross_choice_bytes(ByteView first, ByteView second, std::size_t size_max, std::uint64_t seed);

}  // namespace aivm::sim
