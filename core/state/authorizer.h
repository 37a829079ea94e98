// The question whether somebody signed something, without the way to answer it.
#pragma once

#include "core/base/bytes.h"

namespace aivm {

// Checks authorizations: Ed25519 signatures in the service, ideal ones in simulation (see
// core/execution/authorizer.h).
class Authorizer {
public:
    virtual ~Authorizer() = default;
    [[nodiscard]] virtual bool verify(const Address& signer, const Hash32& message,
                                      ByteView authorization) const = 0;
};

}  // namespace aivm
