#include "sim/consensus/consensus.h"

namespace aivm::sim {

std::optional<Hash32> attached_block(const Message& message) {
    if (const auto* query = std::get_if<Query>(&message); query != nullptr && query->push)
        return query->block.id;
    if (const auto* ordered = std::get_if<Ordered>(&message)) return ordered->block.id;
    return std::nullopt;
}

}  // namespace aivm::sim
