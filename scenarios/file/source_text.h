// The text of a scenario file, line by line, and the checks that come before any parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/diagnostic.h"

namespace aivm::scenarios {

inline constexpr std::size_t kMaxFileBytes = 1 << 20;
// Bounding the length of a line bounds the nesting of dotted keys, and so the parser's use of the
// stack.
inline constexpr std::size_t kMaxLineBytes = 4096;

class SourceText {
public:
    // `text` must outlive this.
    SourceText(std::string source, std::string_view text);

    // The error of a text that must not be parsed: too large, not UTF-8, or with a line that is too
    // long.
    [[nodiscard]] std::optional<Diagnostic> first_flaw() const;

    // An error at a place in this text; line and column count from 1, in characters.
    [[nodiscard]] Diagnostic error_at(std::uint32_t line, std::uint32_t column, std::uint32_t width,
                                      std::string message, std::string remedy) const;
    // An error without a place.
    [[nodiscard]] Diagnostic error(std::string message, std::string remedy) const;

    // Line n from 1, without its end; empty past the last.
    [[nodiscard]] std::string_view line(std::uint32_t n) const;
    [[nodiscard]] const std::string& source() const { return source_; }

private:
    std::string source_;
    std::string_view text_;
    std::vector<std::string_view> lines_;
};

}  // namespace aivm::scenarios
