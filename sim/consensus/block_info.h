// A block as the engines of a chain know it: an item with one parent.
#pragma once

#include <limits>

#include "core/base/check.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

constexpr VoterIndex kNobody = std::numeric_limits<VoterIndex>::max();

struct BlockInfo {
    Hash32 id;
    Hash32 parent;
    Height height = 0;
    VoterIndex proposer = kNobody;
    [[nodiscard]] BlockRef ref() const { return {id, height}; }
    friend bool operator==(const BlockInfo&, const BlockInfo&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&BlockInfo::id>(), field<&BlockInfo::parent>(),
                          field<&BlockInfo::height>(), field<&BlockInfo::proposer>()};
    }
};

// Siblings conflict because they have one parent, so a block needs no keys.
inline Item item_of(const BlockInfo& block) {
    Item item{block.id, {block.parent}, block.height, {}, std::nullopt};
    if (block.proposer != kNobody) item.proposer = block.proposer;
    return item;
}

// Requires an item with one parent, or none for genesis.
inline BlockInfo block_of(const Item& item) {
    AIVM_CHECK(item.parents.size() <= 1);
    return {item.id, item.parents.empty() ? Hash32{} : item.parents.front(), item.height,
            item.proposer.value_or(kNobody)};
}

}  // namespace aivm::sim
