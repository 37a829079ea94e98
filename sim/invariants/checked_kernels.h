// The kernels of a run, compared call by call with the canonical ones, for K1 and K2: the outputs
// of the backend under test lie between borders, and what it reads there differs from what the
// canonical kernel would.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/kernels/forwarding_kernels.h"

namespace aivm::sim {

class CheckedKernels final : public ForwardingKernels {
public:
    // Called with the id of an invariant and a sentence.
    using OnDifference =
        std::function<void(std::string_view invariant, const std::string& message)>;
    // The results are those of `backend`; `on_difference` is called when they differ from the
    // canonical kernel's (K1), and when a byte outside its outputs changed (K2).
    CheckedKernels(Kernels& backend, OnDifference on_difference)
        : CheckedKernels(backend, std::move(on_difference), Share{}) {}

    // Which calls are compared: those whose number, from 0, is `first` modulo `one_in`.
    struct Share {
        std::uint64_t one_in = 1;
        std::uint64_t first = 0;
    };
    CheckedKernels(Kernels& backend, OnDifference on_difference, Share share)
        : ForwardingKernels(backend), on_difference_(std::move(on_difference)), share_(share) {}

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override;
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override;
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override;
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override;
    int inference_step(const InferenceBatch& batch) override;
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override;

    // Each inference of a batch counts.
    [[nodiscard]] std::uint64_t comparisons() const { return comparisons_; }
    // Calls whose outputs lay between borders that were looked at afterwards.
    [[nodiscard]] std::uint64_t border_checks() const { return border_checks_; }

private:
    // Whether the call that begins is compared.
    [[nodiscard]] bool is_compared() {
        return calls_++ % share_.one_in == share_.first % share_.one_in;
    }
    template <class Slot, class Call>
    int compare_table(const char* kernel, Slot* table, std::uint32_t* applied,
                      std::uint32_t slot_count, Call&& call);
    void judge(bool same, const char* kernel, std::uint32_t count = 1);
    void check_borders(bool intact, const char* kernel);

    CpuKernels canonical_;
    OnDifference on_difference_;
    Share share_;
    std::uint64_t calls_ = 0;
    std::uint64_t comparisons_ = 0;
    std::uint64_t border_checks_ = 0;
};

}  // namespace aivm::sim
