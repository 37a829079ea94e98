#include "scenarios/campaign/exploration.h"

#include "sim/engine/exploring_choices.h"

namespace aivm::scenarios {

std::unique_ptr<sim::ChoiceSource> make_source(Exploration exploration, std::uint64_t seed) {
    switch (exploration) {
        case Exploration::kPct:
            return std::make_unique<sim::PctChoices>(seed);
        case Exploration::kDelayBounding:
            return std::make_unique<sim::DelayBoundingChoices>(seed);
        case Exploration::kUniform:
        case Exploration::kBranching:
            break;
    }
    return std::make_unique<sim::StreamChoices>(seed);
}

}  // namespace aivm::scenarios
