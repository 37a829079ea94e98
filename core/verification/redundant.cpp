#include "core/verification/redundant.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/tasks/seats.h"

namespace aivm {
namespace {

struct Place {
    TaskIndex task;
    std::size_t seat = 0;
};

// The sender's open seat at an assigned task of this mode, in the status that the operation needs.
Result<Place> find_place(const Transition& t, const Address& sender, const std::string& job_id,
                         const std::string& provider_id, SeatStatus wanted) {
    const auto index = t.state().find_task(job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + job_id);
    const auto provider = t.state().find_provider(provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, provider_id);
    if (t.read_provider(*provider).owner != sender)
        return fail(ErrorCode::kNotAuthorized, provider_id);
    const Task& task = t.read_task(*index);
    if (task.mode != VerificationMode::kRedundant) {
        return fail(ErrorCode::kWrongState, "task " + job_id + " has no committee");
    }
    if (task.status != TaskStatus::kAssigned) return fail(ErrorCode::kWrongState, "task " + job_id);
    const auto seat = find_seat(task, *provider);
    if (!seat)
        return fail(ErrorCode::kNotAuthorized, provider_id + " is not assigned to task " + job_id);
    if (task.seats[*seat].status != wanted) {
        return fail(ErrorCode::kWrongState,
                    provider_id + " is not at that stage of task " + job_id);
    }
    return Place{*index, *seat};
}

// The operation comes in a block of (after, last].
Status check_window(const Transition& t, const char* what, Height after, Height last) {
    if (t.block().height > after && t.block().height <= last) return {};
    return fail(ErrorCode::kWindowClosed,
                fmt::format("{} in blocks {} to {}", what, after + 1, last));
}

void post_answer(Transition& t, const Place& place, Answer answer) {
    mark_answered(t, place.task, place.seat, SeatStatus::kPosted);
    Seat& seat = t.edit_task(place.task).seats[place.seat];
    seat.answer = answer;
    seat.posted_at = t.block().height;
    t.emit(event::ResultRevealed{place.task, seat.provider, answer});
}

}  // namespace

Hash32 result_commitment(const CommittedResult& r) {
    constexpr FixedBytes<12> kPadding{};
    Writer out;
    out.fixed(r.task_key).fixed(r.model).fixed(keccak256(r.input)).fixed(keccak256({&r.answer, 1}));
    out.fixed(r.embedding_digest).fixed(kPadding).fixed(r.operator_address).fixed(r.nonce);
    return keccak256(out.view());
}

Hash32 empty_embedding_digest() { return keccak256(ByteView{}); }

CommittedResult result_of(const State& state, const Task& task, const Address& operator_address,
                          Answer answer, const Hash32& nonce) {
    const Model& model = state.model(task.model);
    return {.task_key = task.task_key,
            .model = weights_digest(model.weights),
            .input = model.row(task.input_row),
            .answer = answer,
            .embedding_digest = empty_embedding_digest(),
            .operator_address = operator_address,
            .nonce = nonce};
}

Status commit_result(Transition& t, const Address& sender, const op::Commit& c) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, c.job_id, c.provider_id, SeatStatus::kSelected));
    if (!t.policy().commit_reveal)
        return fail(ErrorCode::kWrongState, "answers are given in the open here");
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "commits are taken", task.draw_at - 1, commit_end(task, t.policy())));

    mark_answered(t, place.task, place.seat, SeatStatus::kCommitted);
    Seat& seat = t.edit_task(place.task).seats[place.seat];
    seat.commitment = c.commitment;
    t.emit(event::ResultCommitted{place.task, seat.provider});
    return {};
}

Status reveal_result(Transition& t, const Address& sender, const op::Reveal& r) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, r.job_id, r.provider_id, SeatStatus::kCommitted));
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "reveals are taken", commit_end(task, t.policy()),
                          reveal_end(task, t.policy())));
    if (r.embedding_digest != empty_embedding_digest()) {
        return fail(ErrorCode::kInvalidArgument,
                    "the model defines no embedding, so its digest is that of nothing");
    }
    const CommittedResult opened = result_of(t.state(), task, sender, r.answer, r.nonce);
    if (result_commitment(opened) != task.seats[place.seat].commitment) {
        return fail(ErrorCode::kInvalidArgument, "the reveal does not open the commitment");
    }
    post_answer(t, place, r.answer);
    return {};
}

Status answer_in_the_open(Transition& t, const Address& sender, const op::SubmitResult& r) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, r.job_id, r.provider_id, SeatStatus::kSelected));
    if (t.policy().commit_reveal)
        return fail(ErrorCode::kWrongState, "answers are committed to first here");
    if (!r.trace_root.is_zero()) {
        return fail(ErrorCode::kInvalidArgument,
                    "a committee's answer is challenged without a trace");
    }
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "answers are taken", task.draw_at - 1, commit_end(task, t.policy())));
    t.edit_task(place.task).seats[place.seat].compute_time_ms = r.compute_time_ms;
    post_answer(t, place, r.answer);
    return {};
}

}  // namespace aivm
