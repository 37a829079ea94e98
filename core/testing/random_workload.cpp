#include "core/testing/random_workload.h"

#include <algorithm>
#include <limits>

#include "core/kernels/access.h"

namespace aivm::workload {
namespace {

// A key from a small set, so that operations collide: most keys share their first eight bytes, and
// hence their bucket, with others; one in sixteen is zero.
void some_key(Random& random, std::uint8_t (&key)[32]) {
    const std::uint32_t pick = random.below(48);
    std::memset(key, 0, sizeof key);
    if (pick % 16 == 0) return;
    key[0] = static_cast<std::uint8_t>(pick % 5);
    key[9] = static_cast<std::uint8_t>(pick);
    key[31] = 1;
}

template <std::size_t N>
void noise_or_zero(Random& random, std::uint8_t (&bytes)[N], std::uint32_t zero_one_in) {
    std::memset(bytes, 0, N);
    if (!random.one_in(zero_one_in)) random.fill(bytes, N);
}

std::uint32_t some_occupied(Random& random) {
    return random.one_in(3) ? 0 : random.one_in(4) ? random.below(9) : 1;
}

template <class T>
T* data_or_dummy(std::vector<T>& values) {
    values.reserve(1);  // an empty list is not a null pointer
    return values.data();
}

}  // namespace

void Random::fill(void* to, std::size_t size_bytes) {
    auto* bytes = static_cast<std::uint8_t*>(to);
    for (std::size_t i = 0; i < size_bytes; i += 8) {
        const std::uint64_t word = next();
        std::memcpy(bytes + i, &word, std::min<std::size_t>(8, size_bytes - i));
    }
}

std::uint64_t some_u64(Random& random) {
    switch (random.below(8)) {
        case 0:
            return 0;
        case 1:
            return std::numeric_limits<std::uint64_t>::max() - random.below(2);
        case 2:
            return random.next();
        default:
            return random.below(200);
    }
}

abi::AIVMRoundDescriptor some_round(Random& random) {
    auto round = random.noise<abi::AIVMRoundDescriptor>();
    round.timestamp_ns = some_u64(random);
    round.epoch = some_u64(random);
    round.closing_flag = random.below(3);
    return round;
}

abi::AttestationOp some_attestation_op(Random& random) {
    auto op = random.noise<abi::AttestationOp>();
    some_key(random, op.tee_quote_digest);
    noise_or_zero(random, op.attesting_key, 10);
    op.expiry_ns = some_u64(random);
    return op;
}

abi::ModelOp some_model_op(Random& random) {
    auto op = random.noise<abi::ModelOp>();
    some_key(random, op.model_root);
    noise_or_zero(random, op.weight_hash, 10);
    op.kind = random.below(6);
    op.parameter_count = some_u64(random);
    return op;
}

abi::AnchorOp some_anchor_op(Random& random, const abi::AuditAnchor& last) {
    auto op = random.noise<abi::AnchorOp>();
    noise_or_zero(random, op.commit_root, 10);
    op.height = some_u64(random);
    if (random.one_in(4)) return op;
    kernels::copy(op.parent_root, last.commit_root);
    op.height = last.height + 1 + random.below(3);
    return op;
}

EpochTables Tables::view() {
    return {attestations.data(),
            models.data(),
            anchors.data(),
            static_cast<std::uint32_t>(attestations.size()),
            static_cast<std::uint32_t>(models.size()),
            static_cast<std::uint32_t>(anchors.size())};
}

bool operator==(const Tables& a, const Tables& b) {
    return same_bytes(a.attestations, b.attestations) && same_bytes(a.models, b.models) &&
           same_bytes(a.anchors, b.anchors) && same_bytes(a.epoch, b.epoch);
}

Tables some_tables(Random& random, std::uint32_t slots_max) {
    Tables tables;
    tables.epoch = random.noise<abi::AIVMEpochState>();
    for (std::uint32_t n = random.below(slots_max + 1); n > 0; --n) {
        auto slot = random.noise<abi::Attestation>();
        some_key(random, slot.tee_quote_digest);
        slot.expiry_ns = some_u64(random);
        slot.status = random.below(8);
        slot.occupied = some_occupied(random);
        tables.attestations.push_back(slot);
    }
    for (std::uint32_t n = random.below(slots_max + 1); n > 0; --n) {
        auto slot = random.noise<abi::ModelRegistryEntry>();
        some_key(random, slot.model_root);
        slot.version = some_u64(random);
        slot.occupied = some_occupied(random);
        tables.models.push_back(slot);
    }
    for (std::uint32_t n = random.below(slots_max + 1); n > 0; --n) {
        auto slot = random.noise<abi::AuditAnchor>();
        slot.height = some_u64(random);
        slot.occupied = some_occupied(random);
        tables.anchors.push_back(slot);
    }
    return tables;
}

namespace {

// Runs both backends on copies of one input; each call compares the return code and every output
// byte.
class Duel {
public:
    Duel(Kernels& expected, Kernels& actual, Random& random, std::uint32_t size_max)
        : expected_(expected), actual_(actual), random_(random), size_max_(size_max) {}

    bool attestations(const Tables& tables) {
        std::vector<abi::AttestationOp> ops(random_.below(size_max_));
        for (auto& op : ops) op = some_attestation_op(random_);
        auto round = some_round(random_);
        round.attestation_op_count = random_.below(ops.size() + 1);
        return apply(tables.attestations, ops, [&](Kernels& kernels, auto... arguments) {
            return kernels.attestation_apply(&round, arguments...);
        });
    }

    bool models(const Tables& tables) {
        std::vector<abi::ModelOp> ops(random_.below(size_max_));
        for (auto& op : ops) op = some_model_op(random_);
        auto round = some_round(random_);
        round.model_op_count = random_.below(ops.size() + 1);
        return apply(tables.models, ops, [&](Kernels& kernels, auto... arguments) {
            return kernels.provenance_apply(&round, arguments...);
        });
    }

    bool anchors(const Tables& tables) {
        std::vector<abi::AnchorOp> ops(random_.below(size_max_));
        abi::AuditAnchor last{};
        for (auto& op : ops) {
            op = some_anchor_op(random_, last);
            kernels::copy(last.commit_root, op.commit_root);
            last.height = op.height;
        }
        auto round = some_round(random_);
        round.anchor_op_count = random_.below(ops.size() + 1);
        return apply(tables.anchors, ops, [&](Kernels& kernels, auto... arguments) {
            return kernels.anchor_apply(&round, arguments...);
        });
    }

    bool epoch(const Tables& tables) {
        const auto round = some_round(random_);
        Tables one = tables;
        Tables other = tables;
        auto result = random_.noise<abi::AIVMTransitionResult>();
        auto other_result = result;
        const int code = expected_.epoch_transition(&round, one.view(), &one.epoch, &result);
        const int other_code =
            actual_.epoch_transition(&round, other.view(), &other.epoch, &other_result);
        return code == other_code && one == other && same_bytes(result, other_result);
    }

    bool inference() {
        const auto weights = random_.noise<abi::InferenceWeights>();
        const std::uint32_t count = random_.below(size_max_);
        std::vector<abi::InferenceOp> ops(count);
        for (auto& op : ops) op = some_inference_op(weights, count);
        std::vector<std::uint8_t> inputs(32 * count);
        random_.fill(inputs.data(), inputs.size());
        std::vector<std::uint8_t> outputs(count, 0xEE);
        auto other_outputs = outputs;
        std::vector<abi::InferenceResult> results(count, random_.noise<abi::InferenceResult>());
        auto other_results = results;
        const InferenceBatch batch{&weights,       ops.data(),     inputs.data(),
                                   outputs.data(), results.data(), count};
        auto other_batch = batch;
        other_batch.outputs = other_outputs.data();
        other_batch.results = other_results.data();
        return expected_.inference_step(batch) == actual_.inference_step(other_batch) &&
               outputs == other_outputs && same_bytes(results, other_results);
    }

    bool proofs() {
        std::vector<abi::ProofVerifyOp> ops(random_.below(size_max_));
        for (auto& op : ops) {
            op = random_.noise<abi::ProofVerifyOp>();
            noise_or_zero(random_, op.signature, 4);
            noise_or_zero(random_, op.measurement, 4);
            noise_or_zero(random_, op.attesting_key, 4);
            op.expiry_ns = some_u64(random_);
            op.timestamp_ns = some_u64(random_);
        }
        const auto count = static_cast<std::uint32_t>(ops.size());
        std::vector<abi::ProofVerifyResult> results(count, random_.noise<abi::ProofVerifyResult>());
        auto other_results = results;
        return expected_.proof_verify(ops.data(), results.data(), count) ==
                   actual_.proof_verify(ops.data(), other_results.data(), count) &&
               same_bytes(results, other_results);
    }

private:
    template <class Entry, class Op, class Kernel>
    bool apply(std::vector<Entry> table, std::vector<Op>& ops, Kernel kernel) {
        auto other = table;
        std::uint32_t applied = 77;
        std::uint32_t other_applied = 77;
        const auto count = static_cast<std::uint32_t>(table.size());
        const int code = kernel(expected_, data_or_dummy(ops), table.data(), &applied, count);
        const int other_code =
            kernel(actual_, data_or_dummy(ops), other.data(), &other_applied, count);
        return code == other_code && applied == other_applied && same_bytes(table, other);
    }

    // Rarely invalid, so that whole batches often pass; the shifts of random weights are mostly
    // outside [0, 31] anyway.
    abi::InferenceOp some_inference_op(const abi::InferenceWeights& weights, std::uint32_t count) {
        auto op = random_.noise<abi::InferenceOp>();
        if (!random_.one_in(8)) kernels::copy(op.model_hash, weights.model_hash);
        op.mode = random_.below(3);
        op.input_len = random_.one_in(10) ? random_.below(40) : 32;
        op.output_capacity = random_.below(10);
        op.input_offset = random_.one_in(200) ? static_cast<std::uint32_t>(random_.next())
                                              : random_.below(32 * count - 31);
        op.output_offset =
            random_.one_in(200) ? static_cast<std::uint32_t>(random_.next()) : random_.below(count);
        return op;
    }

    Kernels& expected_;
    Kernels& actual_;
    Random& random_;
    std::uint32_t size_max_;
};

}  // namespace

std::string first_difference(Kernels& expected, Kernels& actual, Random& random,
                             std::uint32_t size_max) {
    Duel duel(expected, actual, random, size_max);
    const Tables tables = some_tables(random, size_max);
    if (!duel.attestations(tables)) return "attestation_apply";
    if (!duel.models(tables)) return "provenance_apply";
    if (!duel.anchors(tables)) return "anchor_apply";
    if (!duel.epoch(tables)) return "epoch_transition";
    if (!duel.inference()) return "inference_step";
    if (!duel.proofs()) return "proof_verify";
    return "";
}

}  // namespace aivm::workload
