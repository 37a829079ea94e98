#include "core/verification/bisection_play.h"

#include "core/base/check.h"
#include "core/base/merkle.h"

namespace aivm {

std::optional<op::DisputeMove> next_provider_move(const std::vector<InferenceTraceStep>& trace,
                                                  const Dispute& dispute,
                                                  const std::string& job_id) {
    if (dispute.status != DisputeStatus::kPlaying || !dispute.provider_to_move) return std::nullopt;
    AIVM_CHECK(dispute.middle < trace.size());
    op::DisputeMove move;
    move.job_id = job_id;
    move.challenger = dispute.challenger;
    move.opens = true;
    move.input.bytes = trace[dispute.middle].input;
    move.output = trace[dispute.middle].output;
    move.proof = merkle::prove(trace_leaves(trace), dispute.middle);
    return move;
}

std::optional<op::DisputeMove> next_challenger_move(const std::vector<InferenceTraceStep>& trace,
                                                    const Dispute& dispute,
                                                    const std::string& job_id) {
    if (dispute.status != DisputeStatus::kPlaying || dispute.provider_to_move) return std::nullopt;
    AIVM_CHECK(dispute.middle < trace.size());
    op::DisputeMove move;
    move.job_id = job_id;
    move.challenger = dispute.challenger;
    const InferenceTraceStep& mine = trace[dispute.middle];
    move.agrees = mine.input == dispute.opened_input.bytes && mine.output == dispute.opened_output;
    return move;
}

}  // namespace aivm
