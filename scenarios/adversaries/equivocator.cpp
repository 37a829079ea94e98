// A28 equivocator: signs two blocks for one slot and, where votes are signed, two votes.
//
// Stresses evidence: half of the validators are shown one block or vote, half the other, so that
// they begin with different preferences. A validator that sees both holds the proof, and an honest
// one submits it: half of the stake is slashed, once per slot. Observe the slashes of cause
// equivocation, and that S1 still holds.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Equivocator final : public sim::ValidatorStrategy {
public:
    Equivocator(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool votes_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool reports_equivocation() override { return false; }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
};

std::unique_ptr<sim::ValidatorStrategy> make_equivocator(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<Equivocator>(parameters, context.random);
}

constexpr std::array kEquivocatorParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks that it builds twice, and of its votes"},
};

}  // namespace

const StrategyRow kEquivocatorRow{
    .name = "equivocator",
    .id = "A28",
    .doc = "signs two blocks, or two votes, for one slot and shows each to half of the others",
    .parameters = kEquivocatorParameters,
    .validator = make_equivocator,
    .in_consensus = true};

}  // namespace aivm::scenarios
