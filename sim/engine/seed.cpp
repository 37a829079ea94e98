#include "sim/engine/seed.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <string>

#include "core/base/digest.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kGitHashDigits = 40;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::uint64_t seed_of_commit(std::string_view digits) {
    std::string lower(digits);
    for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const Hash32 hash = sha256(as_bytes(lower));
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < 8; ++i) seed = seed << 8 | hash.bytes[i];
    return seed;
}

}  // namespace

Result<std::uint64_t> seed_from_text(std::string_view text) {
    if (text.size() == kGitHashDigits && std::all_of(text.begin(), text.end(), is_hex_digit)) {
        return seed_of_commit(text);
    }
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    std::uint64_t seed = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, seed, hex ? 16 : 10);
    if (digits.empty() || error != std::errc() || stop != end) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("\"{}\" is no seed; a seed is a number from 0 to "
                                "18446744073709551615, decimal or with "
                                "0x in front, or the 40 hexadecimal digits of a git commit",
                                text));
    }
    return seed;
}

}  // namespace aivm::sim
