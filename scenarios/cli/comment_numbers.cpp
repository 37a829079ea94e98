#include "scenarios/cli/comment_numbers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <regex>
#include <string_view>
#include <utility>
#include <vector>

namespace aivm::scenarios::cli {
namespace {

// --- Number words ---

enum class Kind : std::uint8_t {
    kUnit,     // 1 to 9, which follow a ten: sixty-four
    kTeen,     // 10 to 19
    kTen,      // 20 to 90
    kScale,    // multiplies what stands before it: five hundred, a thousand
    kPlural,   // the least of a range without an end: hundreds, tens of thousands
    kOrdinal,  // the divisor of a fraction after an article or "every": a third, every tenth
    kPart,     // the divisor of a fraction wherever it stands: half, two thirds
};

struct NumberWord {
    std::string_view word;
    Kind kind;
    std::uint64_t value;
};

constexpr auto kWords = std::to_array<NumberWord>({
    {"one", Kind::kUnit, 1},
    {"two", Kind::kUnit, 2},
    {"three", Kind::kUnit, 3},
    {"four", Kind::kUnit, 4},
    {"five", Kind::kUnit, 5},
    {"six", Kind::kUnit, 6},
    {"seven", Kind::kUnit, 7},
    {"eight", Kind::kUnit, 8},
    {"nine", Kind::kUnit, 9},
    {"ten", Kind::kTeen, 10},
    {"eleven", Kind::kTeen, 11},
    {"twelve", Kind::kTeen, 12},
    {"thirteen", Kind::kTeen, 13},
    {"fourteen", Kind::kTeen, 14},
    {"fifteen", Kind::kTeen, 15},
    {"sixteen", Kind::kTeen, 16},
    {"seventeen", Kind::kTeen, 17},
    {"eighteen", Kind::kTeen, 18},
    {"nineteen", Kind::kTeen, 19},
    {"twenty", Kind::kTen, 20},
    {"thirty", Kind::kTen, 30},
    {"forty", Kind::kTen, 40},
    {"fifty", Kind::kTen, 50},
    {"sixty", Kind::kTen, 60},
    {"seventy", Kind::kTen, 70},
    {"eighty", Kind::kTen, 80},
    {"ninety", Kind::kTen, 90},
    {"dozen", Kind::kScale, 12},
    {"hundred", Kind::kScale, 100},
    {"thousand", Kind::kScale, 1'000},
    {"million", Kind::kScale, 1'000'000},
    {"tens", Kind::kPlural, 10},
    {"dozens", Kind::kPlural, 12},
    {"hundreds", Kind::kPlural, 100},
    {"thousands", Kind::kPlural, 1'000},
    {"millions", Kind::kPlural, 1'000'000},
    {"third", Kind::kOrdinal, 3},
    {"quarter", Kind::kOrdinal, 4},
    {"fifth", Kind::kOrdinal, 5},
    {"sixth", Kind::kOrdinal, 6},
    {"seventh", Kind::kOrdinal, 7},
    {"eighth", Kind::kOrdinal, 8},
    {"ninth", Kind::kOrdinal, 9},
    {"tenth", Kind::kOrdinal, 10},
    {"twelfth", Kind::kOrdinal, 12},
    {"sixteenth", Kind::kOrdinal, 16},
    {"twentieth", Kind::kOrdinal, 20},
    {"fiftieth", Kind::kOrdinal, 50},
    {"hundredth", Kind::kOrdinal, 100},
    {"thousandth", Kind::kOrdinal, 1'000},
    {"millionth", Kind::kOrdinal, 1'000'000},
    {"half", Kind::kPart, 2},
    {"halves", Kind::kPart, 2},
});

std::optional<NumberWord> find_word(std::string_view word) {
    const auto named = [](std::string_view name) {
        return std::ranges::find(kWords, name, &NumberWord::word);
    };
    if (const auto* found = named(word); found != kWords.end()) return *found;
    if (!word.ends_with('s')) return std::nullopt;
    const auto* ordinal = named(word.substr(0, word.size() - 1));
    if (ordinal == kWords.end() || ordinal->kind != Kind::kOrdinal) return std::nullopt;
    return NumberWord{word, Kind::kPart, ordinal->value};
}

bool stands_for_one(std::string_view word) {
    return word == "a" || word == "an" || word == "one" || word == "every" || word == "each";
}

// --- Words of a text ---

// Lower-case words; a hyphen parts two words, and what is neither a space nor a hyphen between two
// words is a word of its own, so that no number goes on behind a comma.
std::vector<std::string> words_in(const std::string& text) {
    static const std::regex form(R"([A-Za-z0-9_]+|[^\sA-Za-z0-9_-]+)");
    std::vector<std::string> out;
    for (std::sregex_iterator one(text.begin(), text.end(), form), end; one != end; ++one) {
        std::string& word = out.emplace_back(one->str());
        std::ranges::transform(word, word.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    return out;
}

// Reads the number words of a text from the first to the last.
class WordReader {
public:
    explicit WordReader(const std::string& text) : words_(words_in(text)) {}

    std::set<std::string> read() {
        while (at_ < words_.size()) read_next();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::optional<NumberWord> word(std::size_t i) const {
        return i < words_.size() ? find_word(words_[i]) : std::nullopt;
    }
    [[nodiscard]] bool is(std::size_t i, Kind kind) const {
        const auto found = word(i);
        return found && found->kind == kind;
    }
    void read_next() {
        const auto first = word(at_);
        if (!first || is_unit(*first)) {
            ++at_;
        } else if (first->kind == Kind::kPart) {
            add_fraction(first->value);
        } else if (first->kind == Kind::kOrdinal) {
            if (at_ > 0 && stands_for_one(words_[at_ - 1])) return add_fraction(first->value);
            ++at_;
        } else if (first->kind == Kind::kPlural) {
            read_plural();
        } else {
            read_count();
        }
    }
    // "Parts per million".
    [[nodiscard]] bool is_unit(const NumberWord& now) const {
        return now.kind == Kind::kScale && at_ > 0 && words_[at_ - 1] == "per";
    }
    void add_fraction(std::uint64_t divisor) {
        out_.insert("1/" + std::to_string(divisor));
        ++at_;
    }
    // "tens of thousands" is 10,000: the least that it may mean.
    void read_plural() {
        std::uint64_t least = word(at_++)->value;
        while (at_ < words_.size() && words_[at_] == "of" && is(at_ + 1, Kind::kPlural)) {
            least *= word(at_ + 1)->value;
            at_ += 2;
        }
        out_.insert(std::to_string(least));
    }
    // "five hundred and twelve", "a hundred thousand". "One" and "two" count only with a scale.
    void read_count() {
        std::uint64_t sum = 0;      // of what a thousand or a million closed
        std::uint64_t current = 0;  // since then
        bool scaled = false;
        do {
            const NumberWord now = *word(at_);
            if (now.kind != Kind::kScale) {
                current += now.value;
            } else {
                current = std::max<std::uint64_t>(current, 1) * now.value;
                scaled = true;
            }
            if (now.kind == Kind::kScale && now.value >= 1'000) sum += std::exchange(current, 0);
            ++at_;
            if (scaled && at_ < words_.size() && words_[at_] == "and" && is_count(at_ + 1)) ++at_;
        } while (goes_on());
        if (scaled || sum + current > 2) out_.insert(std::to_string(sum + current));
    }
    [[nodiscard]] bool is_count(std::size_t i) const {
        return is(i, Kind::kUnit) || is(i, Kind::kTeen) || is(i, Kind::kTen);
    }
    // Whether the word at at_ belongs to the number before it.
    [[nodiscard]] bool goes_on() const {
        if (is(at_, Kind::kScale)) return true;
        if (is(at_ - 1, Kind::kTen)) return is(at_, Kind::kUnit);
        const bool after_scale = is(at_ - 1, Kind::kScale) || words_[at_ - 1] == "and";
        return after_scale && is_count(at_);
    }

    std::vector<std::string> words_;
    std::size_t at_ = 0;
    std::set<std::string> out_;
};

}  // namespace

std::set<std::string> numbers_in(const std::string& text) {
    static const std::regex digits(R"(\d[\d,]*(?:\.\d+)?)");
    std::set<std::string> out = WordReader(text).read();
    for (std::sregex_iterator one(text.begin(), text.end(), digits), end; one != end; ++one) {
        const auto before = one->position() == 0 ? ' ' : text[one->position() - 1];
        if (std::isalpha(static_cast<unsigned char>(before)) || before == '_' || before == '.')
            continue;
        std::string number = one->str();
        std::erase(number, ',');
        out.insert(number);
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
