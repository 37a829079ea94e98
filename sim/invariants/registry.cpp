#include <algorithm>

#include "sim/invariants/invariant.h"
#include "sim/invariants/reference.h"
#include "sim/invariants/state_audit.h"

namespace aivm::sim {

Invariants make_invariants() {
    Invariants out;
    const auto audit = std::make_shared<StateAudit>();
    add_money_invariants(out, audit);
    add_ownership_invariants(out);
    add_mode_invariants(out);
    add_receipt_invariants(out);
    add_queue_invariants(out);
    add_funding_invariants(out);
    add_agreement_invariants(out);
    add_decision_invariants(out);
    add_block_invariants(out);
    add_disk_invariants(out);
    add_poll_invariants(out);
    add_lock_invariants(out);
    add_vertex_invariants(out);
    add_verdict_invariants(out);
    add_certificate_invariants(out);
    add_liveness_invariants(out);
    add_load_invariants(out);
    add_kernel_invariants(out);
    add_reference_invariants(out);
    add_structure_invariants(out, audit);
    return out;
}

std::vector<InvariantInfo> invariant_infos() {
    std::vector<InvariantInfo> out;
    for (const auto& invariant : make_invariants()) out.push_back(invariant->info());
    return out;
}

std::optional<InvariantInfo> invariant_info(std::string_view id) {
    const Invariants all = make_invariants();
    const Invariant* found = find_invariant(all, id);
    return found == nullptr ? std::nullopt : std::optional(found->info());
}

const Invariant* find_invariant(const Invariants& invariants, std::string_view id) {
    const auto found =
        std::ranges::find_if(invariants, [&](const auto& one) { return one->info().id == id; });
    return found == invariants.end() ? nullptr : found->get();
}

}  // namespace aivm::sim
