#include "scenarios/file/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace aivm::scenarios {
namespace {

// Bytes of the well-formed UTF-8 character at the front (RFC 3629, table of section 4); 0 if there
// is none.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const bool second = follows(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
        return second && follows(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const bool second = follows(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
        return second && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

// The column, from 1, of the first byte that is not text; empty if the line is valid.
std::optional<std::uint32_t> first_bad_column(std::string_view line) {
    for (std::uint32_t column = 1; !line.empty(); ++column) {
        const auto bytes = line.front() == '\0' ? 0 : character_bytes(line);
        if (bytes == 0) return column;
        line.remove_prefix(bytes);
    }
    return std::nullopt;
}

}  // namespace

SourceText::SourceText(std::string source, std::string_view text)
    : source_(std::move(source)), text_(text) {
    if (text.size() > kMaxFileBytes) return;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto one = text.substr(0, end);
        if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
        lines_.push_back(one);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::optional<Diagnostic> SourceText::first_flaw() const {
    if (text_.size() > kMaxFileBytes) {
        return error(
            fmt::format("the file has {} bytes", text_.size()),
            fmt::format("a scenario file has at most {} bytes; is this one?", kMaxFileBytes));
    }
    for (std::uint32_t n = 1; n <= lines_.size(); ++n) {
        if (const auto column = first_bad_column(line(n))) {
            return error(fmt::format("line {}, column {} is not UTF-8 text", n, *column),
                         "a scenario is a TOML text file; is this one?");
        }
        if (line(n).size() > kMaxLineBytes) {
            return error_at(n, 1, 1, fmt::format("the line has {} bytes", line(n).size()),
                            fmt::format("at most {} are allowed; break it", kMaxLineBytes));
        }
    }
    return std::nullopt;
}

Diagnostic SourceText::error_at(std::uint32_t line_number, std::uint32_t column,
                                std::uint32_t width, std::string message,
                                std::string remedy) const {
    return {Severity::kError,    source_,
            line_number,         std::max(column, 1U),
            std::max(width, 1U), std::string(line(line_number)),
            std::move(message),  std::move(remedy)};
}

Diagnostic SourceText::error(std::string message, std::string remedy) const {
    return {Severity::kError, source_, 0, 0, 1, {}, std::move(message), std::move(remedy)};
}

std::string_view SourceText::line(std::uint32_t n) const {
    return n >= 1 && n <= lines_.size() ? lines_[n - 1] : std::string_view();
}

}  // namespace aivm::scenarios
