// The two scoring tables of the protocol, for hardware and for software evidence.
#pragma once

#include <cstdint>
#include <string_view>

namespace aivm {

struct GpuEvidence;

// A verified quote whose measurement is on the list: the base of the hardware path, to which
// nothing is added.
constexpr std::uint8_t kQuotePoints = 70;

// Whether the model belongs to a line that has confidential computing.
bool is_cc_capable(std::string_view model);

// The points of the scoring tables, 0 to 100 for hardware and 0 to 60 for software; 0 for hardware
// evidence without its base (a report of at least 256 bytes and a CC-capable model). Independent of
// whether the evidence verifies.
std::uint8_t trust_points(const GpuEvidence& evidence);

}  // namespace aivm
