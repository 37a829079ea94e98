// The stale leaves of the three tables, in the order in which their folds need them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gpu/simd/message_source.h"
#include "gpu/simd/table_fold.h"

namespace aivm::gpu {

class LeafQueue final : public MessageSource {
public:
    // `fold` and the `slots` it refers to must outlive the queue.
    template <class Entry>
    void add(TableFold& fold, const Entry* slots) {
        add(fold, slots, write_leaf<Entry>, leaf_bytes<Entry>());
    }

    [[nodiscard]] std::size_t next_deadline() const override { return deadlines_[next_]; }
    [[nodiscard]] std::size_t count_before(std::size_t deadline) const override;
    [[nodiscard]] std::size_t next_blocks() const override { return tables_[next_].blocks; }
    Message take(std::size_t sponge) override;

private:
    static constexpr std::size_t kTables = 3;
    using Blocks = std::array<std::uint8_t, 2 * kBlockBytes>;
    static_assert(kLeafBytesMax < 2 * kBlockBytes);

    struct Table {
        TableFold* fold = nullptr;
        const void* slots = nullptr;
        LeafWriter write = nullptr;
        std::size_t blocks = 0;  // of a leaf
        std::size_t taken = 0;   // of fold->stale()
        // One message per sponge. The padding, which is the same for all leaves, is written once.
        std::array<Blocks, kSpongesMax> messages{};
    };

    void add(TableFold& fold, const void* slots, LeafWriter write, std::size_t length_bytes);
    void find_next();

    std::array<Table, kTables> tables_;
    std::array<std::size_t, kTables> deadlines_{kNever, kNever, kNever};  // of their next leaves
    std::size_t count_ = 0;
    std::size_t next_ = 0;  // the table of the next leaf
};

}  // namespace aivm::gpu
