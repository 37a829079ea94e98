#include "core/execution/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/execution/apply_block.h"
#include "core/rewards/rewards.h"
#include "core/state/keys.h"
#include "core/tasks/admission.h"

namespace aivm {
namespace {

Hash32 aivm_root(const State& state) {
    Hash32 root;
    std::memcpy(root.data(), state.kernels.epoch().aivm_state_root, root.size());
    return root;
}

// Everything about a header that its parent's state decides, save the roots after it.
Status check_header(const State& parent, const BlockHeader& h, const Rules& rules) {
    if (h.height != parent.head.height + 1) {
        return fail(ErrorCode::kBadHeight,
                    fmt::format("{} on a parent of height {}", h.height, parent.head.height));
    }
    if (h.timestamp_ns < parent.head.timestamp_ns) return fail(ErrorCode::kBadTimestamp);
    // So that no deadline that starts in this block can wrap.
    if (!checked_add(h.timestamp_ns, rules.parameters.config.task_timeout_ns)) {
        return fail(ErrorCode::kBadTimestamp, "no time is left for a timeout");
    }
    if (h.parent_aivm_root != aivm_root(parent))
        return fail(ErrorCode::kBadRoot, "parent aivm root");
    if (h.proposer.value >= parent.validators.size()) return fail(ErrorCode::kNotFound, "proposer");
    const Validator& proposer = parent.validators[h.proposer.value];
    if (keccak256(h.beacon_secret.view()) != proposer.beacon_commitment) {
        return fail(ErrorCode::kInvalidArgument,
                    "the beacon secret does not open the proposer's commitment");
    }
    return {};
}

// What needs the whole block: its limits, which a block that never was bytes could break, and the
// signature.
Status check_seal(const State& parent, const Block& block, const Rules& rules) {
    if (block.operations().size() > kBlockOpsMax)
        return fail(ErrorCode::kLimitReached, "operations in a block");
    if (block.body_bytes() > kBlockBytesMax)
        return fail(ErrorCode::kLimitReached, "bytes of a block");
    const Validator& proposer = parent.validators[block.header().proposer.value];
    if (!rules.authorizer->verify(proposer.address,
                                  slot_message(rules.chain_id, block.height(), block.id()),
                                  block.authorization())) {
        return fail(ErrorCode::kNotAuthorized, "the block is not signed by its proposer");
    }
    return {};
}

BlockContext context_of(const State& parent, const BlockHeader& h) {
    return {.height = h.height,
            .timestamp_ns = h.timestamp_ns,
            .proposer = h.proposer,
            .beacon = next_beacon(parent.head.beacon, h.beacon_secret),
            .beacon_commitment = h.beacon_commitment};
}

ExecutedPtr assemble(Transition::Finished finished, BlockPtr block) {
    WriteBatch& batch = finished.batch;
    batch.put(keys::block(block->id()), block->encode());
    batch.put(keys::height(block->height()), block->id().view());
    batch.put(keys::single(keys::kTip),
              Writer().fixed(block->id()).fixed(finished.state.state_root).view());
    const Hash32 id = block->id();
    // Made in one go: a state that is only there to be overwritten would cost two kernel tables.
    return std::make_shared<const Executed>(Executed{
        id, std::move(block), std::move(finished.state), std::move(finished.events),
        std::move(finished.touched), std::make_shared<const WriteBatch>(std::move(batch))});
}

}  // namespace

Hash32 next_beacon(const Hash32& parent_beacon, const Hash32& secret) {
    return keccak256({parent_beacon.view(), secret.view()});
}

Result<ExecutedPtr> execute_block(const State& parent, const BlockPtr& block, const Rules& rules) {
    AIVM_TRY(check_header(parent, block->header(), rules));
    AIVM_TRY(check_seal(parent, *block, rules));
    Transition t(parent, context_of(parent, block->header()), rules);
    start_block(t);
    prepare_keys(t, block->operations());
    for (const OperationPtr& operation : block->operations())
        AIVM_TRY(apply_operation(t, *operation));
    AIVM_TRY(end_block(t));
    Transition::Finished finished = std::move(t).finish();
    if (finished.state.state_root != block->header().state_root)
        return fail(ErrorCode::kBadRoot, "state root");
    if (receipt_root(finished.state) != block->header().receipt_root)
        return fail(ErrorCode::kBadRoot, "receipt root");
    return assemble(std::move(finished), block);
}

Result<Built> build_on(const State& parent, const BuildRequest& request,
                       const std::vector<OperationPtr>& candidates, const Rules& rules) {
    BlockHeader header;
    header.parent = request.parent;
    header.height = parent.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.head.timestamp_ns);
    header.proposer = request.proposer;
    header.beacon_secret = request.beacon_secret;
    header.beacon_commitment = request.beacon_commitment;
    header.parent_aivm_root = aivm_root(parent);
    AIVM_TRY(check_header(parent, header, rules));

    Transition t(parent, context_of(parent, header), rules);
    t.leave_refusals_unexplained();
    start_block(t);
    prepare_keys(t, candidates);
    Built built;
    std::vector<OperationPtr> taken;
    std::size_t bytes = kBlockHeaderBytesMax;
    for (const OperationPtr& candidate : candidates) {
        const std::size_t size = candidate->size_bytes();
        if (taken.size() >= kBlockOpsMax || bytes + size > kBlockBytesMax) {
            built.left_out.push_back({candidate, ErrorCode::kLimitReached});
        } else if (const Status status = apply_operation(t, *candidate); status) {
            taken.push_back(candidate);
            bytes += size;
        } else {
            built.left_out.push_back({candidate, status.error().code});
        }
    }
    AIVM_TRY(end_block(t));
    Transition::Finished finished = std::move(t).finish();
    header.state_root = finished.state.state_root;
    header.receipt_root = receipt_root(finished.state);
    const Block unsigned_block(header, std::move(taken), {});
    Bytes authorization =
        request.sign(slot_message(rules.chain_id, header.height, unsigned_block.id()));
    auto block =
        std::make_shared<const Block>(unsigned_block.with_authorization(std::move(authorization)));
    built.executed = assemble(std::move(finished), std::move(block));
    return built;
}

}  // namespace aivm
