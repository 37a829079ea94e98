// Random but repeatable kernel inputs that reach the corner cases (colliding and zero keys, damaged
// tables, wrapped integers, table sizes that are not powers of two), and the comparison of two
// backends on them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/kernels/kernels.h"

namespace aivm::workload {

// SplitMix64: the same numbers on every machine.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(next() % bound); }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    void fill(void* to, std::size_t size_bytes);

    template <class T>
    T noise() {
        T value;
        fill(&value, sizeof value);
        return value;
    }

private:
    std::uint64_t state_;
};

// Mostly small times and heights, which coincide often; a few are at the ends of the range.
std::uint64_t some_u64(Random& random);

abi::AIVMRoundDescriptor some_round(Random& random);
abi::AttestationOp some_attestation_op(Random& random);
abi::ModelOp some_model_op(Random& random);
// Often continues `last`, the newest anchor.
abi::AnchorOp some_anchor_op(Random& random, const abi::AuditAnchor& last);

// Three tables, sometimes damaged: misplaced entries, repeated keys, occupied flags other than 1.
struct Tables {
    std::vector<abi::Attestation> attestations;
    std::vector<abi::ModelRegistryEntry> models;
    std::vector<abi::AuditAnchor> anchors;
    abi::AIVMEpochState epoch{};

    EpochTables view();
    friend bool operator==(const Tables& a, const Tables& b);
};
Tables some_tables(Random& random, std::uint32_t slots_max);

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}
template <class T>
bool same_bytes(const T& a, const T& b) {
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}

// One random call of every kernel on both, from equal buffers. Returns "" or the name of the first
// kernel that differs.
std::string first_difference(Kernels& expected, Kernels& actual, Random& random,
                             std::uint32_t size_max);

}  // namespace aivm::workload
