#include "core/state/dispute.h"

namespace aivm {

void Dispute::encode(Writer& out) const {
    out.u32(task.value).u32(assignment).fixed(challenger).fixed(commitment).amount(bond);
    out.u8(static_cast<std::uint8_t>(status)).u8(claim).boolean(revealed);
    out.u64(opened_at).u64(deadline).u64(closed_at);
    out.u32(low).u32(high).u32(middle).boolean(provider_to_move).fixed(low_input);
    out.fixed(opened_input).u8(opened_output).fixed(high_input).u8(high_output);
}

Dispute Dispute::decode(Reader& in) {
    Dispute d;
    d.task.value = in.u32();
    d.assignment = in.u32();
    d.challenger = in.fixed<20>();
    d.commitment = in.hash();
    d.bond = in.amount();
    d.status = in.enumerator<DisputeStatus>();
    d.claim = in.u8();
    d.revealed = in.boolean();
    d.opened_at = in.u64();
    d.deadline = in.u64();
    d.closed_at = in.u64();
    d.low = in.u32();
    d.high = in.u32();
    d.middle = in.u32();
    d.provider_to_move = in.boolean();
    d.low_input = in.hash();
    d.opened_input = in.hash();
    d.opened_output = in.u8();
    d.high_input = in.hash();
    d.high_output = in.u8();
    return d;
}

}  // namespace aivm
