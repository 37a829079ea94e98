#include "scenarios/validation/case_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kKeys{"id",         "quantity", "expression",
                                                "parameters", "expected", "kind"};
constexpr std::string_view kMarginKey = "margin";  // optional
constexpr std::string_view kListKey = "cases";
constexpr std::size_t kCasesMax = 1000;
constexpr std::size_t kIdBytesMax = 16;  // of one that is shown
constexpr double kWrittenDigits = 1e-4;  // relative: five significant digits
constexpr double kNoDigits = 1e-12;      // of the largest term: what is left is rounding

tl::unexpected<Error> refuse(const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, what);
}

// Detects objects with a duplicate key, which the library accepts silently: the first of each case,
// by the index of the case, and the first outside the list.
class RepeatedKeys {
public:
    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        using Event = Json::parse_event_t;
        const bool begins =
            event == Event::object_start || event == Event::array_start || event == Event::value;
        if (begins && depth == 2 && in_list_) ++cases_begun_;
        if (event == Event::object_start) open_.emplace_back();
        if (event == Event::object_end) open_.pop_back();
        if (event == Event::key) note(depth, parsed.get<std::string>());
        return true;
    }
    // Of the case at this index; empty if it has none.
    [[nodiscard]] std::string of_case(std::size_t index) const {
        const auto found = of_cases_.find(index);
        return found == of_cases_.end() ? std::string() : found->second;
    }
    [[nodiscard]] const std::string& of_file() const { return of_file_; }

private:
    void note(int depth, const std::string& key) {
        const bool repeated = !open_.back().insert(key).second;
        if (depth == 1) in_list_ = key == kListKey;
        if (!repeated) return;
        if (depth > 1 && in_list_ && cases_begun_ > 0) {
            of_cases_.try_emplace(cases_begun_ - 1, key);
        } else if (of_file_.empty()) {
            of_file_ = key;
        }
    }

    std::vector<std::set<std::string>> open_;
    bool in_list_ = false;
    std::size_t cases_begun_ = 0;
    std::map<std::size_t, std::string> of_cases_;
    std::string of_file_;
};

bool is_id(std::string_view id) {
    return id.size() == 3 && (id[0] == 'V' || id[0] == 'C') &&
           std::all_of(id.begin() + 1, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Checks for exactly the keys of a case, each of its type.
Status check_shape(const Json& json) {
    if (!json.is_object()) return refuse("it is not an object");
    for (const auto& [key, value] : json.items()) {
        if (key == kMarginKey || std::ranges::find(kKeys, key) != kKeys.end()) continue;
        return refuse(fmt::format("\"{}\" is not a key of a case; there are {}, {}", key,
                                  fmt::join(kKeys, ", "), kMarginKey));
    }
    for (const std::string_view key : kKeys) {
        if (!json.contains(key)) return refuse(fmt::format("it has no \"{}\"", key));
    }
    for (const char* key : {"id", "quantity", "expression", "kind"}) {
        if (!json[key].is_string()) return refuse(fmt::format("\"{}\" must be a string", key));
    }
    if (!json["expected"].is_number()) return refuse("\"expected\" must be a number");
    if (json.contains(kMarginKey) && !(json[kMarginKey].is_number() && json[kMarginKey] > 0))
        return refuse("\"margin\" must be a number above 0");
    if (!json["parameters"].is_object())
        return refuse("\"parameters\" must be an object of numbers");
    for (const auto& [name, value] : json["parameters"].items()) {
        if (!value.is_number())
            return refuse(fmt::format("parameter \"{}\" must be a number", name));
    }
    return {};
}

// Fills `out` from a case of the right shape.
Status read_members(const Json& json, ValidationCase& out) {
    out.expression = json["expression"].get<std::string>();
    out.expected = json["expected"].get<double>();
    for (const auto& [name, value] : json["parameters"].items())
        out.parameters[name] = value.get<double>();
    if (json.contains(kMarginKey)) out.margin = json[kMarginKey].get<double>();
    if (!is_id(out.id)) {
        return refuse(fmt::format("\"{}\" is not the id of a case, such as V31 or C02", out.id));
    }
    const auto kind = from_word<CaseKind>(json["kind"].get<std::string>());
    if (!kind)
        return refuse(fmt::format("kind must be one of {}", fmt::join(words<CaseKind>, ", ")));
    out.kind = *kind;
    return {};
}

// Whether `expected` is the value of the expression, and can be one of its kind.
Status check_expected(const ValidationCase& c) {
    if (!std::isfinite(c.expected)) return refuse("\"expected\" must be finite");
    if (c.kind == CaseKind::kFrequency && !(c.expected >= 0 && c.expected <= 1))
        return refuse(fmt::format("a frequency of {} is not one from 0 to 1", c.expected));
    if (c.expression.empty()) return {};
    AIVM_ASSIGN(const Evaluation theory, evaluate(c.expression, c.parameters));
    const double digits =
        std::max(kWrittenDigits * std::abs(c.expected), kNoDigits * theory.largest_term);
    if (std::abs(theory.value - c.expected) <= digits) return {};
    return refuse(
        fmt::format("expected is {}, but {} is {:.7g}", c.expected, c.expression, theory.value));
}

// The id and the quantity of a case, which can be read whatever else is wrong with it.
ValidationCase named(const Json& json, std::size_t index) {
    const auto text = [&](const char* key) {
        const bool there = json.is_object() && json.contains(key) && json[key].is_string();
        return there ? json[key].get<std::string>() : std::string();
    };
    ValidationCase out;
    out.id = text("id");
    if (out.id.empty() || out.id.size() > kIdBytesMax) out.id = fmt::format("#{}", index + 1);
    out.quantity = text("quantity");
    return out;
}

ValidationCase read_case(const Json& json, std::size_t index, const std::string& repeated) {
    ValidationCase out = named(json, index);
    Status status = check_shape(json);
    if (status) status = read_members(json, out);
    if (status && !repeated.empty())
        status = refuse(fmt::format("\"{}\" is there twice", repeated));
    if (status) status = check_expected(out);
    if (!status) out.problem = status.error().context;
    return out;
}

// Two cases may not share an id: the later one is marked as failed, with the reason.
void refuse_taken_ids(std::vector<ValidationCase>& cases) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto [first, added] = seen.try_emplace(cases[i].id, i);
        if (added) continue;
        cases[i].problem = fmt::format(
            "case {} of the file has the id of case {}; only that one is "
            "simulated",
            i + 1, first->second + 1);
    }
}

}  // namespace

Result<std::vector<ValidationCase>> parse_cases(std::string_view text) {
    Json json;
    RepeatedKeys repeated;
    try {
        json = Json::parse(text, std::ref(repeated));
    } catch (const Json::parse_error& error) {
        return refuse(fmt::format("this is not JSON, from byte {} on", error.byte));
    } catch (const Json::exception&) {
        return refuse("this is not JSON: a number in it is too large");
    }
    if (!repeated.of_file().empty())
        return refuse(fmt::format("\"{}\" is there twice", repeated.of_file()));
    const bool is_list = json.is_object() && json.contains(kListKey) && json[kListKey].is_array() &&
                         !json[kListKey].empty();
    if (!is_list) return refuse("this is no file of validation cases: it has no list \"cases\"");
    for (const auto& [key, value] : json.items()) {
        if (key != kListKey && key != "helpers" && key != "symbols") {
            return refuse(fmt::format(
                "\"{}\" is not a key of a case file; there are cases, helpers, symbols", key));
        }
    }
    const Json& list = json[kListKey];
    if (list.size() > kCasesMax) return refuse(fmt::format("more than {} cases", kCasesMax));
    std::vector<ValidationCase> out;
    for (std::size_t i = 0; i < list.size(); ++i)
        out.push_back(read_case(list[i], i, repeated.of_case(i)));
    refuse_taken_ids(out);
    return out;
}

Result<std::vector<ValidationCase>> load_cases(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::kNotFound, path + ": there is no such file");
    if (!std::filesystem::is_regular_file(path, error))
        return fail(ErrorCode::kStorage, path + ": this is no file");
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    if (!file)
        return fail(ErrorCode::kStorage, path + ": the file cannot be read; check its permissions");
    auto cases = parse_cases(text.str());
    if (!cases) return refuse(fmt::format("{}: {}", path, cases.error().context));
    return cases;
}

Result<std::vector<ValidationCase>> choose_cases(const std::vector<ValidationCase>& cases,
                                                 const std::vector<std::string>& ids) {
    if (ids.empty()) return cases;
    for (const std::string& id : ids) {
        if (std::ranges::find(cases, id, &ValidationCase::id) != cases.end()) continue;
        std::vector<std::string_view> known;
        for (const ValidationCase& c : cases) known.push_back(c.id);
        return fail(ErrorCode::kNotFound,
                    fmt::format("there is no case {}; there are {}", id, fmt::join(known, ", ")));
    }
    std::vector<ValidationCase> out;
    for (const ValidationCase& c : cases) {
        if (std::ranges::find(ids, c.id) != ids.end()) out.push_back(c);
    }
    return out;
}

}  // namespace aivm::scenarios
