#include <algorithm>

#include "sim/invariants/invariant.h"

namespace aivm::sim {

Invariants make_invariants() {
    Invariants out;
    add_money_invariants(out);
    add_ownership_invariants(out);
    add_mode_invariants(out);
    add_receipt_invariants(out);
    add_queue_invariants(out);
    add_safety_invariants(out);
    add_liveness_invariants(out);
    add_kernel_invariants(out);
    return out;
}

std::vector<InvariantInfo> invariant_infos() {
    std::vector<InvariantInfo> out;
    for (const auto& invariant : make_invariants()) out.push_back(invariant->info());
    return out;
}

const Invariant* find_invariant(const Invariants& invariants, std::string_view id) {
    const auto found =
        std::ranges::find_if(invariants, [&](const auto& one) { return one->info().id == id; });
    return found == invariants.end() ? nullptr : found->get();
}

}  // namespace aivm::sim
