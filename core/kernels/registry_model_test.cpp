// The two hash-table kernels against a std::map: in a table with room, open addressing must be
// invisible.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <map>

#include "core/kernels/kernels.h"
#include "core/testing/random_workload.h"

namespace aivm {
namespace {

using workload::Random;
using Key = std::array<std::uint8_t, 32>;

constexpr std::uint32_t kSlots = 64;  // more than the workload has keys

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const std::uint8_t (&bytes)[N]) {
    return std::to_array(bytes);
}

template <class Value>
bool is_zero(const Value& value) {
    return value == Value{};
}

// The table as a map from key to slot; fails when a key is there twice.
template <class Entry>
std::map<Key, Entry> contents(const std::vector<Entry>& table, std::uint8_t (Entry::*key)[32]) {
    std::map<Key, Entry> found;
    for (const Entry& slot : table) {
        if (slot.occupied == 0) continue;
        EXPECT_TRUE(found.emplace(array_of(slot.*key), slot).second) << "a key lies in two slots";
    }
    return found;
}

template <class Entry>
void expect_same(const std::map<Key, Entry>& expected, const std::map<Key, Entry>& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (auto a = expected.begin(), b = actual.begin(); a != expected.end(); ++a, ++b) {
        EXPECT_EQ(a->first, b->first);
        EXPECT_TRUE(workload::same_bytes(a->second, b->second));
    }
}

std::uint32_t model_attestation(std::map<Key, abi::Attestation>& map, const abi::AttestationOp& op,
                                std::uint64_t now_ns) {
    if (is_zero(array_of(op.tee_quote_digest)) || is_zero(array_of(op.attesting_key))) return 0;
    abi::Attestation& entry = map[array_of(op.tee_quote_digest)];
    std::memcpy(&entry, &op,
                offsetof(abi::Attestation, status));  // both begin with the same fields
    entry.status = op.expiry_ns != 0 && now_ns >= op.expiry_ns ? 6 : 2;
    entry.occupied = 1;
    return 1;
}

std::uint32_t model_registry(std::map<Key, abi::ModelRegistryEntry>& map, const abi::ModelOp& op) {
    const Key root = array_of(op.model_root);
    if (is_zero(root) || is_zero(array_of(op.weight_hash)) || op.kind > 3) return 0;
    if (op.kind != 0 && !map.contains(root)) return 0;
    abi::ModelRegistryEntry& entry = map[root];
    if (op.kind == 0) {
        entry = {};
        std::memcpy(&entry, &op, 116);  // root, weights, licence, owner
        entry.version = 1;
        entry.parameter_count = op.parameter_count;
        entry.modality = op.modality;
        entry.occupied = 1;
    }
    if (op.kind == 1) {
        std::memcpy(entry.weight_hash, op.weight_hash, 32);
        if (entry.version < std::numeric_limits<std::uint64_t>::max()) entry.version += 1;
        entry.parameter_count =
            op.parameter_count == 0 ? entry.parameter_count : op.parameter_count;
    }
    if (op.kind == 2) std::memcpy(entry.license_root, op.license_root, 32);
    if (op.kind == 3) std::memcpy(entry.owner_addr, op.owner_addr, 20);
    return 1;
}

TEST(KernelRegistries, AttestationsInATableWithRoomAreAMapFromDigestToTheLastOperation) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed);
        std::vector<abi::Attestation> table(kSlots, abi::Attestation{});
        std::map<Key, abi::Attestation> map;
        for (int batch = 0; batch < 5; ++batch) {
            std::vector<abi::AttestationOp> ops(30);
            for (auto& op : ops) op = workload::some_attestation_op(random);
            auto round = workload::some_round(random);
            round.attestation_op_count = 30;
            std::uint32_t expected = 0;
            for (const auto& op : ops) expected += model_attestation(map, op, round.timestamp_ns);
            std::uint32_t applied = 0;
            ASSERT_EQ(0, CpuKernels().attestation_apply(&round, ops.data(), table.data(), &applied,
                                                        kSlots));
            EXPECT_EQ(expected, applied) << "seed " << seed;
            expect_same(map, contents(table, &abi::Attestation::tee_quote_digest));
        }
    }
}

TEST(KernelRegistries, ModelsInATableWithRoomAreAMapFromRootToTheRegisteredModel) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed);
        std::vector<abi::ModelRegistryEntry> table(kSlots, abi::ModelRegistryEntry{});
        std::map<Key, abi::ModelRegistryEntry> map;
        for (int batch = 0; batch < 5; ++batch) {
            std::vector<abi::ModelOp> ops(30);
            for (auto& op : ops) op = workload::some_model_op(random);
            auto round = workload::some_round(random);
            round.model_op_count = 30;
            std::uint32_t expected = 0;
            for (const auto& op : ops) expected += model_registry(map, op);
            std::uint32_t applied = 0;
            ASSERT_EQ(0, CpuKernels().provenance_apply(&round, ops.data(), table.data(), &applied,
                                                       kSlots));
            EXPECT_EQ(expected, applied) << "seed " << seed;
            expect_same(map, contents(table, &abi::ModelRegistryEntry::model_root));
        }
    }
}

}  // namespace
}  // namespace aivm
