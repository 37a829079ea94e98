// A22 eclipse: isolates e of n checkers.
//
// Stresses diversity: a validator tells its followers of every block but for the first e
// challengers, whom it tells nothing. A challenger all of whose sources do so hears of nothing and
// checks nothing; the others still watch, and a lie passes with (1 - q d)^(n - e) if each of the n
// finds it with q d (V65). Observe unchecked_share and n_fraud_missed.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Eclipse final : public sim::ValidatorStrategy {
public:
    explicit Eclipse(const Parameters& parameters)
        : victims_(static_cast<std::uint32_t>(parameters.get("victims"))) {}

    bool includes(const SignedOperation&) override { return true; }
    bool serves(const sim::Follower& follower) override {
        return follower.role != sim::Role::kChallenger || follower.index_in_role >= victims_;
    }

private:
    std::uint32_t victims_;
};

}  // namespace

std::unique_ptr<sim::ValidatorStrategy> make_eclipse(const Parameters& parameters,
                                                     const sim::StrategyContext&) {
    return std::make_unique<Eclipse>(parameters);
}

}  // namespace aivm::scenarios
