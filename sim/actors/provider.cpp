#include "sim/actors/provider.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/tasks/seats.h"
#include "core/verification/reexecution.h"

namespace aivm::sim {
namespace {

constexpr Height kClaimEveryBlocks = 20;

}  // namespace

ProviderActor::ProviderActor(const ClientSetup& client, Signer signer, ProviderSetup setup,
                             std::unique_ptr<ProviderStrategy> strategy)
    : ChainClient(client, signer, strategy.get()), setup_(std::move(setup)), strategy_(std::move(strategy)) {
    AIVM_CHECK(strategy_ != nullptr && setup_.speed_ppm > 0 && setup_.kernels != nullptr);
}

void ProviderActor::start() {
    ChainClient::start();
    join(nullptr);
}

void ProviderActor::join(const State* state) {
    if (joined_ || !strategy_->joins(state)) return;
    joined_ = true;
    op::RegisterProvider registration;
    registration.provider_id = setup_.id;
    registration.wallet = address();
    registration.endpoint = "sim://" + setup_.id;
    registration.models = setup_.models;
    registration.bond = setup_.bond;
    submit(std::move(registration));
}

void ProviderActor::on_block(const Executed& block, bool complete) {
    join(&block.state);
    if (!self_) self_ = block.state.find_provider(setup_.id);
    if (!self_) return ask_strategy(complete);
    if (complete) {
        for (const VmEvent& e : block.events) {
            const auto* assigned = std::get_if<event::TaskAssigned>(&e);
            if (assigned != nullptr && assigned->provider == *self_) take_work(assigned->task);
        }
    } else {
        find_missed_work();
    }
    answer_waiting();
    ask_strategy(complete);
    claim_rewards(block.state.provider(*self_));
}

void ProviderActor::claim_rewards(const Provider& self) {
    const Height height = state()->head.height;
    if (self.credit.is_zero() || height < claimed_at_ + kClaimEveryBlocks) return;
    claimed_at_ = height;
    submit(op::ClaimRewards{setup_.id});
}

void ProviderActor::take_work(TaskIndex task) {
    if (std::find(queue_.begin(), queue_.end(), task) != queue_.end()) return;
    queue_.push_back(task);
    if (queue_.size() == 1) work_on_next();
}

void ProviderActor::find_missed_work() {
    state()->tasks.for_each([&](std::size_t i, const Task& task) {
        if (task.status != TaskStatus::kAssigned) return;
        const auto seat = find_seat(task, *self_);
        if (seat && task.seats[*seat].status == SeatStatus::kSelected) {
            take_work(TaskIndex{static_cast<std::uint32_t>(i)});
        }
    });
}

void ProviderActor::work_on_next() {
    const std::uint32_t steps = strategy_->steps_to_compute(view(queue_.front()));
    if (setup_.on_computed) setup_.on_computed(steps);
    __extension__ using Wide = unsigned __int128;
    const Wide work_ns = Wide(steps) * setup_.step_time_ns * 1'000'000 / setup_.speed_ppm;
    const auto delay = static_cast<SimTime>(std::min(work_ns, Wide(kEndOfTime / 4)));
    set_timer(delay, queue_.front().value);
}

void ProviderActor::on_timer(std::uint64_t tag) {
    const TaskIndex task{static_cast<std::uint32_t>(tag)};
    AIVM_CHECK(!queue_.empty() && queue_.front() == task);
    queue_.pop_front();
    answer_or_wait(task);
    if (!queue_.empty()) work_on_next();
}

TaskView ProviderActor::view(TaskIndex index) const {
    const Task& task = state()->task(index);
    return {*state(), task, state()->model(task.model), *setup_.kernels, index, environment().now()};
}

void ProviderActor::answer_or_wait(TaskIndex index) {
    const Task& task = state()->task(index);
    waiting_.erase(index);
    // Else it took too long, and somebody else has it now.
    if (task.status != TaskStatus::kAssigned || !find_seat(task, *self_)) return;
    if (strategy_->waits(view(index))) {
        waiting_.insert(index);
    } else {
        post(index);
    }
}

void ProviderActor::answer_waiting() {
    const std::set<TaskIndex> waiting = waiting_;
    for (const TaskIndex task : waiting) answer_or_wait(task);
}

void ProviderActor::post(TaskIndex index) {
    const Task& task = state()->task(index);
    const auto answer = strategy_->answer(view(index));
    if (!answer) return;
    op::SubmitResult result;
    result.job_id = task.job_id;
    result.provider_id = setup_.id;
    result.answer = *answer;
    result.compute_time_ms = strategy_->reported_time_ms(view(index));
    if (state()->model(task.model).steps > 1) result.trace_root = trace_root(strategy_->trace(view(index), *answer));
    submit(std::move(result));
}

}  // namespace aivm::sim
