// Slots of the votes of consensus engines: what a validator signs at most once besides blocks and
// vertices, and what Evidence of two votes names.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "core/base/amount.h"
#include "core/base/bytes.h"

namespace aivm {

struct VoteSlot {
    std::uint8_t kind = 0;  // of the vote, numbered by the engine
    Height height = 0;
    std::uint32_t round = 0;  // distinguishes votes for one height
    friend auto operator<=>(const VoteSlot&, const VoteSlot&) = default;
};

// The slot as Evidence and the record of punished slots name it; no height of a block and no
// sequence of a vertex reaches these numbers.
//
//     bit 63: 1 | kind: 3 bits | round: 24 bits | height: 36 bits
//
// Nothing if a part does not fit: then there is no evidence about that slot.
std::optional<std::uint64_t> evidence_slot(const VoteSlot& slot);
// The reverse of evidence_slot. Nothing if the number names the slot of a block or a vertex.
std::optional<VoteSlot> vote_slot_of(std::uint64_t evidence_slot);

// The message that a validator signs to vote for an item: never one that could be another vote, or
// a block or vertex.
Hash32 vote_message(std::uint64_t chain_id, const VoteSlot& slot, const Hash32& item);

}  // namespace aivm
