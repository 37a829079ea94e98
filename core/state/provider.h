// A provider, which sells inference: its bond, its credit and its open work.
#pragma once

#include <string>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/base/small_vector.h"
#include "core/config/limits.h"

namespace aivm {

enum class ProviderStatus : std::uint8_t { kActive = 0, kUnbonding = 1, kLeft = 2 };
constexpr auto enum_words(ProviderStatus) {
    return std::to_array<std::string_view>({"active", "unbonding", "left"});
}

struct Provider {
    std::string id;
    Address owner;   // signs for the provider
    Address wallet;  // is paid by ClaimRewards
    std::string endpoint;
    SmallVector<ModelIndex, 4> models;  // sorted, unique
    ProviderStatus status = ProviderStatus::kActive;
    Amount bond;
    Amount locked;  // part of the bond that backs open results
    Amount credit;  // earned, not yet claimed
    Height registered_at = 0;
    Height bonded_since = 0;  // the block in which the bond last reached the minimum; 0: genesis
    Height unbonding_since = 0;
    std::uint8_t trust_score = 0;
    bool hardware_attested = false;
    TimestampNs attested_at_ns = 0;
    bool trust_lost = false;     // one of its answers was proven wrong after that evidence
    Height earned_until = 0;     // when the last point that its answers earned is lost
    std::uint64_t offences = 0;  // answers of it that were proven wrong
    // Of the last one that began a correlated penalty: its block, its task, the bond at that time,
    // and whether the penalty is still to come (Policy::correlation_multiplier).
    Height offended_at = 0;
    TaskIndex offended_task;
    Amount offended_bond;
    bool penalty_due = false;
    // Its slots in the kernel's table of attestations, by their keys.
    SmallVector<Hash32, 1> attestation_keys;
    std::uint32_t open_tasks = 0;   // assigned to it and not yet posted
    std::uint32_t obligations = 0;  // seats whose outcome can still slash it
    std::uint64_t tasks_completed = 0;
    // Statistics, which grow without bound and stop at 2^64 - 1, as does the count of tasks and of
    // offences; no rule reads them.
    Amount rewards_total;
    Amount slashed_total;

    [[nodiscard]] bool active() const { return status == ProviderStatus::kActive; }
    // The part of the bond that new results may lock. Zero when, without the obligation rule, the
    // bond fell below the locked part.
    [[nodiscard]] Amount unlocked() const { return bond > locked ? bond - locked : Amount(); }
    // `model` is the first version of the model (ModelStatus::first).
    [[nodiscard]] bool offers(ModelIndex model) const;

    static constexpr auto fields() {
        return std::tuple{field<&Provider::id, kProviderIdBytesMax>(),
                          field<&Provider::owner>(),
                          field<&Provider::wallet>(),
                          field<&Provider::endpoint, kEndpointBytesMax>(),
                          field<&Provider::models, kModelsPerProviderMax>(),
                          field<&Provider::status>(),
                          field<&Provider::bond>(),
                          field<&Provider::locked>(),
                          field<&Provider::credit>(),
                          field<&Provider::registered_at>(),
                          field<&Provider::bonded_since>(),
                          field<&Provider::unbonding_since>(),
                          field<&Provider::trust_score>(),
                          field<&Provider::hardware_attested>(),
                          field<&Provider::attested_at_ns>(),
                          field<&Provider::trust_lost>(),
                          field<&Provider::earned_until>(),
                          field<&Provider::offences>(),
                          field<&Provider::offended_at>(),
                          field<&Provider::offended_task>(),
                          field<&Provider::offended_bond>(),
                          field<&Provider::penalty_due>(),
                          field<&Provider::attestation_keys, kAttestationsPerProviderMax>(),
                          field<&Provider::open_tasks>(),
                          field<&Provider::obligations>(),
                          field<&Provider::tasks_completed>(),
                          field<&Provider::rewards_total>(),
                          field<&Provider::slashed_total>()};
    }
};

}  // namespace aivm
