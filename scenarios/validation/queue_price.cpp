// V70: what it costs to keep everybody else out of the queue of tasks. An attacker fills it, waits
// until its tasks time out together, and fills it again in the next block. Nobody takes a task from
// it, so only the burned share of the fees is lost; and because it fills an empty queue, it pays
// the highest fee for the last sixteenth only. A task that leaves earlier would cost more: it is
// paid for in full, and its place is sold again at the highest fee.
#include <fmt/format.h>

#include <cmath>

#include "core/tasks/admission.h"
#include "scenarios/validation/case_table.h"
#include "scenarios/validation/own_strategies.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kFillings = 3;
constexpr std::uint32_t kQueueMax = 4096;
constexpr std::uint32_t kTimeoutBlocksMax = 10'000;
constexpr double kDoublingsOfTheLast = 32'768;  // what the last task pays, in floors of the first
constexpr const char* kFiller = "fills the queue";

// Whenever it sees the queue empty, it fills it with tasks at the least fee that is accepted in
// their turn.
class QueueFiller final : public sim::RequesterStrategy {
public:
    explicit QueueFiller(const sim::StrategyContext& context) : rules_(context.rules) {}

    std::uint32_t submissions(const sim::DemandView&) override { return 0; }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        const State& now = view.state();
        if (now.providers.empty() || now.waiting_tasks > 0 || fillings_ == kFillings) return {};
        ++fillings_;
        State then = now;
        std::vector<OperationBody> out;
        for (; then.waiting_tasks < rules_.config.max_task_queue_size; ++then.waiting_tasks) {
            op::SubmitTask task;
            task.job_id = fmt::format("filling-{}-{}", fillings_, then.waiting_tasks);
            task.mode = rules_.config.verification_mode;
            task.model_id = now.model(ModelIndex{0}).id;
            task.fee = required_fee(then, rules_);
            out.emplace_back(std::move(task));
        }
        return out;
    }

private:
    VmParameters rules_;
    std::uint32_t fillings_ = 0;
};

class QueueFillers final : public OwnStrategies {
public:
    [[nodiscard]] Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        if (group.strategy != kFiller) return OwnStrategies::requester(group, context);
        return std::make_unique<QueueFiller>(context);
    }
};

// The blocks in which the queue was full after the operations, when nobody could submit a task, and
// those in which it was not, although the attack had begun.
class FullBlocks final : public sim::Probe {
public:
    explicit FullBlocks(std::uint32_t size) : size_(size) {}
    void on_block(const Executed& block, sim::SimTime) override {
        std::uint32_t waited = block.state.waiting_tasks;
        for (const VmEvent& e : block.events)
            waited += std::holds_alternative<event::TaskFailed>(e) ? 1 : 0;
        if (waited >= size_) {
            full_ += 1;
        } else if (full_ > 0) {
            gaps_ += 1;
        }
    }
    [[nodiscard]] double full() const { return full_; }
    [[nodiscard]] double gaps() const { return gaps_; }

private:
    std::uint32_t size_;
    double full_ = 0;
    double gaps_ = 0;
};

// Its one provider cannot be drawn before the run is over, so that every task waits for its
// timeout; it counts as one that will have room.
sim::Scenario crowded(const ValidationCase& c, const Money& money) {
    constexpr std::uint64_t kAll = 10'000;  // basis points
    const std::uint32_t size = c.whole("Q", 1, kQueueMax);
    const double burned = c.share("b") * kAll;
    sim::Scenario s = market(kFillings * size, 1);
    s.vm.config.max_task_queue_size = size;
    s.vm.config.task_timeout_ns = c.whole("T", 1, kTimeoutBlocksMax) * s.chain.block_interval_ns;
    s.vm.policy.fee_floor = money.amount(c.positive("F"));
    s.workload.fee = s.vm.policy.fee_floor;
    s.vm.policy.fee_burn_bps = static_cast<std::uint32_t>(std::llround(burned));
    if (std::abs(burned - s.vm.policy.fee_burn_bps) > 1e-6)
        c.refuse("b", "the VM has it in whole basis points");
    s.vm.policy.activation_delay_blocks = 2 * kFillings * (kTimeoutBlocksMax + 1);
    s.actors = {members(sim::Role::kProvider, "provider", 1, "honest"),
                members(sim::Role::kRequester, "attacker", 1, kFiller)};
    return s;
}

}  // namespace

Result<Sample> cost_of_a_full_queue(const ValidationCase& c, const RunContext& context) {
    const Money money(c.positive("F") * kDoublingsOfTheLast);
    const sim::Scenario s = crowded(c, money);
    const QueueFillers strategies;
    FullBlocks blocks(s.vm.config.max_task_queue_size);
    AIVM_ASSIGN(const auto played, play(context, s, &blocks, &strategies));
    if (blocks.gaps() > 0)
        return fail(ErrorCode::kWrongState, "the queue had room between two fillings");
    return Sample{-money.units(played->net_lux("attacker")), blocks.full()};
}

}  // namespace aivm::scenarios
