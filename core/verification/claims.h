// The money of disputes. Those on a result are paid out when the result is settled. Where only a
// game proved the result wrong, claims that are neither won nor lost wait, with their bonds and
// with the challenger's share of the slash, for the final answer of the job: a claim equal to it is
// rewarded, the earliest first, and a different one loses its bond. So a false claim never earns,
// whatever game it won.
#pragma once

#include <span>
#include <vector>

#include "core/state/transition.h"

namespace aivm {

struct PaidOut {
    std::optional<Address> rewarded;            // the earliest commitment whose claim was true
    std::optional<DisputeIndex> first_waiting;  // the earliest that waits
    std::vector<Address> won;                   // whose claims were true, in order of commitment
};

// Pays back or slashes the bonds of all disputes on the task's present result, except for claims
// that wait. `right_provider` receives its share of the bonds of lost challenges.
PaidOut pay_out_disputes(Transition& t, TaskIndex task,
                         std::optional<ProviderIndex> right_provider);

// Pays a share that waits in the task's escrow to k challengers, to each divided by 2^(k-1), and
// burns the rest: whoever splits itself into several challengers earns no more than by one claim.
void split_share(Transition& t, TaskIndex task, std::span<const Address> challengers, Amount share);

// The job's answer is final: settles its waiting claims.
void settle_claims(Transition& t, TaskIndex task, Answer answer);

// The seats of the task's assignment have ended without a final answer: it is drawn again, or it
// fails. Then the bonds of its waiting claims return, and each share goes to the earliest
// challenger that won its game by the last step, or is burned if none did.
void end_assignment(Transition& t, TaskIndex task);

// Fails a task as fail_task() does, and releases its waiting claims in the same way.
void fail_job(Transition& t, TaskIndex task);

}  // namespace aivm
