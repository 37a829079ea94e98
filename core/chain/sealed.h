// The common part of a block and a vertex: a body that ends with the operations, sealed with the
// proposer's signature.
#pragma once

#include <vector>

#include "core/chain/operation.h"

namespace aivm {

struct Sealed {
    Bytes body;
    Bytes authorization;
};

// sealed := bytes(body) bytes(authorisation). Errors: a body above `body_bytes_max`, truncation,
// bytes left over.
Result<Sealed> open_sealed(ByteView sealed, std::size_t body_bytes_max);
Bytes seal(ByteView body, ByteView authorization);

// list(signed operation), at most `count_max` of them.
void encode_operations(Writer& out, const std::vector<OperationPtr>& operations);
Result<std::vector<OperationPtr>> decode_operations(Reader& in, std::size_t count_max);

}  // namespace aivm
