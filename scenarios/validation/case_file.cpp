#include "scenarios/validation/case_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
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
constexpr std::size_t kCasesMax = 1000;
constexpr double kWrittenDigits = 1e-4;  // relative: five significant digits

tl::unexpected<Error> refuse(const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, what);
}

// Detects an object with a duplicate key, which the library accepts silently.
class RepeatedKeys {
public:
    bool operator()(int, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) open_.emplace_back();
        if (event == Json::parse_event_t::object_end) open_.pop_back();
        if (event == Json::parse_event_t::key &&
            !open_.back().insert(parsed.get<std::string>()).second) {
            found_ = parsed.get<std::string>();
        }
        return true;
    }
    [[nodiscard]] const std::string& found() const { return found_; }

private:
    std::vector<std::set<std::string>> open_;
    std::string found_;
};

// Checks for exactly the keys of a case, each of its type.
Status check_shape(const Json& json, std::size_t index) {
    const std::string where = fmt::format("case {}", index + 1);
    if (!json.is_object()) return refuse(where + " is not an object");
    for (const auto& [key, value] : json.items()) {
        if (std::ranges::find(kKeys, key) == kKeys.end()) {
            return refuse(fmt::format("{}: \"{}\" is no key of a case; there are {}", where, key,
                                      fmt::join(kKeys, ", ")));
        }
    }
    for (const std::string_view key : kKeys) {
        if (!json.contains(key)) return refuse(fmt::format("{} has no \"{}\"", where, key));
    }
    for (const char* key : {"id", "quantity", "expression", "kind"}) {
        if (!json[key].is_string())
            return refuse(fmt::format("{}: \"{}\" must be a string", where, key));
    }
    if (!json["expected"].is_number()) return refuse(where + ": \"expected\" must be a number");
    if (!json["parameters"].is_object())
        return refuse(where + ": \"parameters\" must be an object of numbers");
    for (const auto& [name, value] : json["parameters"].items()) {
        if (!value.is_number())
            return refuse(fmt::format("{}: parameter \"{}\" must be a number", where, name));
    }
    return {};
}

bool is_id(std::string_view id) {
    return id.size() == 3 && (id[0] == 'V' || id[0] == 'C') &&
           std::all_of(id.begin() + 1, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<ValidationCase> read_case(const Json& json) {
    ValidationCase out;
    out.id = json["id"].get<std::string>();
    if (!is_id(out.id))
        return refuse(fmt::format("\"{}\" is no id of a case, such as V31 or C02", out.id));
    out.quantity = json["quantity"].get<std::string>();
    out.expression = json["expression"].get<std::string>();
    out.expected = json["expected"].get<double>();
    for (const auto& [name, value] : json["parameters"].items())
        out.parameters[name] = value.get<double>();
    const auto kind = from_word<CaseKind>(json["kind"].get<std::string>());
    if (!kind) {
        return refuse(
            fmt::format("{}: kind must be one of {}", out.id, fmt::join(words<CaseKind>, ", ")));
    }
    out.kind = *kind;
    if (out.expected == 0)
        return refuse(out.id + ": nothing can be near an expected value of 0, relatively");
    if (out.expression.empty()) return out;
    const auto value = evaluate(out.expression, out.parameters);
    if (!value) return refuse(fmt::format("{}: {}", out.id, value.error().context));
    if (std::abs(*value - out.expected) > kWrittenDigits * std::abs(out.expected)) {
        return refuse(fmt::format("{}: expected is {}, but {} is {:.7g}", out.id, out.expected,
                                  out.expression, *value));
    }
    return out;
}

}  // namespace

double ValidationCase::get(std::string_view name) const {
    const auto found = parameters.find(name);
    if (found == parameters.end())
        throw std::out_of_range(fmt::format("{} has no parameter \"{}\"", id, name));
    return found->second;
}

std::uint32_t ValidationCase::ppm(std::string_view name) const {
    return static_cast<std::uint32_t>(std::llround(get(name) * 1e6));
}

std::int64_t ValidationCase::whole(std::string_view name) const { return std::llround(get(name)); }

Result<std::vector<ValidationCase>> parse_cases(std::string_view text) {
    Json json;
    RepeatedKeys repeated;
    try {
        json = Json::parse(text, std::ref(repeated));
    } catch (const Json::parse_error& error) {
        return refuse(fmt::format("this is no JSON, from byte {} on", error.byte));
    }
    if (!repeated.found().empty())
        return refuse(fmt::format("an object has \"{}\" twice", repeated.found()));
    if (!json.is_object() || !json.contains("cases") || !json["cases"].is_array() ||
        json["cases"].empty()) {
        return refuse("this is no file of validation cases: it has no list \"cases\"");
    }
    for (const auto& [key, value] : json.items()) {
        if (key != "cases" && key != "helpers" && key != "symbols") {
            return refuse(fmt::format(
                "\"{}\" is no key of a case file; there are cases, helpers, symbols", key));
        }
    }
    if (json["cases"].size() > kCasesMax)
        return refuse(fmt::format("more than {} cases", kCasesMax));
    std::vector<ValidationCase> out;
    for (std::size_t i = 0; i < json["cases"].size(); ++i) {
        AIVM_TRY(check_shape(json["cases"][i], i));
        AIVM_ASSIGN(ValidationCase one, read_case(json["cases"][i]));
        if (std::ranges::find(out, one.id, &ValidationCase::id) != out.end())
            return refuse(one.id + " is there twice");
        out.push_back(std::move(one));
    }
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
