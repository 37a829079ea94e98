// A28 equivocator: signs two blocks for one slot.
//
// Stresses evidence: half of the validators are shown one block, half the other, so that they begin
// with different preferences. Whoever sees both has the proof in hand, and any honest validator
// submits it: half of the stake burns, once a slot. Observe the slashes of cause equivocation, and
// that S1 holds all the same.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Equivocator final : public sim::ValidatorStrategy {
public:
    Equivocator(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool reports_equivocation() override { return false; }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
};

}  // namespace

std::unique_ptr<sim::ValidatorStrategy> make_equivocator(const Parameters& parameters,
                                                         const sim::StrategyContext& part) {
    return std::make_unique<Equivocator>(parameters, part.random);
}

}  // namespace aivm::scenarios
