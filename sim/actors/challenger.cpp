#include "sim/actors/challenger.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/verification/dispute.h"
#include "core/verification/reexecution.h"

namespace aivm::sim {

namespace {

constexpr Height kNotJudged = ~Height{0};

// Whether the task's answer can still be found wrong by a challenge.
bool is_challengeable(const Task& task) {
    const bool posted =
        task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged;
    return posted && !task.truth_known && !task.proven_wrong;
}

}  // namespace

ChallengerActor::ChallengerActor(const ClientSetup& client, Signer signer,
                                 const ChallengerSetup& setup,
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
    if (complete) {
        for (const VmEvent& e : block.events) receive_event(e);
    } else {
        find_missed_answers();
    }
    play_games();
    ask_strategy(complete);
}

void ChallengerActor::receive_event(const VmEvent& event) {
    if (const auto* posted = std::get_if<event::ResultPosted>(&event)) {
        consider(posted->task);
    } else if (const auto* agreed = std::get_if<event::QuorumReached>(&event)) {
        consider(agreed->task);
    } else if (const auto* opened = std::get_if<event::ChallengeOpened>(&event)) {
        reveal(opened->dispute);
    } else if (const auto* revealed = std::get_if<event::ChallengeRevealed>(&event)) {
        join_game(revealed->dispute);
    } else if (const auto* closed = std::get_if<event::DisputeClosed>(&event)) {
        look_again(closed->dispute);
    }
}

void ChallengerActor::find_missed_answers() {
    state()->tasks.for_each([&](std::size_t i, const Task& task) {
        const TaskIndex index{static_cast<std::uint32_t>(i)};
        if (task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged)
            consider(index);
        state()->for_each_dispute(task.disputes, [&](DisputeIndex dispute, const Dispute&) {
            reveal(dispute);
            join_game(dispute);
        });
    });
}

void ChallengerActor::consider(TaskIndex index) {
    const Task& task = state()->task(index);
    if (index.value >= judged_.size()) judged_.resize(state()->tasks.size(), kNotJudged);
    Height& judged = judged_[index.value];
    if (judged == task.posted_at) return;
    judged = task.posted_at;
    queue_.push_back(index);
    if (queue_.size() == 1) check_next();
}

void ChallengerActor::check_next() {
    while (!queue_.empty()) {
        const auto steps = strategy_->steps_to_check(view(queue_.front()));
        if (steps) {
            if (setup_.on_computed) setup_.on_computed(queue_.front(), *steps);
            __extension__ using Wide = unsigned __int128;
            const std::uint64_t step_ns = setup_.on_device.step_time_ns(setup_.step_time_ns, 1);
            const Wide work_ns = Wide(*steps) * step_ns * 1'000'000 / setup_.speed_ppm;
            const auto work = static_cast<SimTime>(std::min(work_ns, Wide(kEndOfTime / 4)));
            const TaskIndex first = queue_.front();
            const std::uint32_t assignment = state()->task(first).assignments;
            return set_timer(setup_.on_device.time_of(first, assignment, work), first.value);
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
    if (!is_challengeable(task)) return;
    if (setup_.on_checked) setup_.on_checked(index, task.assignments);
    const auto claim = strategy_->claim(view(index));
    if (claim) challenge_or_wait(index, {*claim, task.posted_at});
}

TaskView ChallengerActor::view(TaskIndex index) const {
    const Task& task = state()->task(index);
    return {*state(),
            task,
            state()->model(task.model),
            setup_.on_device.kernels_for(index, task, *setup_.kernels),
            index,
            environment().now()};
}

DisputeView ChallengerActor::view(DisputeIndex index,
                                  const std::vector<InferenceTraceStep>& trace) const {
    const Dispute& dispute = state()->dispute(index);
    return {*state(), state()->task(dispute.task), dispute, index, trace};
}

void ChallengerActor::challenge_or_wait(TaskIndex index, const Held& held) {
    const Task& task = state()->task(index);
    if (!is_challengeable(task) || task.posted_at != held.posted_at) return;
    if (strategy_->commits(view(index))) {
        challenge(index, held.claim);
    } else {
        waiting_.emplace(index, held);
    }
}

void ChallengerActor::challenge_waiting() {
    for (const auto& [task, held] : std::exchange(waiting_, {})) challenge_or_wait(task, held);
}

void ChallengerActor::challenge(TaskIndex index, Answer answer) {
    const Task& task = state()->task(index);
    const Claim claim{answer, draw_hash(salts_), index, task.posted_at};
    op::Challenge challenge;
    challenge.job_id = task.job_id;
    challenge.commitment = claim_commitment(answer, claim.salt, address());
    if (setup_.in_clear) challenge.claim = answer;
    claims_[challenge.commitment] = claim;
    submit(std::move(challenge));
}

// A challenge names a job, so a late one would apply to the job's next answer.
bool ChallengerActor::is_over(const OperationBody& body) const {
    const auto* challenge = std::get_if<op::Challenge>(&body);
    if (challenge == nullptr) return false;
    const auto mine = claims_.find(challenge->commitment);
    if (mine == claims_.end()) return false;
    const Task& task = state()->task(mine->second.task);
    return task.posted_at != mine->second.posted_at || !is_challengeable(task) ||
           state()->head.height >= task.posted_at + setup_.window_blocks;
}

void ChallengerActor::reveal(DisputeIndex index) {
    const Dispute& dispute = state()->dispute(index);
    if (dispute.challenger != address() || dispute.status != DisputeStatus::kCommitted) return;
    const auto mine = claims_.find(dispute.commitment);
    if (mine == claims_.end()) return;
    if (!strategy_->reveals(view(index, {}))) {
        held_back_.insert(index);
        return;
    }
    submit(op::ChallengeReveal{state()->task(dispute.task).job_id, mine->second.answer,
                               mine->second.salt});
    claims_.erase(mine);
}

void ChallengerActor::reveal_held_back() {
    for (const DisputeIndex dispute : std::exchange(held_back_, {})) reveal(dispute);
}

void ChallengerActor::look_again(DisputeIndex index) {
    const Dispute& dispute = state()->dispute(index);
    if (dispute.challenger != address() || dispute.status != DisputeStatus::kLost) return;
    const Task& task = state()->task(dispute.task);
    if (!is_challengeable(task) || task.assignments != dispute.assignment) return;
    if (!strategy_->again(view(dispute.task))) return;
    queue_.push_back(dispute.task);
    if (queue_.size() == 1) check_next();
}

// Its own trace is what it computed when it checked the answer, so opening the game takes no time.
void ChallengerActor::join_game(DisputeIndex index) {
    const Dispute& dispute = state()->dispute(index);
    if (dispute.challenger != address() || dispute.status != DisputeStatus::kPlaying ||
        games_.contains(index))
        return;
    const Task& task = state()->task(dispute.task);
    games_[index].trace =
        trace_model(setup_.on_device.kernels_for(dispute.task, task, *setup_.kernels),
                    state()->model(task.model), task.input_row);
}

void ChallengerActor::play_games() {
    std::erase_if(games_, [&](const auto& one) { return !state()->dispute(one.first).open(); });
    for (auto& [index, game] : games_) {
        const Dispute& dispute = state()->dispute(index);
        const std::array turn{dispute.low, dispute.high, dispute.middle};
        if (dispute.provider_to_move || game.taken == turn) continue;
        auto move = strategy_->move(view(index, game.trace));
        if (!move) continue;
        game.taken = turn;
        submit(std::move(*move));
    }
}

}  // namespace aivm::sim
