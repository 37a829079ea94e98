#include "core/state/write_batch.h"

#include "core/base/check.h"
#include "core/base/digest.h"

namespace aivm {
namespace {

void append_u32(Bytes& out, std::size_t value) {
    AIVM_CHECK(value <= 0xffffffffU);
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(value >> shift));
}

constexpr std::size_t kLengthBytes = 4;

}  // namespace

void WriteBatch::put(ByteView key, ByteView value) {
    spans_.push_back({static_cast<std::uint32_t>(arena_.size()),
                      static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(value.size()), true});
    append_u32(arena_, key.size());
    arena_.insert(arena_.end(), key.begin(), key.end());
    arena_.push_back(1);
    append_u32(arena_, value.size());
    arena_.insert(arena_.end(), value.begin(), value.end());
}

void WriteBatch::erase(ByteView key) {
    spans_.push_back({static_cast<std::uint32_t>(arena_.size()),
                      static_cast<std::uint32_t>(key.size()), 0, false});
    append_u32(arena_, key.size());
    arena_.insert(arena_.end(), key.begin(), key.end());
    arena_.push_back(0);
    append_u32(arena_, 0);
}

WriteBatch::Entry WriteBatch::entry(std::size_t index) const {
    const Span& span = spans_.at(index);
    const ByteView all{arena_};
    const ByteView key = all.subspan(span.offset + kLengthBytes, span.key_size);
    if (!span.present) return {key, std::nullopt};
    return {key, all.subspan(span.offset + kLengthBytes + span.key_size + 1 + kLengthBytes,
                             span.value_size)};
}

Hash32 WriteBatch::sorted_digest() const {
    for (std::size_t i = 1; i < size(); ++i) {
        const ByteView before = entry(i - 1).key;
        const ByteView after = entry(i).key;
        AIVM_CHECK(ByteOrder()(before, after));
    }
    return sha256(arena_);
}

}  // namespace aivm
