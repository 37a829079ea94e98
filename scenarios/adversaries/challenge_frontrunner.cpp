// A14 challenge_frontrunner: copies other people's fraud proofs from the queue, and has proposers
// of its own that leave the originals out of their blocks.
//
// Stresses the ownership of a proof. Under the policy challenge_in_clear a waiting challenge shows
// the true answer: the copy that is included first takes the reward, and the proposer of the block
// decides which that is. Under commitments a waiting challenge shows nothing. Its reveal does, but
// the reward goes to the earliest commitment, and by then the copy's can only be later. Observe
// attacker_net, with the policy and without.
#include <map>
#include <set>

#include "core/verification/dispute.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Copier final : public sim::ChallengerStrategy {
public:
    explicit Copier(sim::StrategyContext context) : context_(std::move(context)) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        return std::nullopt;
    }  // others do
    std::optional<Answer> claim(const sim::TaskView&) override { return std::nullopt; }

    std::vector<OperationBody> on_pending(const sim::NodeView& node,
                                          const SignedOperation& seen) override {
        if (context_.is_accomplice(seen.sender())) return {};
        if (const auto* proof = std::get_if<op::Challenge>(&seen.body());
            proof != nullptr && proof->claim) {
            return copy(node, proof->job_id, *proof->claim);
        }
        if (const auto* reveal = std::get_if<op::ChallengeReveal>(&seen.body())) {
            return copy(node, reveal->job_id, reveal->claim);
        }
        return {};
    }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        std::vector<OperationBody> reveals;
        for (const VmEvent& e : node.tip.events) {
            const auto* opened = std::get_if<event::ChallengeOpened>(&e);
            if (opened == nullptr) continue;
            const Dispute& dispute = node.state().dispute(opened->dispute);
            if (dispute.challenger != context_.self.address || dispute.revealed || !dispute.open())
                continue;
            const std::string& job = node.state().task(opened->task).job_id;
            if (const auto mine = claims_.find(job); mine != claims_.end()) {
                reveals.push_back(op::ChallengeReveal{job, mine->second, kSalt});
            }
        }
        return reveals;
    }

private:
    static constexpr Hash32 kSalt{};  // it hides from nobody

    std::vector<OperationBody> copy(const sim::NodeView& node, const std::string& job,
                                    Answer claim) {
        const auto index = node.state().find_task(job);
        if (!index || !copied_.emplace(job, node.state().task(*index).posted_at).second) return {};
        claims_[job] = claim;
        op::Challenge challenge;
        challenge.job_id = job;
        challenge.commitment = claim_commitment(claim, kSalt, context_.self.address);
        if (context_.rules.policy.challenge_in_clear) challenge.claim = claim;
        return {challenge};
    }

    sim::StrategyContext context_;
    std::set<std::pair<std::string, Height>> copied_;  // job and the block of the answer
    std::map<std::string, Answer> claims_;             // by job
};

class CopiersProposer final : public sim::ValidatorStrategy {
public:
    explicit CopiersProposer(sim::StrategyContext context) : context_(std::move(context)) {}

    bool includes(const SignedOperation& operation) override {
        return !sim::is_fraud_proof(operation.body()) || context_.is_accomplice(operation.sender());
    }

private:
    sim::StrategyContext context_;
};

std::unique_ptr<sim::ChallengerStrategy> make_challenge_frontrunner(
    const Parameters&, const sim::StrategyContext& context) {
    return std::make_unique<Copier>(context);
}

std::unique_ptr<sim::ValidatorStrategy> make_frontrunning_proposer(
    const Parameters&, const sim::StrategyContext& context) {
    return std::make_unique<CopiersProposer>(context);
}

}  // namespace

const StrategyRow kChallengeFrontrunnerRow{
    .name = "challenge_frontrunner",
    .id = "A14",
    .doc = "copies fraud proofs from the queue and keeps the originals out of its blocks",
    .challenger = make_challenge_frontrunner,
    .validator = make_frontrunning_proposer,
    .watches_pending = true};

}  // namespace aivm::scenarios
