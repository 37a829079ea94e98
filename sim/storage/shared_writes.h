// The batches that replicas write alike, kept once for all of their disks: a sequence of batches,
// and an index that finds the value that a key had after the first n of them. A disk that has
// written the first n batches of the sequence needs no more than the number n to read them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/state/write_batch.h"

namespace aivm::sim {

class SharedWrites {
public:
    // A write of a key: after `number` batches it has this value, or none.
    struct Version {
        std::uint32_t number = 0;
        std::optional<ByteView> value;
    };
    using Index = std::map<Bytes, std::vector<Version>, ByteOrder>;

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(batches_.size()); }
    // Whether the batch number `index` writes the same as `batch`.
    [[nodiscard]] bool is_same(std::uint32_t index, const WriteBatch& batch) const;
    void append(std::shared_ptr<const WriteBatch> batch);

    // The last write of the key among the first `count` batches; nullptr if none writes it.
    [[nodiscard]] const Version* find(ByteView key, std::uint32_t count) const;
    [[nodiscard]] static const Version* last_of(const std::vector<Version>& versions,
                                                std::uint32_t count);
    [[nodiscard]] const Index& index() const { return index_; }

private:
    std::vector<std::shared_ptr<const WriteBatch>> batches_;  // values point into them
    Index index_;
};

}  // namespace aivm::sim
