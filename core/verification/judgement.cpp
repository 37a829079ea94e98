#include "core/verification/judgement.h"

#include <vector>

#include "core/base/mutant.h"
#include "core/verification/optimistic.h"
#include "core/verification/reexecution.h"

namespace aivm {
namespace {

// No side has to act in this dispute any more. With the last such dispute of a result, its
// settlement is set.
void leave_play(Transition& t, DisputeIndex index, DisputeStatus status) {
    Dispute& dispute = t.edit_dispute(index);
    AIVM_CHECK(dispute.open() && status >= DisputeStatus::kWaiting);
    t.clear_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
    dispute.status = status;
    const TaskIndex task_index = dispute.task;
    Task& task = t.edit_task(task_index);
    AIVM_CHECK(task.disputes_open > 0);
    task.disputes_open -= 1;
    if (status == DisputeStatus::kLost) task.challenges_lost += 1;
    if (task.disputes_open == 0) {
        task.settle_at = settlement_height(task, t.config(), t.block().height);
        t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, task_index.value});
    }
    if (status == DisputeStatus::kWaiting) return;
    dispute.closed_at = t.block().height;
    t.emit(event::DisputeClosed{task_index, index, status == DisputeStatus::kWon});
}

void end_games(Transition& t, TaskIndex task) {
    std::vector<DisputeIndex> games;
    t.state().for_each_dispute(t.read_task(task).disputes, [&](DisputeIndex i, const Dispute& d) {
        if (d.status == DisputeStatus::kPlaying) games.push_back(i);
    });
    stop_clocks(t, games);
    for (const DisputeIndex game : games) judge_claim(t, game);
}

}  // namespace

void learn_truth(Transition& t, TaskIndex index) {
    Task& task = t.edit_task(index);
    AIVM_CHECK(!task.truth_known);
    task.truth_known = true;
    task.truth = run_model(*t.rules().kernels, t.read_model(task.model), task.input_row);
    if (AIVM_MUTANT(truth_trusted)) task.truth = task.provisional;
    if (!answers_agree(t.policy(), task.truth, task.provisional)) task.proven_wrong = true;
    end_games(t, index);
}

void prove_wrong(Transition& t, TaskIndex index) {
    Task& task = t.edit_task(index);
    AIVM_CHECK(!task.proven_wrong);
    task.proven_wrong = true;
    if (t.read_model(task.model).steps <= t.policy().one_step_steps_max)
        return learn_truth(t, index);
    end_games(t, index);
}

void judge_claim(Transition& t, DisputeIndex index) {
    const Dispute& dispute = t.read_dispute(index);
    const Task& task = t.read_task(dispute.task);
    AIVM_CHECK(dispute.revealed && (task.proven_wrong || task.truth_known));
    // A claim of the posted answer disputes nothing.
    if (dispute.claim == task.provisional) return leave_play(t, index, DisputeStatus::kLost);
    if (!task.truth_known) return leave_play(t, index, DisputeStatus::kWaiting);
    // An answer within the tolerance stands, so a claim against it is lost, exact or not.
    const bool is_true = task.proven_wrong && answers_agree(t.policy(), dispute.claim, task.truth);
    leave_play(t, index,
               is_true != AIVM_MUTANT(judge_inverted) ? DisputeStatus::kWon : DisputeStatus::kLost);
}

void stop_clocks(Transition& t, std::span<const DisputeIndex> disputes) {
    for (auto it = disputes.rbegin(); it != disputes.rend(); ++it) {
        const Height deadline = t.read_dispute(*it).deadline;
        t.clear_timer(HeightTimer{deadline, TimerKind::kDisputeDeadline, it->value});
    }
}

void lose_dispute(Transition& t, DisputeIndex index) { leave_play(t, index, DisputeStatus::kLost); }

}  // namespace aivm
