#include "gpu/kernels/device_kernels.h"

#include <bit>
#include <cstring>
#include <vector>

#include "core/kernels/access.h"
#include "core/kernels/inference.h"
#include "core/kernels/leaves.h"
#include "core/kernels/rules.h"
#include "gpu/kernels/device_call.h"

namespace aivm::gpu {
namespace {

// The group table has twice as many cells as operations, and its mask must fit 32 bits.
constexpr std::uint32_t kOpsMax = 1U << 30;

PassParameters parameters_of(const abi::AIVMRoundDescriptor& round, std::uint32_t op_count,
                             std::uint32_t slot_count) {
    PassParameters parameters;
    parameters.op_count = op_count;
    parameters.slot_count = slot_count;
    parameters.now_low = static_cast<std::uint32_t>(round.timestamp_ns);
    parameters.now_high = static_cast<std::uint32_t>(round.timestamp_ns >> 32);
    return parameters;
}

template <class T>
std::size_t bytes_of(std::uint32_t count) {
    return std::size_t{count} * sizeof(T);
}

// Writes staged elements over the caller's, which may be aligned to 4 bytes only.
template <class T>
void commit(T* to, const std::vector<T>& staged) {
    if (!staged.empty())
        std::memcpy(static_cast<void*>(to), staged.data(), staged.size() * sizeof(T));
}

// The buffers of an insertion into a hash table, up to the placed owners.
struct Placement {
    Buffer ops, table, owner;
};

template <class Op, class Entry>
Placement place(DeviceCall& call, PassParameters& parameters, const Op* ops, const Entry* table,
                Pass group_pass, Pass place_pass) {
    const std::uint32_t op_count = parameters.op_count;
    const std::uint32_t cells = std::bit_ceil(2 * std::max(op_count, 1U));
    parameters.group_mask = cells - 1;
    Placement out;
    out.ops = call.upload(ops, bytes_of<Op>(op_count));
    out.table = call.upload(table, bytes_of<Entry>(parameters.slot_count));
    const Buffer group = call.filled(cells, kNoIndex);
    const Buffer representative = call.allocate(bytes_of<std::uint32_t>(op_count));
    const Buffer leader = call.filled(op_count, kNoIndex);
    out.owner = call.filled(parameters.slot_count, kNoIndex);
    call.launch(group_pass, {out.ops, group, representative, leader}, parameters, op_count);
    call.launch(place_pass, {out.ops, out.table, representative, leader, out.owner}, parameters,
                op_count);
    return out;
}

// The end of the three apply kernels: fetch, wait, and only then write to the caller's buffers.
template <class Entry>
int finish_apply(DeviceCall& call, Buffer device_table, Buffer counters, Entry* table,
                 std::uint32_t slot_count, std::uint32_t* applied) {
    std::vector<Entry> staged_table(call.is_ok() ? slot_count : 0);
    std::vector<std::uint32_t> staged_counters(kCounterWords);
    call.download(staged_table, device_table);
    call.download(staged_counters, counters);
    const int code = call.finish();
    if (code != abi::kOk) return code;
    commit(table, staged_table);
    kernels::store(applied, 0, staged_counters[kApplied]);
    return abi::kOk;
}

// Digests of the occupied slots in index order, and the accumulators behind them.
struct Fold {
    std::vector<Hash32> leaves, after;

    template <class Entry>
    static Fold of(const Entry* table, std::uint32_t count, const std::vector<Hash32>& digests) {
        Fold fold;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (kernels::load_u32(table, i, offsetof(Entry, occupied)) != 0)
                fold.leaves.push_back(digests[i]);
        }
        fold.after.resize(fold.leaves.size());
        return fold;
    }
    [[nodiscard]] FoldChain chain() {
        return {Hash32{}, leaves.data(), leaves.size(), after.data()};
    }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(leaves.size()); }
    [[nodiscard]] Hash32 root() const { return after.empty() ? Hash32{} : after.back(); }
};

// The results of the device for the three tables.
struct Leaves {
    std::vector<Hash32> attestations, models, anchors;
    std::vector<std::uint32_t> status, counters;
};

int compute_leaves(Device& device, const PassParameters& round, const EpochTables& tables,
                   Leaves& out) {
    DeviceCall call(device);
    const auto hash_table = [&](const auto* table, std::uint32_t count, Pass pass,
                                std::initializer_list<Buffer> more, std::vector<Hash32>& digests) {
        const Buffer slots = call.upload(table, std::size_t{count} * sizeof *table);
        const Buffer leaves = call.allocate(bytes_of<Hash32>(count));
        auto parameters = round;
        parameters.slot_count = count;
        if (more.size() == 0) {
            call.launch(pass, {slots, leaves}, parameters, count);
        } else {
            call.launch(pass, {slots, leaves, more.begin()[0], more.begin()[1]}, parameters, count);
        }
        digests.resize(call.is_ok() ? count : 0);
        call.download(digests, leaves);
    };
    const Buffer status = call.allocate(bytes_of<std::uint32_t>(tables.attestation_count));
    const Buffer counters = call.filled(kCounterWords, 0);
    hash_table(tables.attestations, tables.attestation_count, Pass::kAttestationLeaves,
               {status, counters}, out.attestations);
    hash_table(tables.models, tables.model_count, Pass::kModelLeaves, {}, out.models);
    hash_table(tables.anchors, tables.anchor_count, Pass::kAnchorLeaves, {}, out.anchors);
    out.status.resize(call.is_ok() ? tables.attestation_count : 0);
    out.counters.resize(kCounterWords);
    call.download(out.status, status);
    call.download(out.counters, counters);
    return call.finish();
}

// The status words of occupied attestations; the other bytes of a slot never change here.
void commit_status(const EpochTables& tables, const std::vector<std::uint32_t>& status) {
    for (std::uint32_t i = 0; i < tables.attestation_count; ++i) {
        auto* slot = kernels::bytes_at(tables.attestations, i);
        if (kernels::load_u32(tables.attestations, i, offsetof(abi::Attestation, occupied)) != 0)
            std::memcpy(slot + offsetof(abi::Attestation, status), &status[i], sizeof status[i]);
    }
}

}  // namespace

int DeviceKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                     const abi::AttestationOp* ops, abi::Attestation* table,
                                     std::uint32_t* applied, std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    const std::uint32_t op_count = round.attestation_op_count;
    if (op_count > kOpsMax) return abi::kOutOfMemory;
    auto parameters = parameters_of(round, op_count, slot_count);
    DeviceCall call(device_);
    const Placement placed =
        place(call, parameters, ops, table, Pass::kGroupAttestations, Pass::kPlaceAttestations);
    const Buffer changes = call.filled(slot_count, 0);
    const Buffer counters = call.filled(kCounterWords, 0);
    call.launch(Pass::kFindAttestations,
                {placed.ops, placed.table, placed.owner, changes, counters}, parameters, op_count);
    call.launch(Pass::kWriteAttestations, {placed.ops, placed.owner, changes, placed.table},
                parameters, slot_count);
    return finish_apply(call, placed.table, counters, table, slot_count, applied);
}

int DeviceKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                    abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                    std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    const std::uint32_t op_count = round.model_op_count;
    if (op_count > kOpsMax) return abi::kOutOfMemory;
    auto parameters = parameters_of(round, op_count, slot_count);
    DeviceCall call(device_);
    const Placement placed =
        place(call, parameters, ops, table, Pass::kGroupModels, Pass::kPlaceModels);
    const Buffer changes = call.filled(std::size_t{slot_count} * kModelChangeWords, 0);
    const Buffer counters = call.filled(kCounterWords, 0);
    const Buffer slot_of_op = call.allocate(bytes_of<std::uint32_t>(op_count));
    call.launch(Pass::kFindModels,
                {placed.ops, placed.table, placed.owner, changes, counters, slot_of_op}, parameters,
                op_count);
    call.launch(Pass::kCountUpdates, {placed.ops, slot_of_op, changes}, parameters, op_count);
    call.launch(Pass::kWriteModels, {placed.ops, placed.owner, changes, placed.table}, parameters,
                slot_count);
    return finish_apply(call, placed.table, counters, table, slot_count, applied);
}

int DeviceKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                                abi::AuditAnchor* table, std::uint32_t* applied,
                                std::uint32_t slot_count) {
    if (!desc || !ops || !applied || (!table && slot_count != 0)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    const auto parameters = parameters_of(round, round.anchor_op_count, slot_count);
    // An empty table has no free slot, and no slot whose thread would find one.
    const std::array<std::uint32_t, kCounterWords> start{0, slot_count, 0, 0};
    DeviceCall call(device_);
    const Buffer device_ops = call.upload(ops, bytes_of<abi::AnchorOp>(parameters.op_count));
    const Buffer device_table = call.upload(table, bytes_of<abi::AuditAnchor>(slot_count));
    const Buffer counters = call.upload(start.data(), sizeof start);
    const Buffer accepted = call.allocate(bytes_of<std::uint32_t>(slot_count));
    call.launch(Pass::kAnchorCursor, {device_table, counters}, parameters, slot_count);
    call.launch(Pass::kAnchorSelect, {device_ops, device_table, counters, accepted}, parameters,
                kAnchorWindow);
    call.launch(Pass::kAnchorWrite, {device_ops, accepted, counters, device_table}, parameters,
                slot_count);
    return finish_apply(call, device_table, counters, table, slot_count, applied);
}

// Why the fold is on the host. Its length is the longest table: 4,096 dependent permutations. One
// CPU core needs 0.3 us for each (0.45 us for all three tables at once in one vector register set),
// so 1.2 to 1.9 ms in all, and the digests that come down for it are 32 bytes per slot, 280 KB for
// full tables, about 0.02 ms on PCIe 4. On a device, one permutation is 5,100 operations on 64-bit
// words, two instructions each, so one lane needs 5 us or more. Spread over the lanes of a warp it
// is still a chain of 310 dependent operations, 0.6 us if exchanges between lanes were free, and
// some 2 us with the four shuffles per round that they cost: 8 ms for full tables.
// fold_cost_test.cpp counts these steps.
int DeviceKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                    abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    Leaves leaves;
    const int code = compute_leaves(device_, parameters_of(round, 0, 0), tables, leaves);
    if (code != abi::kOk) return code;

    Fold attestations =
        Fold::of(tables.attestations, tables.attestation_count, leaves.attestations);
    Fold models = Fold::of(tables.models, tables.model_count, leaves.models);
    Fold anchors = Fold::of(tables.anchors, tables.anchor_count, leaves.anchors);
    const std::array chains{attestations.chain(), models.chain(), anchors.chain()};
    hasher_.fold_many(chains);

    kernels::TableSummary summary;
    summary.attestation_root = attestations.root();
    summary.model_root = models.root();
    summary.anchor_root = anchors.root();
    summary.active = leaves.counters[kActive];
    summary.expired = leaves.counters[kExpired];
    summary.models = models.count();
    summary.anchors = anchors.count();
    commit_status(tables, leaves.status);
    kernels::finish_epoch(round, summary, epoch, result);
    return abi::kOk;
}

int DeviceKernels::inference_step(const InferenceBatch& batch) {
    if (batch.op_count == 0) return abi::kOk;
    if (!kernels::is_valid(batch)) return abi::kInvalidArgument;
    const std::uint32_t count = batch.op_count;
    PassParameters parameters;
    parameters.op_count = count;
    DeviceCall call(device_);
    const Buffer weights = call.upload(batch.weights, sizeof *batch.weights);
    const Buffer ops = call.upload(batch.ops, bytes_of<abi::InferenceOp>(count));
    const Buffer inputs = call.upload(batch.inputs, std::size_t{abi::kInferenceInputs} * count);
    const Buffer results = call.allocate(bytes_of<abi::InferenceResult>(count));
    const Buffer answers = call.allocate(bytes_of<std::uint32_t>(count));
    const Buffer winner = call.filled(count, 0);
    const Buffer outputs = call.allocate(bytes_of<std::uint32_t>(count));
    call.launch(Pass::kInference, {weights, ops, inputs, results, answers, winner}, parameters,
                count);
    call.launch(Pass::kInferenceOutputs, {winner, answers, outputs}, parameters, count);
    std::vector<abi::InferenceResult> staged_results(call.is_ok() ? count : 0);
    std::vector<std::uint32_t> staged_outputs(call.is_ok() ? count : 0);
    call.download(staged_results, results);
    call.download(staged_outputs, outputs);
    const int code = call.finish();
    if (code != abi::kOk) return code;
    commit(batch.results, staged_results);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (staged_outputs[i] != kNoIndex)
            batch.outputs[i] = static_cast<std::uint8_t>(staged_outputs[i]);
    }
    return abi::kOk;
}

int DeviceKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                                std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    if (!ops || !results) return abi::kInvalidArgument;
    PassParameters parameters;
    parameters.op_count = op_count;
    DeviceCall call(device_);
    const Buffer device_ops = call.upload(ops, bytes_of<abi::ProofVerifyOp>(op_count));
    const Buffer device_results = call.allocate(bytes_of<abi::ProofVerifyResult>(op_count));
    call.launch(Pass::kProofVerify, {device_ops, device_results}, parameters, op_count);
    std::vector<abi::ProofVerifyResult> staged(call.is_ok() ? op_count : 0);
    call.download(staged, device_results);
    const int code = call.finish();
    if (code == abi::kOk) commit(results, staged);
    return code;
}

}  // namespace aivm::gpu
