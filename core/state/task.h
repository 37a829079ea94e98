// A task from submission to its end, with one seat per provider drawn to work on it.
#pragma once

#include <string>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/base/small_vector.h"
#include "core/config/config.h"
#include "core/config/limits.h"

namespace aivm {

enum class TaskType : std::uint8_t { kInference = 0, kTraining = 1, kEmbedding = 2, kMining = 3 };
constexpr auto enum_words(TaskType) {
    return std::to_array<std::string_view>({"inference", "training", "embedding", "mining"});
}

// Pending -> Assigned -> Posted -> {Completed | Challenged -> Completed | Failed}. A task may go
// back to Pending for another provider; a terminal one (Completed, Failed) never changes again.
enum class TaskStatus : std::uint8_t {
    kPending = 0,
    kAssigned = 1,
    kPosted = 2,
    kChallenged = 3,
    kCompleted = 4,
    kFailed = 5
};
constexpr auto enum_words(TaskStatus) {
    return std::to_array<std::string_view>(
        {"pending", "assigned", "posted", "challenged", "completed", "failed"});
}

enum class SeatStatus : std::uint8_t {
    kSelected = 0,   // drawn, nothing received yet
    kCommitted = 1,  // redundant mode: a hidden answer
    kPosted = 2,     // an answer in the open
    kReleased = 3,   // over, bond freed
    kSlashed = 4     // over, bond taken
};
constexpr auto enum_words(SeatStatus) {
    return std::to_array<std::string_view>(
        {"selected", "committed", "posted", "released", "slashed"});
}

// The answer of the model: the output byte of its last inference step.
using Answer = std::uint8_t;

// The place of one provider at one task.
struct Seat {
    ProviderIndex provider;
    SeatStatus status = SeatStatus::kSelected;
    Amount locked;      // result bond held for this seat
    Hash32 commitment;  // to the answer; for one posted in the open, see Transition::finish
    Hash32 trace_root;  // Merkle root over the steps, zero when there is one step
    Answer answer = 0;  // meaningful from kPosted on
    std::uint32_t compute_time_ms = 0;  // as the provider reports it
    Height posted_at = 0;

    [[nodiscard]] bool open() const { return status < SeatStatus::kReleased; }

    static constexpr auto fields() {
        return std::tuple{field<&Seat::provider>(),        field<&Seat::status>(),
                          field<&Seat::locked>(),          field<&Seat::commitment>(),
                          field<&Seat::trace_root>(),      field<&Seat::answer>(),
                          field<&Seat::compute_time_ms>(), field<&Seat::posted_at>()};
    }
};

// Disputes in the order of their commitments, linked by Dispute::next: a task stays small however
// many it has. `first` and `last` are meaningful when it is not empty.
struct DisputeList {
    DisputeIndex first;
    DisputeIndex last;
    std::uint32_t size = 0;

    [[nodiscard]] bool empty() const { return size == 0; }

    static constexpr auto fields() {
        return std::tuple{field<&DisputeList::first>(), field<&DisputeList::last>(),
                          field<&DisputeList::size>()};
    }
};

struct Task {
    std::string job_id;  // the client's id; on a DAG bound to its requester (bound_job_id)
    Hash32 task_key;     // keccak of every field of the submission
    Address requester;
    TaskType type = TaskType::kInference;
    VerificationMode mode = VerificationMode::kOptimistic;
    ModelIndex model;
    std::uint32_t input_row = 0;
    Amount fee;
    // The part of the fee that is held until the task ends; waiting shares: Dispute::share.
    Amount escrow;
    TaskStatus status = TaskStatus::kPending;
    Height submitted_at = 0;
    // the moment at which it became pending or assigned, from which its timeout counts
    TimestampNs waiting_since_ns = 0;
    std::uint32_t assignments = 0;  // draws so far
    Height draw_at = 0;             // pending: block of the next draw; later: of the last one
    SmallVector<Seat, 1> seats;
    Height posted_at = 0;       // block of the provisional answer
    Height settle_at = 0;       // block of settlement unless a dispute is open
    bool proven_wrong = false;  // the provider of the provisional answer lost a dispute
    Answer provisional = 0;     // the answer under challenge
    // The model was re-run for the present result, which happens at most once. A bisection that is
    // won leaves this unset on models with more than Policy::one_step_steps_max steps.
    bool truth_known = false;
    Answer truth = 0;                   // the result of re-execution
    DisputeList disputes;               // all on the present result
    std::uint32_t disputes_open = 0;    // of these, those in which a side must still act
    std::uint32_t challenges_lost = 0;  // of these
    // Claims on results of earlier assignments that were proven wrong: they wait for the final
    // answer, with their bonds and the challenger's share of each slash.
    DisputeList claims;
    Height usable_at = 0;  // TEE: block from which the consumer may use the answer; 0 is never
    Height final_at = 0;   // block in which the task became terminal

    [[nodiscard]] bool terminal() const {
        return status == TaskStatus::kCompleted || status == TaskStatus::kFailed;
    }

    static constexpr auto fields() {
        return std::tuple{field<&Task::job_id, kJobIdBytesMax>(),
                          field<&Task::task_key>(),
                          field<&Task::requester>(),
                          field<&Task::type>(),
                          field<&Task::mode>(),
                          field<&Task::model>(),
                          field<&Task::input_row>(),
                          field<&Task::fee>(),
                          field<&Task::escrow>(),
                          field<&Task::status>(),
                          field<&Task::submitted_at>(),
                          field<&Task::waiting_since_ns>(),
                          field<&Task::assignments>(),
                          field<&Task::draw_at>(),
                          field<&Task::seats, kSeatsMax>(),
                          field<&Task::posted_at>(),
                          field<&Task::settle_at>(),
                          field<&Task::proven_wrong>(),
                          field<&Task::provisional>(),
                          field<&Task::truth_known>(),
                          field<&Task::truth>(),
                          field<&Task::disputes>(),
                          field<&Task::disputes_open>(),
                          field<&Task::challenges_lost>(),
                          field<&Task::claims>(),
                          field<&Task::usable_at>(),
                          field<&Task::final_at>()};
    }
};

// The part of a task's fee that is burned at its admission, whatever becomes of the task; the rest
// is held in escrow.
inline Amount admission_burn(const Policy& policy, Amount fee) {
    return fee.bps(policy.fee_burn_bps);
}

// Whether a task has a timeout: while it waits for its draw, and then for its provider's answer. A
// committee has windows instead.
inline bool has_timeout(const Task& task) {
    const bool one_works =
        task.status == TaskStatus::kAssigned && task.mode != VerificationMode::kRedundant;
    return task.status == TaskStatus::kPending || one_works;
}
// The timeout of such a task. One beyond the largest timestamp never comes: a vertex that is
// decided elsewhere may carry any timestamp.
inline TimestampNs timeout_of(const Task& task, const VmParameters& parameters) {
    return checked_add(task.waiting_since_ns, parameters.config.task_timeout_ns)
        .value_or(~TimestampNs{0});
}

// Redundant mode, valid while the task is assigned: the last blocks that take a commit and a
// reveal.
inline Height commit_end(const Task& task, const Policy& policy) {
    return task.draw_at + policy.commit_window_blocks;
}
inline Height reveal_end(const Task& task, const Policy& policy) {
    return commit_end(task, policy) + policy.reveal_window_blocks;
}

}  // namespace aivm
