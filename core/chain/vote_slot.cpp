#include "core/chain/vote_slot.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace aivm {
namespace {

constexpr unsigned kHeightBits = 36;
constexpr unsigned kRoundBits = 24;
constexpr unsigned kKindBits = 3;
constexpr std::uint64_t kOfVotes = std::uint64_t{1} << 63;
static_assert(kHeightBits + kRoundBits + kKindBits == 63);

constexpr std::uint64_t mask(unsigned bits) { return (std::uint64_t{1} << bits) - 1; }

}  // namespace

std::optional<std::uint64_t> evidence_slot(const VoteSlot& slot) {
    if (slot.height > mask(kHeightBits) || slot.round > mask(kRoundBits) ||
        slot.kind > mask(kKindBits))
        return std::nullopt;
    return kOfVotes | std::uint64_t{slot.kind} << (kRoundBits + kHeightBits) |
           std::uint64_t{slot.round} << kHeightBits | slot.height;
}

std::optional<VoteSlot> vote_slot_of(std::uint64_t evidence_slot) {
    if ((evidence_slot & kOfVotes) == 0) return std::nullopt;
    return VoteSlot{
        static_cast<std::uint8_t>(evidence_slot >> (kRoundBits + kHeightBits) & mask(kKindBits)),
        evidence_slot & mask(kHeightBits),
        static_cast<std::uint32_t>(evidence_slot >> kHeightBits & mask(kRoundBits))};
}

Hash32 vote_message(std::uint64_t chain_id, const VoteSlot& slot, const Hash32& item) {
    Writer out;
    out.raw(as_bytes("aivm-vote")).u64(chain_id).u8(slot.kind).u64(slot.height).u32(slot.round);
    return keccak256(out.fixed(item).view());
}

}  // namespace aivm
