#include "core/execution/build.h"

#include <algorithm>
#include <limits>

#include "core/config/limits.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"

namespace aivm {
namespace {

struct Limits {
    std::size_t operations = std::numeric_limits<std::size_t>::max();
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
};

// Applies the candidates that fit; returns those that took effect and adds the others to
// `left_out`.
std::vector<OperationPtr> take(BlockRun& run, const std::vector<OperationPtr>& candidates,
                               const Limits& limits, std::vector<LeftOut>& left_out) {
    run.prepare(candidates);
    std::vector<OperationPtr> taken;
    taken.reserve(candidates.size());
    std::size_t bytes = 0;
    for (const OperationPtr& candidate : candidates) {
        const std::size_t size = candidate->size_bytes();
        if (taken.size() >= limits.operations || bytes + size > limits.bytes) {
            left_out.push_back({candidate, ErrorCode::kLimitReached});
        } else if (const Status status = run.apply(*candidate); status) {
            taken.push_back(candidate);
            bytes += size;
        } else {
            left_out.push_back({candidate, status.error().code});
        }
    }
    return taken;
}

}  // namespace

BlockHeader next_header(const Executed& parent, const BuildRequest& request) {
    BlockHeader header;
    header.parent = parent.id;
    header.height = parent.state.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.state.head.timestamp_ns);
    header.proposer = request.proposer;
    header.beacon_secret = request.beacon_secret;
    header.beacon_commitment = request.beacon_commitment;
    header.parent_aivm_root = aivm_root(parent.state);
    return header;
}

Result<Built> build_on(const Executed& parent, const BuildRequest& request,
                       const std::vector<OperationPtr>& candidates, const Rules& rules) {
    BlockHeader header = next_header(parent, request);
    AIVM_TRY(check_header(parent.state, header, rules));
    BlockRun run(parent.state, context_of(parent.state, header), rules,
                 BlockRun::Refusals::kCodeOnly);
    Built built;
    auto taken = take(run, candidates, {kBlockOpsMax, kBlockBytesMax - kBlockHeaderBytesMax},
                      built.left_out);
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish());
    header.state_root = finished.state.state_root;
    header.receipt_root = receipt_root(finished.state);
    const Block unsigned_block(header, std::move(taken), {});
    Bytes authorization =
        request.sign(slot_message(rules.chain_id, header.height, unsigned_block.id()));
    built.executed = make_executed(
        std::make_shared<const Block>(unsigned_block.with_authorization(std::move(authorization))),
        std::move(finished));
    return built;
}

Result<Built> build_unsealed(const Executed& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules) {
    const auto& validators = parent.state.validators;
    if (request.proposer.value >= validators.size()) return fail(ErrorCode::kNotFound, "proposer");
    if (!validators[request.proposer.value].active)
        return fail(ErrorCode::kNotAuthorized, "the proposer has left the set of validators");
    BlockHeader header;
    header.parent = parent.id;
    header.height = parent.state.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.state.head.timestamp_ns);
    header.proposer = request.proposer;
    header.beacon_commitment = validators[request.proposer.value].beacon_commitment;
    BlockRun run(parent.state,
                 {.height = header.height,
                  .timestamp_ns = header.timestamp_ns,
                  .proposer = header.proposer,
                  .beacon = request.beacon,
                  .beacon_commitment = header.beacon_commitment},
                 rules, BlockRun::Refusals::kCodeOnly);
    Built built;
    auto taken = take(run, candidates, {}, built.left_out);
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish_unsealed());
    built.executed = std::make_shared<const Executed>(
        Executed{request.id, Block::unsealed(header, std::move(taken), request.id),
                 std::move(finished.state), std::move(finished.events), std::move(finished.touched),
                 nullptr});
    return built;
}

}  // namespace aivm
