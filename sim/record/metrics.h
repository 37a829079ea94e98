// The names a run's numbers may have. They are fixed: the terminal, the database and Python all use
// these.
#pragma once

#include <span>
#include <string_view>

namespace aivm::sim {

struct MetricSpec {
    std::string_view name;
    std::string_view unit;  // empty for a count
    bool per_mode;  // has a row for each verification mode in use, beside the one for the whole run
    std::string_view doc;
};

std::span<const MetricSpec> metric_specs();

// Nothing when no metric has this name.
const MetricSpec* find_metric(std::string_view name);

}  // namespace aivm::sim
