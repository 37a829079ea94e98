// A42 queue_holder: holds the queue of tasks with tasks for a model that only its own provider
// serves.
//
// The provider registers the model, offers nothing else, and answers each of its few tasks shortly
// before the timeout; all other tasks of the requester wait in the queue until they time out, and
// are submitted again. Stresses admission: the fee floor doubles with every sixteenth of the queue
// that is taken, a tenth of the fee is burned at once, and a model that no provider offers takes no
// tasks at all (offers = 0). Observe attacker_net per block beside refused_share and ttf_mean, and
// the column `queue` of the table chain_stats.
#include <deque>

#include "core/tasks/admission.h"
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/own_model.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class HoldingProvider final : public sim::ProviderStrategy {
public:
    HoldingProvider(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self),
          offers_(parameters.get("offers") != 0),
          bond_(context.rules.config.min_provider_bond),
          timeout_ns_(context.rules.config.task_timeout_ns),
          margin_ns_(kMarginBlocks * static_cast<std::uint64_t>(context.block_interval)) {}

    // It registers by itself, for its own model alone.
    bool joins(const State*) override { return false; }
    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    bool waits(const sim::TaskView& view) override {
        return view.state.head.timestamp_ns + margin_ns_ < view.task.waiting_since_ns + timeout_ns_;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        std::vector<OperationBody> out;
        const std::string model = "of-" + to_hex(self_.address.view());
        if (!has_model_) {
            has_model_ = true;
            out.emplace_back(registration_of_model(model));
        } else if (offers_ && !joined_ && view.state().find_model(model)) {
            joined_ = true;
            op::RegisterProvider registration;
            registration.provider_id = self_.provider_id;
            registration.wallet = self_.address;
            registration.endpoint = "sim://" + self_.provider_id;
            registration.models = {model};
            registration.bond = bond_;
            out.emplace_back(std::move(registration));
        }
        return out;
    }

private:
    // From sending an answer to the block that has it.
    static constexpr std::uint64_t kMarginBlocks = 5;

    sim::Identity self_;
    bool offers_;
    Amount bond_;
    std::uint64_t timeout_ns_;
    std::uint64_t margin_ns_;
    bool has_model_ = false;  // has asked to register it
    bool joined_ = false;
};

class QueueHolder final : public sim::RequesterStrategy {
public:
    QueueHolder(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          hold_(static_cast<std::uint64_t>(parameters.get("hold"))),
          per_block_(static_cast<std::uint32_t>(parameters.get("per_block"))),
          left_(static_cast<std::uint32_t>(parameters.get("count"))) {}

    // Counts its tasks that are in blocks.
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        for (const VmEvent& e : view.tip.events) {
            const auto* submitted = std::get_if<event::TaskSubmitted>(&e);
            if (submitted == nullptr) continue;
            const Task& task = view.state().task(submitted->task);
            if (task.requester != context_.self.address) continue;
            in_flight_ -= std::min<std::uint64_t>(in_flight_, 1);
            fees_in_flight_ -= std::min(fees_in_flight_, task.fee);
        }
        return {};
    }
    // As many as are missing from what it wants to hold, at the fee that is due when they arrive.
    std::uint32_t submissions(const sim::DemandView& view) override {
        const State& state = view.node.state();
        model_ = own_model(state);
        if (model_.empty()) return 0;
        const Amount balance = state.balance(context_.self.address);
        std::uint32_t count = 0;
        for (; count < per_block_ && left_ > 0; ++count, --left_) {
            const std::uint64_t before = state.waiting_tasks + in_flight_;
            const Amount fee = required_fee(context_.rules, before + kMayComeFirst);
            if (before >= hold_ || balance < fees_in_flight_ + fee) break;
            fees_.push_back(fee);
            fees_in_flight_ += fee;
            ++in_flight_;
        }
        return count;
    }
    void compose(op::SubmitTask& task, const sim::NodeView&) override {
        task.model_id = model_;
        task.input_row = 0;
        task.fee = fees_.front();
        fees_.pop_front();
    }
    // Nobody waits for tasks that only fill the queue.
    bool takes_part() const override { return false; }
    bool goes_on(const sim::NodeView&) override { return left_ > 0; }

private:
    // Tasks of others that may be in the block before its own.
    static constexpr std::uint64_t kMayComeFirst = 5;

    [[nodiscard]] std::string own_model(const State& state) const {
        std::string out;
        state.model_status.for_each([&](std::size_t i, const ModelStatus& status) {
            if (context_.is_accomplice(status.owner))
                out = state.model(ModelIndex{static_cast<std::uint32_t>(i)}).id;
        });
        return out;
    }

    sim::StrategyContext context_;
    std::uint64_t hold_;
    std::uint32_t per_block_;
    std::uint32_t left_;
    std::string model_;
    std::deque<Amount> fees_;      // of the tasks that are about to be submitted
    std::uint64_t in_flight_ = 0;  // tasks that are not in a block yet
    Amount fees_in_flight_;
};

std::unique_ptr<sim::ProviderStrategy> make_holding_provider(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<HoldingProvider>(parameters, context);
}

std::unique_ptr<sim::RequesterStrategy> make_queue_holder(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<QueueHolder>(parameters, context);
}

constexpr std::array kHolderParameters{
    StrategyParameter{"offers", 0, 1, 1, "",
                      "as a provider: 1 offers its model; 0 registers the model alone"},
    StrategyParameter{"hold", 1, 10'000'000, 1000, "tasks",
                      "as a requester: the queue that it keeps up, others' tasks included"},
    StrategyParameter{"per_block", 1, 100'000, 30, "tasks", "submitted at most per block interval"},
    StrategyParameter{"count", 0, 10'000'000, 100'000, "tasks", "submitted in all"},
};

}  // namespace

const StrategyRow kQueueHolderRow{
    .name = "queue_holder",
    .id = "A42",
    .doc = "holds the queue of tasks with tasks for a model that only its own provider serves",
    .parameters = kHolderParameters,
    .provider = make_holding_provider,
    .requester = make_queue_holder,
    .only_attacks = true};

}  // namespace aivm::scenarios
