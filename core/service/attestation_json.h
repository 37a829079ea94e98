// GPU attestations and quotes in their published form, and the evidence in them.
//
// The published form has no field for the signature of the vendor's root over the statement and the
// provider that it is for. It is taken from
//   local evidence (mode 0):        all of cert_chain
//   software attestation (mode 1):  the last 96 bytes of signature; the bytes before them are the
//                                   provider's own signature
//   quote:                          the last 96 bytes of quote
#pragma once

#include "core/registry/quote.h"
#include "core/service/json.h"

namespace aivm {

// Reads and checks every field, and returns those that the chain uses. `where` names the object in
// errors.
Result<GpuEvidence> read_gpu_attestation(const Json& json, std::string_view where);
Result<AttestationQuote> read_quote(const Json& json, std::string_view where);

// The published form of encoded evidence, by its name: {"cpuAttestation": quote},
// {"gpuAttestation": GPU attestation}, or empty for bytes that are no evidence. Fields that the
// chain does not keep are empty texts.
Json evidence_json(ByteView evidence);

}  // namespace aivm
