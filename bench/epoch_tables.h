// Closing an epoch, and its floor: the hashes alone. Measured by kernels_bench and vm_bench.
//
// All attestation slots are occupied, and `changed` of them differ at each close: the lowest ones,
// where a single change costs most. The floor hashes the same leaves and folds the same
// accumulators from prepared messages with the same hasher, and does nothing else, so the ratio
// close / floor is the cost of bookkeeping.
#pragma once

#include <cstring>
#include <vector>

#include "core/kernels/kernel_tables.h"
#include "core/kernels/leaves.h"

namespace aivm::bench {

inline abi::Attestation attestation(std::uint32_t index) {
    abi::Attestation slot{};
    std::memcpy(slot.tee_quote_digest, &index, 4);
    slot.tee_quote_digest[31] = slot.attesting_key[0] = 1;
    slot.status = abi::kAttestationVerified;
    slot.occupied = 1;
    return slot;
}

// The operation that renews the attestation of a slot; its kind changes from call to call.
inline abi::AttestationOp renewal(const abi::Attestation& slot, std::uint32_t kind) {
    abi::AttestationOp op{};
    std::memcpy(op.tee_quote_digest, slot.tee_quote_digest, 32);
    std::memcpy(op.attesting_key, slot.attesting_key, 48);
    op.kind = kind;
    return op;
}

class EpochClose {
public:
    EpochClose(Kernels& kernels, std::uint32_t slots, std::uint32_t changed)
        : kernels_(kernels), changed_(changed), tables_({slots, 512, 4096}) {
        CpuKernels cpu;
        for (std::uint32_t i = 0; i < slots; ++i) {
            const abi::AttestationOp op = renewal(attestation(i), 0);
            tables_.apply_attestations(cpu, {}, {&op, 1});
        }
        close();
    }

    // Makes the changes for the next close.
    void prepare() {
        std::vector<abi::AttestationOp> ops;
        ++round_;
        for (std::uint32_t i = 0; i < changed_; ++i)
            ops.push_back(renewal(tables_.attestations()[i], round_));
        tables_.apply_attestations(kernels_, {}, ops);
    }
    void close() { tables_.close_round(kernels_, {}, result_); }

private:
    Kernels& kernels_;
    std::uint32_t changed_;
    KernelTables tables_;
    abi::AIVMTransitionResult result_{};
    std::uint32_t round_ = 0;
};

class EpochFloor {
public:
    EpochFloor(Kernels& kernels, std::uint32_t slots, std::uint32_t changed)
        : hasher_(kernels.hasher()), leaves_(slots), after_(slots), last_(148, 1) {
        for (std::uint32_t i = 0; i < changed; ++i)
            messages_.push_back(kernels::leaf_of(attestation(i), i));
    }

    void run() {
        const FoldChain chain{Hash32{}, leaves_.data(), messages_.empty() ? 0 : leaves_.size(),
                              after_.data()};
        if (!messages_.empty())
            hasher_.hash_many(messages_[0].data(), 144, messages_.size(), leaves_.data());
        hasher_.fold_many({&chain, 1});
        hasher_.hash_many(last_.data(), last_.size(), 1, &root_);
    }

private:
    const BatchHasher& hasher_;
    std::vector<kernels::AttestationLeaf> messages_;
    std::vector<Hash32> leaves_;
    std::vector<Hash32> after_;
    std::vector<std::uint8_t> last_;
    Hash32 root_;
};

}  // namespace aivm::bench
