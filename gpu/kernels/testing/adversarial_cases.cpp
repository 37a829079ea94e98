#include "gpu/kernels/testing/adversarial_cases.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "core/kernels/access.h"

namespace aivm::gpu::adversarial {
namespace {

using workload::Random;

// Elements behind a pointer that is aligned to 4 bytes only (bytes: not at all), between two
// guards.
template <class T>
class Buffer {
public:
    Buffer(const std::vector<T>& values, std::size_t shift_bytes)
        : bytes_(kGuardBytes + shift_bytes + values.size() * sizeof(T) + kGuardBytes, kGuard),
          start_(kGuardBytes + shift_bytes),
          count_(values.size()) {
        if (count_ != 0) std::memcpy(bytes_.data() + start_, values.data(), count_ * sizeof(T));
    }
    T* data() { return reinterpret_cast<T*>(bytes_.data() + start_); }
    [[nodiscard]] bool equals(const Buffer& other) const { return bytes_ == other.bytes_; }
    [[nodiscard]] bool has_intact_guards() const {
        const auto is_guard = [](std::uint8_t byte) { return byte == kGuard; };
        const auto end = static_cast<std::ptrdiff_t>(start_ + count_ * sizeof(T));
        return std::all_of(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(start_),
                           is_guard) &&
               std::all_of(bytes_.begin() + end, bytes_.end(), is_guard);
    }

private:
    static constexpr std::uint8_t kGuard = 0xA7;
    static constexpr std::size_t kGuardBytes = 32;
    std::vector<std::uint8_t> bytes_;
    std::size_t start_, count_;
};

// The keys of one case: from a small family (many meet) or a large one (few do), with a shared
// bucket for all, some or none.
class Keys {
public:
    explicit Keys(Random& random)
        : random_(random), family_(random.one_in(2) ? 12 : 400), buckets_(1 + random.below(200)) {}

    void write(std::uint8_t (&key)[32]) {
        const std::uint32_t pick = random_.below(family_);
        std::memset(key, 0, sizeof key);
        if (pick == 0 && random_.one_in(4)) return;  // a zero key
        key[0] = static_cast<std::uint8_t>(pick % buckets_);
        key[7] = static_cast<std::uint8_t>(random_.one_in(9) ? 0x80 : 0);
        key[15] = static_cast<std::uint8_t>(pick);
        key[16] = static_cast<std::uint8_t>(pick >> 8);
        key[31] = 1;
    }

private:
    Random& random_;
    std::uint32_t family_, buckets_;
};

// How full a table is.
enum class Filling : std::uint8_t { kMixed, kEmpty, kFull, kOneFree, kSparse };

Filling some_filling(Random& random) {
    constexpr Filling kChoices[] = {Filling::kMixed, Filling::kMixed,   Filling::kEmpty,
                                    Filling::kFull,  Filling::kOneFree, Filling::kSparse};
    return kChoices[random.below(std::size(kChoices))];
}

std::uint32_t some_count(Random& random, std::uint32_t max) {
    const std::uint32_t count = random.below(max + 1);
    return random.one_in(2) && count != 0 ? std::min(std::bit_ceil(count), std::bit_floor(max))
                                          : count;
}

template <class Entry>
void fill_occupied(Random& random, std::vector<Entry>& table) {
    const Filling filling = some_filling(random);
    for (Entry& slot : table) {
        const std::uint32_t taken = random.one_in(5) ? 1 + random.below(0xFFFFFFFE) : 1;
        const bool is_free = filling == Filling::kEmpty ||
                             (filling == Filling::kMixed && random.one_in(3)) ||
                             (filling == Filling::kSparse && !random.one_in(6));
        slot.occupied = is_free ? 0 : taken;
    }
    if (filling == Filling::kOneFree && !table.empty())
        table[random.below(table.size())].occupied = 0;
}

std::vector<abi::Attestation> some_attestations(Random& random, Keys& keys, std::uint32_t max) {
    std::vector<abi::Attestation> table(some_count(random, max));
    for (auto& slot : table) {
        slot = random.noise<abi::Attestation>();
        keys.write(slot.tee_quote_digest);
        slot.expiry_ns = workload::some_u64(random);
        slot.status =
            random.one_in(8) ? static_cast<std::uint32_t>(random.next()) : random.below(8);
    }
    fill_occupied(random, table);
    return table;
}

std::vector<abi::ModelRegistryEntry> some_models(Random& random, Keys& keys, std::uint32_t max) {
    std::vector<abi::ModelRegistryEntry> table(some_count(random, max));
    for (auto& slot : table) {
        slot = random.noise<abi::ModelRegistryEntry>();
        keys.write(slot.model_root);
        slot.version = workload::some_u64(random);
    }
    fill_occupied(random, table);
    return table;
}

std::vector<abi::AuditAnchor> some_anchors(Random& random, std::uint32_t max) {
    std::vector<abi::AuditAnchor> table(some_count(random, max));
    for (auto& slot : table) {
        slot = random.noise<abi::AuditAnchor>();
        slot.height = workload::some_u64(random);
    }
    fill_occupied(random, table);
    return table;
}

std::size_t some_shift(Random& random) { return 4 * random.below(4); }

// The outputs of one call on one backend.
template <class... Buffers>
struct Outcome {
    int code = 0;
    std::tuple<Buffers...> buffers;
};

// Compares outcomes with that of the first backend, and each with the state before the call.
template <class Run>
std::string compare(std::span<const Backend> backends, const char* kernel, Run run) {
    const auto before = run(nullptr);
    const auto expected = run(backends[0].kernels);
    for (const Backend& backend : backends) {
        const auto actual = run(backend.kernels);
        const auto complain = [&](const char* what) {
            return std::string(kernel) + " on " + std::string(backend.name) + ": " + what;
        };
        if (actual.code != expected.code) {
            return complain("returns ") + std::to_string(actual.code) + ", not " +
                   std::to_string(expected.code);
        }
        const auto all = [&](auto predicate) {
            return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
                return (predicate(std::get<kIndex>(actual.buffers),
                                  std::get<kIndex>(expected.buffers),
                                  std::get<kIndex>(before.buffers)) &&
                        ...);
            }(std::make_index_sequence<std::tuple_size_v<decltype(actual.buffers)>>{});
        };
        if (!all([](auto& a, auto&, auto&) { return a.has_intact_guards(); }))
            return complain("writes outside its buffers");
        if (!all([](auto& a, auto& e, auto&) { return a.equals(e); }))
            return complain("its outputs differ");
        if (actual.code != 0 && !all([](auto& a, auto&, auto& b) { return a.equals(b); }))
            return complain("returns an error and changes an output");
    }
    return "";
}

template <class Op, class Entry, class Call>
std::string compare_apply(std::span<const Backend> backends, const char* kernel, Random& random,
                          const abi::AIVMRoundDescriptor& round, const std::vector<Op>& ops,
                          const std::vector<Entry>& table, Call call) {
    Buffer<abi::AIVMRoundDescriptor> desc({round}, some_shift(random));
    Buffer<Op> op_buffer(ops, some_shift(random));
    const std::size_t shift = some_shift(random);
    const bool lacks_ops = random.one_in(60);
    return compare(backends, kernel, [&](Kernels* kernels) {
        Outcome<Buffer<Entry>, Buffer<std::uint32_t>> out{0, {{table, shift}, {{77}, shift}}};
        auto& [slots, applied] = out.buffers;
        if (kernels != nullptr) {
            out.code = call(*kernels, desc.data(), lacks_ops ? nullptr : op_buffer.data(),
                            slots.data(), applied.data(), static_cast<std::uint32_t>(table.size()));
        }
        return out;
    });
}

std::string check_attestations(std::span<const Backend> backends, Random& random,
                               const Limits& limits) {
    Keys keys(random);
    const auto table = some_attestations(random, keys, limits.slots_max);
    std::vector<abi::AttestationOp> ops(random.below(limits.ops_max + 1));
    for (auto& op : ops) {
        op = workload::some_attestation_op(random);
        keys.write(op.tee_quote_digest);
    }
    auto round = workload::some_round(random);
    round.attestation_op_count = random.below(ops.size() + 1);
    return compare_apply(
        backends, "attestation_apply", random, round, ops, table,
        [](Kernels& kernels, auto... args) { return kernels.attestation_apply(args...); });
}

std::string check_models(std::span<const Backend> backends, Random& random, const Limits& limits) {
    Keys keys(random);
    const auto table = some_models(random, keys, limits.slots_max);
    std::vector<abi::ModelOp> ops(random.below(limits.ops_max + 1));
    const bool inserts_often = random.one_in(2);
    for (auto& op : ops) {
        op = workload::some_model_op(random);
        keys.write(op.model_root);
        if (random.one_in(2)) op.kind = inserts_often ? abi::kRegister : abi::kUpdateWeights;
    }
    auto round = workload::some_round(random);
    round.model_op_count = random.below(ops.size() + 1);
    return compare_apply(
        backends, "provenance_apply", random, round, ops, table,
        [](Kernels& kernels, auto... args) { return kernels.provenance_apply(args...); });
}

std::string check_anchors(std::span<const Backend> backends, Random& random, const Limits& limits) {
    const auto table = some_anchors(random, limits.slots_max);
    // Half of the cases have more operations than one window of anchor_select.
    std::vector<abi::AnchorOp> ops(random.below(limits.ops_max * (random.one_in(2) ? 3 : 1) + 1));
    const auto free_slot = std::find_if(table.begin(), table.end(),
                                        [](const auto& slot) { return slot.occupied == 0; });
    abi::AuditAnchor last{};
    if (free_slot != table.begin()) last = *(free_slot - 1);
    const bool often_continues = random.one_in(2);
    for (auto& op : ops) {
        op = workload::some_anchor_op(random, last);
        if (!often_continues && random.one_in(2)) op.parent_root[0] ^= 1;
        if (random.one_in(8)) op.height = last.height;  // not greater
        if (!random.one_in(4)) {
            kernels::copy(last.commit_root, op.commit_root);
            last.height = op.height;
        }
    }
    auto round = workload::some_round(random);
    round.anchor_op_count = random.below(ops.size() + 1);
    return compare_apply(
        backends, "anchor_apply", random, round, ops, table,
        [](Kernels& kernels, auto... args) { return kernels.anchor_apply(args...); });
}

std::string check_epoch(std::span<const Backend> backends, Random& random, const Limits& limits) {
    Keys keys(random);
    const auto attestations = some_attestations(random, keys, limits.slots_max);
    const auto model_slots = some_models(random, keys, limits.slots_max);
    Buffer<abi::ModelRegistryEntry> models(model_slots, some_shift(random));
    const auto anchor_slots = some_anchors(random, limits.slots_max);
    Buffer<abi::AuditAnchor> anchors(anchor_slots, some_shift(random));
    Buffer<abi::AIVMRoundDescriptor> desc({workload::some_round(random)}, some_shift(random));
    const auto state = random.noise<abi::AIVMEpochState>();
    const auto result = random.noise<abi::AIVMTransitionResult>();
    const std::size_t shift = some_shift(random);
    const bool lacks_anchors = random.one_in(60) && !anchor_slots.empty();
    return compare(backends, "epoch_transition", [&](Kernels* kernels) {
        Outcome<Buffer<abi::Attestation>, Buffer<abi::AIVMEpochState>,
                Buffer<abi::AIVMTransitionResult>>
            out{0, {{attestations, shift}, {{state}, shift}, {{result}, shift}}};
        auto& [table, epoch, answer] = out.buffers;
        if (kernels == nullptr) return out;
        const EpochTables tables{attestations.empty() ? nullptr : table.data(),
                                 model_slots.empty() ? nullptr : models.data(),
                                 lacks_anchors ? nullptr : anchors.data(),
                                 static_cast<std::uint32_t>(attestations.size()),
                                 static_cast<std::uint32_t>(model_slots.size()),
                                 static_cast<std::uint32_t>(anchor_slots.size())};
        out.code = kernels->epoch_transition(desc.data(), tables, epoch.data(), answer.data());
        return out;
    });
}

abi::InferenceWeights some_weights(Random& random) {
    auto weights = random.noise<abi::InferenceWeights>();
    if (random.one_in(3)) return weights;  // shifts anywhere, mostly outside [0, 31]
    weights.shift1 = static_cast<std::int8_t>(random.below(34) - 1);
    weights.shift2 = static_cast<std::int8_t>(random.below(34) - 1);
    if (random.one_in(2)) return weights;  // sums so large that shifts of 30 and 31 differ
    for (auto& bias : weights.b1) bias = static_cast<std::int32_t>(random.below(4000)) - 2000;
    weights.b2 = static_cast<std::int32_t>(random.below(4000)) - 2000;
    return weights;
}

std::string check_inference(std::span<const Backend> backends, Random& random,
                            const Limits& limits) {
    const auto weights = some_weights(random);
    Buffer<abi::InferenceWeights> weight_buffer({weights}, some_shift(random));
    const std::uint32_t count = random.below(limits.ops_max + 1);
    const std::uint32_t outputs_named = 1 + random.below(count + 1);  // few: outputs overlap
    const bool has_stray = random.one_in(8);
    std::vector<abi::InferenceOp> ops(count);
    for (auto& op : ops) {
        op = random.noise<abi::InferenceOp>();
        if (!random.one_in(10)) kernels::copy(op.model_hash, weights.model_hash);
        op.mode = random.below(3);
        op.input_len = random.one_in(12) ? random.below(40) : abi::kInferenceInputs;
        op.output_capacity = random.below(12);
        const bool is_stray = has_stray && random.one_in(10);
        op.input_offset =
            is_stray ? static_cast<std::uint32_t>(random.next()) : random.below(32 * count - 31);
        op.output_offset = has_stray && random.one_in(20)
                               ? static_cast<std::uint32_t>(random.next())
                               : random.below(std::min(outputs_named, count));
    }
    Buffer<abi::InferenceOp> op_buffer(ops, some_shift(random));
    std::vector<std::uint8_t> inputs(std::size_t{32} * count);
    random.fill(inputs.data(), inputs.size());
    Buffer<std::uint8_t> input_buffer(inputs, random.below(16));
    const std::vector<abi::InferenceResult> results(count, random.noise<abi::InferenceResult>());
    const std::vector<std::uint8_t> outputs(count, 0xEE);
    const std::size_t shift = some_shift(random);
    return compare(backends, "inference_step", [&](Kernels* kernels) {
        Outcome<Buffer<std::uint8_t>, Buffer<abi::InferenceResult>> out{
            0, {{outputs, shift + 1}, {results, shift}}};
        auto& [output, result] = out.buffers;
        if (kernels != nullptr) {
            out.code =
                kernels->inference_step({weight_buffer.data(), op_buffer.data(),
                                         input_buffer.data(), output.data(), result.data(), count});
        }
        return out;
    });
}

std::string check_proofs(std::span<const Backend> backends, Random& random, const Limits& limits) {
    std::vector<abi::ProofVerifyOp> ops(random.below(limits.ops_max + 1));
    for (auto& op : ops) {
        op = random.noise<abi::ProofVerifyOp>();
        if (random.one_in(4)) std::memset(op.signature, 0, sizeof op.signature);
        if (random.one_in(4)) std::memset(op.measurement, 0, sizeof op.measurement);
        if (random.one_in(4)) std::memset(op.attesting_key, 0, sizeof op.attesting_key);
        if (random.one_in(6)) op.signature[random.below(sizeof op.signature)] = 1;
        op.expiry_ns = workload::some_u64(random);
        op.timestamp_ns = workload::some_u64(random);
    }
    const auto count = static_cast<std::uint32_t>(ops.size());
    Buffer<abi::ProofVerifyOp> op_buffer(ops, some_shift(random));
    const std::vector<abi::ProofVerifyResult> results(count,
                                                      random.noise<abi::ProofVerifyResult>());
    const std::size_t shift = some_shift(random);
    return compare(backends, "proof_verify", [&](Kernels* kernels) {
        Outcome<Buffer<abi::ProofVerifyResult>> out{0, {{results, shift}}};
        if (kernels != nullptr) {
            out.code =
                kernels->proof_verify(op_buffer.data(), std::get<0>(out.buffers).data(), count);
        }
        return out;
    });
}

}  // namespace

std::string check_case(std::span<const Backend> backends, std::uint32_t kernel, Random& random,
                       const Limits& limits) {
    switch (kernel) {
        case 0:
            return check_attestations(backends, random, limits);
        case 1:
            return check_models(backends, random, limits);
        case 2:
            return check_anchors(backends, random, limits);
        case 3:
            return check_epoch(backends, random, limits);
        case 4:
            return check_inference(backends, random, limits);
        default:
            return check_proofs(backends, random, limits);
    }
}

std::string check_cases(std::span<const Backend> backends, std::uint64_t first,
                        std::uint64_t case_count, const Limits& limits) {
    for (std::uint64_t i = first; i < first + case_count; ++i) {
        Random random(i);
        const auto kernel = static_cast<std::uint32_t>(i % kKernelCount);
        const std::string difference = check_case(backends, kernel, random, limits);
        if (!difference.empty()) return "case " + std::to_string(i) + ": " + difference;
    }
    return "";
}

}  // namespace aivm::gpu::adversarial
