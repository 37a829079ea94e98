#include "scenarios/campaign/trace_key.h"

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace aivm::scenarios {
namespace {

constexpr std::size_t kHashDigitsMin = 6;
constexpr std::size_t kKeyBytes = 8;

bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_decimal(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hash(std::string_view word) {
    return word.size() >= kHashDigitsMin && std::ranges::any_of(word, is_decimal) &&
           std::ranges::all_of(word,
                               [](char c) { return is_decimal(c) || (c >= 'a' && c <= 'f'); });
}

void append_normalised(std::string& out, std::string_view word) {
    if (is_hash(word)) {
        out += '#';
        return;
    }
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (!is_decimal(word[i])) {
            out += word[i];
        } else if (i == 0 || !is_decimal(word[i - 1])) {
            out += '#';
        }
    }
}

}  // namespace

std::string normalised(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::ranges::find_if_not(text, is_word);
        const auto length = static_cast<std::size_t>(end - text.begin());
        append_normalised(out, text.substr(0, length));
        if (length < text.size()) out += text[length];
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return out;
}

std::string trace_key(std::string_view invariant, std::string_view message,
                      std::span<const std::string> actions) {
    std::vector<std::string> parts;
    for (const std::string& action : actions) parts.push_back(normalised(action));
    std::ranges::sort(parts);
    if (parts.empty()) parts.push_back(normalised(message));
    Writer all;
    all.string(invariant);
    for (const std::string& part : parts) all.string(part);
    return to_hex(sha256(all.view()).view().first(kKeyBytes));
}

}  // namespace aivm::scenarios
