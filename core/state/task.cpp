#include "core/state/task.h"

#include "core/config/limits.h"

namespace aivm {
namespace {

void encode_seat(const Seat& seat, Writer& out) {
    out.u32(seat.provider.value).u8(static_cast<std::uint8_t>(seat.status)).amount(seat.locked);
    out.fixed(seat.commitment)
        .fixed(seat.trace_root)
        .u8(seat.answer)
        .u32(seat.compute_time_ms)
        .u64(seat.posted_at);
}

Seat decode_seat(Reader& in) {
    Seat seat;
    seat.provider.value = in.u32();
    seat.status = in.enumerator<SeatStatus>();
    seat.locked = in.amount();
    seat.commitment = in.hash();
    seat.trace_root = in.hash();
    seat.answer = in.u8();
    seat.compute_time_ms = in.u32();
    seat.posted_at = in.u64();
    return seat;
}

using Disputes = decltype(Task::open_disputes);

void encode_disputes(const Disputes& disputes, Writer& out) {
    out.u32(static_cast<std::uint32_t>(disputes.size()));
    for (const DisputeIndex dispute : disputes) out.u32(dispute.value);
}

Disputes decode_disputes(Reader& in) {
    Disputes out;
    const std::uint32_t count = in.list(kDisputesPerTaskMax, 4);
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(DisputeIndex{in.u32()});
    return out;
}

}  // namespace

void Task::encode(Writer& out) const {
    out.string(job_id).fixed(task_key).fixed(requester);
    out.u8(static_cast<std::uint8_t>(type))
        .u8(static_cast<std::uint8_t>(mode))
        .u32(model.value)
        .u32(input_row);
    out.amount(fee).amount(escrow).u8(static_cast<std::uint8_t>(status));
    out.u64(submitted_at).u64(waiting_since_ns).u32(assignments).u64(draw_at);
    out.u32(static_cast<std::uint32_t>(seats.size()));
    for (const Seat& seat : seats) encode_seat(seat, out);
    out.u64(posted_at)
        .u64(settle_at)
        .boolean(proven_wrong)
        .u8(provisional)
        .u8(truth)
        .u32(challenges_lost);
    encode_disputes(open_disputes, out);
    encode_disputes(closed_disputes, out);
    out.u64(usable_at).u64(final_at);
}

Task Task::decode(Reader& in) {
    Task t;
    t.job_id = in.string(kJobIdBytesMax);
    t.task_key = in.hash();
    t.requester = in.fixed<20>();
    t.type = in.enumerator<TaskType>();
    t.mode = in.enumerator<VerificationMode>();
    t.model.value = in.u32();
    t.input_row = in.u32();
    t.fee = in.amount();
    t.escrow = in.amount();
    t.status = in.enumerator<TaskStatus>();
    t.submitted_at = in.u64();
    t.waiting_since_ns = in.u64();
    t.assignments = in.u32();
    t.draw_at = in.u64();
    const std::uint32_t seats = in.list(kSeatsMax, 90);
    for (std::uint32_t i = 0; i < seats; ++i) t.seats.push_back(decode_seat(in));
    t.posted_at = in.u64();
    t.settle_at = in.u64();
    t.proven_wrong = in.boolean();
    t.provisional = in.u8();
    t.truth = in.u8();
    t.challenges_lost = in.u32();
    t.open_disputes = decode_disputes(in);
    t.closed_disputes = decode_disputes(in);
    t.usable_at = in.u64();
    t.final_at = in.u64();
    return t;
}

}  // namespace aivm
