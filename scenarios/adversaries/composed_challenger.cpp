// composed_challenger: a challenger made of primitive actions, none of which is on by default.
//
// It can check less, dispute true results, spare or prove the lies of its own owner, occupy
// disputes about them, copy the proofs of others, and wait in every window. The search for
// profitable deviations (aivmsim profit) combines these actions.
#include <map>
#include <set>

#include "core/verification/dispute.h"
#include "scenarios/adversaries/composed.h"
#include "scenarios/adversaries/lies.h"

namespace aivm::scenarios {
namespace {

using ResultKey = std::pair<TaskIndex, std::uint32_t>;  // task and assignment

// Challenges beside those that its actor makes of its own checks; their claims hide from nobody.
class ExtraChallenges {
public:
    explicit ExtraChallenges(sim::StrategyContext context) : context_(std::move(context)) {}

    // A false claim about a wrong answer of its own owner that is on its way, never revealed.
    std::vector<OperationBody> shield(const sim::NodeView& node, const SignedOperation& seen) {
        const auto* result = std::get_if<op::SubmitResult>(&seen.body());
        if (result == nullptr || !context_.is_accomplice(seen.sender())) return {};
        const auto index = node.state().find_task(result->job_id);
        if (!index) return {};
        const Task& task = node.state().task(*index);
        CpuKernels kernels;
        if (run_model(kernels, node.state().model(task.model), task.input_row) == result->answer)
            return {};
        if (!shielded_.emplace(*index, task.assignments).second) return {};
        return {challenge(result->job_id, static_cast<Answer>(result->answer + 1))};
    }
    // The claim of somebody else's challenge or reveal.
    std::vector<OperationBody> copy(const sim::NodeView& node, const SignedOperation& seen) {
        if (context_.is_accomplice(seen.sender())) return {};
        if (const auto* proof = std::get_if<op::Challenge>(&seen.body());
            proof != nullptr && proof->claim) {
            return copy(node, proof->job_id, *proof->claim);
        }
        if (const auto* reveal = std::get_if<op::ChallengeReveal>(&seen.body()))
            return copy(node, reveal->job_id, reveal->claim);
        return {};
    }
    // Reveals of the copies that were opened.
    std::vector<OperationBody> reveals(const sim::NodeView& node) {
        std::vector<OperationBody> out;
        for (const VmEvent& e : node.tip.events) {
            const auto* opened = std::get_if<event::ChallengeOpened>(&e);
            if (opened == nullptr) continue;
            const Dispute& dispute = node.state().dispute(opened->dispute);
            if (dispute.challenger != context_.self.address || dispute.revealed || !dispute.open())
                continue;
            const std::string& job = node.state().task(opened->task).job_id;
            if (const auto mine = claims_.find(job); mine != claims_.end())
                out.push_back(op::ChallengeReveal{job, mine->second, kNoSalt});
        }
        return out;
    }

private:
    static constexpr Hash32 kNoSalt{};

    std::vector<OperationBody> copy(const sim::NodeView& node, const std::string& job,
                                    Answer claim) {
        const auto index = node.state().find_task(job);
        if (!index || !copied_.emplace(job, node.state().task(*index).posted_at).second) return {};
        claims_[job] = claim;
        return {challenge(job, claim)};
    }
    [[nodiscard]] op::Challenge challenge(const std::string& job, Answer claim) const {
        op::Challenge out;
        out.job_id = job;
        out.commitment = claim_commitment(claim, kNoSalt, context_.self.address);
        if (context_.rules.policy.challenge_in_clear) out.claim = claim;
        return out;
    }

    sim::StrategyContext context_;
    std::set<ResultKey> shielded_;
    std::set<std::pair<std::string, Height>> copied_;  // job and the block of the answer
    std::map<std::string, Answer> claims_;             // of copies, by job
};

class ComposedChallenger final : public sim::ChallengerStrategy {
public:
    ComposedChallenger(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          extra_(context),
          unchecked_ppm_(parameters.ppm("unchecked_ppm")),
          false_ppm_(parameters.ppm("false_ppm")),
          spares_own_(parameters.get("spares_own") != 0),
          proves_own_(parameters.get("proves_own") != 0),
          shields_own_(parameters.get("shields_own") != 0),
          copies_proofs_(parameters.get("copies_proofs") != 0),
          last_block_(parameters.get("last_block") != 0),
          unrevealed_ppm_(parameters.ppm("unrevealed_ppm")),
          moves_late_(parameters.get("moves_late") != 0) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        Plan plan;
        plan.checks = !context_.random.bernoulli_ppm(unchecked_ppm_);
        plan.lies = context_.random.bernoulli_ppm(false_ppm_);
        const bool own = context_.is_accomplice(answered_by(view));
        if (own && (proves_own_ || spares_own_)) plan = {proves_own_, false};
        plans_[{view.index, view.task.assignments}] = plan;
        if (own && proves_own_) return 0;  // its owner has computed the answer already
        if (plan.checks) return view.model.steps;
        return plan.lies ? std::optional(std::uint32_t{0}) : std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Plan plan = plans_[{view.index, view.task.assignments}];
        if (plan.checks) {
            const Answer truth = true_answer(view);
            if (!answers_agree(context_.rules.policy, view.task.provisional, truth)) return truth;
        }
        if (!plan.lies) return std::nullopt;
        return static_cast<Answer>(view.task.provisional + 1);
    }
    bool commits(const sim::TaskView& view) override {
        const Height window = context_.rules.config.challenge_window_blocks;
        return !last_block_ || view.height() + 1 >= view.task.posted_at + window;
    }
    bool reveals(const sim::DisputeView& view) override {
        if (shared_coin_ppm(view.task) < unrevealed_ppm_) return false;
        return !last_block_ || view.height() + 1 >= view.dispute.deadline;
    }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (moves_late_ && view.blocks_left() > 1) return std::nullopt;
        return sim::ChallengerStrategy::move(view);
    }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        return copies_proofs_ ? extra_.reveals(node) : std::vector<OperationBody>();
    }
    std::vector<OperationBody> on_pending(const sim::NodeView& node,
                                          const SignedOperation& seen) override {
        if (shields_own_) {
            if (auto out = extra_.shield(node, seen); !out.empty()) return out;
        }
        return copies_proofs_ ? extra_.copy(node, seen) : std::vector<OperationBody>();
    }

private:
    struct Plan {
        bool checks = false;
        bool lies = false;
    };

    sim::StrategyContext context_;
    ExtraChallenges extra_;
    std::uint32_t unchecked_ppm_;
    std::uint32_t false_ppm_;
    bool spares_own_;
    bool proves_own_;
    bool shields_own_;
    bool copies_proofs_;
    bool last_block_;
    std::uint32_t unrevealed_ppm_;
    bool moves_late_;
    std::map<ResultKey, Plan> plans_;
};

std::unique_ptr<sim::ChallengerStrategy> make_composed_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<ComposedChallenger>(parameters, context);
}

constexpr std::array kComposedChallengerParameters{
    share("unchecked_ppm", "share of the results that it does not check"),
    share("false_ppm", "share of the true results that it challenges"),
    action_switch("spares_own", "1: does not challenge its own owner's results"),
    action_switch("proves_own", "1: proves its own owner's wrong results at once"),
    action_switch("shields_own",
                  "1: challenges its own owner's wrong results first, and reveals nothing"),
    action_switch("copies_proofs", "1: sends the claims of others as its own"),
    action_switch("last_block", "1: challenges and reveals in the last block in which that counts"),
    share("unrevealed_ppm", "share of its challenges that it does not reveal"),
    action_switch("moves_late", "1: answers the moves of a dispute in the last block"),
};

}  // namespace

const StrategyRow kComposedChallengerRow{
    .name = "composed_challenger",
    .doc = "a challenger made of primitive actions, for the search for profit",
    .parameters = kComposedChallengerParameters,
    .challenger = make_composed_challenger,
    .watches_pending = true};

}  // namespace aivm::scenarios
