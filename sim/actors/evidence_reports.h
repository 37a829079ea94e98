// A validator's reports of others that signed two items for one slot.
#pragma once

#include <optional>

#include "core/chain/operation.h"
#include "core/state/state.h"
#include "sim/actors/signing.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

// What an engine found, as evidence; nothing if evidence cannot name its slot.
std::optional<op::Evidence> evidence_of(const SubmitEvidence& found);

class EvidenceReports {
public:
    // The operation that reports it; null if the state says that the slot was punished already.
    [[nodiscard]] OperationPtr make(const State& state, const Signer& signer,
                                    op::Evidence evidence);

private:
    std::uint64_t nonce_ = 0;  // of the last one, which may not be in the state yet
};

}  // namespace aivm::sim
