#include "sim/scenario/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sim/scenario/csv.h"

namespace aivm::sim {
namespace {

constexpr unsigned kSecondDigits = 9;  // a second has 10^9 nanoseconds

// Where the columns of one form stand in a table; input, output and model may be missing.
struct Columns {
    std::size_t arrival = 0;
    bool is_timestamp = false;
    std::optional<std::size_t> input;
    std::optional<std::size_t> output;
    std::optional<std::size_t> model;
};

Result<Columns> find_columns(const CsvTable& table) {
    if (const auto arrival = table.column("arrival_s"))
        return Columns{*arrival, false, table.column("input"), table.column("output"),
                       table.column("model")};
    const auto timestamp = table.column("TIMESTAMP");
    const auto input = table.column("ContextTokens");
    const auto output = table.column("GeneratedTokens");
    if (timestamp && input && output) return Columns{*timestamp, true, input, output, {}};
    return fail(ErrorCode::kConfig,
                "the header has neither arrival_s nor the columns of an Azure LLM inference trace "
                "(TIMESTAMP, ContextTokens, GeneratedTokens)");
}

std::optional<std::uint32_t> parse_size(std::string_view text) {
    const auto number = parse_decimal(text, 0);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

// Days since 1970-01-01 of a date of the Gregorian calendar, for years from 1970 on
// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
std::uint64_t days_from_civil(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
    if (month <= 2) year -= 1;
    const std::uint64_t era = year / 400;
    const std::uint64_t year_of_era = year - era * 400;
    const std::uint64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::uint64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

// "2023-11-16 18:17:03.9799600", with "+00:00" or "Z" at the end or nothing, in nanoseconds.
std::optional<std::uint64_t> parse_timestamp(std::string_view text) {
    for (const std::string_view zone : {"+00:00", "Z"}) {
        if (text.ends_with(zone)) text.remove_suffix(zone.size());
    }
    constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
    if (text.size() < kForm.size()) return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        const bool divides_date_and_time = kForm[i] == ' ' && (text[i] == ' ' || text[i] == 'T');
        if (kForm[i] == 'd' ? !digit : text[i] != kForm[i] && !divides_date_and_time)
            return std::nullopt;
    }
    const auto part = [&](std::size_t at, std::size_t size) {
        return parse_decimal(text.substr(at, size), 0).value_or(0);
    };
    const std::uint64_t year = part(0, 4);
    const std::uint64_t month = part(5, 2);
    const std::uint64_t day = part(8, 2);
    const std::uint64_t hour = part(11, 2);
    const std::uint64_t minute = part(14, 2);
    const auto second = parse_decimal(text.substr(17), kSecondDigits);
    const bool sound = year >= 1970 && year < 2500 && month >= 1 && month <= 12 && day >= 1 &&
                       day <= 31 && hour < 24 && minute < 60;
    if (!sound || !second || *second >= 61 * kNsPerSecond) return std::nullopt;
    const std::uint64_t minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute;
    return minutes * 60 * kNsPerSecond + *second;
}

tl::unexpected<Error> bad_cell(const CsvTable::Row& row, std::size_t column, const char* wanted) {
    return fail(ErrorCode::kConfig,
                fmt::format("line {}: \"{}\" is not {}", row.line, row.cells[column], wanted));
}

Result<TraceTask> read_row(const CsvTable::Row& row, const Columns& columns) {
    TraceTask task;
    const std::string_view arrival = row.cells[columns.arrival];
    const auto at =
        columns.is_timestamp ? parse_timestamp(arrival) : parse_decimal(arrival, kSecondDigits);
    if (!at) {
        return bad_cell(row, columns.arrival,
                        columns.is_timestamp ? "a time such as 2023-11-16 18:17:03.97"
                                             : "a number of seconds such as 12.5");
    }
    task.at_ns = *at;
    for (const auto& [column, member] :
         {std::pair(columns.input, &TraceTask::input), {columns.output, &TraceTask::output}}) {
        if (!column) continue;
        const auto size = parse_size(row.cells[*column]);
        if (!size) return bad_cell(row, *column, "a whole number");
        task.*member = *size;
    }
    if (columns.model) {
        task.model = parse_size(row.cells[*columns.model]);
        if (!task.model) return bad_cell(row, *columns.model, "the number of a model");
    }
    return task;
}

std::uint64_t parts(std::uint32_t size, std::uint32_t per_step) {
    return per_step == 0 ? 0 : (std::uint64_t{size} + per_step - 1) / per_step;
}

}  // namespace

Result<Trace> parse_trace(std::string_view text) {
    AIVM_ASSIGN(const CsvTable table, read_csv(text));
    AIVM_ASSIGN(const Columns columns, find_columns(table));
    if (table.rows.size() > kTraceTasksMax) {
        return fail(ErrorCode::kConfig, fmt::format("a trace has at most {} tasks; this one has {}",
                                                    kTraceTasksMax, table.rows.size()));
    }
    Trace out;
    std::uint64_t first = 0;
    for (const CsvTable::Row& row : table.rows) {
        AIVM_ASSIGN(TraceTask task, read_row(row, columns));
        if (out.empty()) first = task.at_ns;
        if (task.at_ns < first || (!out.empty() && task.at_ns - first < out.back().at_ns)) {
            return fail(ErrorCode::kConfig,
                        fmt::format("line {}: the task arrives before the one above it; sort the "
                                    "rows by their arrival",
                                    row.line));
        }
        task.at_ns -= first;
        out.push_back(task);
    }
    return out;
}

std::string trace_text(const Trace& trace) {
    const bool has_models = !trace.empty() && trace.front().model.has_value();
    std::string out = has_models ? "arrival_s,input,output,model\n" : "arrival_s,input,output\n";
    for (const TraceTask& task : trace) {
        out += fmt::format("{},{},{}", decimal_text(task.at_ns, kSecondDigits), task.input,
                           task.output);
        out += has_models ? fmt::format(",{}\n", task.model.value_or(0)) : "\n";
    }
    return out;
}

std::uint64_t steps_of_model(const Workload& workload, std::uint32_t index) {
    constexpr std::uint32_t kDoublingsMax = 31;
    const std::uint64_t steps = workload.steps;
    return workload.model_sizes == ModelSizes::kEqual ? steps
                                                      : steps << std::min(index, kDoublingsMax);
}

std::uint64_t steps_of(const Workload& workload, const TraceTask& task) {
    const std::uint64_t steps =
        parts(task.input, workload.input_per_step) + parts(task.output, workload.output_per_step);
    return std::max<std::uint64_t>(steps, 1);
}

std::uint32_t model_of(const Workload& workload, const TraceTask& task) {
    if (task.model) return *task.model;
    const std::uint64_t steps = steps_of(workload, task);
    for (std::uint32_t i = 0; i < workload.models; ++i) {
        if (steps_of_model(workload, i) >= steps) return i;
    }
    return workload.models - 1;
}

Amount fee_of(const Workload& workload, std::uint32_t model) {
    const std::uint64_t times = steps_of_model(workload, model) / workload.steps;
    return workload.fee.checked_times(times).value_or(workload.fee);
}

}  // namespace aivm::sim
