#include "scenarios/cli/comment_numbers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <regex>
#include <string_view>
#include <utility>

namespace aivm::scenarios::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kWords{{
    {"three", "3"},       {"four", "4"},       {"five", "5"},         {"six", "6"},
    {"seven", "7"},       {"eight", "8"},      {"nine", "9"},         {"ten", "10"},
    {"eleven", "11"},     {"twelve", "12"},    {"thirteen", "13"},    {"twenty", "20"},
    {"sixty-four", "64"}, {"half", "1/2"},     {"a third", "1/3"},    {"thirds", "1/3"},
    {"a quarter", "1/4"}, {"quarters", "1/4"}, {"a fifth", "1/5"},    {"a sixth", "1/6"},
    {"a tenth", "1/10"},  {"tenths", "1/10"},  {"sixteenth", "1/16"}, {"a thousandth", "1/1000"},
}};

}  // namespace

std::set<std::string> numbers_in(const std::string& text) {
    static const std::regex digits(R"(\d[\d,]*(?:\.\d+)?)");
    std::set<std::string> out;
    for (std::sregex_iterator one(text.begin(), text.end(), digits), end; one != end; ++one) {
        const auto before = one->position() == 0 ? ' ' : text[one->position() - 1];
        if (std::isalpha(static_cast<unsigned char>(before)) || before == '_' || before == '.')
            continue;
        std::string number = one->str();
        std::erase(number, ',');
        out.insert(number);
    }
    std::string lower = " " + text + " ";
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto in_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    };
    for (const auto& [word, number] : kWords) {
        for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
            if (!in_word(lower[at - 1]) && !in_word(lower[at + word.size()])) out.emplace(number);
        }
    }
    return out;
}

std::set<std::string> values_of_fraction(const std::string& number) {
    const auto slash = number.find('/');
    if (slash == std::string::npos) return {};
    const std::uint64_t part = std::stoull(number.substr(0, slash));
    const std::uint64_t whole = std::stoull(number.substr(slash + 1));
    return {std::to_string(part * 1'000'000 / whole), std::to_string(part * 10'000 / whole)};
}

}  // namespace aivm::scenarios::cli
