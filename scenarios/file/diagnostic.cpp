#include "scenarios/file/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kMaxShown = 160;  // characters of a source line

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// The first kMaxShown characters, control characters shown as spaces (a tab stays a tab, so that
// carets line up).
std::string printable(std::string_view line) {
    std::string out;
    std::uint32_t characters = 0;
    for (const char c : line) {
        if (starts_character(c) && ++characters > kMaxShown) return out + "...";
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? ' ' : c;
    }
    return out;
}

// Blanks up to the column, with tabs where the line has tabs, then the underline.
std::string underline(std::string_view line, std::uint32_t column, std::uint32_t width) {
    std::string out;
    std::uint32_t characters = 0;
    std::uint32_t left_on_line = 0;
    for (const char c : line) {
        if (!starts_character(c)) continue;
        if (++characters < column) out += c == '\t' ? '\t' : ' ';
        if (characters >= column && characters <= kMaxShown) ++left_on_line;
    }
    const auto shown =
        std::clamp<std::uint32_t>(width, 1, std::max<std::uint32_t>(left_on_line, 1));
    return out + '^' + std::string(shown - 1, '~');
}

// Broken at blanks, so that a list of all names stays readable.
std::string folded(std::string_view text) {
    constexpr std::size_t kWidth = 98;  // and two blanks in front of each line
    std::string out;
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > kWidth) {
            end = text.rfind(' ', kWidth);
            if (end == std::string_view::npos || end == 0)
                end = std::min(text.find(' ', 1), text.size());
        }
        out += fmt::format("  {}\n", text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
    const auto* const severity = diagnostic.severity == Severity::kError ? "error" : "note";
    std::string out;
    if (diagnostic.line == 0) {
        out = fmt::format("{}: {}: {}\n", diagnostic.source, severity, diagnostic.message);
    } else {
        out = fmt::format("{}:{}:{}: {}: {}\n", diagnostic.source, diagnostic.line,
                          diagnostic.column, severity, diagnostic.message);
        out += fmt::format("{:>5} | {}\n", diagnostic.line, printable(diagnostic.line_text));
        if (diagnostic.column <= kMaxShown)
            out += fmt::format("      | {}\n", underline(diagnostic.line_text, diagnostic.column,
                                                         diagnostic.width));
    }
    if (!diagnostic.remedy.empty()) out += folded(diagnostic.remedy);
    return out;
}

std::string to_text(std::span<const Diagnostic> diagnostics) {
    std::string out;
    for (const auto& diagnostic : diagnostics) out += to_text(diagnostic);
    return out;
}

}  // namespace aivm::scenarios
