#include "core/tasks/admission.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/ledger/ledger.h"
#include "core/state/limits.h"

namespace aivm {

Hash32 task_key(const Address& requester, const op::SubmitTask& s) {
    Writer out;
    out.fixed(requester).string(s.job_id).u8(static_cast<std::uint8_t>(s.type)).u8(static_cast<std::uint8_t>(s.mode));
    out.string(s.model_id).u32(s.input_row).amount(s.fee);
    return keccak256(out.view());
}

Status check_submission(const State& state, const VmParameters& parameters, const op::SubmitTask& s) {
    if (s.fee < parameters.policy.fee_floor) {
        return fail(ErrorCode::kFeeTooLow, fmt::format("task {} offers {} nLUX, the floor is {}", s.job_id,
                                                       s.fee.nlux(), parameters.policy.fee_floor.nlux()));
    }
    if (s.job_id.empty() || s.job_id.size() > kJobIdBytesMax) {
        return fail(ErrorCode::kInvalidTask, fmt::format("a task id has 1 to {} bytes", kJobIdBytesMax));
    }
    if (s.mode != parameters.config.verification_mode) {
        return fail(ErrorCode::kInvalidTask, "task " + s.job_id + " asks for a mode that this chain does not run");
    }
    if (state.find_task(s.job_id)) return fail(ErrorCode::kDuplicate, "task " + s.job_id);
    const auto model = state.find_model(s.model_id);
    if (!model) return fail(ErrorCode::kInvalidTask, "unknown model " + s.model_id);
    if (s.input_row >= state.model(*model).row_count()) {
        return fail(ErrorCode::kInvalidTask, fmt::format("model {} has no row {}", s.model_id, s.input_row));
    }
    return {};
}

Status submit_task(Transition& t, const Address& sender, const op::SubmitTask& s) {
    AIVM_TRY(check_submission(t.state(), t.parameters(), s));
    if (t.state().waiting_tasks >= t.config().max_task_queue_size) {
        return fail(ErrorCode::kQueueFull, fmt::format("{} tasks wait already", t.state().waiting_tasks));
    }
    AIVM_TRY(ledger::check_balance(t.state(), sender, s.fee));
    const auto timeout_at = checked_add(t.block().timestamp_ns, t.config().task_timeout_ns);
    if (!timeout_at) return fail(ErrorCode::kOverflow, "task timeout");

    Task task;
    task.job_id = s.job_id;
    task.task_key = task_key(sender, s);
    task.requester = sender;
    task.type = s.type;
    task.mode = s.mode;
    task.model = *t.state().find_model(s.model_id);
    task.input_row = s.input_row;
    task.fee = task.escrow = s.fee;
    task.submitted_at = t.block().height;
    task.waiting_since_ns = t.block().timestamp_ns;
    task.draw_at = t.block().height + kDrawDelayBlocks;
    const Height draw_at = task.draw_at;

    ledger::lock(t, sender, ledger::Pot::kTaskEscrows, s.fee);
    const TaskIndex index = t.add_task(std::move(task));
    t.count_waiting_task(+1);
    t.set_timer(HeightTimer{draw_at, TimerKind::kDraw, index.value});
    t.set_timer(TimeTimer{*timeout_at, index.value});
    t.emit(event::TaskSubmitted{index});
    return {};
}

}  // namespace aivm
