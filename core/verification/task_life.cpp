#include "core/verification/task_life.h"

#include "core/tasks/seats.h"
#include "core/verification/claims.h"
#include "core/verification/optimistic.h"
#include "core/verification/redundant.h"

namespace aivm {
namespace {

void draw_in_the_next_block(Transition& t, TaskIndex index) {
    Task& task = t.edit_task(index);
    task.draw_at = t.block().height + 1;
    t.set_timer(HeightTimer{task.draw_at, TimerKind::kDraw, index.value});
}

}  // namespace

void draw(Transition& t, TaskIndex index, DrawSeeds& seeds) {
    if (t.read_task(index).status != TaskStatus::kPending) return;
    const Drawn drawn = draw_providers(t, t.read_task(index), seeds.take(t, index));
    if (drawn.empty()) return draw_in_the_next_block(t, index);

    t.end_timeout();
    Task& task = t.edit_task(index);
    task.status = TaskStatus::kAssigned;
    task.assignments += 1;
    task.waiting_since_ns = t.block().timestamp_ns;
    if (task.mode == VerificationMode::kRedundant) {
        open_windows(t, index);
    } else {
        t.start_timeout(index);
    }
    t.count_waiting_task(-1);
    for (const ProviderIndex provider : drawn) take_seat(t, index, provider);
}

Status submit_result(Transition& t, const Address& sender, const op::SubmitResult& r) {
    const auto index = t.state().find_task(r.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + r.job_id);
    const auto provider = t.state().find_provider(r.provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, r.provider_id);
    if (t.read_task(*index).mode == VerificationMode::kRedundant)
        return answer_in_the_open(t, sender, r);
    return post_result(t, sender, r, *index, *provider);
}

void time_out(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    if (task.status == TaskStatus::kAssigned) {
        slash_silent_provider(t, index);
        return end_assignment(t, index);
    }
    AIVM_CHECK(task.status == TaskStatus::kPending);
    t.clear_timer(HeightTimer{task.draw_at, TimerKind::kDraw, index.value});
    t.count_waiting_task(-1);
    fail_job(t, index);
}

void settle(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    AIVM_CHECK(!task.terminal() && task.disputes_open == 0);
    if (task.mode == VerificationMode::kRedundant) return settle_committee(t, index);
    settle_result(t, index);
}

}  // namespace aivm
