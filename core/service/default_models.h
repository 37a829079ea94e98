// The models that the published package knows by default, with weights small enough to run
// anywhere: what they are called and claim to be is published, what they compute is an int8 network
// drawn from their name.
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

// The same models as the chain holds them: one step, 256 feature rows, the same bytes on every
// machine.
std::vector<Model> default_models();

}  // namespace aivm
