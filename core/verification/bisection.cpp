#include "core/verification/bisection.h"

#include "core/base/merkle.h"
#include "core/base/mutant.h"
#include "core/verification/reexecution.h"

namespace aivm {
namespace {

// The step that splits [low, high), which has at least two: never the last, which is opened
// already.
std::uint32_t middle_of(std::uint32_t low, std::uint32_t high) {
    return low + (high - low) / 2 - 1;
}

bool opens_last_step(const Dispute& dispute) { return dispute.middle + 1 == dispute.high; }

Status check_opening(const Transition& t, const Address& sender, const op::DisputeMove& move,
                     const Dispute& dispute) {
    const Task& task = t.read_task(dispute.task);
    const Seat& seat = task.seats.front();
    if (t.read_provider(seat.provider).owner != sender) {
        return fail(ErrorCode::kNotAuthorized, "only the provider opens its trace");
    }
    if (!dispute.provider_to_move)
        return fail(ErrorCode::kWrongState, "the challenger's verdict is due");
    const Hash32 leaf = trace_leaf(dispute.middle, {move.input.bytes, move.output});
    if (!merkle::verify(seat.trace_root, t.read_model(task.model).steps, dispute.middle, leaf,
                        move.proof)) {
        return fail(ErrorCode::kInvalidArgument,
                    "the proof does not lead to the posted trace root");
    }
    if (opens_last_step(dispute) && move.output != task.provisional) {
        return fail(ErrorCode::kInvalidArgument, "the trace does not end with the posted answer");
    }
    return {};
}

Status check_verdict(const Address& sender, const Dispute& dispute) {
    if (dispute.challenger != sender)
        return fail(ErrorCode::kNotAuthorized, "only the challenger judges the opened step");
    if (dispute.provider_to_move)
        return fail(ErrorCode::kWrongState, "the provider's opening is due");
    return {};
}

// Asks the provider for the step that splits what is left.
void ask_for_middle(Dispute& dispute) {
    AIVM_CHECK(dispute.low < dispute.high);
    if (is_narrowed(dispute)) return;
    dispute.middle = middle_of(dispute.low, dispute.high);
    dispute.provider_to_move = true;
}

}  // namespace

bool plays_bisection(const Policy& policy, VerificationMode mode, std::uint32_t steps) {
    if (mode == VerificationMode::kRedundant || steps == 1 || AIVM_MUTANT(F21)) return false;
    return policy.dispute_game == DisputeGame::kBisection || steps > policy.one_step_steps_max;
}

bool plays_bisection(const Transition& t, const Task& task) {
    return plays_bisection(t.policy(), task.mode, t.read_model(task.model).steps);
}

void begin_bisection(Dispute& dispute, const Model& model, const InputRow& input) {
    AIVM_CHECK(dispute.status == DisputeStatus::kCommitted && model.steps > 1);
    dispute.status = DisputeStatus::kPlaying;
    dispute.low = 0;
    dispute.high = model.steps;
    dispute.low_input.bytes = input;
    dispute.middle = model.steps - 1;
    dispute.provider_to_move = true;
}

Status check_move(const Transition& t, const Address& sender, const op::DisputeMove& move,
                  const Dispute& dispute) {
    if (move.opens) return check_opening(t, sender, move, dispute);
    return check_verdict(sender, dispute);
}

void apply_opening(Dispute& dispute, const TraceNode& step) {
    AIVM_CHECK(step.opened && step.step == dispute.middle && dispute.provider_to_move);
    if (opens_last_step(dispute)) {
        dispute.high_input = step.input;
        dispute.high_output = step.output;
        return ask_for_middle(dispute);
    }
    dispute.opened_input = step.input;
    dispute.opened_output = step.output;
    dispute.provider_to_move = false;
}

void apply_verdict(Dispute& dispute, bool agrees) {
    if (agrees) {
        dispute.low = dispute.middle + 1;
        dispute.low_input.bytes = next_input(dispute.opened_input.bytes, dispute.opened_output);
    } else {
        dispute.high = dispute.middle + 1;
        dispute.high_input = dispute.opened_input;
        dispute.high_output = dispute.opened_output;
    }
    ask_for_middle(dispute);
}

bool is_narrowed(const Dispute& dispute) { return dispute.high - dispute.low == 1; }

bool provider_is_right(Kernels& kernels, const Model& model, const Dispute& dispute) {
    const Answer output = run_step(kernels, model, dispute.low_input.bytes);
    return dispute.high_input == dispute.low_input && dispute.high_output == output;
}

}  // namespace aivm
