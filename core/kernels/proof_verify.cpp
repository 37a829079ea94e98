#include <cstring>

#include "core/base/digest.h"
#include "core/kernels/access.h"
#include "core/kernels/kernels.h"
#include "core/kernels/rules.h"

namespace aivm {

int CpuKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                             std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    if (!ops || !results) return abi::kInvalidArgument;
    for (std::uint32_t i = 0; i < op_count; ++i) {
        const auto op = kernels::load(ops, i);
        abi::ProofVerifyResult result{};
        result.status = kernels::proof_status(op);
        result.kind = op.kind;
        const Hash32 binding = keccak256(kernels::binding_message(op));
        std::memcpy(result.binding_hash, binding.data(), binding.size());
        kernels::store(results, i, result);
    }
    return abi::kOk;
}

}  // namespace aivm
