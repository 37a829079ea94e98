#include "sim/actors/evidence_reports.h"

#include <algorithm>

namespace aivm::sim {

std::optional<op::Evidence> evidence_of(const SubmitEvidence& found) {
    const auto slot = evidence_slot(found.slot);
    if (!slot) return std::nullopt;
    op::Evidence evidence;
    evidence.validator = found.validator;
    evidence.slot = *slot;
    evidence.first_id = found.first_id;
    evidence.first_authorization = found.first_authorization;
    evidence.second_id = found.second_id;
    evidence.second_authorization = found.second_authorization;
    return evidence;
}

OperationPtr EvidenceReports::make(const State& state, const Signer& signer,
                                   op::Evidence evidence) {
    const auto& punished = state.validators[evidence.validator].slashed_slots;
    if (std::ranges::binary_search(punished, ProposalSlot{evidence.slot, *evidence.parent}))
        return nullptr;
    nonce_ = next_nonce(nonce_, state.nonce(signer.address(), Lane::kProofs));
    return signed_operation(signer, {signer.address(), nonce_, std::move(evidence)});
}

}  // namespace aivm::sim
