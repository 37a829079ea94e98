#include "core/verification/bisection.h"

#include <algorithm>

#include "core/base/merkle.h"
#include "core/verification/dispute.h"
#include "core/verification/reexecution.h"

namespace aivm {
namespace {

// The step that splits [low, high), which has at least two: never the last, which is opened
// already.
std::uint32_t middle_of(std::uint32_t low, std::uint32_t high) {
    return low + (high - low) / 2 - 1;
}

void restart_clock(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    t.clear_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
    dispute.deadline = t.block().height + t.policy().dispute_move_blocks;
    t.set_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
}

void close_game(Transition& t, DisputeIndex index, bool challenger_won) {
    if (challenger_won) t.edit_task(t.read_dispute(index).task).proven_wrong = true;
    close_dispute(t, index, challenger_won);
}

// One step is left: run it. Its input is agreed, and its end is what the provider opened for it.
void judge_step(Transition& t, DisputeIndex index) {
    const Dispute& dispute = t.read_dispute(index);
    const Model& model = t.read_model(t.read_task(dispute.task).model);
    const Answer output = run_step(*t.rules().kernels, model, dispute.low_input.bytes);
    const bool provider_right =
        dispute.high_input == dispute.low_input && dispute.high_output == output;
    close_game(t, index, !provider_right);
}

// Goes on with [low, high), or ends the game when that is one step.
void continue_bisection(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    AIVM_CHECK(dispute.low < dispute.high);
    if (dispute.high - dispute.low == 1) return judge_step(t, index);
    dispute.middle = middle_of(dispute.low, dispute.high);
    dispute.provider_to_move = true;
    restart_clock(t, index);
}

Status open_step(Transition& t, const Address& sender, const op::DisputeMove& move,
                 DisputeIndex index) {
    const Dispute& now = t.read_dispute(index);
    const Task& task = t.read_task(now.task);
    const Seat& seat = task.seats.front();
    if (t.read_provider(seat.provider).owner != sender) {
        return fail(ErrorCode::kNotAuthorized, "only the provider opens its trace");
    }
    if (!now.provider_to_move)
        return fail(ErrorCode::kWrongState, "the challenger's verdict is due");
    const Hash32 leaf = trace_leaf(now.middle, {move.input.bytes, move.output});
    if (!merkle::verify(seat.trace_root, t.read_model(task.model).steps, now.middle, leaf,
                        move.proof)) {
        return fail(ErrorCode::kInvalidArgument,
                    "the proof does not lead to the posted trace root");
    }
    const bool last_step = now.middle + 1 == now.high;
    if (last_step && move.output != task.provisional) {
        return fail(ErrorCode::kInvalidArgument, "the trace does not end with the posted answer");
    }
    Dispute& dispute = t.edit_dispute(index);
    if (last_step) {
        dispute.high_input = move.input;
        dispute.high_output = move.output;
        continue_bisection(t, index);
        return {};
    }
    dispute.opened_input = move.input;
    dispute.opened_output = move.output;
    dispute.provider_to_move = false;
    restart_clock(t, index);
    return {};
}

Status give_verdict(Transition& t, const Address& sender, const op::DisputeMove& move,
                    DisputeIndex index) {
    const Dispute& now = t.read_dispute(index);
    if (now.challenger != sender)
        return fail(ErrorCode::kNotAuthorized, "only the challenger judges the opened step");
    if (now.provider_to_move) return fail(ErrorCode::kWrongState, "the provider's opening is due");
    Dispute& dispute = t.edit_dispute(index);
    if (move.agrees) {
        dispute.low = dispute.middle + 1;
        dispute.low_input.bytes = next_input(dispute.opened_input.bytes, dispute.opened_output);
    } else {
        dispute.high = dispute.middle + 1;
        dispute.high_input = dispute.opened_input;
        dispute.high_output = dispute.opened_output;
    }
    continue_bisection(t, index);
    return {};
}

}  // namespace

bool plays_bisection(const Transition& t, const Task& task) {
    return t.policy().dispute_game == DisputeGame::kBisection &&
           task.mode != VerificationMode::kRedundant && t.read_model(task.model).steps > 1;
}

void start_bisection(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    const Task& task = t.read_task(dispute.task);
    const Model& model = t.read_model(task.model);
    AIVM_CHECK(dispute.status == DisputeStatus::kCommitted && dispute.claim != task.provisional);
    dispute.status = DisputeStatus::kPlaying;
    dispute.low = 0;
    dispute.high = model.steps;
    dispute.low_input.bytes = model.row(task.input_row);
    dispute.middle = model.steps - 1;
    dispute.provider_to_move = true;
    restart_clock(t, index);
}

Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move) {
    const auto task = t.state().find_task(move.job_id);
    if (!task) return fail(ErrorCode::kNotFound, "task " + move.job_id);
    const auto& open = t.read_task(*task).open_disputes;
    const auto game = std::find_if(open.begin(), open.end(), [&](DisputeIndex d) {
        const Dispute& dispute = t.read_dispute(d);
        return dispute.challenger == move.challenger && dispute.status == DisputeStatus::kPlaying;
    });
    if (game == open.end())
        return fail(ErrorCode::kWrongState, "no such dispute is being played on " + move.job_id);
    const DisputeIndex index = *game;
    AIVM_TRY(move.opens ? open_step(t, sender, move, index) : give_verdict(t, sender, move, index));
    t.emit(event::DisputeMoved{*task, index, move.opens});
    return {};
}

void forfeit_bisection(Transition& t, DisputeIndex index) {
    AIVM_CHECK(t.read_dispute(index).status == DisputeStatus::kPlaying);
    close_game(t, index, t.read_dispute(index).provider_to_move);
}

}  // namespace aivm
