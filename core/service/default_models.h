// The default models of the published package. Their names and descriptions are the published ones;
// their weights are a small int8 network derived from the name, so that every machine can run them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/state/model.h"

namespace aivm {

struct ModelDescription {
    std::string_view id;
    std::uint64_t context_size;  // tokens
    std::uint64_t parameters;
};

std::span<const ModelDescription> default_model_descriptions();

// The same models as chain records: one step, 256 feature rows, and the same bytes on every
// machine.
std::vector<Model> default_models();

}  // namespace aivm
