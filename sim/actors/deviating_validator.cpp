#include "sim/actors/deviating_validator.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace aivm::sim {

DeviatingValidator::DeviatingValidator(std::unique_ptr<ValidatorStrategy> own,
                                       std::vector<Deviation> deviations)
    : own_(std::move(own)), deviations_(std::move(deviations)) {
    AIVM_CHECK(own_ != nullptr);
    for (const Deviation& each : deviations_)
        AIVM_CHECK(each.plan != nullptr && each.strategy != nullptr);
}

void DeviatingValidator::begin(const FaultPlan& plan) {
    const auto begun = std::ranges::find(deviations_, &plan, &Deviation::plan);
    AIVM_CHECK(begun != deviations_.end());
    in_force_.push_back(&*begun);
}

void DeviatingValidator::end(const FaultPlan& plan) {
    const auto ended =
        std::erase_if(in_force_, [&](const Deviation* each) { return each->plan == &plan; });
    AIVM_CHECK(ended == 1);
}

}  // namespace aivm::sim
