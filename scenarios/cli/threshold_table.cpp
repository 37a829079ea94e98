#include "scenarios/cli/threshold_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scenarios/cli/catalog.h"

namespace aivm::scenarios::cli {
namespace {

using ThresholdJson = nlohmann::ordered_json;

constexpr std::array<std::string_view, 14> kThresholdKeys{
    "name",     "adversary", "claim", "set",   "grid",      "owner", "measure",
    "crossing", "curve",     "pays",  "where", "tolerance", "runs",  "long"};
constexpr std::uint64_t kRunsMost = 100'000;

// Reads one sweep; the first problem is kept.
class ThresholdReader {
public:
    explicit ThresholdReader(const ThresholdJson& json) : json_(json) {}

    Result<Threshold> read() {
        if (!json_.is_object()) return fail(ErrorCode::kInvalidArgument, "a sweep is an object");
        for (const auto& [key, value] : json_.items()) {
            if (std::ranges::find(kThresholdKeys, key) == kThresholdKeys.end())
                refuse(fmt::format("\"{}\" is not a key; there are {}", key,
                                   fmt::join(kThresholdKeys, ", ")));
        }
        Threshold out;
        out.name = text("name");
        out.adversary = text("adversary");
        out.claim = text("claim");
        for (const ThresholdJson& one : list("set")) {
            if (!one.is_string()) refuse("set is a list of assignments");
            if (one.is_string()) out.set.push_back(one.get<std::string>());
        }
        read_grid(out);
        read_measure(out);
        read_prediction(out);
        read_effort(out);
        if (!problem_.empty())
            return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", out.name, problem_));
        return out;
    }

private:
    void refuse(const std::string& what) {
        if (problem_.empty()) problem_ = what;
    }
    std::string text(const char* key) {
        if (json_.contains(key) && json_[key].is_string() && !json_[key].get<std::string>().empty())
            return json_[key].get<std::string>();
        refuse(fmt::format("it has no \"{}\", or it is no text", key));
        return {};
    }
    ThresholdJson list(const char* key) {
        if (json_.contains(key) && json_[key].is_array() && !json_[key].empty()) return json_[key];
        refuse(fmt::format("it has no \"{}\", or it is no list", key));
        return ThresholdJson::array();
    }
    double number(const char* key) {
        if (json_.contains(key) && json_[key].is_number() && json_[key].get<double>() > 0)
            return json_[key].get<double>();
        refuse(fmt::format("it has no \"{}\" above 0", key));
        return 0;
    }

    void read_grid(Threshold& out) {
        for (const ThresholdJson& one : list("grid")) {
            if (!one.is_number()) return refuse("grid is a list of numbers");
            out.grid.push_back(one.get<double>());
        }
        if (std::ranges::adjacent_find(out.grid, std::ranges::greater_equal()) != out.grid.end())
            refuse("grid must ascend");
        const bool varies = std::ranges::any_of(
            out.set, [](const std::string& one) { return one.find("{x}") != std::string::npos; });
        if (!varies) refuse("no assignment of set names {x}");
    }

    void read_measure(Threshold& out) {
        if (json_.contains("owner") == json_.contains("measure"))
            return refuse("it needs either an owner or a measure");
        if (json_.contains("owner")) {
            out.owner = text("owner");
            return;
        }
        const std::string measure = text("measure");
        const std::size_t slash = measure.find('/');
        out.part = measure.substr(0, slash);
        if (slash != std::string::npos) out.whole = measure.substr(slash + 1);
    }

    void read_prediction(Threshold& out) {
        const int given = static_cast<int>(json_.contains("crossing")) +
                          static_cast<int>(json_.contains("curve")) +
                          static_cast<int>(json_.contains("pays"));
        if (given != 1) return refuse("it needs one of crossing, curve and pays");
        if (json_.contains("pays")) {
            const std::string word = text("pays");
            if (word != "never" && word != "always") refuse("pays is \"never\" or \"always\"");
            out.prediction = word == "never" ? Prediction::kNever : Prediction::kAlways;
        } else {
            const bool crossing = json_.contains("crossing");
            out.prediction = crossing ? Prediction::kCrossing : Prediction::kCurve;
            out.expression = text(crossing ? "crossing" : "curve");
            out.tolerance = number("tolerance");
        }
        if (out.owner.empty() && out.prediction != Prediction::kCurve)
            refuse("a measure is predicted by a curve");
        if (out.prediction == Prediction::kCrossing && out.grid.size() < 2)
            refuse("a crossing needs two values or more");
        read_where(out);
        if (out.expression.empty() || out.grid.empty()) return;
        if (const auto value = out.predicted(out.grid.front()); !value)
            refuse(value.error().context);
    }

    void read_where(Threshold& out) {
        if (!json_.contains("where")) return;
        if (!json_["where"].is_object()) return refuse("where is an object of numbers");
        for (const auto& [name, value] : json_["where"].items()) {
            if (!value.is_number()) return refuse("where is an object of numbers");
            out.where[name] = value.get<double>();
        }
    }

    void read_effort(Threshold& out) {
        const double runs = number("runs");
        out.runs = static_cast<std::uint64_t>(runs);
        if (static_cast<double>(out.runs) != runs || out.runs < 2 || out.runs > kRunsMost)
            refuse("runs is a whole number of 2 or more");
        if (!json_.contains("long")) return;
        if (!json_["long"].is_boolean()) return refuse("long is true or false");
        out.is_long = json_["long"].get<bool>();
    }

    const ThresholdJson& json_;
    std::string problem_;
};

}  // namespace

Result<double> Threshold::predicted(double x) const {
    Bindings names = where;
    if (prediction == Prediction::kCurve) names["x"] = x;
    AIVM_ASSIGN(const Evaluation theory, evaluate(expression, names));
    return theory.value;
}

std::vector<std::string> Threshold::set_at(double x) const {
    std::vector<std::string> out = set;
    for (std::string& one : out) {
        for (std::size_t at = one.find("{x}"); at != std::string::npos; at = one.find("{x}"))
            one.replace(at, 3, fmt::format("{}", x));
    }
    return out;
}

Result<std::vector<Threshold>> parse_thresholds(const std::string& scenario,
                                                const std::string& text) {
    const auto json = ThresholdJson::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_array() || json.empty())
        return fail(ErrorCode::kInvalidArgument, "a list of sweeps was expected");
    std::vector<Threshold> out;
    std::set<std::string> names;
    for (const ThresholdJson& one : json) {
        AIVM_ASSIGN(Threshold threshold, ThresholdReader(one).read());
        if (!names.insert(threshold.name).second)
            return fail(ErrorCode::kInvalidArgument, threshold.name + ": the name is taken");
        threshold.scenario = scenario;
        out.push_back(std::move(threshold));
    }
    return out;
}

Result<std::vector<Threshold>> read_thresholds(const std::string& scenario) {
    const auto path = catalog_folder() / (scenario + ".thresholds.json");
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::vector<Threshold>{};
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorCode::kStorage, path.string() + " cannot be read");
    return parse_thresholds(scenario, text.str());
}

}  // namespace aivm::scenarios::cli
