// The effects of a block in their order: for actors that follow the chain, for the recorder and for
// the invariants. Events are not state; they carry nothing that the state does not imply.
#pragma once

#include <variant>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/config/slash_causes.h"
#include "core/state/task.h"

namespace aivm {

namespace event {

struct ProviderRegistered {
    ProviderIndex provider;

    static constexpr auto fields() { return std::tuple{field<&ProviderRegistered::provider>()}; }
};
struct ProviderUnbonding {
    ProviderIndex provider;

    static constexpr auto fields() { return std::tuple{field<&ProviderUnbonding::provider>()}; }
};
struct BondWithdrawn {
    ProviderIndex provider;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&BondWithdrawn::provider>(), field<&BondWithdrawn::amount>()};
    }
};
struct BondAdded {
    ProviderIndex provider;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&BondAdded::provider>(), field<&BondAdded::amount>()};
    }
};
// `burned` and `deposit` come from the owner's balance; a retirement returns the deposit.
struct ModelRegistered {
    ModelIndex model;
    Amount burned;
    Amount deposit;

    static constexpr auto fields() {
        return std::tuple{field<&ModelRegistered::model>(), field<&ModelRegistered::burned>(),
                          field<&ModelRegistered::deposit>()};
    }
};
struct ModelRetired {
    ModelIndex model;
    Amount deposit;

    static constexpr auto fields() {
        return std::tuple{field<&ModelRetired::model>(), field<&ModelRetired::deposit>()};
    }
};
struct TaskSubmitted {
    TaskIndex task;

    static constexpr auto fields() { return std::tuple{field<&TaskSubmitted::task>()}; }
};
struct TaskAssigned {
    TaskIndex task;
    ProviderIndex provider;
    Amount locked;

    static constexpr auto fields() {
        return std::tuple{field<&TaskAssigned::task>(), field<&TaskAssigned::provider>(),
                          field<&TaskAssigned::locked>()};
    }
};
struct ResultPosted {
    TaskIndex task;
    ProviderIndex provider;
    Answer answer = 0;

    static constexpr auto fields() {
        return std::tuple{field<&ResultPosted::task>(), field<&ResultPosted::provider>(),
                          field<&ResultPosted::answer>()};
    }
};
struct ResultCommitted {
    TaskIndex task;
    ProviderIndex provider;

    static constexpr auto fields() {
        return std::tuple{field<&ResultCommitted::task>(), field<&ResultCommitted::provider>()};
    }
};
struct ResultRevealed {  // redundant: one member's answer is in the open
    TaskIndex task;
    ProviderIndex provider;
    Answer answer = 0;

    static constexpr auto fields() {
        return std::tuple{field<&ResultRevealed::task>(), field<&ResultRevealed::provider>(),
                          field<&ResultRevealed::answer>()};
    }
};
struct QuorumReached {
    TaskIndex task;
    Answer answer = 0;
    std::uint32_t votes = 0;

    static constexpr auto fields() {
        return std::tuple{field<&QuorumReached::task>(), field<&QuorumReached::answer>(),
                          field<&QuorumReached::votes>()};
    }
};
struct QuorumMissed {
    TaskIndex task;

    static constexpr auto fields() { return std::tuple{field<&QuorumMissed::task>()}; }
};
struct UsableEarly {  // TEE: the consumer may use the posted result from this block on
    TaskIndex task;
    ProviderIndex provider;

    static constexpr auto fields() {
        return std::tuple{field<&UsableEarly::task>(), field<&UsableEarly::provider>()};
    }
};
struct ProviderAttested {
    ProviderIndex provider;
    std::uint8_t trust_score = 0;
    bool hardware = false;

    static constexpr auto fields() {
        return std::tuple{field<&ProviderAttested::provider>(),
                          field<&ProviderAttested::trust_score>(),
                          field<&ProviderAttested::hardware>()};
    }
};
struct ChallengeOpened {
    TaskIndex task;
    DisputeIndex dispute;

    static constexpr auto fields() {
        return std::tuple{field<&ChallengeOpened::task>(), field<&ChallengeOpened::dispute>()};
    }
};
struct ChallengeRevealed {
    TaskIndex task;
    DisputeIndex dispute;

    static constexpr auto fields() {
        return std::tuple{field<&ChallengeRevealed::task>(), field<&ChallengeRevealed::dispute>()};
    }
};
struct DisputeMoved {
    TaskIndex task;
    DisputeIndex dispute;
    bool provider_moved = false;

    static constexpr auto fields() {
        return std::tuple{field<&DisputeMoved::task>(), field<&DisputeMoved::dispute>(),
                          field<&DisputeMoved::provider_moved>()};
    }
};
struct DisputeClosed {
    TaskIndex task;
    DisputeIndex dispute;
    bool challenger_won = false;

    static constexpr auto fields() {
        return std::tuple{field<&DisputeClosed::task>(), field<&DisputeClosed::dispute>(),
                          field<&DisputeClosed::challenger_won>()};
    }
};
// The job failed while the claim waited: its bond returned.
struct ClaimReturned {
    TaskIndex task;
    DisputeIndex dispute;

    static constexpr auto fields() {
        return std::tuple{field<&ClaimReturned::task>(), field<&ClaimReturned::dispute>()};
    }
};
// A challenger's share that waited (Slashed::waiting) was paid to a challenger, or burned because
// no claim was true.
struct ShareSettled {
    TaskIndex task;
    std::uint32_t assignment = 0;  // the number of the task's assignment that was slashed
    Address challenger;            // zero if nobody received it
    Amount paid;
    Amount burned;

    static constexpr auto fields() {
        return std::tuple{field<&ShareSettled::task>(), field<&ShareSettled::assignment>(),
                          field<&ShareSettled::challenger>(), field<&ShareSettled::paid>(),
                          field<&ShareSettled::burned>()};
    }
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
    Amount waiting;      // for the challenger whose claim turns out to be true
    Address challenger;  // receives to_challenger

    static constexpr auto fields() {
        return std::tuple{field<&Slashed::cause>(),        field<&Slashed::task>(),
                          field<&Slashed::account>(),      field<&Slashed::provider>(),
                          field<&Slashed::due>(),          field<&Slashed::taken>(),
                          field<&Slashed::burned>(),       field<&Slashed::to_challenger>(),
                          field<&Slashed::to_requester>(), field<&Slashed::to_provider>(),
                          field<&Slashed::waiting>(),      field<&Slashed::challenger>()};
    }
};
struct ProviderPaid {
    TaskIndex task;
    ProviderIndex provider;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&ProviderPaid::task>(), field<&ProviderPaid::provider>(),
                          field<&ProviderPaid::amount>()};
    }
};
struct TaskCompleted {
    TaskIndex task;
    Answer answer = 0;
    Amount burned;
    Amount minted;

    static constexpr auto fields() {
        return std::tuple{field<&TaskCompleted::task>(), field<&TaskCompleted::answer>(),
                          field<&TaskCompleted::burned>(), field<&TaskCompleted::minted>()};
    }
};
struct TaskRefunded {
    TaskIndex task;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&TaskRefunded::task>(), field<&TaskRefunded::amount>()};
    }
};
struct TaskReturned {  // back to the queue for another provider
    TaskIndex task;

    static constexpr auto fields() { return std::tuple{field<&TaskReturned::task>()}; }
};
struct TaskFailed {
    TaskIndex task;

    static constexpr auto fields() { return std::tuple{field<&TaskFailed::task>()}; }
};
struct RewardsClaimed {
    ProviderIndex provider;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&RewardsClaimed::provider>(), field<&RewardsClaimed::amount>()};
    }
};
// `amount` moved from the validator's balance into its stake.
struct ValidatorJoined {
    ValidatorIndex validator;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&ValidatorJoined::validator>(), field<&ValidatorJoined::amount>()};
    }
};
struct ValidatorLeaving {
    ValidatorIndex validator;

    static constexpr auto fields() { return std::tuple{field<&ValidatorLeaving::validator>()}; }
};
struct StakeWithdrawn {
    ValidatorIndex validator;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&StakeWithdrawn::validator>(), field<&StakeWithdrawn::amount>()};
    }
};
struct Anchored {
    Hash32 commit_root;

    static constexpr auto fields() { return std::tuple{field<&Anchored::commit_root>()}; }
};
struct EpochClosed {
    std::uint64_t epoch = 0;

    static constexpr auto fields() { return std::tuple{field<&EpochClosed::epoch>()}; }
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
                 event::DisputeMoved, event::ClaimReturned, event::ShareSettled, event::BondAdded,
                 event::ModelRegistered, event::ModelRetired, event::ValidatorJoined,
                 event::ValidatorLeaving, event::StakeWithdrawn>;

}  // namespace aivm
