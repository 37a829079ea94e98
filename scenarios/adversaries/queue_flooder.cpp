// A41 queue_flooder: fills the queues of the nodes, so that a fraud proof does not get into a block
// before the challenge window of a wrong answer is over.
//
// A provider lies, and accomplices flood one lane: with operations that their account cannot pay
// for, with dust at the lowest price, or with the largest operations that there are. Stresses the
// queue (core/vm/mempool.h): lanes, funding, the limit per sender, and the order by fee. Observe
// n_fraud_missed and the time between an answer and its challenge, beside chain.max_block_bytes.
#include <fmt/format.h>

#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

enum class Flood : std::uint8_t { kUnfunded, kDust, kLargest };

class QueueFlooder final : public sim::ChallengerStrategy {
public:
    QueueFlooder(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          lane_(static_cast<Lane>(parameters.get("lane"))),
          flood_(static_cast<Flood>(parameters.get("kind"))),
          per_block_(static_cast<std::uint32_t>(parameters.get("per_block"))),
          left_(static_cast<std::uint32_t>(parameters.get("count"))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override { return {}; }
    std::optional<Answer> claim(const sim::TaskView&) override { return {}; }
    bool reveals(const sim::DisputeView&) override { return false; }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        std::vector<OperationBody> out;
        if (lane_ == Lane::kProofs) challenge_all(view, out);
        for (std::uint32_t i = 0; i < per_block_ && left_ > 0; ++i) {
            --left_;
            out.push_back(next_body(view.state()));
        }
        return out;
    }

private:
    // False challenges of everything that was answered in this block, while there is money.
    void challenge_all(const sim::NodeView& view, std::vector<OperationBody>& out) {
        for (const VmEvent& e : view.tip.events) {
            const auto* posted = std::get_if<event::ResultPosted>(&e);
            if (posted == nullptr) continue;
            const std::string& job = view.state().task(posted->task).job_id;
            out.emplace_back(op::Challenge{job, name_of(++made_), {}});
        }
    }
    OperationBody next_body(const State& state) {
        const std::string job = fmt::format("{}-{}", to_hex(context_.self.address.view()), ++made_);
        switch (lane_) {
            case Lane::kProofs:
                return proof(job);
            case Lane::kWork:
                return op::SubmitResult{job, "nobody", 0, {}, 0};
            case Lane::kRest:
                break;
        }
        if (flood_ == Flood::kLargest) return registration(job);
        return submission(state, job);
    }
    OperationBody proof(const std::string& job) {
        if (flood_ != Flood::kLargest) return op::Challenge{job, name_of(made_), {}};
        op::DisputeMove move;
        move.job_id = job;
        move.challenger = context_.self.address;
        move.opens = true;
        move.proof.resize(kProofNodesMax);
        return move;
    }
    // An unfunded one offers more than the account has, and would stand first.
    OperationBody submission(const State& state, const std::string& job) {
        op::SubmitTask task;
        task.job_id = job;
        task.mode = context_.rules.config.verification_mode;
        task.model_id = state.model(ModelIndex{0}).id;
        task.fee = context_.rules.policy.fee_floor;
        if (flood_ == Flood::kUnfunded) task.fee += state.balance(context_.self.address);
        return task;
    }
    OperationBody registration(const std::string& id) {
        op::RegisterProvider large;
        large.provider_id = id.substr(id.size() - std::min(id.size(), kProviderIdBytesMax));
        large.wallet = context_.self.address;
        large.endpoint.assign(kEndpointBytesMax, 'x');
        large.evidence.resize(kLargeEvidenceBytes);
        large.bond = context_.rules.config.min_provider_bond;
        return large;
    }
    static Hash32 name_of(std::uint64_t number) {
        Hash32 out;
        for (std::size_t i = 0; i < sizeof number; ++i)
            out.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
        return out;
    }

    static constexpr std::size_t kLargeEvidenceBytes = 4096;

    sim::StrategyContext context_;
    Lane lane_;
    Flood flood_;
    std::uint32_t per_block_;
    std::uint32_t left_;
    std::uint64_t made_ = 0;
};

std::unique_ptr<sim::ProviderStrategy> make_lying_provider(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_queue_flooder(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<QueueFlooder>(parameters, context);
}

constexpr std::array kFloodParameters{
    kCheat,
    StrategyParameter{"lane", 0, 2, 2, "", "flooded: 0 fraud proofs, 1 assigned work, 2 the rest"},
    StrategyParameter{"kind", 0, 2, 0, "",
                      "0: what its account cannot pay for, 1: dust, 2: the largest operations"},
    StrategyParameter{"per_block", 1, 100'000, 10'000, "operations", "sent at every block"},
    StrategyParameter{"count", 0, 10'000'000, 50'000, "operations",
                      "in all, beside challenges of every answer when it floods fraud proofs"},
};

}  // namespace

const StrategyRow kQueueFlooderRow{
    .name = "queue_flooder",
    .id = "A41",
    .doc = "fills the queues of the nodes, to keep fraud proofs of its own lies out of blocks",
    .parameters = kFloodParameters,
    .provider = make_lying_provider,
    .challenger = make_queue_flooder};

}  // namespace aivm::scenarios
