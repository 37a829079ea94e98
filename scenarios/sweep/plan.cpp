#include "scenarios/sweep/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/print.h"
#include "scenarios/run/run_info.h"
#include "scenarios/run/setting.h"
#include "scenarios/sweep/value_list.h"
#include "sim/record/identity.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxProblems = 20;  // reported at once

std::vector<std::string> split_commas(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

template <class Number>
bool parse_whole(std::string_view text, Number& out) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc() && stop == text.data() + text.size();
}

}  // namespace

// Fills a plan from a request and collects the problems.
namespace {

bool needs_counterfactual(std::string_view metric) {
    return metric == "cheating_gain" || metric == "attacker_profitable";
}

}  // namespace

class SweepPlan::Maker {
public:
    explicit Maker(const SweepRequest& request) : request_(request) {}

    tl::expected<SweepPlan, std::vector<std::string>> make() {
        plan_.text_ = request_.text;
        plan_.source_ = request_.source;
        plan_.overrides_ = request_.overrides;
        plan_.detail_ = request_.detail;
        plan_.counterfactual_ = request_.counterfactual;
        plan_.strategies_ = request_.strategies;
        const auto base = load_scenario_text(request_.text, request_.source, request_.overrides);
        if (!base) return tl::unexpected(std::vector{to_text(base.error())});
        plan_.scenario_ = base->scenario.name;
        scenario_ = base->scenario;
        for (const std::string& over : request_.over) read_axis(base->scenario, over);
        for (const Axis& axis : request_.axes) add_axis(base->scenario, axis);
        read_given_points();
        read_seeds();
        read_rules();
        read_shard();
        if (problems_.empty()) read_points();
        if (problems_.empty()) read_base();
        if (problems_.empty()) return std::move(plan_);
        if (repeated_) problems_.push_back("the same at further points");
        if (problems_.size() > kMaxProblems) {
            const std::size_t more = problems_.size() - kMaxProblems;
            problems_.resize(kMaxProblems);
            problems_.push_back(fmt::format("and {} more like this", more));
        }
        return tl::unexpected(std::move(problems_));
    }

private:
    void add_problem(std::string_view what, const Problem& problem) {
        problems_.push_back(fmt::format("{}: {}{}{}", what, problem.message,
                                        problem.remedy.empty() ? "" : "; ", problem.remedy));
    }

    void read_axis(const sim::Scenario& scenario, const std::string& over) {
        const auto parsed = parse_override(over);
        if (!parsed)
            return add_problem("--over " + over, {parsed.error().message,
                                                  "write KEY=VALUES, such as "
                                                  "vm.challenge_window_blocks=1,2,5,...,100"});
        const std::string flag = "--over " + parsed->key;
        if (!is_new_known_key(scenario, parsed->key, flag)) return;
        const auto values = parse_value_list(parsed->value);
        if (!values) return add_problem(flag, values.error());
        add_values(scenario, {parsed->key, *values}, flag);
    }

    void add_axis(const sim::Scenario& scenario, const Axis& axis) {
        const std::string flag = "--over " + axis.key;
        if (is_new_known_key(scenario, axis.key, flag)) add_values(scenario, axis, flag);
    }

    // An unknown key is one problem, not one per value.
    bool is_new_known_key(const sim::Scenario& scenario, const std::string& key,
                          const std::string& flag) {
        if (std::ranges::find(plan_.axes_, key, &Axis::key) != plan_.axes_.end()) {
            add_problem(flag, {"the key is given twice", "name all its values in one list"});
            return false;
        }
        const auto keys = known_keys(scenario);
        const bool parameter = key.find(".parameters.") != std::string::npos;
        if (parameter || std::ranges::find(keys, key) != keys.end()) return true;
        sim::Scenario copy = scenario;
        const auto unknown = set_key(copy, key, "1");
        add_problem(flag, unknown ? Problem{"this key cannot be swept", ""} : unknown.error());
        return false;
    }

    void add_values(const sim::Scenario& scenario, const Axis& axis, const std::string& flag) {
        std::map<Hash32, std::string> seen;
        std::vector<Hash32> hashes;
        for (const std::string& value : axis.values) {
            sim::Scenario changed = scenario;
            if (const auto set = set_key(changed, axis.key, value); !set) {
                add_problem(fmt::format("{}={}", flag, value), set.error());
                continue;
            }
            hashes.push_back(sha256(as_bytes(canonical_text(changed))));
            const auto [same, fresh] = seen.emplace(hashes.back(), value);
            if (!fresh) {
                add_problem(flag, {fmt::format("{} and {} are the same value", same->second, value),
                                   "name each value once"});
            }
        }
        plan_.axes_.push_back(axis);
        hashes_.push_back(std::move(hashes));
    }

    // The axes of points that are no grid: every key that a point names, with its values in the
    // order of the points. Wrong keys and values are found when the points are loaded.
    void read_given_points() {
        for (const auto& point : request_.points) {
            std::vector<std::size_t> cell(plan_.axes_.size(), SweepPlan::kNotSet);
            for (const auto& [key, value] : point) {
                auto axis = std::ranges::find(plan_.axes_, key, &Axis::key);
                if (axis == plan_.axes_.end()) {
                    plan_.axes_.push_back({key, {}});
                    axis = plan_.axes_.end() - 1;
                    cell.push_back(SweepPlan::kNotSet);
                }
                auto& values = axis->values;
                const auto place = std::ranges::find(values, value);
                cell[static_cast<std::size_t>(axis - plan_.axes_.begin())] =
                    static_cast<std::size_t>(place - values.begin());
                if (place == values.end()) values.push_back(value);
            }
            plan_.cells_.push_back(std::move(cell));
        }
        for (auto& cell : plan_.cells_) cell.resize(plan_.axes_.size(), SweepPlan::kNotSet);
        if (!plan_.cells_.empty()) hashes_.resize(plan_.axes_.size());
    }

    void read_seeds() {
        auto seeds = parse_seeds(request_.seeds);
        if (!seeds) return add_problem("--seeds " + request_.seeds, seeds.error());
        plan_.seeds_ = *std::move(seeds);
    }

    void read_rules() {
        const auto read = [this](const char* flag, const std::vector<std::string>& texts,
                                 auto parse) {
            for (const std::string& text : texts) {
                auto rule = parse(text);
                if (!rule) {
                    add_problem(fmt::format("{} {}", flag, text), rule.error());
                } else if (!request_.counterfactual && needs_counterfactual(rule->metric)) {
                    add_problem(fmt::format("{} {}", flag, text),
                                {fmt::format("{} compares with honest play", rule->metric),
                                 "add --counterfactual"});
                } else {
                    plan_.rules_.push_back(*std::move(rule));
                }
            }
        };
        read("--until-width", request_.until_width, parse_width_rule);
        read("--until-decided", request_.until_decided, parse_decision_rule);
        const auto ppm = parse_ratio_ppm(request_.confidence);
        if (!ppm || *ppm < 500'000 || *ppm >= kPpmWhole) {
            return add_problem(
                "--confidence " + request_.confidence,
                {"a confidence lies between 50% and 100%", "write one such as 95% or 99.9%"});
        }
        plan_.confidence_ = static_cast<double>(*ppm) / static_cast<double>(kPpmWhole);
    }

    void read_shard() {
        const std::size_t slash = std::min(request_.shard.find('/'), request_.shard.size());
        const std::string_view text = request_.shard;
        const bool read = slash < text.size() && parse_whole(text.substr(0, slash), plan_.shard_) &&
                          parse_whole(text.substr(slash + 1), plan_.shards_);
        if (read && plan_.shard_ >= 1 && plan_.shard_ <= plan_.shards_) return;
        add_problem("--shard " + request_.shard,
                    {"a shard is one of a number of shards", "write 1/4, 2/4, 3/4 or 4/4"});
    }

    // Loads every point as its runs will, and builds its world once, to find errors early.
    void read_points() {
        std::size_t count = 1;
        for (const Axis& axis : plan_.axes_) {
            if (!plan_.is_grid()) break;
            if (count > kMaxPoints / axis.values.size()) {
                return add_problem(
                    "--over", {fmt::format("more than {} points", kMaxPoints), "use fewer values"});
            }
            count *= axis.values.size();
        }
        if (!plan_.is_grid()) count = plan_.cells_.size();
        if (count * plan_.seeds_.size() > kMaxRuns) {
            return add_problem("--seeds", {fmt::format("more than {} runs", kMaxRuns),
                                           "use fewer seeds or values"});
        }
        plan_.point_ids_.assign(count, 0);
        std::map<std::int64_t, std::size_t> seen;
        for (std::size_t point = 0; point < count; ++point) {
            const std::string name = count == 1 && plan_.axes_.empty()
                                         ? plan_.source_
                                         : "--over " + plan_.name_of(point);
            if (const std::string wrong = read_point(point); !wrong.empty()) {
                add_problem_of_point(point, name, wrong);
                continue;
            }
            const auto [same, fresh] = seen.emplace(plan_.point_ids_[point], point);
            if (!fresh) {
                add_problem(
                    name, {fmt::format("this is the same point as {}", plan_.name_of(same->second)),
                           "vary only what makes a difference"});
            }
        }
    }

    // A value that is wrong is wrong at many points: it is reported once, with its first point.
    void add_problem_of_point(std::size_t point, const std::string& name,
                              const std::string& wrong) {
        std::string kind = wrong;
        for (const std::string& value : plan_.values_at(point)) {
            for (std::size_t at = 0; !value.empty() && (at = kind.find(value, at)) < kind.size();)
                kind.erase(at, value.size());
        }
        if (++problems_of_points_[kind] == 1)
            problems_.push_back(fmt::format("{}: {}", name, wrong));
        else
            repeated_ = true;
    }

    // The problem of the point, or empty.
    std::string read_point(std::size_t point) {
        const auto loaded =
            load_scenario_text(plan_.text_, plan_.source_, plan_.overrides_at(point));
        if (!loaded) return "\n" + to_text(loaded.error());
        const auto setting = make_setting(loaded->scenario, plan_.strategies_);
        if (!setting) return setting.error().context;
        sim::WorldOptions options;
        options.seed = plan_.seeds_.front();
        const auto world = sim::World::make(*setting, options);
        if (!world) return world.error().text();
        plan_.point_ids_[point] = sim::point_of(plan_.info(point, *loaded)).point_id;
        return {};
    }

    // The index of the value of each axis; an axis that is not named has its first value.
    void read_base() {
        if (!plan_.is_grid()) {
            if (!request_.base.empty())
                add_problem("--base", {"points that are no grid are compared with the first",
                                       "name the base first"});
            return;
        }
        std::vector<std::size_t> chosen(plan_.axes_.size());
        for (const std::string& part : split_commas(request_.base)) {
            const auto parsed = parse_override(part);
            const auto axis = parsed ? std::ranges::find(plan_.axes_, parsed->key, &Axis::key)
                                     : plan_.axes_.end();
            if (axis == plan_.axes_.end()) {
                return add_problem("--base " + request_.base,
                                   {fmt::format("\"{}\" names no key of an --over", part),
                                    "write KEY=VALUE with keys and values of the sweep"});
            }
            sim::Scenario changed = scenario_;
            const auto index = static_cast<std::size_t>(axis - plan_.axes_.begin());
            const bool set = set_key(changed, parsed->key, parsed->value).has_value();
            const auto hash =
                std::ranges::find(hashes_[index], sha256(as_bytes(canonical_text(changed))));
            if (!set || hash == hashes_[index].end()) {
                return add_problem(
                    "--base " + request_.base,
                    {fmt::format("{} is none of the values of {}", parsed->value, axis->key),
                     fmt::format("they are {}", fmt::join(axis->values, ", "))});
            }
            chosen[index] = static_cast<std::size_t>(hash - hashes_[index].begin());
        }
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            plan_.base_point_ = plan_.base_point_ * plan_.axes_[i].values.size() + chosen[i];
        }
    }

    const SweepRequest& request_;
    SweepPlan plan_;
    sim::Scenario scenario_;                   // the scenario whose values are set
    std::vector<std::vector<Hash32>> hashes_;  // of that scenario with each value of each axis
    std::vector<std::string> problems_;
    std::map<std::string, std::size_t> problems_of_points_;  // how often each kind
    bool repeated_ = false;
};

tl::expected<SweepPlan, std::vector<std::string>> SweepPlan::make(const SweepRequest& request) {
    return Maker(request).make();
}

std::vector<Look> SweepPlan::looks() const {
    if (rules_.empty()) return {{seeds_.size(), confidence_}};
    return plan_looks(seeds_.size(), confidence_);
}

bool SweepPlan::has_run(std::size_t point, std::size_t replicate) const {
    const std::size_t number = rules_.empty() ? point * seeds_.size() + replicate : point;
    return number % shards_ == shard_ - 1;
}

std::uint64_t SweepPlan::runs_max() const {
    const std::uint64_t units = rules_.empty() ? points() * seeds_.size() : points();
    const std::uint64_t mine = units / shards_ + (units % shards_ >= shard_ ? 1 : 0);
    return rules_.empty() ? mine : mine * seeds_.size();
}

std::vector<std::size_t> SweepPlan::cell_of(std::size_t point) const {
    if (!is_grid()) return cells_.at(point);
    std::vector<std::size_t> out(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0;) {
        out[i] = point % axes_[i].values.size();
        point /= axes_[i].values.size();
    }
    return out;
}

std::vector<std::string> SweepPlan::values_at(std::size_t point) const {
    std::vector<std::string> out(axes_.size());
    const std::vector<std::size_t> cell = cell_of(point);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (cell[i] != kNotSet) out[i] = axes_[i].values[cell[i]];
    }
    return out;
}

std::string SweepPlan::name_of(std::size_t point) const {
    const auto values = values_at(point);
    std::string out;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (values[i].empty()) continue;
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", axes_[i].key, values[i]);
    }
    return out;
}

std::vector<Override> SweepPlan::overrides_at(std::size_t point) const {
    std::vector<Override> out = overrides_;
    const auto values = values_at(point);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (values[i].empty()) continue;
        out.push_back({OriginKind::kFlag, fmt::format("--over {}={}", axes_[i].key, values[i]),
                       axes_[i].key, values[i]});
    }
    return out;
}

LoadedScenario SweepPlan::load(std::size_t point) const {
    auto loaded = load_scenario_text(text_, source_, overrides_at(point));
    AIVM_CHECK(loaded.has_value());
    return *std::move(loaded);
}

sim::RunInfo SweepPlan::info(std::size_t point, const LoadedScenario& loaded) const {
    return make_run_info(loaded, overrides_at(point), 0);
}

std::string SweepPlan::json() const {
    Json over = Json::object();
    for (const Axis& axis : axes_) over[axis.key] = axis.values;
    std::vector<std::string> set;
    for (const Override& one : overrides_) set.push_back(one.key + "=" + one.value);
    std::vector<std::string> until;
    for (const StopRule& rule : rules_) until.push_back(rule.text());
    Json plan = {{"scenario", scenario_},
                 {"scenario file", to_hex(sha256(as_bytes(text_)).view())},
                 {"set", set},
                 {"over", over},
                 {"seeds", seeds_text(seeds_)},
                 {"record", word(detail_)},
                 {"until", until},
                 {"confidence", confidence_},
                 {"base", name_of(base_point_)}};
    if (counterfactual_) plan["counterfactual"] = true;
    for (const std::vector<std::size_t>& cell : cells_) {
        Json places = Json::array();
        for (const std::size_t place : cell)
            places.push_back(place == kNotSet ? Json(nullptr) : Json(place));
        plan["points"].push_back(std::move(places));
    }
    return plan.dump();
}

namespace {

bool is_string(const Json& value) { return value.is_string(); }

bool is_list_of_strings(const Json& value) {
    return value.is_array() && std::ranges::all_of(value, is_string);
}

// Whether every place of a point is null or names one of its key's values.
bool are_points(const Json& points, const Json& over) {
    return points.is_array() && std::ranges::all_of(points, [&](const Json& places) {
               if (!places.is_array() || places.size() != over.size()) return false;
               auto key = over.begin();
               return std::ranges::all_of(places, [&](const Json& place) {
                   const std::size_t n = (key++)->size();
                   return place.is_null() ||
                          (place.is_number_unsigned() && place.get<std::uint64_t>() < n);
               });
           });
}

// The plan that a study's database holds, or nothing if no version of this program wrote it.
std::optional<Json> stored_plan(const std::string& text) {
    Json plan = Json::parse(text, nullptr, false);
    if (!plan.is_object()) return {};
    const auto holds = [&](const char* key, auto&& shape) {
        const auto found = plan.find(key);
        return found != plan.end() && shape(*found);
    };
    const auto axes = [](const Json& over) {
        return over.is_object() && std::ranges::all_of(over, is_list_of_strings);
    };
    if (!holds("seeds", is_string) || !holds("base", is_string) || !holds("over", axes) ||
        !holds("until", is_list_of_strings))
        return {};
    if (plan.contains("points") && !are_points(plan["points"], plan["over"])) return {};
    return plan;
}

}  // namespace

PlanRules rules_of_plan(const std::string& json) {
    PlanRules out;
    const auto plan = stored_plan(json);
    if (!plan) return out;
    for (const Json& text : plan->at("until")) {
        if (auto rule = parse_rule(text.get<std::string>())) out.rules.push_back(*std::move(rule));
    }
    const auto seeds = parse_seeds(plan->at("seeds").get<std::string>());
    out.runs_max = seeds ? seeds->size() : 0;
    if (out.runs_max == 0) out.rules.clear();
    return out;
}

namespace {

using GivenPoint = std::vector<std::pair<std::string, std::string>>;

// The axes of a plan and, where it is no grid, its points.
struct PlannedPoints {
    std::vector<Axis> axes;
    std::vector<std::vector<std::optional<std::size_t>>> cells;
};

PlannedPoints points_of_plan(const Json& plan) {
    PlannedPoints out;
    for (const auto& [key, values] : plan["over"].items())
        out.axes.push_back({key, values.get<std::vector<std::string>>()});
    if (!plan.contains("points")) return out;
    for (const Json& places : plan["points"]) {
        auto& cell = out.cells.emplace_back();
        for (const Json& place : places)
            cell.push_back(place.is_null() ? std::nullopt
                                           : std::optional(place.get<std::size_t>()));
    }
    return out;
}

// Every point by its keys and values.
std::vector<GivenPoint> given_points(const PlannedPoints& plan) {
    std::vector<GivenPoint> out;
    if (!plan.cells.empty()) {
        for (const auto& cell : plan.cells) {
            GivenPoint& point = out.emplace_back();
            for (std::size_t i = 0; i < cell.size(); ++i)
                if (cell[i]) point.emplace_back(plan.axes[i].key, plan.axes[i].values[*cell[i]]);
        }
        return out;
    }
    out.emplace_back();
    for (const Axis& axis : plan.axes) {
        std::vector<GivenPoint> longer;
        for (const GivenPoint& point : out) {
            for (const std::string& value : axis.values) {
                longer.push_back(point);
                longer.back().emplace_back(axis.key, value);
            }
        }
        out = std::move(longer);
    }
    return out;
}

std::set<std::string> keys_of(const std::vector<Axis>& axes) {
    std::set<std::string> keys;
    for (const Axis& axis : axes) keys.insert(axis.key);
    return keys;
}

// The values of `axis` that the scenario does not take for one of `known`.
std::vector<std::string> new_values(const sim::Scenario& scenario, const std::string& key,
                                    const std::vector<std::string>& known,
                                    const std::vector<std::string>& asked) {
    const auto meaning = [&](const std::string& value) {
        sim::Scenario changed = scenario;
        static_cast<void>(set_key(changed, key, value));
        return canonical_text(changed);
    };
    std::set<std::string> there;
    for (const std::string& value : known) there.insert(meaning(value));
    std::vector<std::string> out;
    for (const std::string& value : asked)
        if (there.insert(meaning(value)).second) out.push_back(value);
    return out;
}

// What differs between two plans and cannot be added to a study.
std::string fixed_difference(const Json& there, const Json& here) {
    for (const char* key :
         {"scenario", "scenario file", "set", "record", "until", "confidence", "counterfactual"}) {
        const Json old = there.value(key, Json(nullptr));
        const Json now = here.value(key, Json(nullptr));
        if (old != now)
            return fmt::format("{} is {} there and {} here", key, old.dump(), now.dump());
    }
    return {};
}

}  // namespace

Parsed<SweepRequest> grown_request(const std::string& plan, const SweepRequest& now,
                                   const SweepPlan& now_planned) {
    const auto stored = stored_plan(plan);
    if (!stored) return tl::unexpected(Problem{"its plan cannot be read", ""});
    const Json& there = *stored;
    const Json here = Json::parse(now_planned.json());
    if (const std::string why = fixed_difference(there, here); !why.empty())
        return tl::unexpected(Problem{why, "give the same command, or another --out"});
    const auto old_seeds = parse_seeds(there["seeds"].get<std::string>());
    if (!old_seeds) return tl::unexpected(Problem{"its plan cannot be read", ""});
    std::vector<std::uint64_t> seeds = *old_seeds;
    for (const std::uint64_t seed : now_planned.seeds())
        if (std::ranges::find(*old_seeds, seed) == old_seeds->end()) seeds.push_back(seed);
    if (seeds.size() > old_seeds->size() && !now_planned.rules().empty()) {
        return tl::unexpected(Problem{
            "a stopping rule fixes the largest number of seeds beforehand: further ones would "
            "break its confidence",
            "add values only, or choose another --out"});
    }
    SweepRequest grown = now;
    grown.seeds = seeds_text(seeds);
    PlannedPoints before = points_of_plan(there);
    const PlannedPoints asked = points_of_plan(here);
    if (before.cells.empty() && asked.cells.empty()) {
        if (keys_of(before.axes) != keys_of(asked.axes)) {
            return tl::unexpected(Problem{fmt::format("it varies {} and this varies {}",
                                                      fmt::join(keys_of(before.axes), ", "),
                                                      fmt::join(keys_of(asked.axes), ", ")),
                                          "choose another --out"});
        }
        const LoadedScenario base = now_planned.load(0);
        grown.over.clear();
        grown.axes = std::move(before.axes);
        for (Axis& axis : grown.axes) {
            const auto& more = std::ranges::find(asked.axes, axis.key, &Axis::key)->values;
            for (std::string& value : new_values(base.scenario, axis.key, axis.values, more))
                axis.values.push_back(std::move(value));
        }
        return grown;
    }
    grown.over.clear();
    grown.axes.clear();
    grown.points = given_points(before);
    for (GivenPoint& point : given_points(asked)) {
        if (std::ranges::find(grown.points, point) == grown.points.end())
            grown.points.push_back(std::move(point));
    }
    return grown;
}

std::string base_of_plan(const std::string& json) {
    const auto plan = stored_plan(json);
    return plan ? plan->at("base").get<std::string>() : std::string();
}

std::string plan_difference(const std::string& there, const std::string& here) {
    if (there == here) return {};
    const Json old = Json::parse(there, nullptr, false);
    const Json now = Json::parse(here, nullptr, false);
    if (!old.is_object() || !now.is_object()) return "its plan cannot be read";
    for (const auto& [key, value] : now.items()) {
        const auto found = old.find(key);
        if (found == old.end()) return fmt::format("{} is not set there", key);
        if (*found == value) continue;
        return fmt::format("{} is {} there and {} here", key, found->dump(), value.dump());
    }
    return "its plan is different";
}

}  // namespace aivm::scenarios
