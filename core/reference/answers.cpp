// What a model answers, and the trees over receipts and traces.
#include <algorithm>
#include <cstring>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/base/rule_hash.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

using Input = std::array<std::uint8_t, kInputBytes>;

std::int64_t as_signed(std::uint8_t byte) { return byte < 128 ? byte : std::int64_t{byte} - 256; }

// Sums wrap modulo 2^32, are shifted right arithmetically, and saturate at int8. A shift outside
// [0, 31] leaves the sign.
std::int64_t layer_output(std::int64_t sum, int shift) {
    std::int64_t wrapped = sum % (std::int64_t{1} << 32);
    if (wrapped < 0) wrapped += std::int64_t{1} << 32;
    if (wrapped >= std::int64_t{1} << 31) wrapped -= std::int64_t{1} << 32;
    const std::int64_t divisor = std::int64_t{1} << (shift < 0 || shift > 31 ? 31 : shift);
    std::int64_t quotient = wrapped / divisor;
    if (wrapped % divisor < 0) quotient -= 1;
    return std::clamp<std::int64_t>(quotient, -128, 127);
}

Hash32 leaf_hash(ByteView data) {
    const std::uint8_t tag = 0;
    return rule_hash({{&tag, 1}, data});
}
Hash32 node_hash(const Hash32& left, const Hash32& right) {
    const std::uint8_t tag = 1;
    return rule_hash({{&tag, 1}, left.view(), right.view()});
}
Hash32 root_hash(const Hash32& top, std::uint64_t count) {
    return rule_hash(Writer().u8(2).u64(count).fixed(top).view());
}

// The largest power of two below `count`, which is at least 2.
std::uint64_t half_of(std::uint64_t count) {
    std::uint64_t half = 1;
    while (half * 2 < count) half *= 2;
    return half;
}

Hash32 top_of(const std::vector<Hash32>& leaves, std::uint64_t first, std::uint64_t count) {
    if (count == 0) return {};
    if (count == 1) return leaves[first];
    const std::uint64_t half = half_of(count);
    return node_hash(top_of(leaves, first, half), top_of(leaves, first + half, count - half));
}

}  // namespace

// 32 inputs, 16 hidden units, one output.
Answer run_one_step(const Model& model, const Input& input) {
    const abi::InferenceWeights& w = model.weights;
    std::int64_t out = w.b2;
    for (std::size_t unit = 0; unit < 16; ++unit) {
        std::int64_t sum = w.b1[unit];
        for (std::size_t k = 0; k < 32; ++k)
            sum += as_signed(w.w1[unit * 32 + k]) * as_signed(input[k]);
        out += as_signed(w.w2[unit]) * layer_output(sum, w.shift1);
    }
    return static_cast<Answer>(layer_output(out, w.shift2));
}

// Shifted left by one byte, with the step's output as its last byte.
Input input_after(Input input, Answer output) {
    std::copy(input.begin() + 1, input.end(), input.begin());
    input.back() = output;
    return input;
}

Input input_row(const Model& model, std::uint32_t row) {
    Input input{};
    std::memcpy(input.data(), model.rows.data() + std::size_t{row} * kInputBytes, kInputBytes);
    return input;
}

Answer run_whole_model(const Model& model, std::uint32_t row) {
    Input input = input_row(model, row);
    Answer output = 0;
    for (std::uint32_t step = 0; step < model.steps; ++step) {
        output = run_one_step(model, input);
        input = input_after(input, output);
    }
    return output;
}

Hash32 digest_of_weights(const abi::InferenceWeights& weights) {
    abi::InferenceWeights blank = weights;
    std::memset(blank.model_hash, 0, sizeof blank.model_hash);
    std::memset(blank.model_config_hash, 0, sizeof blank.model_config_hash);
    return keccak256(ByteView(reinterpret_cast<const std::uint8_t*>(&blank), sizeof blank));
}

std::uint64_t number_modulo(const Hash32& big_endian, std::uint64_t modulus) {
    Money rest = 0;
    for (const std::uint8_t byte : big_endian.bytes)
        rest = (rest * 256 + byte) % static_cast<Money>(modulus);
    return static_cast<std::uint64_t>(rest);
}

Hash32 receipts_root(const std::vector<Receipt>& receipts) {
    std::vector<Hash32> leaves;
    for (const Receipt& receipt : receipts) {
        Writer encoding;
        encode(encoding, receipt);
        leaves.push_back(leaf_hash(encoding.view()));
    }
    return root_hash(top_of(leaves, 0, leaves.size()), leaves.size());
}

// From the leaf upward, the proof's hashes are the siblings; at which side, the shape of the tree
// says: on the way down to the leaf, the leaf is in the left half or not.
bool leads_to_root(const Hash32& root, std::uint64_t leaves, std::uint64_t index,
                   const Hash32& leaf, const std::vector<Hash32>& proof) {
    if (index >= leaves) return false;
    std::vector<bool> goes_left;  // from the top down
    std::uint64_t first = 0;
    for (std::uint64_t count = leaves; count > 1;) {
        const std::uint64_t half = half_of(count);
        const bool left = index < first + half;
        goes_left.push_back(left);
        if (!left) first += half;
        count = left ? half : count - half;
    }
    if (goes_left.size() != proof.size()) return false;
    Hash32 top = leaf;
    for (std::size_t i = 0; i < proof.size(); ++i) {
        const bool left = goes_left[goes_left.size() - 1 - i];
        top = left ? node_hash(top, proof[i]) : node_hash(proof[i], top);
    }
    return root_hash(top, leaves) == root;
}

bool have_agreeing_value(Answer a, Answer b, std::uint32_t tolerance) {
    const std::int64_t difference = as_signed(a) - as_signed(b);
    return (difference < 0 ? -difference : difference) <= tolerance;
}

}  // namespace aivm::reference
