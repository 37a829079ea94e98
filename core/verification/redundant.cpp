#include "core/verification/redundant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/digest.h"
#include "core/base/mutant.h"
#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "core/verification/audits.h"
#include "core/verification/claims.h"
#include "core/verification/optimistic.h"
#include "core/verification/reexecution.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

// A seat at a task.
struct Place {
    TaskIndex task;
    std::size_t seat = 0;
};

// The sender's open seat at an assigned task of this mode, in the status that the operation needs.
Result<Place> find_place(const Transition& t, const Address& sender, const std::string& job_id,
                         const std::string& provider_id, SeatStatus wanted) {
    const auto index = t.state().find_task(job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + job_id);
    const auto provider = t.state().find_provider(provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, provider_id);
    if (t.read_provider(*provider).owner != sender)
        return fail(ErrorCode::kNotAuthorized, provider_id);
    const Task& task = t.read_task(*index);
    if (task.mode != VerificationMode::kRedundant) {
        return fail(ErrorCode::kWrongState, "task " + job_id + " has no committee");
    }
    if (task.status != TaskStatus::kAssigned) return fail(ErrorCode::kWrongState, "task " + job_id);
    const auto seat = find_seat(task, *provider);
    if (!seat)
        return fail(ErrorCode::kNotAuthorized, provider_id + " is not assigned to task " + job_id);
    if (task.seats[*seat].status != wanted) {
        return fail(ErrorCode::kWrongState,
                    provider_id + " is not at that stage of task " + job_id);
    }
    return Place{*index, *seat};
}

// An error unless this block is one of (after, last].
Status check_window(const Transition& t, const char* what, Height after, Height last) {
    if (t.block().height > after && t.block().height <= last) return {};
    return fail(t.block().height > last ? ErrorCode::kWindowClosed : ErrorCode::kWindowNotOpen,
                fmt::format("{} in blocks {} to {}", what, after + 1, last));
}

void post_answer(Transition& t, const Place& place, Answer answer) {
    mark_answered(t, place.task, place.seat, SeatStatus::kPosted);
    Seat& seat = t.edit_task(place.task).seats[place.seat];
    seat.answer = answer;
    seat.posted_at = t.block().height;
    t.emit(event::ResultRevealed{place.task, seat.provider, answer});
}

struct Penalty {
    SlashCause cause;
    std::optional<Address> challenger;
    std::optional<Address> requester;
};

// Frees what the seat holds and slashes its provider.
void slash_member(Transition& t, TaskIndex index, std::size_t number, const Penalty& penalty) {
    const Seat seat = t.read_task(index).seats[number];
    end_seat(t, index, number, SeatStatus::kSlashed);
    slash_provider(t, {.cause = penalty.cause,
                       .task = index,
                       .provider = seat.provider,
                       .locked = seat.locked,
                       .challenger = penalty.challenger,
                       .requester = penalty.requester});
}

void slash_all(Transition& t, TaskIndex index, SeatStatus status, const Penalty& penalty) {
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        if (t.read_task(index).seats[i].status == status) slash_member(t, index, i, penalty);
    }
}

struct Plurality {
    Answer answer = 0;
    std::uint32_t votes = 0;
};

// Every seat is one vote, and seats belong to distinct providers. Of equally frequent answers the
// smallest; none of them is a majority then.
Plurality count_answers(const Task& task) {
    std::array<std::uint32_t, 256> votes{};
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted) votes[seat.answer] += 1;
    }
    if (AIVM_MUTANT(D33)) {
        for (std::uint32_t& count : votes) count *= 2;
    }
    const auto most = std::max_element(votes.begin(), votes.end());
    return {static_cast<Answer>(most - votes.begin()), *most};
}

// Whether the bonds behind the answer are a large enough share of those of all drawn members.
bool has_stake(const Transition& t, const Task& task, Answer answer) {
    const std::uint32_t least_bps = t.policy().quorum_stake_bps;
    if (least_bps == 0) return true;
    WideNlux behind = 0;
    WideNlux all = 0;
    for (const Seat& seat : task.seats) {
        const WideNlux bond = t.read_provider(seat.provider).bond.nlux();
        all += bond;
        if (seat.status == SeatStatus::kPosted && seat.answer == answer) behind += bond;
    }
    return behind * 10'000 >= all * least_bps;
}

void accept_quorum(Transition& t, TaskIndex index, const Plurality& plurality) {
    Task& task = t.edit_task(index);
    task.status = TaskStatus::kPosted;
    task.provisional = plurality.answer;
    task.posted_at = t.block().height;
    task.settle_at = settlement_height(task, t.config(), t.block().height);
    t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index.value});
    t.emit(event::QuorumReached{index, plurality.answer, plurality.votes});
}

void miss_quorum(Transition& t, TaskIndex index) {
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        if (t.read_task(index).seats[i].open()) end_seat(t, index, i, SeatStatus::kReleased);
    }
    t.emit(event::QuorumMissed{index});
    return_or_fail(t, index);
}

void tally(Transition& t, TaskIndex index) {
    const Plurality plurality = count_answers(t.read_task(index));
    if (plurality.votes + (AIVM_MUTANT(quorum_low) ? 1 : 0) >= t.config().redundancy_factor &&
        has_stake(t, t.read_task(index), plurality.answer)) {
        accept_quorum(t, index, plurality);
    } else {
        miss_quorum(t, index);
    }
}

// Whether a member with this answer is paid: it gave the plurality's answer or, where a
// re-execution has overturned that, one that agrees with the truth.
bool is_right(const Transition& t, const Task& task, Answer answer) {
    if (!task.proven_wrong) return answer == task.provisional;
    return answers_agree(t.policy(), answer, task.truth);
}

std::vector<ProviderIndex> right_members(const Transition& t, const Task& task) {
    std::vector<ProviderIndex> out;
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted && is_right(t, task, seat.answer))
            out.push_back(seat.provider);
    }
    return out;
}

}  // namespace

Hash32 result_commitment(const CommittedResult& r) {
    constexpr FixedBytes<12> kPadding{};
    Writer out;
    out.fixed(r.task_key).fixed(r.model).fixed(keccak256(r.input)).fixed(keccak256({&r.answer, 1}));
    out.fixed(r.embedding_digest).fixed(kPadding).fixed(r.operator_address).fixed(r.nonce);
    return keccak256(out.view());
}

Hash32 empty_embedding_digest() { return keccak256(ByteView{}); }

CommittedResult result_of(const State& state, const Task& task, const Address& operator_address,
                          Answer answer, const Hash32& nonce) {
    const Model& model = state.model(task.model);
    return {.task_key = task.task_key,
            .model = weights_digest(model.weights),
            .input = model.row(task.input_row),
            .answer = answer,
            .embedding_digest = empty_embedding_digest(),
            .operator_address = operator_address,
            .nonce = nonce};
}

void open_windows(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    t.set_timer(HeightTimer{commit_end(task, t.policy()), TimerKind::kCommitEnd, index.value});
    if (!t.policy().commit_reveal) return;
    t.set_timer(HeightTimer{reveal_end(task, t.policy()), TimerKind::kRevealEnd, index.value});
}

Status commit_result(Transition& t, const Address& sender, const op::Commit& c) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, c.job_id, c.provider_id, SeatStatus::kSelected));
    if (!t.policy().commit_reveal)
        return fail(ErrorCode::kWrongState, "answers are given in the open here");
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "commits are taken", task.draw_at, commit_end(task, t.policy())));

    mark_answered(t, place.task, place.seat, SeatStatus::kCommitted);
    Seat& seat = t.edit_task(place.task).seats[place.seat];
    seat.commitment = c.commitment;
    t.emit(event::ResultCommitted{place.task, seat.provider});
    return {};
}

Status reveal_result(Transition& t, const Address& sender, const op::Reveal& r) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, r.job_id, r.provider_id, SeatStatus::kCommitted));
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "reveals are taken", commit_end(task, t.policy()),
                          reveal_end(task, t.policy()) % (AIVM_MUTANT(D28) ? 32 : ~0ULL)));
    if (r.embedding_digest != empty_embedding_digest()) {
        return fail(ErrorCode::kInvalidArgument,
                    "the model defines no embedding, so its digest is that of nothing");
    }
    const CommittedResult opened = result_of(t.state(), task, sender, r.answer, r.nonce);
    if (!AIVM_MUTANT(reveal_unbound) &&
        result_commitment(opened) != task.seats[place.seat].commitment) {
        return fail(ErrorCode::kInvalidArgument, "the reveal does not open the commitment");
    }
    post_answer(t, place, r.answer);
    return {};
}

Status answer_in_the_open(Transition& t, const Address& sender, const op::SubmitResult& r) {
    AIVM_ASSIGN(const Place place,
                find_place(t, sender, r.job_id, r.provider_id, SeatStatus::kSelected));
    if (t.policy().commit_reveal)
        return fail(ErrorCode::kWrongState, "answers are committed to first here");
    if (!r.trace_root.is_zero()) {
        return fail(ErrorCode::kInvalidArgument,
                    "a committee's answer is challenged without a trace");
    }
    const Task& task = t.read_task(place.task);
    AIVM_TRY(check_window(t, "answers are taken", task.draw_at, commit_end(task, t.policy())));
    t.edit_task(place.task).seats[place.seat].compute_time_ms = r.compute_time_ms;
    post_answer(t, place, r.answer);
    return {};
}

void close_commits(Transition& t, TaskIndex index) {
    if (!AIVM_MUTANT(D24))
        slash_all(t, index, SeatStatus::kSelected, {SlashCause::kSilent, {}, {}});
    if (!t.policy().commit_reveal) tally(t, index);
}

void close_reveals(Transition& t, TaskIndex index) {
    slash_all(t, index, SeatStatus::kCommitted, {SlashCause::kUnrevealed, {}, {}});
    tally(t, index);
}

void settle_committee(Transition& t, TaskIndex index) {
    audit_by_chance(t, index);
    const Task& task = t.read_task(index);
    const bool wrong = task.proven_wrong;
    const Answer right = wrong ? task.truth : task.provisional;
    const Address requester = task.requester;
    const std::vector<ProviderIndex> winners = right_members(t, task);
    const PaidOut paid =
        pay_out_disputes(t, index, winners.empty() ? std::nullopt : std::optional(winners.front()));

    const Penalty divergent{SlashCause::kDivergent, {}, {}};
    const Penalty proven{SlashCause::kWrongAnswer, paid.rewarded, requester};
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        const Seat& seat = t.read_task(index).seats[i];
        if (!seat.open()) continue;
        if (AIVM_MUTANT(D25) || is_right(t, t.read_task(index), seat.answer)) {
            end_seat(t, index, i, SeatStatus::kReleased);
        } else {
            slash_member(t, index, i, wrong ? proven : divergent);
        }
    }
    if (winners.empty()) return return_or_fail(t, index);
    t.edit_task(index).provisional = right;
    complete_task(t, index, winners);
}

}  // namespace aivm
