#include "sim/actors/challenger.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/verification/dispute.h"

namespace aivm::sim {

ChallengerActor::ChallengerActor(const ClientSetup& client, Signer signer, const ChallengerSetup& setup,
                                 std::unique_ptr<ChallengerStrategy> strategy)
    : ChainClient(client, signer, strategy.get()),
      setup_(setup),
      strategy_(std::move(strategy)),
      salts_(environment().stream(Purpose::kSalt)) {
    AIVM_CHECK(strategy_ != nullptr && setup_.speed_ppm > 0 && setup_.kernels != nullptr);
}

void ChallengerActor::on_block(const Executed& block, bool complete) {
    challenge_waiting();
    reveal_held_back();
    if (!complete) find_missed_answers();
    for (const VmEvent& e : block.events) {
        if (!complete) break;
        if (const auto* posted = std::get_if<event::ResultPosted>(&e)) consider(posted->task);
        if (const auto* opened = std::get_if<event::ChallengeOpened>(&e)) reveal(opened->dispute);
        if (const auto* closed = std::get_if<event::DisputeClosed>(&e)) look_again(closed->dispute);
        if (const auto* done = std::get_if<event::TaskCompleted>(&e)) judged_.erase(done->task);
    }
    ask_strategy(complete);
}

void ChallengerActor::find_missed_answers() {
    state()->tasks.for_each([&](std::size_t i, const Task& task) {
        const TaskIndex index{static_cast<std::uint32_t>(i)};
        if (task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged) consider(index);
        for (const DisputeIndex dispute : task.open_disputes) reveal(dispute);
    });
}

void ChallengerActor::consider(TaskIndex index) {
    const Task& task = state()->task(index);
    const auto [seen, first_time] = judged_.try_emplace(index, task.posted_at);
    if (!first_time && seen->second == task.posted_at) return;
    seen->second = task.posted_at;
    queue_.push_back(index);
    if (queue_.size() == 1) check_next();
}

void ChallengerActor::check_next() {
    while (!queue_.empty()) {
        const auto steps = strategy_->steps_to_check(view(queue_.front()));
        if (steps) {
            if (setup_.on_computed) setup_.on_computed(*steps);
            __extension__ using Wide = unsigned __int128;
            const Wide work_ns = Wide(*steps) * setup_.step_time_ns * 1'000'000 / setup_.speed_ppm;
            return set_timer(static_cast<SimTime>(std::min(work_ns, Wide(kEndOfTime / 4))), queue_.front().value);
        }
        queue_.pop_front();
    }
}

void ChallengerActor::on_timer(std::uint64_t tag) {
    const TaskIndex task{static_cast<std::uint32_t>(tag)};
    AIVM_CHECK(!queue_.empty() && queue_.front() == task);
    queue_.pop_front();
    judge(task);
    check_next();
}

void ChallengerActor::judge(TaskIndex index) {
    const Task& task = state()->task(index);
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) return;
    if (setup_.on_checked) setup_.on_checked(index, task.assignments);
    const auto claim = strategy_->claim(view(index));
    if (claim) challenge_or_wait(index, *claim);
}

TaskView ChallengerActor::view(TaskIndex index) const {
    const Task& task = state()->task(index);
    return {*state(), task, state()->model(task.model), *setup_.kernels, index, environment().now()};
}

DisputeView ChallengerActor::view(DisputeIndex index) const {
    static const std::vector<InferenceTraceStep> kNoTrace;
    const Dispute& dispute = state()->dispute(index);
    return {*state(), state()->task(dispute.task), dispute, index, kNoTrace};
}

void ChallengerActor::challenge_or_wait(TaskIndex index, Answer claim) {
    waiting_.erase(index);
    const Task& task = state()->task(index);
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) return;
    if (strategy_->commits(view(index))) {
        challenge(task, claim);
    } else {
        waiting_.emplace(index, claim);
    }
}

void ChallengerActor::challenge_waiting() {
    const std::map<TaskIndex, Answer> waiting = waiting_;
    for (const auto& [task, claim] : waiting) challenge_or_wait(task, claim);
}

void ChallengerActor::challenge(const Task& task, Answer answer) {
    Claim claim{answer, {}};
    for (std::size_t i = 0; i < claim.salt.size(); i += 8) {
        const std::uint64_t word = salts_.next_u64();
        std::memcpy(claim.salt.data() + i, &word, sizeof word);
    }
    op::Challenge challenge;
    challenge.job_id = task.job_id;
    challenge.commitment = claim_commitment(answer, claim.salt, address());
    if (setup_.in_clear) challenge.claim = answer;
    claims_[challenge.commitment] = claim;
    submit(std::move(challenge));
}

void ChallengerActor::reveal(DisputeIndex index) {
    held_back_.erase(index);
    const Dispute& dispute = state()->dispute(index);
    if (dispute.challenger != address() || dispute.status != DisputeStatus::kCommitted) return;
    const auto mine = claims_.find(dispute.commitment);
    if (mine == claims_.end()) return;
    if (!strategy_->reveals(view(index))) {
        held_back_.insert(index);
        return;
    }
    submit(op::ChallengeReveal{state()->task(dispute.task).job_id, mine->second.answer, mine->second.salt});
    claims_.erase(mine);
}

void ChallengerActor::reveal_held_back() {
    const std::set<DisputeIndex> held_back = held_back_;
    for (const DisputeIndex dispute : held_back) reveal(dispute);
}

void ChallengerActor::look_again(DisputeIndex index) {
    const Dispute& dispute = state()->dispute(index);
    if (dispute.challenger != address() || dispute.status != DisputeStatus::kLost) return;
    const Task& task = state()->task(dispute.task);
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) return;
    if (!strategy_->again(view(dispute.task))) return;
    queue_.push_back(dispute.task);
    if (queue_.size() == 1) check_next();
}

}  // namespace aivm::sim
