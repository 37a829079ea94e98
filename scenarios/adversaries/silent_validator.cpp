// silent_validator: proposes blocks, and never answers a poll or sends a vote.
//
// Stresses thresholds: its answer is missing in every poll that draws it, so that polls fail more
// often and wait for their time-out, and no quorum may need its vote. Nothing proves that it is
// silent and not cut off, so nobody is slashed. Observe the time to finality.
#include "scenarios/adversaries/strategy_table.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::scenarios {
namespace {

class SilentValidator final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        outgoing.drop =
            outgoing.is_signed_vote() || is_any_of<sim::Chits, sim::VertexChits>(outgoing.message);
    }

private:
    template <class... Kinds>
    static bool is_any_of(const sim::Message& message) {
        return ((message.get_if<Kinds>() != nullptr) || ...);
    }
};

std::unique_ptr<sim::ValidatorStrategy> make_silent_validator(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<SilentValidator>();
}

}  // namespace

const StrategyRow kSilentValidatorRow{.name = "silent_validator",
                                      .doc = "never answers a poll and never sends a vote",
                                      .validator = make_silent_validator,
                                      .in_consensus = true,
                                      .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
