#include "sim/actors/evidence_reports.h"

#include <algorithm>

namespace aivm::sim {

OperationPtr EvidenceReports::make(const State& state, const Signer& signer,
                                   op::Evidence evidence) {
    const auto& punished = state.validators[evidence.validator].slashed_slots;
    if (std::ranges::binary_search(punished, ProposalSlot{evidence.slot, *evidence.parent}))
        return nullptr;
    nonce_ = std::max(nonce_, state.nonce(signer.address(), Lane::kProofs)) + 1;
    Operation operation{signer.address(), nonce_, std::move(evidence)};
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(std::move(operation), signer.sign(id));
}

}  // namespace aivm::sim
