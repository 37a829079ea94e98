#include "sim/world/outcome.h"

#include <fmt/format.h>

#include <limits>

namespace aivm::sim {
namespace {

std::string shares_text(const std::vector<EventShare>& shares) {
    std::string out;
    for (const EventShare& share : shares)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", share.name, share.events);
    return out;
}

}  // namespace

std::string BudgetEnd::text() const {
    return fmt::format(
        "{}; {} events in the last {:.1f} virtual seconds, by kind: {}; by actor: {}", budget,
        last_events, static_cast<double>(last_seconds) / kSecond, shares_text(kinds),
        shares_text(actors));
}

Number Outcome::metric(std::string_view name) const {
    for (const MetricRow& row : metrics) {
        if (row.name == name && row.mode.empty() && row.value) return *row.value;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace aivm::sim
