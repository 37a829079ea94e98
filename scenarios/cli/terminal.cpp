#include "scenarios/cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

std::string_view code_of(Style style) {
    switch (style) {
        case Style::kPlain:
            return "0";
        case Style::kGood:
            return "1;32";
        case Style::kBad:
            return "1;31";
        case Style::kCaution:
            return "1;33";
        case Style::kStrong:
            return "1";
        case Style::kFaint:
            return "2";
    }
    return "0";
}

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

void write_line(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    if (text.empty() || text.back() != '\n') std::fputc('\n', stderr);
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool has_colour(std::FILE* stream) {
    const char* term = std::getenv("TERM");
    return !is_set("NO_COLOR") && isatty(fileno(stream)) == 1 && term != nullptr &&
           std::string_view(term) != "dumb";
}

std::size_t screen_width() {
    constexpr std::size_t kLeast = 60;
    constexpr std::size_t kMost = 140;
    if (isatty(fileno(stdout)) == 0) return kScreenWidth;
    const char* given = std::getenv("COLUMNS");
    std::size_t columns = 0;
    if (given != nullptr) std::from_chars(given, given + std::string_view(given).size(), columns);
    winsize window{};
    if (columns == 0 && ioctl(fileno(stdout), TIOCGWINSZ, &window) == 0) columns = window.ws_col;
    return columns == 0 ? kScreenWidth : std::clamp(columns, kLeast, kMost);
}

std::string styled(Style style, std::string_view text, bool colour) {
    if (!colour || style == Style::kPlain) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code_of(style), text);
}

bool print_result(std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
}

void complain(std::string_view text) {
    std::fputs("aivmsim: ", stderr);
    write_line(text);
}

void say(std::string_view text) { write_line(text); }

}  // namespace aivm::scenarios::cli
