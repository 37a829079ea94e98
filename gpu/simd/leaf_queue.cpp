#include "gpu/simd/leaf_queue.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::gpu {

void LeafQueue::add(TableFold& fold, const void* slots, LeafWriter write,
                    std::size_t length_bytes) {
    AIVM_CHECK(count_ < kTables && length_bytes <= kLeafBytesMax);
    Table& table = tables_[count_];
    table.fold = &fold;
    table.slots = slots;
    table.write = write;
    table.blocks = block_count(length_bytes);
    for (Blocks& blocks : table.messages)
        pad_block(blocks.data() + (table.blocks - 1) * kBlockBytes, length_bytes % kBlockBytes);
    if (!fold.stale().empty()) deadlines_[count_] = fold.stale().front();
    ++count_;
    find_next();
}

void LeafQueue::find_next() {
    next_ = static_cast<std::size_t>(std::min_element(deadlines_.begin(), deadlines_.end()) -
                                     deadlines_.begin());
}

std::size_t LeafQueue::count_before(std::size_t deadline) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const auto left = tables_[i].fold->stale().subspan(tables_[i].taken);
        count += static_cast<std::size_t>(std::lower_bound(left.begin(), left.end(), deadline) -
                                          left.begin());
    }
    return count;
}

Message LeafQueue::take(std::size_t sponge) {
    Table& table = tables_[next_];
    const auto stale = table.fold->stale();
    const std::uint32_t position = stale[table.taken++];
    std::uint8_t* message = table.messages[sponge].data();
    table.write(table.slots, table.fold->slots()[position], message);
    deadlines_[next_] = table.taken == stale.size() ? kNever : stale[table.taken];
    find_next();
    return {message, message + (table.blocks - 1) * kBlockBytes, table.blocks,
            table.fold->leaves() + position};
}

}  // namespace aivm::gpu
