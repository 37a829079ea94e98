#include "scenarios/sweep/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "scenarios/file/names.h"
#include "sim/record/metrics.h"

namespace aivm::scenarios {
namespace {

using ParameterTexts = std::map<std::string, std::string>;
using Values = std::map<std::string, std::vector<SeededValue>>;  // by metric

// The runs of one point.
struct PointRuns {
    ParameterTexts parameters;
    Values values;
};
using Side = std::map<std::int64_t, PointRuns>;  // by point

double number_of(const sim::Number& value) {
    return std::visit([](auto number) { return static_cast<double>(number); }, value);
}

Result<Side> read_side(sim::Study& study) {
    AIVM_ASSIGN(const auto runs, study.rows<sim::RunRow>());
    AIVM_ASSIGN(const auto parameters, study.rows<sim::PointParamRow>());
    std::map<std::int64_t, const sim::RunRow*> ended;
    for (const sim::RunRow& run : runs) {
        if (run.status != sim::RunStatus::kFailed && run.status != sim::RunStatus::kInterrupted)
            ended.emplace(run.run_id, &run);
    }
    Side side;
    AIVM_TRY(study.for_each_row<sim::MetricRow>(
        "WHERE mode = '' AND name <> 'wall_seconds'",
        [&](std::int64_t run_id, const sim::MetricRow& metric) {
            const auto run = ended.find(run_id);
            if (run == ended.end()) return;
            std::optional<double> value;
            if (metric.value) value = number_of(*metric.value);
            const sim::RunRow& of = *run->second;
            side[of.point_id].values[metric.name].push_back({of.seed, value});
        }));
    for (const sim::PointParamRow& row : parameters) {
        if (const auto point = side.find(row.point_id); point != side.end())
            point->second.parameters[row.name] = row.text;
    }
    if (side.empty()) return fail(ErrorCode::kNotFound, study.path() + " has no run that ended");
    return side;
}

std::set<std::string> values_of(const Side& side, const std::string& key) {
    std::set<std::string> out;
    for (const auto& [id, point] : side) {
        const auto found = point.parameters.find(key);
        out.insert(found == point.parameters.end() ? "" : found->second);
    }
    return out;
}

// The parameters that both set and at least one varies.
std::vector<std::string> keys_to_match(const Side& a, const Side& b) {
    std::set<std::string> of_a;
    std::set<std::string> of_b;
    for (const auto& [id, point] : a)
        for (const auto& [key, value] : point.parameters) of_a.insert(key);
    for (const auto& [id, point] : b)
        for (const auto& [key, value] : point.parameters) of_b.insert(key);
    std::vector<std::string> out;
    for (const std::string& key : of_a) {
        if (of_b.contains(key) && std::max(values_of(a, key).size(), values_of(b, key).size()) > 1)
            out.push_back(key);
    }
    return out;
}

// Runs by the values of these keys, those of several points joined.
std::map<std::string, Values> by_keys(const Side& side, const std::vector<std::string>& keys) {
    std::map<std::string, Values> out;
    for (const auto& [id, point] : side) {
        std::vector<std::string> parts;
        for (const std::string& key : keys) {
            const auto found = point.parameters.find(key);
            parts.push_back(
                fmt::format("{}={}", key, found == point.parameters.end() ? "" : found->second));
        }
        Values& values = out[fmt::format("{}", fmt::join(parts, " "))];
        for (const auto& [metric, runs] : point.values)
            values[metric].insert(values[metric].end(), runs.begin(), runs.end());
    }
    return out;
}

Status check_metrics(const std::vector<std::string>& names) {
    std::vector<std::string> known;
    for (const sim::MetricSpec& spec : sim::metric_specs()) known.emplace_back(spec.name);
    for (const std::string& name : names) {
        if (std::ranges::find(known, name) != known.end()) continue;
        return fail(ErrorCode::kNotFound,
                    fmt::format("there is no metric \"{}\"; {}", name, suggest(name, known)));
    }
    return {};
}

Difference of_pairs(Difference out, const std::vector<double>& pairs, double confidence) {
    Moments moments;
    for (const double pair : pairs) moments.add(pair);
    out.difference = moments.mean();
    if (pairs.size() > 1) out.interval = t_interval(moments, confidence);
    out.n = pairs.size();
    out.paired = true;
    return out;
}

Difference of_samples(Difference out, const Moments& a, const Moments& b, double confidence) {
    out.n = std::min(a.n(), b.n());
    if (out.n == 0) return out;
    out.difference = b.mean() - a.mean();
    if (out.n < 2) return out;
    const double of_a = a.variance() / static_cast<double>(a.n());
    const double of_b = b.variance() / static_cast<double>(b.n());
    double reach = 0;
    if (of_a + of_b > 0) {
        const double degrees = (of_a + of_b) * (of_a + of_b) /
                               (of_a * of_a / static_cast<double>(a.n() - 1) +
                                of_b * of_b / static_cast<double>(b.n() - 1));
        reach = student_t_quantile((1 + confidence) / 2, degrees) * std::sqrt(of_a + of_b);
    }
    out.interval = Interval{*out.difference - reach, *out.difference + reach};
    return out;
}

Moments moments_of(const std::vector<SeededValue>& values) {
    Moments out;
    for (const SeededValue& one : values) {
        if (one.value) out.add(*one.value);
    }
    return out;
}

}  // namespace

Difference difference_of(const std::vector<SeededValue>& a, const std::vector<SeededValue>& b,
                         double confidence) {
    const Moments of_a = moments_of(a);
    const Moments of_b = moments_of(b);
    Difference out;
    if (of_a.n() > 0) out.a = of_a.mean();
    if (of_b.n() > 0) out.b = of_b.mean();
    std::multimap<std::string, double> ours;
    for (const SeededValue& one : a) {
        if (one.value) ours.emplace(one.seed, *one.value);
    }
    std::vector<double> pairs;
    for (const SeededValue& one : b) {
        const auto pair = one.value ? ours.find(one.seed) : ours.end();
        if (pair == ours.end()) continue;
        pairs.push_back(*one.value - pair->second);
        ours.erase(pair);
    }
    return pairs.empty() ? of_samples(out, of_a, of_b, confidence)
                         : of_pairs(out, pairs, confidence);
}

Result<std::vector<ComparedMetric>> compare_studies(sim::Study& a, sim::Study& b,
                                                    const CompareOptions& options) {
    AIVM_TRY(check_metrics(options.metrics));
    AIVM_ASSIGN(const Side ours, read_side(a));
    AIVM_ASSIGN(const Side theirs, read_side(b));
    std::vector<std::string> keys;
    if (ours.size() > 1 || theirs.size() > 1) {
        keys = keys_to_match(ours, theirs);
        if (keys.empty()) {
            return fail(ErrorCode::kNotFound,
                        "the two vary no parameter in common, so that their points cannot be "
                        "matched");
        }
    }
    const auto left = by_keys(ours, keys);
    const auto right = by_keys(theirs, keys);
    std::vector<ComparedMetric> out;
    bool matched = false;
    for (const auto& [point, values] : left) {
        const auto other = right.find(point);
        if (other == right.end()) continue;
        matched = true;
        for (const sim::MetricSpec& spec : sim::metric_specs()) {
            const std::string name(spec.name);
            const bool asked = std::ranges::find(options.metrics, name) != options.metrics.end();
            if (!options.metrics.empty() && !asked) continue;
            const auto of_a = values.find(name);
            const auto of_b = other->second.find(name);
            if (of_a == values.end() || of_b == other->second.end()) continue;
            const Difference difference =
                difference_of(of_a->second, of_b->second, options.confidence);
            const bool differs = difference.difference && *difference.difference != 0;
            if (asked || differs || difference.a.has_value() != difference.b.has_value())
                out.push_back({point, name, std::string(spec.unit), difference});
        }
    }
    if (!matched)
        return fail(ErrorCode::kNotFound,
                    fmt::format("no point is in both: they differ in {}", fmt::join(keys, ", ")));
    return out;
}

}  // namespace aivm::scenarios
