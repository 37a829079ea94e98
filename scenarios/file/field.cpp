#include "scenarios/file/field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/units.h"
#include "scenarios/file/names.h"

namespace aivm::scenarios {
namespace {

struct TypeRow {
    FieldType type;
    std::string_view name;
    std::string_view example;  // as written in a file
    bool quoted;
};

constexpr TypeRow kTypes[] = {
    {FieldType::kInteger, "an integer", "100", false},
    {FieldType::kDuration, "a duration", "\"30s\"", true},
    {FieldType::kAmount, "an amount", "\"1000 LUX\"", true},
    {FieldType::kRatio, "a ratio", "\"1/100\" or \"1%\"", true},
    {FieldType::kBandwidth, "a bandwidth", "\"100 Mbit/s\"", true},
    {FieldType::kBoolean, "true or false", {}, false},
    {FieldType::kChoice, "a choice", {}, true},
    {FieldType::kName, "a name", "\"lazy-1\"", true},
    {FieldType::kText, "a text", "\"some words\"", true},
    {FieldType::kNames, "a list of names", "[\"a\", \"b\"]", false},
    {FieldType::kNameLists, "a list of names, or of lists of them",
     "[\"a\", \"b\"] or [[\"a\"], [\"b\"]]", false},
    {FieldType::kIntegers, "a list of integers", "[0, 1]", false},
    {FieldType::kParameters, "a table", "{ rate = \"1/4\" }", false},
};

const TypeRow& row(FieldType type) {
    const auto& found = kTypes[static_cast<std::size_t>(type)];
    AIVM_CHECK(found.type == type);
    return found;
}

tl::unexpected<Problem> problem(std::string message, std::string remedy) {
    return tl::unexpected(Problem{std::move(message), std::move(remedy)});
}

std::string print_number(FieldType type, std::uint64_t number) {
    switch (type) {
        case FieldType::kDuration:
            return exact_duration(number);
        case FieldType::kAmount:
            return exact_amount(Amount(number));
        case FieldType::kRatio:
            return print_ratio_ppm(number);
        case FieldType::kBandwidth:
            return print_bandwidth_bps(number);
        default:
            return fmt::format("{}", number);
    }
}

Parsed<Value> parse_number(const FieldInfo& info, std::string_view text) {
    const auto number = [&]() -> Parsed<std::uint64_t> {
        switch (info.type) {
            case FieldType::kDuration:
                return parse_duration_ns(text);
            case FieldType::kAmount:
                return parse_amount_nlux(text);
            case FieldType::kRatio:
                return parse_ratio_ppm(text);
            case FieldType::kBandwidth:
                return parse_bandwidth_bps(text);
            default:
                return parse_integer(text);
        }
    }();
    if (!number) return tl::unexpected(number.error());
    return check_range(info, *number);
}

Parsed<Value> parse_boolean(std::string_view text) {
    if (text == "true") return Value(true);
    if (text == "false") return Value(false);
    return problem(fmt::format("\"{}\" is neither true nor false", text), "write true or false");
}

Parsed<Value> parse_choice(const FieldInfo& info, std::string_view text) {
    const auto found = std::find(info.choices.begin(), info.choices.end(), text);
    if (found != info.choices.end())
        return Value(static_cast<std::uint64_t>(found - info.choices.begin()));
    const std::vector<std::string> names(info.choices.begin(), info.choices.end());
    return problem(fmt::format("\"{}\" is not a known {}", text, info.key), suggest(text, names));
}

Parsed<std::string> parse_name(std::string_view text) {
    if (is_name(text)) return std::string(text);
    return problem(fmt::format("\"{}\" is not a name", text),
                   fmt::format("use 1 to {} letters, digits, '_' and '-'", kMaxNameBytes));
}

Parsed<Value> parse_text(const FieldInfo& info, std::string_view text) {
    if (text.size() > info.max) {
        return problem(fmt::format("the text has {} bytes", text.size()),
                       fmt::format("at most {} are allowed", info.max));
    }
    const auto control = [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    };
    if (std::any_of(text.begin(), text.end(), control)) {
        return problem("the text holds a control character",
                       "only line breaks and tabs are allowed");
    }
    return Value(std::string(text));
}

// "a, b" -> {"a", "b"}; empty text is an empty list.
std::vector<std::string_view> split_list(std::string_view text, char separator = ',') {
    std::vector<std::string_view> items;
    while (!text.empty()) {
        const auto comma = std::min(text.find(separator), text.size());
        auto item = text.substr(0, comma);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        items.push_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

Parsed<Value> parse_names(std::string_view text) {
    // As a file has it, too: ["a", "b"].
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<std::string> names;
    for (auto item : split_list(text)) {
        if (item.size() > 1 && item.front() == '"' && item.back() == '"')
            item = item.substr(1, item.size() - 2);
        auto name = parse_name(item);
        if (!name) return tl::unexpected(name.error());
        names.push_back(*std::move(name));
    }
    return Value(std::move(names));
}

// "a, b | c" -> {{"a", "b"}, {"c"}}.
Parsed<Value> parse_name_lists(std::string_view text) {
    NameLists lists;
    for (const auto one : split_list(text, '|')) {
        auto names = parse_names(one);
        if (!names) return names;
        lists.push_back(std::get<std::vector<std::string>>(*std::move(names)));
    }
    return Value(std::move(lists));
}

Parsed<Value> parse_integers(const FieldInfo& info, std::string_view text) {
    std::vector<std::uint32_t> numbers;
    for (const auto item : split_list(text)) {
        const auto number = parse_number(info, item);
        if (!number) return tl::unexpected(number.error());
        numbers.push_back(static_cast<std::uint32_t>(std::get<std::uint64_t>(*number)));
    }
    return Value(std::move(numbers));
}

// One line if it is short, otherwise one item per line, because the length of lines of a scenario
// file is bounded.
std::string print_list(const std::vector<std::string>& items) {
    auto line = fmt::format("[{}]", fmt::join(items, ", "));
    constexpr std::size_t kLongLine = 90;
    return line.size() <= kLongLine ? line : fmt::format("[\n  {},\n]", fmt::join(items, ",\n  "));
}

std::vector<std::string> quoted(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const auto& name : names) out.push_back(quote(name));
    return out;
}

std::string print_name_lists(const NameLists& lists) {
    if (lists.size() == 1 && !lists.front().empty()) return print_list(quoted(lists.front()));
    std::vector<std::string> items;
    for (const auto& list : lists) items.push_back(print_list(quoted(list)));
    return print_list(items);
}

}  // namespace

std::string FieldInfo::dotted() const {
    return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

std::string_view type_name(FieldType type) { return row(type).name; }

std::string type_form(FieldType type) {
    const auto& [same_type, name, example, quoted] = row(type);
    return example.empty() ? std::string(name) : fmt::format("{} such as {}", name, example);
}

bool is_quoted(FieldType type) { return row(type).quoted; }

std::string range_text(const FieldInfo& info) {
    switch (info.type) {
        case FieldType::kInteger:
        case FieldType::kDuration:
        case FieldType::kAmount:
        case FieldType::kRatio:
        case FieldType::kBandwidth: {
            const auto unit = info.unit.empty() ? std::string() : fmt::format(" {}", info.unit);
            if (info.type == FieldType::kBandwidth)
                return fmt::format("up to {}", print_bandwidth_bps(info.max));
            return fmt::format("{} to {}{}", print_number(info.type, info.min),
                               print_number(info.type, info.max), unit);
        }
        case FieldType::kChoice:
            return fmt::format("{}", fmt::join(info.choices, ", "));
        case FieldType::kText:
            return fmt::format("at most {} bytes", info.max);
        default:
            return {};
    }
}

Parsed<Value> check_range(const FieldInfo& info, std::uint64_t number) {
    if (number >= info.min && number <= info.max) return Value(number);
    return problem(
        fmt::format("{} is out of range", print_number(info.type, number)),
        fmt::format("{} takes {}", info.key,
                    info.type == FieldType::kIntegers ? fmt::format("{} to {}", info.min, info.max)
                                                      : range_text(info)));
}

Parsed<Value> parse_value(const FieldInfo& info, std::string_view text) {
    switch (info.type) {
        case FieldType::kBoolean:
            return parse_boolean(text);
        case FieldType::kChoice:
            return parse_choice(info, text);
        case FieldType::kName:
            return parse_name(text).map([](std::string name) { return Value(std::move(name)); });
        case FieldType::kText:
            return parse_text(info, text);
        case FieldType::kNames:
            return parse_names(text);
        case FieldType::kNameLists:
            return parse_name_lists(text);
        case FieldType::kIntegers:
            return parse_integers(info, text);
        case FieldType::kParameters:
            return problem("a whole table cannot be set at once",
                           "name one parameter, such as parameters.rate=1/4");
        default:
            return parse_number(info, text);
    }
}

Parsed<std::int64_t> parse_parameter(std::string_view text) {
    if (text == "true" || text == "false") return text == "true" ? 1 : 0;
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && stop == text.data() + text.size()) return number;
    for (auto* const parse : {parse_ratio_ppm, parse_amount_nlux, parse_duration_ns}) {
        const auto parsed = parse(text);
        if (parsed &&
            *parsed <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return static_cast<std::int64_t>(*parsed);
    }
    return problem(fmt::format("\"{}\" is not a parameter", text),
                   "write an integer, true, false, a ratio (\"1/4\"), an amount (\"5 LUX\") or a "
                   "duration (\"3s\")");
}

std::string quote(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += c;
        }
    }
    return out + "\"";
}

std::string print_value(const FieldInfo& info, const Value& value) {
    if (!is_set(value)) return "not set";
    switch (info.type) {
        case FieldType::kBoolean:
            return std::get<bool>(value) ? "true" : "false";
        case FieldType::kName:
        case FieldType::kText:
            return quote(std::get<std::string>(value));
        case FieldType::kChoice: {
            const auto index = std::get<std::uint64_t>(value);
            AIVM_CHECK(index < info.choices.size());
            return quote(info.choices[index]);
        }
        case FieldType::kNames:
            return print_list(quoted(std::get<std::vector<std::string>>(value)));
        case FieldType::kNameLists:
            return print_name_lists(std::get<NameLists>(value));
        case FieldType::kIntegers: {
            std::vector<std::string> numbers;
            for (const auto number : std::get<std::vector<std::uint32_t>>(value))
                numbers.push_back(fmt::format("{}", number));
            return print_list(numbers);
        }
        case FieldType::kParameters: {
            std::vector<std::string> items;
            for (const auto& [name, number] : std::get<ParameterTable>(value))
                items.push_back(fmt::format("{} = {}", name, number));
            return items.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(items, ", "));
        }
        default: {
            const auto text = print_number(info.type, std::get<std::uint64_t>(value));
            return is_quoted(info.type) ? quote(text) : text;
        }
    }
}

}  // namespace aivm::scenarios
