// A19 orphaning_majority: reorganises blocks with fraud proofs away.
//
// Stresses the social response time: validators of this strategy treat every block that carries a
// fraud proof as if it were invalid, build beside it, and leave proofs out of their own. With
// enough of the votes no such block is ever accepted, whoever built it; with fewer they only lag
// behind, and follow in the end. Only a response outside the protocol stops a majority: the model
// `orphan` of chain.censorship has a response time. Observe n_fraud_missed and blocks.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class OrphaningMajority final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation& operation) override {
        return !sim::is_fraud_proof(operation.body());
    }
    bool tolerates(const Block& block) override {
        for (const OperationPtr& operation : block.operations()) {
            if (sim::is_fraud_proof(operation->body())) return false;
        }
        return true;
    }
};

std::unique_ptr<sim::ValidatorStrategy> make_orphaning_majority(const Parameters&,
                                                                const sim::StrategyContext&) {
    return std::make_unique<OrphaningMajority>();
}

}  // namespace

const StrategyRow kOrphaningMajorityRow{
    .name = "orphaning_majority",
    .id = "A19",
    .doc = "votes against every block with a fraud proof, and builds a sibling of it",
    .validator = make_orphaning_majority,
    .polled = true};

}  // namespace aivm::scenarios
