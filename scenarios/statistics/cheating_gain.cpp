#include "scenarios/statistics/cheating_gain.h"

#include "core/base/check.h"

namespace aivm::scenarios {

std::vector<CheatingGain> gains_over(const std::vector<std::vector<sim::CounterfactualRow>>& runs,
                                     double confidence) {
    std::vector<CheatingGain> out;
    for (const auto& rows : runs) {
        if (rows.empty()) continue;
        if (out.empty()) {
            for (const sim::CounterfactualRow& row : rows)
                out.push_back({row.label, row.strategy, row.members, {}, {}, Pays::kCannotBeTold});
        }
        AIVM_CHECK(rows.size() == out.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            out[i].gains.add(static_cast<double>(rows[i].payoff_nlux - rows[i].honest_payoff_nlux) /
                             rows[i].members);
        }
    }
    for (CheatingGain& gain : out) {
        gain.interval = t_interval(gain.gains, confidence);
        if (gain.interval.low > 0) gain.pays = Pays::kYes;
        if (gain.interval.high < 0) gain.pays = Pays::kNo;
        // The same as honest play in every run: it does not pay.
        if (gain.interval.low == 0 && gain.interval.high == 0) gain.pays = Pays::kNo;
    }
    return out;
}

}  // namespace aivm::scenarios
