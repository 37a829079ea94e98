// K1: the comparison itself is made by CheckedKernels, call by call; the world reports the
// differences here.
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

class BackendsAgree final : public Invariant {
public:
    BackendsAgree()
        : Invariant({"K1", "backends-agree",
                     "every backend computes the same bytes as the canonical kernel"}) {}
};

}  // namespace

void add_kernel_invariants(Invariants& out) { out.push_back(std::make_unique<BackendsAgree>()); }

}  // namespace aivm::sim
