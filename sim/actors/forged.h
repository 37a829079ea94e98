// Items that a Byzantine validator changed and sends to others, with the verdict that each
// deserves.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/chain/block.h"
#include "core/chain/vertex.h"

namespace aivm::sim {

struct ForgedBlock {
    BlockPtr block;
    std::string_view change;  // the name of the mutation
    // What Vm::verify answers; nothing: the block is valid, only another one than the first.
    std::optional<ErrorCode> refused_with;
};

struct ForgedVertex {
    VertexPtr vertex;
    std::string_view change;
    std::optional<ErrorCode> refused_with;  // by DagVm::verify
};

}  // namespace aivm::sim
