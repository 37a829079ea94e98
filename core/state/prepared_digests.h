// Digests that were computed ahead, because hashing many messages side by side is faster than one
// by one.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace aivm {

// Objects are identified by their address. They are asked for in the order in which they were
// added; one that was passed over is not found again.
class PreparedDigests {
public:
    void reserve(std::size_t count) { entries_.reserve(count); }
    void add(const void* object, const Hash32& digest) { entries_.push_back({object, digest}); }

    // The digest of this object, once.
    [[nodiscard]] std::optional<Hash32> take(const void* object) {
        for (std::size_t i = next_; i < entries_.size(); ++i) {
            if (entries_[i].object != object) continue;
            next_ = i + 1;
            return entries_[i].digest;
        }
        return std::nullopt;
    }

private:
    struct Entry {
        const void* object;
        Hash32 digest;
    };
    std::vector<Entry> entries_;
    std::size_t next_ = 0;
};

}  // namespace aivm
