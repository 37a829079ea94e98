// Workloads from a trace: tasks as a service has recorded them, with their arrivals and sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

struct TraceTask {
    std::uint64_t at_ns = 0;   // after the first task of the trace
    std::uint32_t input = 0;   // its size, in tokens or another unit
    std::uint32_t output = 0;  // the same
    std::optional<std::uint32_t> model = {};

    friend bool operator==(const TraceTask&, const TraceTask&) = default;
};
using Trace = std::vector<TraceTask>;

inline constexpr std::size_t kTraceTasksMax = 1'000'000;

// Reads a table (CSV) with the columns
//   arrival_s      seconds, in any decimal form
//   input, output  sizes, whole numbers; both may be missing
//   model          the number of a model, from 0; may be missing
// or with those of the public Azure LLM inference traces
// (github.com/Azure/AzurePublicDataset): TIMESTAMP, ContextTokens, GeneratedTokens.
// Arrivals never go back; they count from the first. The error names the line.
Result<Trace> parse_trace(std::string_view text);

// The same trace in the first form; parsing it returns it.
std::string trace_text(const Trace& trace);

// Steps of model `index` (Workload::model_sizes).
std::uint64_t steps_of_model(const Workload& workload, std::uint32_t index);
// Steps that a task of these sizes takes: at least one.
std::uint64_t steps_of(const Workload& workload, const TraceTask& task);
// The model that serves a task of the trace: its own or, without one, the smallest with as many
// steps as its sizes take, or the largest there is.
std::uint32_t model_of(const Workload& workload, const TraceTask& task);
// What a task on this model pays: the fee of the smallest model for each of as many steps.
Amount fee_of(const Workload& workload, std::uint32_t model);

}  // namespace aivm::sim
