#include "sim/actors/requester.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kWholeTask = 1'000'000;  // of owed_ppm_

}  // namespace

RequesterActor::RequesterActor(const ClientSetup& client, Signer signer, RequesterSetup setup,
                               std::unique_ptr<RequesterStrategy> strategy)
    : ChainClient(client, signer, strategy.get()),
      setup_(std::move(setup)),
      strategy_(std::move(strategy)),
      rows_(environment().stream(Purpose::kWorkload)),
      gaps_(environment().stream(Purpose::kArrivals)) {
    AIVM_CHECK(setup_.model_rows > 0 && setup_.interval > 0 && strategy_ != nullptr);
}

void RequesterActor::on_block(const Executed& block, bool complete) {
    ask_strategy(complete);
    if (started_ || block.state.providers.empty()) return;  // there is no provider yet
    started_ = true;
    started_at_ = environment().now();
    wait();
}

void RequesterActor::on_timer(std::uint64_t) {
    if (closed_) return;
    note_arrivals(environment().now());
    const NodeView node = newest();
    const std::uint32_t left = setup_.tasks - std::min(submitted_, setup_.tasks);
    const auto due =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(owed_ppm_ / kWholeTask, left));
    const std::uint32_t count = strategy_->submissions({node, due, left});
    owed_ppm_ -= std::min(count, due) * kWholeTask;
    for (std::uint32_t i = 0; i < count; ++i) submit_task(submitted_++, node);
    if (submitted_ < setup_.tasks || strategy_->goes_on(node)) wait();
}

void RequesterActor::note_arrivals(SimTime now) {
    if (setup_.trace.empty()) {
        owed_ppm_ += setup_.mean_gap == 0 ? setup_.tasks_per_interval_ppm : kWholeTask;
        return;
    }
    for (; arrived_ < setup_.trace.size() && setup_.trace[arrived_].at <= now - started_at_;
         ++arrived_)
        owed_ppm_ += kWholeTask;
}

// Sets a timer for the next task, or for the next interval.
void RequesterActor::wait() {
    if (arrived_ < setup_.trace.size()) {
        const SimTime due = started_at_ + setup_.trace[arrived_].at;
        return set_timer(std::max<SimTime>(due - environment().now(), 0), 0);
    }
    set_timer(setup_.mean_gap == 0 ? setup_.interval
                                   : static_cast<SimTime>(gaps_.exponential(setup_.mean_gap)),
              0);
}

void RequesterActor::on_given_up(const OperationBody& body) {
    // A full queue or an empty account may be temporary: the task is submitted again unless it is
    // on chain.
    const auto* task = std::get_if<op::SubmitTask>(&body);
    if (closed_ || task == nullptr || is_over(body)) return;
    if (setup_.on_refused) setup_.on_refused();
    submit(OperationBody(body));
}

// A task that is on the chain is not submitted again, whichever operation brought it there. On a
// DAG it is stored under an id that is bound to the requester.
bool RequesterActor::is_over(const OperationBody& body) const {
    const auto* task = std::get_if<op::SubmitTask>(&body);
    return task != nullptr && (state()->find_task(task->job_id) ||
                               state()->find_task(bound_job_id(address(), task->job_id)));
}

void RequesterActor::submit_task(std::uint32_t number, const NodeView& node) {
    OperationBody body(std::in_place_type<op::SubmitTask>);
    auto& task = std::get<op::SubmitTask>(body);
    task.job_id = setup_.name;
    task.job_id += '-';
    task.job_id += std::to_string(number);
    task.mode = setup_.mode;
    task.model_id = setup_.model_id;
    task.input_row = static_cast<std::uint32_t>(rows_.below(setup_.model_rows));
    task.fee = setup_.fee;
    if (number < setup_.trace.size()) {
        task.model_id = setup_.trace[number].model_id;
        task.fee = setup_.trace[number].fee;
    }
    strategy_->compose(task, node);
    submit(std::move(body));
}

}  // namespace aivm::sim
