// A challenge against a provisional answer, from its hidden commitment to its end.
#pragma once

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/state/task.h"

namespace aivm {

enum class DisputeStatus : std::uint8_t {
    kCommitted = 0,  // the claim is hidden; ChallengeReveal is due
    kPlaying = 1,    // bisection: a move is due
    kWaiting = 2,    // the provider is proven wrong; the claim waits for the job's final answer
    kWon = 3,        // the claim was true and the answer was not
    kLost = 4,       // the claim was false, or a deadline was missed
    kReturned = 5    // the job failed while the claim waited
};
constexpr auto enum_words(DisputeStatus) {
    return std::to_array<std::string_view>(
        {"committed", "playing", "waiting", "won", "lost", "returned"});
}

struct Dispute {
    TaskIndex task;
    std::uint32_t assignment = 0;  // the number of the task's assignment that it disputes
    Address challenger;
    Hash32 commitment;  // keccak(claimed output || salt || challenger)
    Amount bond;        // locked until the dispute is paid out
    // The challenger's share of the provider's slash, held by the first waiting claim on a result
    // until it is known which of them is true. Part of the task escrows.
    Amount share;
    DisputeStatus status = DisputeStatus::kCommitted;
    Answer claim = 0;  // valid once revealed
    bool revealed = false;
    bool won_by_step = false;  // bisection: won by the last step, not by a missed deadline
    Height opened_at = 0;
    // The last block in which the side that is due may act, if no block since its clock started was
    // full of proofs: each such block extends it by one, when it comes. The number of those that
    // there were when the clock started, or was extended last, is `full_blocks`.
    Height deadline = 0;
    std::uint64_t full_blocks = 0;
    Height closed_at = 0;  // block in which it was won, lost or returned
    DisputeIndex next;     // in its task's list; meaningless for the last
    // A challenger's disputes on one result are numbered from 1; the first of them knows the
    // latest.
    std::uint32_t attempt = 1;
    DisputeIndex latest;
    // Bisection: steps [low, high) hold the first difference. Step `middle` is the one that the
    // provider must open next or has opened last; its opening awaits a verdict when the provider is
    // not to move.
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t middle = 0;
    bool provider_to_move = false;
    DisputeIndex next_asking;     // see TraceNode::asking
    FixedBytes<32> low_input;     // the input of step `low`, on which both agree
    FixedBytes<32> opened_input;  // step `middle` as the provider opened it
    Answer opened_output = 0;
    FixedBytes<32> high_input;  // step `high - 1` as the provider opened it, with which the
                                // challenger disagrees
    Answer high_output = 0;

    // A side must act by the deadline.
    [[nodiscard]] bool open() const { return status < DisputeStatus::kWaiting; }

    static constexpr auto fields() {
        return std::tuple{field<&Dispute::task>(),
                          field<&Dispute::assignment>(),
                          field<&Dispute::challenger>(),
                          field<&Dispute::commitment>(),
                          field<&Dispute::bond>(),
                          field<&Dispute::share>(),
                          field<&Dispute::status>(),
                          field<&Dispute::claim>(),
                          field<&Dispute::revealed>(),
                          field<&Dispute::won_by_step>(),
                          field<&Dispute::opened_at>(),
                          field<&Dispute::deadline>(),
                          field<&Dispute::full_blocks>(),
                          field<&Dispute::closed_at>(),
                          field<&Dispute::next>(),
                          field<&Dispute::attempt>(),
                          field<&Dispute::latest>(),
                          field<&Dispute::low>(),
                          field<&Dispute::high>(),
                          field<&Dispute::middle>(),
                          field<&Dispute::provider_to_move>(),
                          field<&Dispute::next_asking>(),
                          field<&Dispute::low_input>(),
                          field<&Dispute::opened_input>(),
                          field<&Dispute::opened_output>(),
                          field<&Dispute::high_input>(),
                          field<&Dispute::high_output>()};
    }
};

}  // namespace aivm
