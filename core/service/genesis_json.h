// Genesis as a JSON file: the published fields version, message and timestamp (seconds), and
//
//   chain_id?     a number, 1 when absent
//   allocations?  [{"address": "0x...", "balance": nLUX}, or with "key": the Ed25519 key in hex, 0x
//                 in front]
//   validators?   [{"address" or "key" as above, "stake": nLUX, "beacon_commitment": "0x..."}];
//                 absent: this node is the only one
//   providers?    [{"id", "address" or "key" of the owner as above, "models": ["id"], "bond":
//                 nLUX}]: drawn from the first block on; the bond is new money
//   models?       [{"id", "weights": the 672 bytes of the ABI struct, "rows": feature rows of 32
//                 bytes, "steps"?, "compute_time_ms"?}], bytes in base64; absent: the published
//                 defaults
//   table_sizes?  {"attestations", "models", "anchors"}: slots of the kernel tables
//   vendor_root?  the address that signs attestation evidence; without it no evidence verifies
//   quote_measurements?  ["0x...", 32 bytes each]: the code that quotes of a CPU may vouch for
//
// Amounts are whole numbers or decimal strings. The hash inside a model's weights is computed.
#pragma once

#include <string_view>

#include "core/execution/genesis.h"

namespace aivm {

struct GenesisFile {
    Genesis genesis;
    Address vendor_root;
    std::vector<Hash32> quote_measurements;
};

// Unknown and repeated fields and values of the wrong type are errors that name the field.
Result<GenesisFile> genesis_from_json(std::string_view text);

// A genesis with the default models and no allocations.
GenesisFile default_genesis();

}  // namespace aivm
