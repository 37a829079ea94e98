// A set of writes to a key-value store that happen together or not at all.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace aivm {

// Keys and values lie in one arena; an entry is a pair of views into it. Entries keep the order in
// which they were put.
class WriteBatch {
public:
    struct Entry {
        ByteView key;
        std::optional<ByteView> value;  // nothing: the key is erased
    };

    void put(ByteView key, ByteView value);
    void erase(ByteView key);

    [[nodiscard]] std::size_t size() const { return spans_.size(); }
    [[nodiscard]] Entry entry(std::size_t index) const;

    // sha256 over the entries put so far, each as u32 key length, key, u8 present, u32 value
    // length, value. The caller puts its entries in ascending key order (checked), which makes this
    // the digest "sorted by key" of the protocol.
    [[nodiscard]] Hash32 sorted_digest() const;

private:
    struct Span {
        std::uint32_t offset = 0;
        std::uint32_t key_size = 0;
        std::uint32_t value_size = 0;
        bool present = false;
    };
    // Entries lie in the arena in the layout of the digest, so that hashing needs no copy.
    Bytes arena_;
    std::vector<Span> spans_;
};

}  // namespace aivm
