#include "core/state/account.h"

#include "core/config/limits.h"

namespace aivm {

void Validator::encode(Writer& out) const {
    out.fixed(address)
        .amount(stake)
        .fixed(beacon_commitment)
        .u32(static_cast<std::uint32_t>(slashed_slots.size()));
    for (const Height slot : slashed_slots) out.u64(slot);
}

Validator Validator::decode(Reader& in) {
    Validator v;
    v.address = in.fixed<20>();
    v.stake = in.amount();
    v.beacon_commitment = in.hash();
    const std::uint32_t count = in.list(kSlashedSlotsMax, 8);
    for (std::uint32_t i = 0; i < count; ++i) v.slashed_slots.push_back(in.u64());
    return v;
}

}  // namespace aivm
