#include "core/execution/kernel_round.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/digest.h"
#include "core/base/mutant.h"
#include "core/registry/kernel_operations.h"
#include "core/registry/validators.h"
#include "core/rewards/rewards.h"

namespace aivm {
namespace {

bool epoch_ends(const Transition& t) {
    return t.block().timestamp_ns - t.read_head().epoch_started_ns >=
           t.config().epoch_duration_ns + (AIVM_MUTANT(epoch_late) ? 1'000'000'000 : 0);
}

abi::AnchorOp make_anchor(const Transition& t) {
    abi::AnchorOp anchor{};
    const Hash32 root = receipt_root(t.state());
    const Hash32 validators = validator_set_root(t.state());
    std::memcpy(anchor.commit_root, root.data(), root.size());
    std::memcpy(anchor.parent_root,
                AIVM_MUTANT(anchor_parent) ? root.data() : t.read_head().last_anchor.data(),
                Hash32::size());
    std::memcpy(anchor.validator_set_root_at_commit, validators.data(), validators.size());
    anchor.height = t.block().height;
    anchor.timestamp_ns = t.block().timestamp_ns;
    anchor.epoch = static_cast<std::uint32_t>(t.read_head().epoch);
    return anchor;
}

abi::AIVMRoundDescriptor describe_round(const Transition& t) {
    abi::AIVMRoundDescriptor desc{};
    desc.chain_id = t.rules().chain_id;
    desc.round = t.block().height;
    desc.timestamp_ns = t.block().timestamp_ns;
    desc.epoch = t.read_head().epoch;
    desc.mode = static_cast<std::uint32_t>(t.config().verification_mode);
    desc.attestation_op_count = t.kernel_operations(KernelTable::kAttestations);
    desc.model_op_count = t.kernel_operations(KernelTable::kModels);
    desc.anchor_op_count = t.kernel_operations(KernelTable::kAnchors);
    desc.closing_flag = epoch_ends(t) ? 1 : 0;
    std::memcpy(desc.parent_aivm_root, t.state().kernels.epoch().aivm_state_root, Hash32::size());
    return desc;
}

Status kernel_failed(const char* kernel, int code) {
    return fail(ErrorCode::kGpuNotAvailable, fmt::format("{} returned {}", kernel, code));
}

// Empties a full table of anchors. Its slots stay in the store and its root in the state, and the
// next anchor names the last of them as its parent.
void roll_over(Transition& t) {
    t.archive_anchors();
    ChainHead& head = t.edit_head();
    head.anchor_archives += 1;
    std::memcpy(head.anchor_archive_root.data(), t.state().kernels.epoch().audit_root,
                Hash32::size());
    t.touch_kernel_slots(KernelTable::kAnchors, t.edit_kernels().clear_anchors());
}

Status anchor(Transition& t, Kernels& kernels) {
    t.hash_receipts();
    if (AIVM_MUTANT(F28) && t.state().kernels.anchors()[8].occupied != 0) return {};
    if (t.state().kernels.anchors_are_full()) roll_over(t);
    const abi::AnchorOp op = make_anchor(t);
    const KernelOutcome outcome =
        t.edit_kernels().apply_anchors(kernels, describe_round(t), {&op, 1});
    if (outcome.code != abi::kOk) return kernel_failed("anchor_apply", outcome.code);
    if (outcome.applied == 0) return {};
    t.record_kernel_operation(KernelTable::kAnchors, outcome.changed);
    std::memcpy(t.edit_head().last_anchor.data(), op.commit_root, Hash32::size());
    t.emit(event::Anchored{t.read_head().last_anchor});
    return {};
}

}  // namespace

Hash32 validator_set_root(const State& state) {
    Writer out;
    state.validators.for_each([&](std::size_t, const Validator& v) {
        if (v.active) out.fixed(v.address).amount(v.stake);
    });
    return keccak256(out.view());
}

Status run_kernel_round(Transition& t) {
    Kernels& kernels = *t.rules().kernels;
    if (t.block().height != 0 &&
        t.block().height % (t.config().merkle_anchor_freq * (AIVM_MUTANT(anchor_rare) ? 2 : 1)) ==
            0)
        AIVM_TRY(anchor(t, kernels));
    const abi::AIVMRoundDescriptor desc = describe_round(t);
    if (desc.closing_flag != 0) rebuild_registries(t);
    abi::AIVMTransitionResult result{};
    const KernelOutcome closed = t.edit_kernels().close_round(kernels, desc, result);
    if (closed.code != abi::kOk) return kernel_failed("epoch_transition", closed.code);
    t.touch_kernel_slots(KernelTable::kAttestations, closed.changed);
    if (desc.closing_flag != 0) {
        abi::AIVMEpochState epoch = t.state().kernels.epoch();
        epoch.next_epoch_height = t.block().height + 1;
        t.edit_kernels().load_epoch(epoch);
        choose_validators(t);
        t.edit_head().epoch = epoch.current_epoch;
        t.edit_head().epoch_started_ns = t.block().timestamp_ns;
        t.emit(event::EpochClosed{t.read_head().epoch});
    }
    return {};
}

}  // namespace aivm
