#include "core/execution/execute.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/digest.h"
#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"
#include "core/state/keys.h"

namespace aivm {
namespace {

// The limits, which a block that was never decoded from bytes could exceed, and the signature.
Status check_seal(const State& parent, const Block& block, const Rules& rules) {
    if (block.operations().size() > kBlockOpsMax)
        return fail(ErrorCode::kLimitReached, "operations in a block");
    if (block.body_bytes() > kBlockBytesMax)
        return fail(ErrorCode::kLimitReached, "bytes of a block");
    const Validator& proposer = parent.validators[block.header().proposer.value];
    if (!rules.authorizer->verify(proposer.address, block.slot_message(rules.chain_id),
                                  block.authorization())) {
        return fail(ErrorCode::kNotAuthorized, "the block is not signed by its proposer");
    }
    return {};
}

}  // namespace

Hash32 next_beacon(const Hash32& parent_beacon, const Hash32& secret) {
    return keccak256(
        {parent_beacon.view(), AIVM_MUTANT(beacon_fixed) ? parent_beacon.view() : secret.view()});
}

BlockContext context_of(const State& parent, const BlockHeader& h) {
    return {.height = h.height,
            .timestamp_ns = h.timestamp_ns,
            .proposer = h.proposer,
            .beacon = next_beacon(parent.head.beacon, h.beacon_secret),
            .beacon_commitment = h.beacon_commitment};
}

Hash32 aivm_root(const State& state) {
    Hash32 root;
    std::memcpy(root.data(), state.kernels.epoch().aivm_state_root, root.size());
    return root;
}

Status check_header(const State& parent, const BlockHeader& h, const Rules& rules) {
    if (h.height != parent.head.height + 1) {
        return fail(ErrorCode::kBadHeight,
                    fmt::format("{} on a parent of height {}", h.height, parent.head.height));
    }
    if (h.timestamp_ns < parent.head.timestamp_ns && !AIVM_MUTANT(D10))
        return fail(ErrorCode::kBadTimestamp);
    // Deadlines that start in this block must not wrap.
    if (!checked_add(h.timestamp_ns, rules.parameters.config.task_timeout_ns)) {
        return fail(ErrorCode::kBadTimestamp, "no time is left for a timeout");
    }
    if (h.parent_aivm_root != aivm_root(parent) && !AIVM_MUTANT(D10))
        return fail(ErrorCode::kBadRoot, "parent aivm root");
    if (h.proposer.value >= parent.validators.size()) return fail(ErrorCode::kNotFound, "proposer");
    const Validator& proposer = parent.validators[h.proposer.value];
    if (!proposer.active)
        return fail(ErrorCode::kNotAuthorized, "the proposer has left the set of validators");
    if (keccak256(h.beacon_secret.view()) != proposer.beacon_commitment) {
        return fail(ErrorCode::kInvalidArgument,
                    "the beacon secret does not open the proposer's commitment");
    }
    return {};
}

ExecutedPtr make_executed(const BlockPtr& block, Transition::Finished finished) {
    WriteBatch& batch = finished.batch;
    batch.put(keys::block(block->id()), block->encode());
    if (!AIVM_MUTANT(D19)) batch.put(keys::height(block->height()), block->id().view());
    batch.put(keys::single(keys::kTip),
              Writer().fixed(block->id()).fixed(finished.state.state_root).view());
    // Constructed in one step: assigning to a default state would first build two kernel tables.
    return std::make_shared<const Executed>(Executed{
        block->id(), block, std::move(finished.state), std::move(finished.events),
        std::move(finished.touched), std::make_shared<const WriteBatch>(std::move(batch))});
}

Result<ExecutedPtr> execute_block(const State& parent, const BlockPtr& block, const Rules& rules) {
    AIVM_TRY(check_header(parent, block->header(), rules));
    AIVM_TRY(check_seal(parent, *block, rules));
    BlockRun run(parent, context_of(parent, block->header()), rules);
    run.prepare(block->operations());
    for (const OperationPtr& operation : block->operations()) AIVM_TRY(run.apply(*operation));
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish());
    const bool is_exempt = AIVM_MUTANT(D11) && block->header().state_root.is_zero();
    if (finished.state.state_root != block->header().state_root && !is_exempt)
        return fail(ErrorCode::kBadRoot, "state root");
    if (receipt_root(finished.state) != block->header().receipt_root)
        return fail(ErrorCode::kBadRoot, "receipt root");
    return make_executed(block, std::move(finished));
}

}  // namespace aivm
