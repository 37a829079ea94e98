// A17 censoring_proposer: a share of the proposers leaves fraud proofs out of the blocks they
// build.
//
// Stresses the challenge window: a proof is kept out for W blocks with probability alpha^W when
// proposers follow each other independently (V31). Observe censored_proofs and p_final_corrupt
// against the window.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class CensoringProposer final : public sim::ValidatorStrategy {
public:
    CensoringProposer(const Parameters& parameters, sim::RandomStream random)
        : random_(random), censor_ppm_(parameters.ppm("censor_ppm")) {}

    void begin_block(Height) override { censoring_ = random_.bernoulli_ppm(censor_ppm_); }
    bool includes(const SignedOperation& operation) override {
        return !censoring_ || !sim::is_fraud_proof(operation.body());
    }

private:
    sim::RandomStream random_;
    std::uint32_t censor_ppm_;
    bool censoring_ = true;
};

std::unique_ptr<sim::ValidatorStrategy> make_censoring_proposer(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<CensoringProposer>(parameters, context.random);
}

constexpr std::array kCensorParameters{
    StrategyParameter{"censor_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks that leave fraud proofs out"},
};

}  // namespace

const StrategyRow kCensoringProposerRow{.name = "censoring_proposer",
                                        .id = "A17",
                                        .doc = "leaves fraud proofs out of its blocks",
                                        .parameters = kCensorParameters,
                                        .validator = make_censoring_proposer};

}  // namespace aivm::scenarios
