#include "gpu/kernels/testing/edge_cases.h"

#include <array>
#include <cstring>
#include <vector>

#include "core/testing/random_workload.h"

namespace aivm::gpu {
namespace {

using workload::Random;
using workload::same_bytes;

constexpr std::uint64_t kNow = 0x0000'0005'0000'0005;
// Around kNow in the whole number and in each of its halves.
constexpr std::array<std::uint64_t, 9> kTimes{0,
                                              kNow,
                                              kNow - 1,
                                              kNow + 1,
                                              kNow + (1ULL << 32),
                                              kNow - (1ULL << 32),
                                              0x0000'0004'FFFF'FFFF,
                                              0x0000'0006'0000'0000,
                                              1};

template <std::size_t N>
void set_only(std::uint8_t (&bytes)[N], std::size_t index) {
    std::memset(bytes, 0, N);
    if (index < N) bytes[index] = 0x80;
}

abi::AIVMRoundDescriptor round_at_now(std::size_t op_count) {
    abi::AIVMRoundDescriptor round{};
    round.timestamp_ns = kNow;
    round.attestation_op_count = round.model_op_count = round.anchor_op_count =
        static_cast<std::uint32_t>(op_count);
    return round;
}

// Runs an apply kernel on copies of `table`; true: same code, count and table.
template <class Op, class Entry, class Run>
bool agree(const std::vector<Op>& ops, const std::vector<Entry>& table, Kernels& expected,
           Kernels& actual, Run run) {
    const auto round = round_at_now(ops.size());
    auto expected_table = table;
    auto actual_table = table;
    std::uint32_t expected_applied = 0;
    std::uint32_t actual_applied = 0;
    const auto count = static_cast<std::uint32_t>(table.size());
    const int expected_code =
        run(expected, &round, ops.data(), expected_table.data(), &expected_applied, count);
    const int actual_code =
        run(actual, &round, ops.data(), actual_table.data(), &actual_applied, count);
    return expected_code == actual_code && expected_applied == actual_applied &&
           same_bytes(expected_table, actual_table);
}

bool attestations_agree(Kernels& expected, Kernels& actual) {
    Random random(1);
    std::vector<abi::AttestationOp> ops;
    const auto add = [&] {
        ops.push_back(random.noise<abi::AttestationOp>());
        ops.back().expiry_ns = kTimes[ops.size() % kTimes.size()];
        return &ops.back();
    };
    for (std::size_t i = 0; i <= 48; ++i) set_only(add()->attesting_key, i);
    for (std::size_t i = 0; i <= 32; ++i) set_only(add()->tee_quote_digest, i);
    return agree(ops, std::vector<abi::Attestation>(256), expected, actual,
                 [](Kernels& kernels, auto... arguments) {
                     return kernels.attestation_apply(arguments...);
                 });
}

bool models_agree(Kernels& expected, Kernels& actual) {
    Random random(2);
    std::vector<abi::ModelOp> ops;
    const auto add = [&](std::uint32_t kind) {
        ops.push_back(random.noise<abi::ModelOp>());
        ops.back().kind = kind;
        return &ops.back();
    };
    for (std::size_t i = 0; i <= 32; ++i) set_only(add(abi::kRegister)->weight_hash, i);
    for (std::size_t i = 0; i <= 32; ++i) set_only(add(abi::kRegister)->model_root, i);
    for (std::uint32_t kind = 0; kind < 6; ++kind) add(kind);

    // Versions that carry into their upper half, or saturate.
    std::vector<abi::ModelRegistryEntry> table(256);
    const std::array<std::uint64_t, 7> versions{
        0xFFFF'FFFE, 0xFFFF'FFFF, 0x1'FFFF'FFFF, 0x7FFF'FFFF'FFFF'FFFF, ~1ULL, ~0ULL, ~2ULL};
    for (std::size_t v = 0; v < versions.size(); ++v) {
        abi::ModelRegistryEntry entry = random.noise<abi::ModelRegistryEntry>();
        entry.version = versions[v];
        entry.occupied = 1;
        set_only(entry.model_root, 8 + v);  // no lower byte: one bucket
        entry.model_root[8 + v] = 0x40;     // not one of the roots above
        const std::uint64_t start = (0xcbf29ce484222325ULL * 0x100000001b3ULL) & 255;
        table[(start + v) & 255] = entry;
        for (std::size_t n = 0; n < 1 + v % 3; ++n)
            std::memcpy(add(abi::kUpdateWeights)->model_root, entry.model_root, 32);
    }
    return agree(ops, table, expected, actual, [](Kernels& kernels, auto... arguments) {
        return kernels.provenance_apply(arguments...);
    });
}

// An update before the Register of its model does not find it, although both are in one call.
bool early_updates_agree(Kernels& expected, Kernels& actual) {
    Random random(3);
    std::vector<abi::ModelOp> ops;
    const std::array<std::uint32_t, 5> kinds{abi::kUpdateWeights, abi::kTransfer, abi::kRegister,
                                             abi::kUpdateWeights, abi::kRegister};
    for (std::size_t model = 0; model < 20; ++model) {
        for (const std::uint32_t kind : kinds) {
            ops.push_back(random.noise<abi::ModelOp>());
            ops.back().kind = kind;
            set_only(ops.back().model_root, 8 + model);
        }
    }
    return agree(
        ops, std::vector<abi::ModelRegistryEntry>(64), expected, actual,
        [](Kernels& kernels, auto... arguments) { return kernels.provenance_apply(arguments...); });
}

// Runs of operations that do not fit, as long as the window of anchor_select and around it.
bool anchors_agree(Kernels& expected, Kernels& actual) {
    Random random(4);
    std::vector<abi::AnchorOp> ops;
    abi::AnchorOp last = random.noise<abi::AnchorOp>();
    last.height = 1;
    ops.push_back(last);
    for (const std::size_t gap : {0, 1, 30, 31, 32, 33, 62, 63, 64, 65, 96}) {
        for (std::size_t i = 0; i < gap; ++i) {
            ops.push_back(random.noise<abi::AnchorOp>());
            std::memcpy(ops.back().parent_root, last.commit_root, 32);
            ops.back().height = last.height + 1;
            if (i % 3 == 0) ops.back().parent_root[i % 32] ^= 1;
            if (i % 3 == 1) ops.back().height = last.height - i % 2;
            if (i % 3 == 2) set_only(ops.back().commit_root, 32);
        }
        abi::AnchorOp next = random.noise<abi::AnchorOp>();
        std::memcpy(next.parent_root, last.commit_root, 32);
        set_only(next.commit_root, gap % 32);
        next.height = gap % 2 == 0 ? last.height + 1 : last.height + 0xFFFF'FFFF;
        ops.push_back(next);
        last = next;
    }
    return agree(
        ops, std::vector<abi::AuditAnchor>(40), expected, actual,
        [](Kernels& kernels, auto... arguments) { return kernels.anchor_apply(arguments...); });
}

bool epochs_agree(Kernels& expected, Kernels& actual) {
    Random random(5);
    std::vector<abi::Attestation> table(8 * kTimes.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = random.noise<abi::Attestation>();
        table[i].expiry_ns = kTimes[i % kTimes.size()];
        table[i].status = static_cast<std::uint32_t>(i / kTimes.size());
        table[i].occupied = i % 5 == 4 ? 0 : 0x8000'0000U;
    }
    auto other = table;
    const auto round = round_at_now(0);
    const auto count = static_cast<std::uint32_t>(table.size());
    abi::AIVMEpochState epochs[2] = {};
    abi::AIVMTransitionResult results[2] = {};
    const int codes[2] = {
        expected.epoch_transition(&round, {table.data(), nullptr, nullptr, count, 0, 0}, &epochs[0],
                                  &results[0]),
        actual.epoch_transition(&round, {other.data(), nullptr, nullptr, count, 0, 0}, &epochs[1],
                                &results[1])};
    return codes[0] == codes[1] && same_bytes(table, other) && same_bytes(epochs[0], epochs[1]) &&
           same_bytes(results[0], results[1]);
}

bool proofs_agree(Kernels& expected, Kernels& actual) {
    Random random(6);
    std::vector<abi::ProofVerifyOp> ops;
    const auto add = [&] {
        ops.push_back(random.noise<abi::ProofVerifyOp>());
        ops.back().expiry_ns = kTimes[ops.size() % kTimes.size()];
        ops.back().timestamp_ns = kNow;
        return &ops.back();
    };
    for (std::size_t i = 0; i <= 96; ++i) set_only(add()->signature, i);
    for (std::size_t i = 0; i <= 32; ++i) set_only(add()->measurement, i);
    for (std::size_t i = 0; i <= 48; ++i) set_only(add()->attesting_key, i);
    std::vector<abi::ProofVerifyResult> results(ops.size());
    std::memset(static_cast<void*>(results.data()), 0xCC, results.size() * sizeof results[0]);
    auto other = results;
    const auto count = static_cast<std::uint32_t>(ops.size());
    const int expected_code = expected.proof_verify(ops.data(), results.data(), count);
    const int actual_code = actual.proof_verify(ops.data(), other.data(), count);
    return expected_code == actual_code && same_bytes(results, other);
}

// Every shift of each layer, inputs at every alignment up to the end of the batch, sums that
// saturate on both sides.
bool inferences_agree(Kernels& expected, Kernels& actual) {
    Random random(7);
    constexpr std::uint32_t kCount = 8;
    for (int shift = -128; shift < 128; shift += shift < -2 || shift > 34 ? 9 : 1) {
        auto weights = random.noise<abi::InferenceWeights>();
        weights.shift1 = static_cast<std::int8_t>(shift % 2 == 0 ? shift : 6);
        weights.shift2 = static_cast<std::int8_t>(shift % 2 == 0 ? 1 : shift);
        std::vector<abi::InferenceOp> ops(kCount);
        for (std::uint32_t i = 0; i < kCount; ++i) {
            ops[i] = random.noise<abi::InferenceOp>();
            std::memcpy(ops[i].model_hash, weights.model_hash, 32);
            ops[i].input_offset = 32 * (kCount - 1) - i;
            ops[i].input_len = 32;
            ops[i].output_offset = i / 2;
            ops[i].mode = i % 2;
        }
        ops[7].model_hash[31] ^= 1;
        std::vector<std::uint8_t> inputs(32 * kCount);
        random.fill(inputs.data(), inputs.size());
        std::vector<std::uint8_t> outputs(kCount, 0xEE);
        auto other_outputs = outputs;
        std::vector<abi::InferenceResult> results(kCount);
        auto other_results = results;
        const int codes[2] = {
            expected.inference_step(
                {&weights, ops.data(), inputs.data(), outputs.data(), results.data(), kCount}),
            actual.inference_step({&weights, ops.data(), inputs.data(), other_outputs.data(),
                                   other_results.data(), kCount})};
        if (codes[0] != codes[1] || outputs != other_outputs || !same_bytes(results, other_results))
            return false;
    }
    return true;
}

}  // namespace

std::string first_edge_difference(Kernels& expected, Kernels& actual) {
    struct Case {
        const char* name;
        bool (*agrees)(Kernels&, Kernels&);
    };
    constexpr Case kCases[] = {
        {"attestations with one byte set", attestations_agree},
        {"models with one byte set, versions that carry", models_agree},
        {"updates before their Register", early_updates_agree},
        {"anchors around the window", anchors_agree},
        {"expiry around now", epochs_agree},
        {"proofs with one byte set", proofs_agree},
        {"shifts and alignments of inferences", inferences_agree},
    };
    for (const Case& each : kCases) {
        if (!each.agrees(expected, actual)) return each.name;
    }
    return "";
}

}  // namespace aivm::gpu
