// The bisection game.
//
// The provider opens the last step of its trace, then the middle of the steps in dispute, which the
// challenger agrees with or not, until one step is left, which is run again. A step that was opened
// for one game on a result answers every game on it.
#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

bool asks_for_last_step(const Dispute& dispute) { return dispute.middle == dispute.high - 1; }

// keccak(u32be(i) || x_i || y_i)
Hash32 leaf_of_step(std::uint32_t index, const Step& step) {
    return keccak256(Writer().u32(index).raw(step.input).u8(step.output).view());
}

}  // namespace

TraceNode* ReferenceChain::find_node(Row task, std::uint32_t assignment, std::uint32_t step) {
    for (TraceNode& node : world.trace_nodes) {
        if (node.task == task && node.assignment == assignment && node.step == step) return &node;
    }
    return nullptr;
}

void ReferenceChain::begin_game(Row row) {
    Dispute& dispute = world.disputes[row];
    const Task& task = world.tasks[dispute.task];
    const Model& model = *world.models[task.model].model;
    dispute.status = DisputeStatus::kPlaying;
    dispute.low = 0;
    dispute.high = model.steps;
    dispute.low_input = input_row(model, task.input_row);
    dispute.middle = model.steps - 1;
    dispute.provider_to_move = true;
    continue_game(row);
}

// Goes on as far as steps are open already; then a side has dispute_move_blocks for its move.
void ReferenceChain::continue_game(Row row) {
    while (world.disputes[row].provider_to_move) {
        const Dispute& dispute = world.disputes[row];
        TraceNode* node = find_node(dispute.task, dispute.assignment, dispute.middle);
        if (node == nullptr) {
            TraceNode fresh;
            fresh.task = dispute.task;
            fresh.assignment = dispute.assignment;
            fresh.step = dispute.middle;
            world.trace_nodes.push_back(fresh);
            break;
        }
        if (!node->opened) break;
        take_opening(row, node->contents);
    }
    Dispute& dispute = world.disputes[row];
    if (dispute.high - dispute.low > 1) {
        dispute.deadline = height() + policy().dispute_move_blocks;
        return;
    }
    const Model& model = *world.models[world.tasks[dispute.task].model].model;
    const bool provider_is_right = dispute.last.input == dispute.low_input &&
                                   dispute.last.output == run_one_step(model, dispute.low_input);
    if (provider_is_right) return leave_play(row, DisputeStatus::kLost);
    dispute.won_by_step = true;
    prove_wrong(dispute.task);
}

// The step that splits [low, high), if more than one is left.
void ReferenceChain::ask_for_middle(Dispute& dispute) {
    dispute.provider_to_move = dispute.high - dispute.low > 1;
    if (dispute.provider_to_move)
        dispute.middle = dispute.low + (dispute.high - dispute.low) / 2 - 1;
}

void ReferenceChain::take_opening(Row row, const Step& step) {
    Dispute& dispute = world.disputes[row];
    if (asks_for_last_step(dispute)) {
        dispute.last = step;
        ask_for_middle(dispute);
    } else {
        dispute.opened = step;
        dispute.provider_to_move = false;
    }
}

// Agreed: the difference lies behind the opened step. Else it lies there or before.
void ReferenceChain::take_verdict(Row row, bool agrees) {
    Dispute& dispute = world.disputes[row];
    if (agrees) {
        dispute.low = dispute.middle + 1;
        dispute.low_input = input_after(dispute.opened.input, dispute.opened.output);
    } else {
        dispute.high = dispute.middle + 1;
        dispute.last = dispute.opened;
    }
    ask_for_middle(dispute);
}

void ReferenceChain::require_opening(const op::DisputeMove& move, const Dispute& dispute) {
    const Task& task = world.tasks[dispute.task];
    const Seat& seat = task.seats.at(0);
    require(world.providers[seat.provider].owner == sender_, ErrorCode::kNotAuthorized);
    if (!require(dispute.provider_to_move, ErrorCode::kWrongState)) return;
    const Hash32 leaf = leaf_of_step(dispute.middle, {move.input.bytes, move.output});
    require(leads_to_root(seat.trace_root, world.models[task.model].model->steps, dispute.middle,
                          leaf, move.proof),
            ErrorCode::kInvalidArgument);
    require(!asks_for_last_step(dispute) || move.output == task.provisional,
            ErrorCode::kInvalidArgument);
}

void ReferenceChain::operation(const op::DisputeMove& move) {
    const auto task = find_task(move.job_id);
    if (!require(task.has_value(), ErrorCode::kNotFound)) return;
    const auto game = latest_dispute(*task, move.challenger);
    if (!require(game && world.disputes[*game].status == DisputeStatus::kPlaying,
                 ErrorCode::kWrongState)) {
        return;
    }
    const Dispute dispute = world.disputes[*game];  // as it was
    if (move.opens) {
        require_opening(move, dispute);
    } else {
        require(dispute.challenger == sender_, ErrorCode::kNotAuthorized);
        require(!dispute.provider_to_move, ErrorCode::kWrongState);
    }
    if (!reasons_.none()) return;
    if (!move.opens) {
        take_verdict(*game, move.agrees);
        events.emplace_back(event::DisputeMoved{{*task}, {*game}, false});
        return continue_game(*game);
    }
    TraceNode* node = find_node(*task, dispute.assignment, dispute.middle);
    node->opened = true;
    node->contents = {move.input.bytes, move.output};
    std::vector<Row> waiting;
    for (Row i = 0; i < world.disputes.size(); ++i) {
        const Dispute& d = world.disputes[i];
        if (d.task == *task && d.assignment == dispute.assignment &&
            d.status == DisputeStatus::kPlaying && d.provider_to_move &&
            d.middle == dispute.middle) {
            waiting.push_back(i);
        }
    }
    for (const Row i : waiting) {
        events.emplace_back(event::DisputeMoved{{*task}, {i}, true});
        continue_game(i);
    }
}

}  // namespace aivm::reference
