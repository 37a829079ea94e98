// Models that strategies register for themselves.
#pragma once

#include <cstring>
#include <string>

#include "core/chain/operation.h"
#include "core/state/model.h"

namespace aivm::scenarios {

// The registration of the smallest model that there is: one row, and weights of zero.
inline op::RegisterModel registration_of_model(std::string id) {
    Model model;
    model.id = std::move(id);
    model.rows.resize(kInputBytes);
    const Hash32 digest = weights_digest(model.weights);
    std::memcpy(model.weights.model_hash, digest.data(), digest.size());
    op::RegisterModel out;
    *out.model = std::move(model);
    out.license_root = digest;
    return out;
}

}  // namespace aivm::scenarios
