#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/study_access.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/file/units.h"
#include "scenarios/sweep/compare.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;
using Line = std::vector<std::string>;

constexpr double kNluxOfLux = 1e9;
constexpr std::string_view kNoData = "-";

bool is_money(const ComparedMetric& row) { return row.unit == "nLUX"; }

std::string number_text(const ComparedMetric& row, std::optional<double> value) {
    if (!value) return std::string(kNoData);
    return fmt::format("{:.4g}", is_money(row) ? *value / kNluxOfLux : *value);
}

std::string interval_text(const ComparedMetric& row) {
    const auto& interval = row.difference.interval;
    if (!interval) return std::string(kNoData);
    return fmt::format("[{}, {}]", number_text(row, interval->low),
                       number_text(row, interval->high));
}

// The difference is not chance at this confidence.
bool is_clear(const Difference& difference) {
    return difference.interval && !difference.interval->holds(0);
}

std::string table_of(const std::vector<const ComparedMetric*>& rows) {
    std::vector<Line> lines{{"metric", "A", "B", "B - A", "interval", "n"}};
    for (const ComparedMetric* row : rows) {
        std::string name = row->metric;
        if (is_money(*row)) {
            name += " [LUX]";
        } else if (!row->unit.empty() && row->unit != "share") {
            name += fmt::format(" [{}]", row->unit);
        }
        const Difference& d = row->difference;
        lines.push_back({name, number_text(*row, d.a), number_text(*row, d.b),
                         number_text(*row, d.difference) + (is_clear(d) ? " *" : "  "),
                         interval_text(*row),
                         fmt::format("{}{}", d.n, d.paired ? " pairs" : "      ")});
    }
    std::vector<std::size_t> widths(lines.front().size());
    for (const Line& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    }
    std::string out;
    for (const Line& line : lines) {
        out += fmt::format("  {:<{}}", line.front(), widths.front());
        for (std::size_t i = 1; i < line.size(); ++i)
            out += fmt::format("  {:>{}}", line[i], widths[i]);
        out += "\n";
    }
    return out;
}

std::string screen_of(const CompareRequest& request, const std::vector<ComparedMetric>& rows) {
    std::string out = fmt::format("A {}\nB {}\n", request.a, request.b);
    if (rows.empty()) return out + "every metric is the same in both\n";
    std::vector<const ComparedMetric*> of_point;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        of_point.push_back(&rows[i]);
        if (i + 1 < rows.size() && rows[i + 1].point == rows[i].point) continue;
        if (!rows[i].point.empty()) out += rows[i].point + "\n";
        out += table_of(of_point);
        of_point.clear();
    }
    return out + fmt::format("* not chance, each by itself at {} confidence; pairs share a seed\n",
                             request.confidence);
}

Json number_json(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

std::string json_of(const CompareRequest& request, double confidence,
                    const std::vector<ComparedMetric>& rows) {
    Json list = Json::array();
    for (const ComparedMetric& row : rows) {
        const Difference& d = row.difference;
        const auto end = [&](double Interval::* side) {
            return d.interval ? Json((*d.interval).*side) : Json(nullptr);
        };
        list.push_back({{"point", row.point},
                        {"metric", row.metric},
                        {"unit", row.unit},
                        {"a", number_json(d.a)},
                        {"b", number_json(d.b)},
                        {"difference", number_json(d.difference)},
                        {"low", end(&Interval::low)},
                        {"high", end(&Interval::high)},
                        {"n", d.n},
                        {"paired", d.paired}});
    }
    const Json document{{"schema_version", kJsonVersion},
                        {"a", request.a},
                        {"b", request.b},
                        {"confidence", confidence},
                        {"differences", std::move(list)}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

int compare_command(const CompareRequest& request) {
    constexpr double kWhole = 1e6;
    const auto ppm = parse_ratio_ppm(request.confidence);
    if (!ppm || *ppm == 0 || *ppm >= kWhole) {
        complain(fmt::format("--confidence {}: write a ratio between 0 and 1, such as 95%",
                             request.confidence));
        return kExitBadRequest;
    }
    auto a = open_for_user(request.a);
    auto b = a ? open_for_user(request.b) : std::nullopt;
    if (!a || !b) return kExitBadRequest;
    const double confidence = static_cast<double>(*ppm) / kWhole;
    const auto rows = compare_studies(*a, *b, {request.metrics, confidence});
    if (!rows) {
        complain(rows.error().context);
        return rows.error().code == ErrorCode::kNotFound ? kExitNothingMatched : kExitBadRequest;
    }
    const std::string text =
        request.json ? json_of(request, confidence, *rows) : screen_of(request, *rows);
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
