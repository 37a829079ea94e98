// The redundant mode, in order of time: a committee of N answers the same task, each member behind
// a commitment, and M equal answers make the provisional one, which re-execution may still
// overturn.
//
//   block h                    the committee is drawn (task_life.h)
//   h + 1 .. c = h + commit window    commits
//   c + 1 .. r = c + reveal window    reveals; the answers are counted at the end of block r
//   r + 1 .. r + challenge window    challenges, as on any posted result (dispute.h)
//   the block after                  settlement
// Both windows always run to their end. Without commit_reveal, answers are posted in the open
// (SubmitResult) during the commit window and counted at its end.
#pragma once

#include <vector>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The content that a commitment hides and binds.
struct CommittedResult {
    Hash32 task_key;
    Hash32 model;  // weights_digest
    InputRow input{};
    Answer answer = 0;
    Hash32 embedding_digest;   // of the empty string, as no model defines an embedding
    Address operator_address;  // the provider's owner, so that nobody can reveal a copy
    Hash32 nonce;              // hides the answer, which is only one byte
};

// keccak(task_key || model || keccak(input) || keccak(output) || keccak(embedding) || operator ||
// nonce), every field 32 bytes, the address padded on the left.
Hash32 result_commitment(const CommittedResult& result);

// keccak of the empty string: the embedding digest that every reveal carries.
Hash32 empty_embedding_digest();

// The content that `operator_address` commits to for this task.
CommittedResult result_of(const State& state, const Task& task, const Address& operator_address,
                          Answer answer, const Hash32& nonce);

// Sets the timers that end the windows of a task whose committee is drawn in this block.
void open_windows(Transition& t, TaskIndex task);

Status commit_result(Transition& t, const Address& sender, const op::Commit& c);
Status reveal_result(Transition& t, const Address& sender, const op::Reveal& r);
// A committee member's answer under the policy without commit-reveal.
Status answer_in_the_open(Transition& t, const Address& sender, const op::SubmitResult& r);

// The commit window is over: silent members are slashed.
void close_commits(Transition& t, TaskIndex task);
// The reveal window is over: members that committed and did not reveal are slashed, and the answers
// are counted.
void close_reveals(Transition& t, TaskIndex task);

// Pays and slashes members by the provisional answer or, where a challenge proved that wrong, by
// the true one.
void settle_committee(Transition& t, TaskIndex task);

}  // namespace aivm
