// A hash index from a key to its row in a table. All snapshots of a table share it, so that a
// snapshot costs nothing.
//
// Its answers are hints: rows are only ever added to a table, and not all snapshots have the same
// ones, so the caller verifies each candidate against the rows of its own snapshot. An entry is
// never removed, and a key with different rows in different branches of a history has one entry for
// each. Belongs to one thread, like the tables.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace aivm {

// A hash of few bytes, good enough for tables: a folded product of 64 by 64 bits for every eight
// bytes. Never part of a result.
inline std::uint64_t table_hash(ByteView key) {
    const auto mixed = [](std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = Wide{a ^ 0x9e3779b97f4a7c15} * (b ^ 0xd1342543de82ef95);
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    std::uint64_t hash = key.size();
    for (; key.size() >= 8; key = key.subspan(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, key.data(), 8);
        hash = mixed(hash, word);
    }
    std::uint64_t rest = 0;
    if (!key.empty()) std::memcpy(&rest, key.data(), key.size());
    return mixed(hash, rest);
}

class RowIndex {
public:
    // The row of the key with this hash of which `is_it(row)` is true.
    template <class IsIt>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, IsIt&& is_it) const {
        if (body_ == nullptr) return std::nullopt;
        const std::vector<Entry>& entries = body_->entries;
        for (std::uint64_t at = hash & (entries.size() - 1);;
             at = (at + 1) & (entries.size() - 1)) {
            const Entry& entry = entries[at];
            if (entry.row == kFree) return std::nullopt;
            if (entry.hash == hash && is_it(entry.row)) return entry.row;
        }
    }

    // Makes `row` a candidate of later calls of find. Changes all copies of this index.
    void add(std::uint64_t hash, std::uint32_t row);

private:
    static constexpr std::uint32_t kFree = UINT32_MAX;
    struct Entry {
        std::uint64_t hash = 0;
        std::uint32_t row = kFree;
    };
    struct Body {
        std::vector<Entry> entries;  // a power of two of them, at most half of them taken
        std::size_t taken = 0;
    };

    static bool put(std::vector<Entry>& entries, const Entry& entry);

    std::shared_ptr<Body> body_;
};

}  // namespace aivm
