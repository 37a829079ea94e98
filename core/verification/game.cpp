#include "core/verification/game.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/mutant.h"
#include "core/verification/bisection.h"
#include "core/verification/judgement.h"

namespace aivm {
namespace {

// The party to move has dispute_move_blocks for its next move.
void restart_clock(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    t.clear_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
    dispute.deadline =
        t.block().height + (AIVM_MUTANT(game_clock) ? 1 : t.policy().dispute_move_blocks);
    dispute.full_blocks = t.read_head().full_proof_blocks;
    t.set_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
}

// The game waits for the step that it needs next.
void ask_for_step(Transition& t, DisputeIndex index, std::optional<TraceNodeIndex> known) {
    Dispute& dispute = t.edit_dispute(index);
    if (!known) {
        TraceNode fresh;
        fresh.task = dispute.task;
        fresh.assignment = dispute.assignment;
        fresh.step = dispute.middle;
        known = t.add_trace_node(fresh);
    }
    TraceNode& node = t.edit_trace_node(*known);
    dispute.next_asking = node.first_asking;
    node.first_asking = index;
    node.asking += 1;
}

// One step is left: running it decides the game.
void finish_game(Transition& t, DisputeIndex index) {
    const Dispute& dispute = t.read_dispute(index);
    const TaskIndex task = dispute.task;
    if (provider_is_right(*t.rules().kernels, t.read_model(t.read_task(task).model), dispute))
        return lose_dispute(t, index);
    t.edit_dispute(index).won_by_step = true;
    prove_wrong(t, task);
}

// Takes the steps that are open already, up to the next move of a side or the end of the game.
void continue_game(Transition& t, DisputeIndex index) {
    while (t.read_dispute(index).provider_to_move) {
        const Dispute& dispute = t.read_dispute(index);
        const auto step = t.state().find_trace_node(dispute.task, dispute.middle);
        if (!step || !t.read_trace_node(*step).opened) {
            ask_for_step(t, index, step);
            break;
        }
        apply_opening(t.edit_dispute(index), t.read_trace_node(*step));
    }
    if (is_narrowed(t.read_dispute(index))) return finish_game(t, index);
    restart_clock(t, index);
}

// The provider opened a step: every game that waits for it goes on.
void open_step(Transition& t, TraceNodeIndex index, const op::DisputeMove& move) {
    TraceNode& node = t.edit_trace_node(index);
    AIVM_CHECK(!node.opened && node.asking > 0);
    node.opened = true;
    node.input = move.input;
    node.output = move.output;
    const TaskIndex task = node.task;
    std::vector<DisputeIndex> games;
    DisputeIndex at = node.first_asking;
    for (std::uint32_t left = std::exchange(node.asking, 0); left > 0; --left) {
        games.push_back(at);
        at = t.read_dispute(at).next_asking;
    }
    std::ranges::sort(games);
    stop_clocks(t, games);
    for (const DisputeIndex game : games) {
        t.emit(event::DisputeMoved{task, game, true});
        continue_game(t, game);
    }
}

}  // namespace

void begin_game(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    const Task& task = t.read_task(dispute.task);
    const Model& model = t.read_model(task.model);
    begin_bisection(dispute, model, model.row(task.input_row));
    continue_game(t, index);
}

Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move) {
    const auto task = t.state().find_task(move.job_id);
    if (!task) return fail(ErrorCode::kNotFound, "task " + move.job_id);
    const auto game = t.state().find_dispute(*task, move.challenger);
    if (!game || t.read_dispute(*game).status != DisputeStatus::kPlaying)
        return fail(ErrorCode::kWrongState, "no such dispute is being played on " + move.job_id);
    AIVM_TRY(check_move(t, sender, move, t.read_dispute(*game)));
    if (move.opens) {
        open_step(t, *t.state().find_trace_node(*task, t.read_dispute(*game).middle), move);
    } else {
        apply_verdict(t.edit_dispute(*game), move.agrees);
        t.emit(event::DisputeMoved{*task, *game, false});
        continue_game(t, *game);
    }
    return {};
}

}  // namespace aivm
