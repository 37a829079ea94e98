#include "core/base/codec.h"

#include <fmt/format.h>

namespace aivm {

bool Reader::boolean() {
    const std::uint8_t value = u8();
    if (value > 1) set_fault("a boolean is neither 0 nor 1");
    return value == 1;
}

Bytes Reader::bytes(std::size_t limit) {
    const std::uint32_t length = u32();
    if (length > limit) {
        set_fault(fmt::format("a byte string of {} bytes is longer than {}", length, limit));
        return {};
    }
    const ByteView piece = take(length);
    return {piece.begin(), piece.end()};
}

std::string Reader::string(std::size_t limit) {
    const Bytes raw = bytes(limit);
    return {raw.begin(), raw.end()};
}

std::uint32_t Reader::list(std::size_t limit, std::size_t element_size_min) {
    const std::uint32_t count = u32();
    if (count > limit || std::uint64_t{count} * element_size_min > remaining()) {
        set_fault(
            fmt::format("a list of {} elements is longer than {} or than its bytes", count, limit));
        return 0;
    }
    return count;
}

void Reader::set_fault(std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("{} at byte {}", what, position_);
}

Status Reader::status() const {
    if (!ok()) return fail(ErrorCode::kMalformed, fault_);
    return {};
}

Status Reader::finish() {
    if (ok() && remaining() != 0) set_fault(fmt::format("{} bytes are left over", remaining()));
    return status();
}

ByteView Reader::take(std::size_t count) {
    if (!ok()) return {};
    if (count > remaining()) {
        set_fault("the input ends too early");
        return {};
    }
    const ByteView piece = input_.subspan(position_, count);
    position_ += count;
    return piece;
}

std::uint64_t Reader::big_endian(std::size_t width) {
    std::uint64_t value = 0;
    for (const std::uint8_t b : take(width)) value = value << 8 | b;
    return value;
}

}  // namespace aivm
