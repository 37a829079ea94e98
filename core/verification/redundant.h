// The redundant mode: a committee of N answers the same task, each behind a commitment, and M equal
// answers make the provisional one, which re-execution may still overturn.
//
//   drawn at h | commits in [h, h + commit window] | reveals up to h + commit + reveal
//   window | tally at the end of that
//   last block | challenges as on a posted result | settlement first thing in the block after
// Both windows always run to their end. Without commit_reveal, answers are posted in the open
// (SubmitResult) during the commit window and the tally is taken at its end.
#pragma once

#include <vector>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// What a commitment hides and binds.
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

// keccak of nothing: the embedding digest that every reveal carries.
Hash32 empty_embedding_digest();

// What `operator_address` commits to for this task. Its task must exist.
CommittedResult result_of(const State& state, const Task& task, const Address& operator_address,
                          Answer answer, const Hash32& nonce);

// The first `count` of the list after a Fisher-Yates shuffle whose i-th draw is keccak(seed ||
// u32be(i)) modulo what remains. `count` must not exceed the list.
std::vector<ProviderIndex> draw_committee(std::vector<ProviderIndex> eligible, const Hash32& seed,
                                          std::size_t count);

Status commit_result(Transition& t, const Address& sender, const op::Commit& c);
Status reveal_result(Transition& t, const Address& sender, const op::Reveal& r);
// A committee member's answer under the policy without commit-reveal.
Status answer_in_the_open(Transition& t, const Address& sender, const op::SubmitResult& r);

// Opens the windows of a task whose committee is seated.
void open_windows(Transition& t, TaskIndex task);
// The commit window is over: who stayed silent is slashed.
void close_commits(Transition& t, TaskIndex task);
// The reveal window is over: who committed and did not reveal is slashed, and the answers are
// counted.
void close_reveals(Transition& t, TaskIndex task);

// Pays and slashes by the provisional answer or, where a challenge proved that wrong, by the true
// one.
void settle_committee(Transition& t, TaskIndex task);

}  // namespace aivm
