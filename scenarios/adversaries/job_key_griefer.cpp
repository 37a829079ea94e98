// A46 job_key_griefer: lies, and keeps touching the job so that a fraud proof on it conflicts.
//
// Stresses the conflict key of jobs: a provider posts wrong answers, and a validator of the same
// owner waits for operations against them. As long as one is on its way it issues vertices beside
// the others', each with an operation on the same job that is void and free: a reveal of a
// challenge that it never made. The vertex with the proof and this one share the job's key, so one
// of the two is rejected, and the proof may have to try again. With chain.conflict_key =
// "operation" they share nothing, and what is left is the work of voting on its vertices. Observe
// ttp_mean, n_vertices_rejected and p_final_corrupt under both policies.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

constexpr std::size_t kJobsTouchedMax = 8;  // by one vertex

class JobToucher final : public sim::ValidatorStrategy {
public:
    explicit JobToucher(const sim::StrategyContext& context) : context_(context) {}

    bool includes(const SignedOperation& operation) override {
        return !is_against_us(operation.body());
    }
    void begin_block(Height) override {}
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        state_ = &view.vm.state();
        std::set<std::string> jobs;
        // Those of the queue that an honest validator would try, and those on their way.
        for (const OperationPtr& operation : view.vm.mempool().candidates(kLookedAt, {}))
            note(operation->body(), jobs);
        for (const VertexPtr& vertex : view.vm.undecided_vertices()) {
            if (vertex->header().proposer.value == context_.self.id) continue;
            for (const OperationPtr& operation : vertex->operations())
                note(operation->body(), jobs);
        }
        if (jobs.empty()) return;
        plan.contests = true;
        plan.carries = [](const SignedOperation&) { return false; };
        for (const std::string& job : jobs) {
            if (plan.forced.size() == kJobsTouchedMax) break;
            plan.forced.emplace_back(op::ChallengeReveal{job, Answer{0}, Hash32{}});
        }
    }

private:
    static constexpr std::size_t kLookedAt = 256;

    void note(const OperationBody& body, std::set<std::string>& jobs) const {
        if (is_against_us(body)) jobs.insert(std::string(job_of(body)));
    }
    [[nodiscard]] bool is_against_us(const OperationBody& body) const {
        if (state_ == nullptr || !sim::is_fraud_proof(body)) return false;
        const auto task = state_->find_task(job_of(body));
        return task && std::ranges::any_of(state_->task(*task).seats, [&](const Seat& seat) {
                   return context_.is_accomplice(state_->provider(seat.provider));
               });
    }

    sim::StrategyContext context_;
    const State* state_ = nullptr;  // of the node, during plans() and the building that follows
};

std::unique_ptr<sim::ProviderStrategy> make_lying_provider(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ValidatorStrategy> make_job_toucher(const Parameters&,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<JobToucher>(context);
}

constexpr std::array kJobKeyGrieferParameters{kCheat};

}  // namespace

const StrategyRow kJobKeyGrieferRow{
    .name = "job_key_griefer",
    .id = "A46",
    .doc = "lies, and keeps touching its jobs so that fraud proofs on them conflict",
    .parameters = kJobKeyGrieferParameters,
    .provider = make_lying_provider,
    .validator = make_job_toucher,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
