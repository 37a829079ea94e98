#include "core/vm/fitness.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/verification/equivocation.h"

namespace aivm {
namespace {

struct Judge {
    const State& state;
    const Rules& rules;
    const Address& sender;

    [[nodiscard]] Height next() const { return state.head.height + 1; }

    template <class Body>
    Fitness operator()(const Body&) const {
        return {};
    }
    Fitness operator()(const op::Challenge& c) const;
    Fitness operator()(const op::ChallengeReveal& r) const;
    Fitness operator()(const op::DisputeMove& move) const;
    Fitness operator()(const op::Evidence& evidence) const;
    Fitness operator()(const op::Commit& c) const;
    Fitness operator()(const op::Reveal& r) const;
    Fitness operator()(const op::SubmitResult& r) const;

private:
    [[nodiscard]] const Task* find_task(std::string_view job_id) const {
        const auto index = state.find_task(job_id);
        return index ? &state.task(*index) : nullptr;
    }
    // The latest dispute of this challenger on the task, if there is one.
    [[nodiscard]] const Dispute* find_dispute(const Task& task, const Address& challenger) const {
        if (task.disputes.empty()) return nullptr;
        const TaskIndex index = state.dispute(task.disputes.first).task;
        const auto latest = state.find_dispute(index, challenger);
        return latest ? &state.dispute(*latest) : nullptr;
    }
    template <class Work>
    [[nodiscard]] Fitness seat_in(const Work& work, SeatStatus wanted) const;
    // Within the blocks (after, last].
    [[nodiscard]] Fitness in_window(Height after, Height last) const;
};

Fitness Judge::in_window(Height after, Height last) const {
    if (next() > last) return Fitness::never(ErrorCode::kWindowClosed);
    return next() > after ? Fitness() : Fitness::waits(after + 1);
}

Fitness Judge::operator()(const op::Challenge& c) const {
    const Task* task = find_task(c.job_id);
    if (task == nullptr) return Fitness::waits();
    if (task->terminal()) return Fitness::never(ErrorCode::kWrongState);
    const bool posted =
        task->status == TaskStatus::kPosted || task->status == TaskStatus::kChallenged;
    if (!posted) return Fitness::waits();
    if (task->proven_wrong || task->truth_known) return Fitness::never(ErrorCode::kWrongState);
    const Dispute* mine = find_dispute(*task, sender);
    if (mine != nullptr && mine->open()) return Fitness::waits();
    return in_window(task->posted_at,
                     task->posted_at + rules.parameters.config.challenge_window_blocks);
}

Fitness Judge::operator()(const op::ChallengeReveal& r) const {
    const Task* task = find_task(r.job_id);
    if (task == nullptr) return Fitness::waits();
    if (task->terminal()) return Fitness::never(ErrorCode::kWrongState);
    const Dispute* mine = find_dispute(*task, sender);
    if (AIVM_MUTANT(reveal_dropped)) return Fitness::never(ErrorCode::kWrongState);
    const bool due = mine != nullptr && mine->status == DisputeStatus::kCommitted;
    return due ? Fitness() : Fitness::waits();
}

Fitness Judge::operator()(const op::DisputeMove& move) const {
    const Task* task = find_task(move.job_id);
    if (task == nullptr) return Fitness::waits();
    if (task->terminal()) return Fitness::never(ErrorCode::kWrongState);
    const Dispute* game = find_dispute(*task, move.challenger);
    const bool plays = game != nullptr && game->status == DisputeStatus::kPlaying;
    if (!plays || game->provider_to_move != move.opens) return Fitness::waits();
    const Address& due =
        move.opens ? state.provider(task->seats.front().provider).owner : game->challenger;
    return due == sender ? Fitness() : Fitness::never(ErrorCode::kNotAuthorized);
}

Fitness Judge::operator()(const op::Evidence& evidence) const {
    const Status verifies = check_equivocation(state, next(), rules, evidence);
    return verifies ? Fitness() : Fitness::never(verifies.error().code);
}

// The sender's open seat at the task, in the status that the operation needs.
template <class Work>
Fitness Judge::seat_in(const Work& work, SeatStatus wanted) const {
    const Task* task = find_task(work.job_id);
    if (task == nullptr) return Fitness::waits();
    if (task->terminal()) return Fitness::never(ErrorCode::kWrongState);
    if (task->status != TaskStatus::kAssigned) return Fitness::waits();
    for (const Seat& seat : task->seats) {
        if (seat.status != wanted) continue;
        const Provider& provider = state.provider(seat.provider);
        if (provider.owner == sender && provider.id == work.provider_id) return {};
    }
    return Fitness::waits();
}

Fitness Judge::operator()(const op::Commit& c) const {
    const Fitness seated = seat_in(c, SeatStatus::kSelected);
    if (seated.verdict != Fitness::Verdict::kFit) return seated;
    const Task& task = *find_task(c.job_id);
    return in_window(task.draw_at, commit_end(task, rules.parameters.policy));
}

Fitness Judge::operator()(const op::Reveal& r) const {
    const Fitness seated = seat_in(r, SeatStatus::kCommitted);
    if (seated.verdict != Fitness::Verdict::kFit) return seated;
    const Task& task = *find_task(r.job_id);
    const Policy& policy = rules.parameters.policy;
    return in_window(commit_end(task, policy), reveal_end(task, policy));
}

Fitness Judge::operator()(const op::SubmitResult& r) const {
    return seat_in(r, SeatStatus::kSelected);
}

}  // namespace

Fitness fitness_of(const State& state, const Rules& rules, const SignedOperation& operation) {
    if (operation.lane() == Lane::kRest) return {};
    return std::visit(Judge{state, rules, operation.sender()}, operation.body());
}

}  // namespace aivm
