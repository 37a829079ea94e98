#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "scenarios/cli/sweep_shown.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/sweep/analysis.h"
#include "sim/record/metrics.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::size_t kMostLines = 24;   // of a table
constexpr std::size_t kSmallTable = 12;  // up to this many points a list is clearer than a grid

// A number in the form of a table; money in LUX.
std::string number_text(std::string_view metric, double value) {
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    const sim::MetricSpec* spec = sim::find_metric(metric);
    if (spec != nullptr && spec->unit == "nLUX") value /= 1e9;
    return fmt::format("{:.4g}", value);
}

std::string unit_of(std::string_view metric) {
    const sim::MetricSpec* spec = sim::find_metric(metric);
    if (spec == nullptr || spec->unit.empty() || spec->unit == "share") return "";
    return fmt::format(" [{}]", spec->unit == "nLUX" ? "LUX" : spec->unit);
}

std::string chosen_metric(const SweepShown& shown, const std::string& asked) {
    if (!asked.empty()) return asked;
    if (!shown.plan.rules().empty()) return shown.plan.rules().front().metric;
    for (const PointShown& point : shown.points) {
        const sim::EstimateRow* posted = point.estimate("n_fraud_posted", "t ");
        if (posted != nullptr && posted->mean.value_or(0) > 0)
            return std::string(kFraudMissedShare);
    }
    return "ttf_mean";
}

std::string padded(const std::string& text, std::size_t width) {
    return fmt::format("{:>{}}", text, width);
}

using Line = std::vector<std::string>;

std::string aligned(const std::vector<Line>& lines) {
    std::vector<std::size_t> widths;
    for (const Line& line : lines) {
        widths.resize(std::max(widths.size(), line.size()));
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    }
    std::string out;
    for (const Line& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) out += "  " + padded(line[i], widths[i]);
        out += "\n";
    }
    return out;
}

// What the marks of a grid's cells are, so that they are explained where they occur.
struct Marks {
    bool below = false;
    bool fewer = false;
};

std::string cell_text(const SweepShown& shown, const PointShown& point, std::string_view metric,
                      Marks& marks) {
    const sim::EstimateRow* found = point.best(metric);
    if (found == nullptr || !found->mean) return "-";
    std::string text = number_text(metric, *found->mean);
    if (*found->mean == 0 && found->method.starts_with("share ") && found->high) {
        text = "<" + number_text(metric, *found->high);
        marks.below = true;
    }
    if (!shown.complete && point.runs < shown.plan.seeds().size()) {
        text += '*';
        marks.fewer = true;
    }
    return text;
}

// Two axes: the first down, the second across.
std::string grid(const SweepShown& shown, const std::string& metric) {
    const Axis& down = shown.plan.axes()[0];
    const Axis& across = shown.plan.axes()[1];
    std::vector<Line> lines(1, Line{""});
    lines[0].insert(lines[0].end(), across.values.begin(), across.values.end());
    Marks marks;
    for (std::size_t row = 0; row < down.values.size(); ++row) {
        Line line{down.values[row]};
        for (std::size_t column = 0; column < across.values.size(); ++column) {
            const PointShown& point = shown.points[row * across.values.size() + column];
            line.push_back(cell_text(shown, point, metric, marks));
        }
        lines.push_back(std::move(line));
    }
    std::string out = fmt::format("{}{}\n  {} down, {} across\n{}", metric, unit_of(metric),
                                  down.key, across.key, aligned(lines));
    if (marks.below)
        out += fmt::format("  <x: none seen; x is the upper end of the {} interval\n",
                           confidence_text(shown.plan.confidence()));
    if (marks.fewer) out += "  *: not all runs of the point are there\n";
    return out;
}

std::string with_interval(std::string_view metric, const sim::EstimateRow* found,
                          std::uint64_t runs) {
    if (found == nullptr) return "-";
    if (!found->mean) return fmt::format("no value in {}", counted(runs, "run"));
    if (!found->low || !found->high) return number_text(metric, *found->mean);
    return fmt::format("{} [{}, {}]", number_text(metric, *found->mean),
                       number_text(metric, *found->low), number_text(metric, *found->high));
}

std::string verdict_of(const StopRule& rule, const PointShown& point) {
    const sim::EstimateRow* found = point.estimate(rule.metric, "group-sequential ");
    if (found == nullptr) return "-";
    if (!found->low || !found->high) return "undecided";
    const Interval interval{*found->low, *found->high};
    if (rule.kind == StopRule::Kind::kWidth)
        return rule.satisfied(interval) ? "narrow enough" : "still wider";
    const auto below = rule.below(interval);
    return !below ? "undecided" : *below ? "yes" : "no";
}

// One line per point.
std::string list(const SweepShown& shown, const std::string& metric) {
    Line head;
    for (const Axis& axis : shown.plan.axes()) {
        const std::size_t dot = axis.key.rfind('.');
        head.push_back(dot == std::string::npos ? axis.key : axis.key.substr(dot + 1));
    }
    for (const char* name : {"runs", "P(profit)"}) head.emplace_back(name);
    head.push_back(metric + unit_of(metric));
    for (const StopRule& rule : shown.plan.rules())
        head.push_back(rule.text().substr(rule.text().find(' ') + 1));
    std::vector<Line> lines{head};
    for (const PointShown& point : shown.points) {
        if (lines.size() > kMostLines) break;
        Line line = point.values;
        line.push_back(std::to_string(point.runs));
        const sim::EstimateRow* profit = point.estimate("attacker_profitable", "share ");
        line.push_back(profit == nullptr || !profit->mean ? "-"
                                                          : fmt::format("{:.3g}", *profit->mean));
        line.push_back(with_interval(metric, point.best(metric), point.runs));
        for (const StopRule& rule : shown.plan.rules()) line.push_back(verdict_of(rule, point));
        lines.push_back(std::move(line));
    }
    std::string out = aligned(lines);
    if (shown.points.size() > kMostLines) {
        out += fmt::format("  and {} more: sqlite3 {} 'SELECT * FROM v_point_estimate'\n",
                           shown.points.size() - kMostLines, shown.database);
    }
    return out;
}

// Which kinds of faults the runs had; empty when there were and could be none.
std::string faults_text(const SweepShown& shown) {
    if (shown.faults.empty()) return "";
    std::vector<Line> lines{{"fault", "runs", "faults"}};
    for (const FaultsShown& each : shown.faults)
        lines.push_back({each.kind, grouped(each.runs), grouped(each.faults)});
    return aligned(lines);
}

std::string violations_text(const SweepShown& shown) {
    const auto violated = shown.by_status.find("violated");
    if (shown.violations.empty() || violated == shown.by_status.end()) return {};
    std::string out =
        fmt::format("{} violated an invariant that its scenario does not expect to be:\n",
                    counted(violated->second, "run"));
    for (const ViolationShown& v : shown.violations) {
        const auto point = point_number(shown.plan, v.point_id);
        const std::string where = point ? shown.plan.name_of(*point) : "";
        out += fmt::format("  {} seed {}{}{}: {}\n", v.invariant, v.seed, where.empty() ? "" : " ",
                           where, v.message);
    }
    for (const SavedFinding& finding : shown.findings) out += "\n" + finding_text(finding);
    if (!shown.findings.empty()) return out;
    return out + fmt::format("  reproduce  aivmsim replay {} --run {}\n", shown.database,
                             shown.violations[0].run_id);
}

std::string failures_text(const SweepShown& shown) {
    const auto failed = shown.by_status.find("failed");
    if (failed == shown.by_status.end()) return {};
    std::string out = fmt::format("{} could not be finished, and left a reason:\n",
                                  counted(failed->second, "run"));
    for (const FailureShown& one : shown.failures) {
        const auto point = point_number(shown.plan, one.point_id);
        out += fmt::format("  seed {} {}: {}\n", one.seed, point ? shown.plan.name_of(*point) : "",
                           one.reason);
    }
    return out + "  the same command tries them again\n";
}

}  // namespace

std::string sweep_line(const SweepShown& shown, bool colour) {
    const ExitCode code = shown.exit_code();
    const bool failed = code == kExitViolated || code == kExitHarnessFailed;
    const char* word = code == kExitClean   ? "PASS"
                       : failed             ? "FAIL"
                       : code == kExitLimit ? "LIMIT"
                                            : "STOPPED";
    const Style style = code == kExitClean ? Style::kGood : failed ? Style::kBad : Style::kCaution;
    std::string shard;
    if (shown.plan.shards() > 1)
        shard = fmt::format(" shard={}/{}", shown.plan.shard(), shown.plan.shards());
    return fmt::format(
        "{} {} points={}{} runs={} of {} new={} wall={} {}\n", styled(style, word, colour),
        shown.plan.scenario(), grouped(std::uint64_t{shown.plan.points()}), shard,
        grouped(shown.runs.runs_there), grouped(shown.runs.runs_max), grouped(shown.runs.runs_made),
        span_text(static_cast<std::int64_t>(shown.wall_ns)), shown.database);
}

std::string sweep_screen(const SweepShown& shown, const std::string& metric, bool colour) {
    const std::string chosen = chosen_metric(shown, metric);
    const auto& axes = shown.plan.axes();
    constexpr std::size_t kUsualColumn = 10;  // numbers such as 1.23e-05 with their blanks
    const bool fits = axes.size() == 2 && axes[0].values.size() <= kMostLines &&
                      axes[1].values.size() * kUsualColumn + 12 <= screen_width() &&
                      shown.plan.rules().empty() && shown.plan.is_grid();
    std::string out = sweep_line(shown, colour);
    out += fits && shown.points.size() > kSmallTable ? grid(shown, chosen) : list(shown, chosen);
    return out + failures_text(shown) + faults_text(shown) + violations_text(shown);
}

}  // namespace aivm::scenarios::cli
