// GPU attestations in their published form, and the evidence they hold.
//
// The published form has no field for the signature of the vendor's root, over what and for whom it
// attests; here it is
//   local evidence (mode 0):        all of cert_chain
//   software attestation (mode 1):  the last 96 bytes of signature; what stands before them is the
//                                   provider's own
#pragma once

#include "core/registry/attestation.h"
#include "core/service/json.h"

namespace aivm {

// The fields that count, after all others have been checked too. `where` names the object in
// errors.
Result<GpuEvidence> read_gpu_attestation(const Json& json, std::string_view where);

}  // namespace aivm
