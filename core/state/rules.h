// The part of a chain that is the same for all its blocks.
#pragma once

#include "core/config/config.h"
#include "core/kernels/kernels.h"
#include "core/state/authorizer.h"

namespace aivm {

struct Rules {
    VmParameters parameters;
    std::uint64_t chain_id = 1;
    Kernels* kernels = nullptr;              // not owned, never null in use
    const Authorizer* authorizer = nullptr;  // not owned, never null in use
    Address vendor_root;  // signs attestation evidence; with all zero no evidence verifies
};

}  // namespace aivm
