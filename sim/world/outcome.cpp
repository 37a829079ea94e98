#include "sim/world/outcome.h"

namespace aivm::sim {

Number Outcome::metric(std::string_view name) const {
    for (const MetricRow& row : metrics) {
        if (row.name == name && row.mode.empty()) return row.value;
    }
    return std::int64_t{0};
}

}  // namespace aivm::sim
