// A49 cut_withholder: does not issue the cuts that are its turn, or issues them late.
//
// Stresses the schedule of cuts: the validator of the next turn may issue the cut one interval
// later, so a missing cut costs every operation of the slice one interval, and the withholder the
// beacon of its turn alone. With a share `a` of equal validators, the first turns of a cut that are
// theirs number a / (1 - a) on average, drawn without replacement. Observe the time to settled
// beside that to accepted, which stays.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class CutWithholder final : public sim::ValidatorStrategy {
public:
    CutWithholder(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds(const State& parent, const Hash32&) override {
        const Height cut = parent.head.height + 1;
        if (cut != cut_) withholds_ = random_.bernoulli_ppm(share_ppm_);
        cut_ = cut;
        return !withholds_;
    }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
    Height cut_ = 0;
    bool withholds_ = false;  // that cut
};

std::unique_ptr<sim::ValidatorStrategy> make_cut_withholder(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<CutWithholder>(parameters, context.random);
}

constexpr std::array kCutWithholderParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its turns in which it issues no cut"},
};

}  // namespace

const StrategyRow kCutWithholderRow{.name = "cut_withholder",
                                    .id = "A49",
                                    .doc = "does not issue the cuts that are its turn",
                                    .parameters = kCutWithholderParameters,
                                    .validator = make_cut_withholder,
                                    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
