#include "core/execution/unsealed.h"

#include <algorithm>

#include "core/execution/apply_block.h"
#include "core/tasks/admission.h"

namespace aivm {

Result<Built> build_unsealed(const State& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules) {
    if (request.proposer.value >= parent.validators.size())
        return fail(ErrorCode::kNotFound, "proposer");
    BlockHeader header;
    header.parent = request.parent;
    header.height = parent.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.head.timestamp_ns);
    header.proposer = request.proposer;
    header.beacon_commitment = parent.validators[request.proposer.value].beacon_commitment;
    Transition t(parent,
                 {.height = header.height,
                  .timestamp_ns = header.timestamp_ns,
                  .proposer = header.proposer,
                  .beacon = request.beacon,
                  .beacon_commitment = header.beacon_commitment},
                 rules);
    t.leave_refusals_unexplained();
    start_block(t);
    prepare_keys(t, candidates);
    Built built;
    std::vector<OperationPtr> taken;
    taken.reserve(candidates.size());
    for (const OperationPtr& candidate : candidates) {
        if (const Status status = apply_operation(t, *candidate); status) {
            taken.push_back(candidate);
        } else {
            built.left_out.push_back({candidate, status.error().code});
        }
    }
    AIVM_TRY(end_block(t));
    Transition::Finished finished = std::move(t).finish_unsealed();
    BlockPtr block = Block::unsealed(header, std::move(taken), request.id);
    built.executed = std::make_shared<const Executed>(
        Executed{request.id, std::move(block), std::move(finished.state),
                 std::move(finished.events), std::move(finished.touched), nullptr});
    return built;
}

}  // namespace aivm
