// The effects of a block in their order: for actors that follow the chain, for the recorder and for
// the invariants. Events are not state; they carry nothing that the state does not imply.
#pragma once

#include <variant>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/config/slash_causes.h"
#include "core/state/task.h"

namespace aivm {

namespace event {

struct ProviderRegistered {
    ProviderIndex provider;
};
struct ProviderUnbonding {
    ProviderIndex provider;
};
struct BondWithdrawn {
    ProviderIndex provider;
    Amount amount;
};
struct TaskSubmitted {
    TaskIndex task;
};
struct TaskAssigned {
    TaskIndex task;
    ProviderIndex provider;
    Amount locked;
};
struct ResultPosted {
    TaskIndex task;
    ProviderIndex provider;
    Answer answer = 0;
};
struct ResultCommitted {
    TaskIndex task;
    ProviderIndex provider;
};
struct ResultRevealed {  // redundant: one member's answer is in the open
    TaskIndex task;
    ProviderIndex provider;
    Answer answer = 0;
};
struct QuorumReached {
    TaskIndex task;
    Answer answer = 0;
    std::uint32_t votes = 0;
};
struct QuorumMissed {
    TaskIndex task;
};
struct UsableEarly {  // TEE: the consumer may use the posted result from this block on
    TaskIndex task;
    ProviderIndex provider;
};
struct ProviderAttested {
    ProviderIndex provider;
    std::uint8_t trust_score = 0;
    bool hardware = false;
};
struct ChallengeOpened {
    TaskIndex task;
    DisputeIndex dispute;
};
struct ChallengeRevealed {
    TaskIndex task;
    DisputeIndex dispute;
};
struct DisputeMoved {
    TaskIndex task;
    DisputeIndex dispute;
    bool provider_moved = false;
};
struct DisputeClosed {
    TaskIndex task;
    DisputeIndex dispute;
    bool challenger_won = false;
};
// `due` is the amount that the rules ask for, `taken` the part of it that was still there; the
// other amounts say who received it.
struct Slashed {
    SlashCause cause = SlashCause::kWrongAnswer;
    TaskIndex task;
    Address account;         // of the victim: the provider's owner, the challenger or the validator
    ProviderIndex provider;  // meaningful for the causes that slash a provider
    Amount due;
    Amount taken;
    Amount burned;
    Amount to_challenger;
    Amount to_requester;
    Amount to_provider;
    Address challenger;  // receives to_challenger
};
struct ProviderPaid {
    TaskIndex task;
    ProviderIndex provider;
    Amount amount;
};
struct TaskCompleted {
    TaskIndex task;
    Answer answer = 0;
    Amount burned;
    Amount minted;
};
struct TaskRefunded {
    TaskIndex task;
    Amount amount;
};
struct TaskReturned {  // back to the queue for another provider
    TaskIndex task;
};
struct TaskFailed {
    TaskIndex task;
};
struct RewardsClaimed {
    ProviderIndex provider;
    Amount amount;
};
struct Anchored {
    Hash32 commit_root;
};
struct EpochClosed {
    std::uint64_t epoch = 0;
};

}  // namespace event

using VmEvent =
    std::variant<event::ProviderRegistered, event::ProviderUnbonding, event::BondWithdrawn,
                 event::TaskSubmitted, event::TaskAssigned, event::ResultPosted,
                 event::ResultCommitted, event::ChallengeOpened, event::ChallengeRevealed,
                 event::DisputeClosed, event::Slashed, event::ProviderPaid, event::TaskCompleted,
                 event::TaskRefunded, event::TaskReturned, event::TaskFailed, event::RewardsClaimed,
                 event::Anchored, event::EpochClosed, event::ResultRevealed, event::QuorumReached,
                 event::QuorumMissed, event::UsableEarly, event::ProviderAttested,
                 event::DisputeMoved>;

}  // namespace aivm
