// What happens to a committee at its deadlines: seating, counting, paying and slashing.
#include <algorithm>
#include <array>

#include "core/base/digest.h"
#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "core/verification/dispute.h"
#include "core/verification/draw.h"
#include "core/verification/optimistic.h"
#include "core/verification/redundant.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

struct Penalty {
    SlashCause cause;
    std::uint32_t bps;
    std::optional<Address> challenger;
    std::optional<Address> requester;
};

void slash_seat(Transition& t, TaskIndex index, std::size_t number, const Penalty& penalty) {
    const Seat seat = t.read_task(index).seats[number];
    end_seat(t, index, number, SeatStatus::kSlashed);
    slash_provider(t, {.cause = penalty.cause,
                       .task = index,
                       .provider = seat.provider,
                       .due = seat.locked.bps(penalty.bps),
                       .challenger = penalty.challenger,
                       .requester = penalty.requester});
}

void slash_all(Transition& t, TaskIndex index, SeatStatus status, const Penalty& penalty) {
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        if (t.read_task(index).seats[i].status == status) slash_seat(t, index, i, penalty);
    }
}

struct Plurality {
    Answer answer = 0;
    std::uint32_t votes = 0;
};

// A seat is a vote, and seats are distinct providers. Of equally frequent answers the smallest;
// none of them is a majority then.
Plurality count_answers(const Task& task) {
    std::array<std::uint32_t, 256> votes{};
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted) votes[seat.answer] += 1;
    }
    const auto most = std::max_element(votes.begin(), votes.end());
    return {static_cast<Answer>(most - votes.begin()), *most};
}

void take_provisional(Transition& t, TaskIndex index, const Plurality& plurality) {
    Task& task = t.edit_task(index);
    task.status = TaskStatus::kPosted;
    task.provisional = plurality.answer;
    task.posted_at = t.block().height;
    task.settle_at = settlement_height(task, t.config(), t.block().height);
    t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index.value});
    t.emit(event::QuorumReached{index, plurality.answer, plurality.votes});
}

void give_up_quorum(Transition& t, TaskIndex index) {
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        if (t.read_task(index).seats[i].open()) end_seat(t, index, i, SeatStatus::kReleased);
    }
    t.emit(event::QuorumMissed{index});
    return_or_fail(t, index);
}

void tally(Transition& t, TaskIndex index) {
    const Plurality plurality = count_answers(t.read_task(index));
    if (plurality.votes >= t.config().redundancy_factor) {
        take_provisional(t, index, plurality);
    } else {
        give_up_quorum(t, index);
    }
}

std::vector<ProviderIndex> givers_of(const Task& task, Answer answer) {
    std::vector<ProviderIndex> out;
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted && seat.answer == answer)
            out.push_back(seat.provider);
    }
    return out;
}

}  // namespace

std::vector<ProviderIndex> draw_committee(std::vector<ProviderIndex> list, const Hash32& seed,
                                          std::size_t count) {
    AIVM_CHECK(count <= list.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Hash32 draw =
            keccak256(Writer().fixed(seed).u32(static_cast<std::uint32_t>(i)).view());
        std::swap(list[i], list[i + big_endian_modulo(draw, list.size() - i)]);
    }
    list.resize(count);
    return list;
}

void open_windows(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    t.set_timer(HeightTimer{commit_end(task, t.policy()), TimerKind::kCommitEnd, index.value});
    if (!t.policy().commit_reveal) return;
    t.set_timer(HeightTimer{reveal_end(task, t.policy()), TimerKind::kRevealEnd, index.value});
}

void close_commits(Transition& t, TaskIndex index) {
    slash_all(t, index, SeatStatus::kSelected,
              {SlashCause::kSilent, t.policy().slash_silent_bps, {}, {}});
    if (!t.policy().commit_reveal) tally(t, index);
}

void close_reveals(Transition& t, TaskIndex index) {
    slash_all(t, index, SeatStatus::kCommitted,
              {SlashCause::kUnrevealed, t.policy().slash_unrevealed_bps, {}, {}});
    tally(t, index);
}

void settle_committee(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    AIVM_CHECK(!task.terminal() && task.open_disputes.empty());
    const bool wrong = task.proven_wrong;
    const Answer right = wrong ? task.truth : task.provisional;
    const Address requester = task.requester;
    const std::vector<ProviderIndex> winners = givers_of(task, right);
    const auto challenger =
        pay_out_disputes(t, index, winners.empty() ? std::nullopt : std::optional(winners.front()));

    const Penalty divergent{SlashCause::kDivergent, t.policy().slash_divergent_bps, {}, {}};
    const Penalty proven{SlashCause::kWrongAnswer, t.policy().slash_bps, challenger, requester};
    for (std::size_t i = 0; i < t.read_task(index).seats.size(); ++i) {
        const Seat& seat = t.read_task(index).seats[i];
        if (!seat.open()) continue;
        if (seat.answer == right) {
            end_seat(t, index, i, SeatStatus::kReleased);
        } else {
            slash_seat(t, index, i, wrong ? proven : divergent);
        }
    }
    if (winners.empty()) return return_or_fail(t, index);
    t.edit_task(index).provisional = right;
    complete_task(t, index, winners);
}

}  // namespace aivm
