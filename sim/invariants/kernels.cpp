// K1 and K2: the comparisons themselves are made by CheckedKernels, call by call; the world reports
// the differences here.
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

class BackendsAgree final : public Invariant {
public:
    BackendsAgree()
        : Invariant({"K1", "backends-agree",
                     "every backend computes the same bytes as the canonical kernel"}) {}
};

class KernelsStayInside final : public Invariant {
public:
    KernelsStayInside()
        : Invariant({"K2", "kernels-stay-inside",
                     "a kernel never reads or writes outside its buffers"}) {}
};

}  // namespace

void add_kernel_invariants(Invariants& out) {
    out.push_back(std::make_unique<BackendsAgree>());
    out.push_back(std::make_unique<KernelsStayInside>());
}

}  // namespace aivm::sim
