// K1 and K2: the comparisons themselves are made by CheckedKernels, call by call; the world reports
// the differences here.
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

class BackendsAgree final : public Invariant {
public:
    BackendsAgree()
        : Invariant({.id = "K1",
                     .name = "backends-agree",
                     .meaning = "every backend computes the same bytes as the canonical kernel",
                     .reason = "Providers run on different devices, and a game decides between "
                               "them bit by bit. If a backend differs from the canonical "
                               "kernel, an honest provider loses a dispute and its bond."}) {}
};

class KernelsStayInside final : public Invariant {
public:
    KernelsStayInside()
        : Invariant({.id = "K2",
                     .name = "kernels-stay-inside",
                     .meaning = "a kernel never reads or writes outside its buffers",
                     .reason = "Inputs come from strangers. A write outside a buffer corrupts "
                               "other tasks or takes over the provider's machine, and a read "
                               "outside discloses other requesters' data."}) {}
};

}  // namespace

void add_kernel_invariants(Invariants& out) {
    out.push_back(std::make_unique<BackendsAgree>());
    out.push_back(std::make_unique<KernelsStayInside>());
}

}  // namespace aivm::sim
