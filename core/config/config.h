// The parameters of the VM: the published configuration, and the protocol's policies on top of it.
// Defaults are those of the published package (Config) and of the protocol description (Policy).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/config/limits.h"

namespace aivm {

enum class VerificationMode : std::uint8_t { kOptimistic = 0, kRedundant = 1, kTee = 2 };
constexpr auto enum_words(VerificationMode) {
    return std::to_array<std::string_view>({"optimistic", "redundant", "tee"});
}

// The published fields, with their published defaults. Durations are nanoseconds here and
// "30s"-style strings in JSON.
struct Config {
    std::uint32_t max_providers_per_node = 100;
    std::uint32_t max_tasks_per_provider = 10;
    std::string host_chain_id = "primary";
    VerificationMode verification_mode = VerificationMode::kOptimistic;
    std::uint64_t challenge_window_blocks = 100;
    std::uint32_t redundancy_factor = 3;  // M of Policy::redundancy_providers
    Amount min_provider_bond = lux(1000);
    bool require_tee_attestation = false;
    std::uint8_t min_trust_score = 50;
    // For this long after it was made, an attestation allows a result to be used before its window
    // closes.
    std::uint64_t attestation_timeout_ns = 30'000'000'000;
    std::uint32_t max_task_queue_size = 1000;
    std::uint64_t task_timeout_ns = 300'000'000'000;
    Amount base_reward = lux(1);
    std::uint64_t epoch_duration_ns = 3'600'000'000'000;
    std::uint32_t merkle_anchor_freq = 100;  // blocks

    friend bool operator==(const Config&, const Config&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&Config::max_providers_per_node>(),
                          field<&Config::max_tasks_per_provider>(),
                          field<&Config::host_chain_id>(),
                          field<&Config::verification_mode>(),
                          field<&Config::challenge_window_blocks>(),
                          field<&Config::redundancy_factor>(),
                          field<&Config::min_provider_bond>(),
                          field<&Config::require_tee_attestation>(),
                          field<&Config::min_trust_score>(),
                          field<&Config::attestation_timeout_ns>(),
                          field<&Config::max_task_queue_size>(),
                          field<&Config::task_timeout_ns>(),
                          field<&Config::base_reward>(),
                          field<&Config::epoch_duration_ns>(),
                          field<&Config::merkle_anchor_freq>()};
    }
};

// Where receipts are anchored: Q-Chain for the host chain "primary", else the host chain itself.
enum class AnchorTarget : std::uint8_t { kQChain = 0, kHostChain = 1 };
constexpr auto enum_words(AnchorTarget) {
    return std::to_array<std::string_view>({"q_chain", "host_chain"});
}
inline AnchorTarget anchor_target(const Config& config) {
    return config.host_chain_id == "primary" ? AnchorTarget::kQChain : AnchorTarget::kHostChain;
}

// The published permissioned variant: TEE required, trust score at least 70.
Config default_permissioned_config();

enum class DisputeGame : std::uint8_t { kOneStep = 0, kBisection = 1 };
constexpr auto enum_words(DisputeGame) {
    return std::to_array<std::string_view>({"one_step", "bisection"});
}
// What a further challenge of the same result costs beside challenger_bond. Every rule but kNone
// lets one challenger raise the price for another.
enum class ChallengeEscalation : std::uint8_t {
    kNone = 0,     // nothing: the bond is the same for everybody
    kPerLost = 1,  // it doubles for every challenge lost on the result
    kPerOpen = 2   // it doubles for every open one too
};
constexpr auto enum_words(ChallengeEscalation) {
    return std::to_array<std::string_view>({"none", "per_lost", "per_open"});
}
// Who receives the challenger's share of a slash when several claims were true.
enum class ClaimReward : std::uint8_t {
    kFirst = 0,   // the claim that was committed first
    kHalving = 1  // each of k claims the share divided by 2^(k-1); the rest is burned
};
constexpr auto enum_words(ClaimReward) {
    return std::to_array<std::string_view>({"first", "halving"});
}
enum class RewardSchedule : std::uint8_t { kFlat = 0, kTiered = 1 };
constexpr auto enum_words(RewardSchedule) {
    return std::to_array<std::string_view>({"flat", "tiered"});
}
enum class MintCap : std::uint8_t { kPerBurn = 0, kUncapped = 1 };
constexpr auto enum_words(MintCap) {
    return std::to_array<std::string_view>({"per_burn", "uncapped"});
}

// The protocol's own parameters. Rates are in basis points (10,000 is the whole), windows in
// blocks.
struct Policy {
    Amount fee_floor = millilux(1);
    std::uint32_t fee_burn_bps = 1000;
    Amount result_bond = lux(0);  // 0: min_provider_bond / max_tasks_per_provider
    Amount challenger_bond = lux(10);
    std::uint32_t slash_bps = 10'000;
    std::uint32_t challenger_share_bps = 4000;
    std::uint32_t requester_share_bps = 1000;
    std::uint32_t provider_share_bps = 5000;
    std::uint32_t slash_timeout_bps = 2000;
    std::uint32_t slash_divergent_bps = 5000;
    std::uint32_t slash_unrevealed_bps = 5000;
    std::uint32_t slash_silent_bps = 2000;
    std::uint32_t slash_equivocation_bps = 5000;  // of a validator's stake
    // A provider's k-th proven wrong answer costs slash_bps of the result bond times this share to
    // the power of k - 1; what exceeds slash_bps is taken from the unlocked part of its bond only.
    std::uint32_t slash_escalation_bps = 10'000;
    // A provider whose answer was proven wrong loses, correlation_window_blocks later, this many
    // times the share of all bonds whose owners were proven wrong within the window before and
    // after it, as a share of its own bond. 0: no such penalty.
    std::uint32_t correlation_multiplier = 0;
    std::uint64_t correlation_window_blocks = 100;
    ClaimReward claim_reward = ClaimReward::kFirst;
    // Results that the chain itself runs again when they settle, drawn by the block's beacon. A
    // model of more than one_step_steps_max steps is never run.
    std::uint32_t audit_bps = 0;
    std::uint32_t audit_colluding_bps = 0;  // share of the audits that report nothing
    // What an answer without computing saves. The result bond is at least what makes an audited
    // provider lose more by that (VmParameters::audit_floor). 0: no floor.
    Amount audit_saving;
    // Redundant mode: the bonds behind the plurality, as a share of the bonds of all drawn members,
    // are at least this.
    std::uint32_t quorum_stake_bps = 0;
    // Every operation burns a price for its space in the block, which rises when blocks hold more
    // than the target and falls when they hold less, by at most space_change_bps per block, and
    // never below the floor. 0: space has no price.
    Amount space_price_floor;
    std::uint32_t space_target_operations = kBlockOpsDefault / 2;
    std::uint32_t space_change_bps = 1250;
    std::uint64_t challenge_reveal_blocks = 5;
    std::uint64_t dispute_move_blocks = 10;
    std::uint64_t unbond_cooldown_blocks = 200;
    // A provider is drawn only for tasks that were accepted at least this long after its bond was
    // complete, so that whoever proposes a block cannot add candidates once a task is known.
    std::uint64_t activation_delay_blocks = 3;
    std::uint64_t commit_window_blocks = 30;
    std::uint64_t reveal_window_blocks = 30;
    std::uint32_t redundancy_providers = 5;  // N
    // A task whose assignments all ended without an answer fails after this many beyond the first.
    std::uint32_t reassignments_max = 3;
    DisputeGame dispute_game = DisputeGame::kOneStep;
    // The most steps that the VM re-executes for a dispute; longer models are bisected.
    std::uint32_t one_step_steps_max = 64;
    RewardSchedule reward_schedule = RewardSchedule::kFlat;
    MintCap mint_cap = MintCap::kPerBurn;
    bool commit_reveal = true;  // redundant mode: hide answers until all have committed
    // A challenge names its claim in the open, so that it can be copied.
    bool challenge_in_clear = false;
    ChallengeEscalation challenge_escalation = ChallengeEscalation::kNone;
    // Challenges that one result may have, open and closed ones; 0: as many as there are bonds.
    std::uint32_t disputes_per_result_max = 0;
    // Two answers agree when they differ by at most this much as int8 values: re-execution proves
    // an answer wrong, and a claim false, only beyond it. Pluralities still count equal answers.
    // Above 0, disputes are settled by running the whole model: bisection searches for the first
    // difference, which is no error then.
    std::uint32_t answer_tolerance = 0;
    // A block with this many fraud proofs, or this many bytes of them, has no room for another one:
    // it extends the deadlines of all open disputes by one block. 0: a quarter of a block.
    std::uint32_t full_proof_operations = 0;
    std::uint64_t full_proof_bytes = 0;
    bool obligation_rule = true;  // a bond stays while anything it backs can still be slashed
    bool self_reported_compute = false;  // the tiered schedule trusts the provider's figure (A38)
    // Admission of a task asks for this share of the result bond that the task will lock, on top of
    // the floor.
    std::uint32_t lock_fee_bps = 0;
    Amount model_fee = lux(1);       // burned by the registration of a model and of new weights
    Amount model_deposit = lux(10);  // held while the model is registered
    std::uint32_t attestation_slots_per_provider = 8;
    // Points of trust that a provider earns by each answer that becomes final, on top of those of
    // its evidence (core/registry/earned_trust.h); 0: answers earn none.
    std::uint32_t trust_from_history = 0;
    // An earned point is lost again after this long.
    std::uint64_t trust_decay_blocks = 100;
    // Evidence of equivocation is refused when its slot is older than this.
    std::uint64_t evidence_ttl_blocks = 10'000;
    std::uint32_t reporter_share_bps = 1000;  // of the stake that evidence takes
    // A validator with less stake leaves the set at the next epoch.
    Amount validator_stake_min = lux(1);
    // A stake stays, and can be slashed, this long after its validator left the set; at least as
    // long as evidence is taken.
    std::uint64_t stake_cooldown_blocks = 10'000;
    std::uint64_t max_clock_skew_ns = 60'000'000'000;

    friend bool operator==(const Policy&, const Policy&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&Policy::fee_floor>(),
                          field<&Policy::fee_burn_bps>(),
                          field<&Policy::result_bond>(),
                          field<&Policy::challenger_bond>(),
                          field<&Policy::slash_bps>(),
                          field<&Policy::challenger_share_bps>(),
                          field<&Policy::requester_share_bps>(),
                          field<&Policy::provider_share_bps>(),
                          field<&Policy::slash_timeout_bps>(),
                          field<&Policy::slash_divergent_bps>(),
                          field<&Policy::slash_unrevealed_bps>(),
                          field<&Policy::slash_silent_bps>(),
                          field<&Policy::slash_equivocation_bps>(),
                          field<&Policy::slash_escalation_bps>(),
                          field<&Policy::correlation_multiplier>(),
                          field<&Policy::correlation_window_blocks>(),
                          field<&Policy::claim_reward>(),
                          field<&Policy::audit_bps>(),
                          field<&Policy::audit_colluding_bps>(),
                          field<&Policy::audit_saving>(),
                          field<&Policy::quorum_stake_bps>(),
                          field<&Policy::space_price_floor>(),
                          field<&Policy::space_target_operations>(),
                          field<&Policy::space_change_bps>(),
                          field<&Policy::challenge_reveal_blocks>(),
                          field<&Policy::dispute_move_blocks>(),
                          field<&Policy::unbond_cooldown_blocks>(),
                          field<&Policy::activation_delay_blocks>(),
                          field<&Policy::commit_window_blocks>(),
                          field<&Policy::reveal_window_blocks>(),
                          field<&Policy::redundancy_providers>(),
                          field<&Policy::reassignments_max>(),
                          field<&Policy::dispute_game>(),
                          field<&Policy::one_step_steps_max>(),
                          field<&Policy::reward_schedule>(),
                          field<&Policy::mint_cap>(),
                          field<&Policy::commit_reveal>(),
                          field<&Policy::challenge_in_clear>(),
                          field<&Policy::challenge_escalation>(),
                          field<&Policy::disputes_per_result_max>(),
                          field<&Policy::answer_tolerance>(),
                          field<&Policy::full_proof_operations>(),
                          field<&Policy::full_proof_bytes>(),
                          field<&Policy::obligation_rule>(),
                          field<&Policy::self_reported_compute>(),
                          field<&Policy::lock_fee_bps>(),
                          field<&Policy::model_fee>(),
                          field<&Policy::model_deposit>(),
                          field<&Policy::attestation_slots_per_provider>(),
                          field<&Policy::trust_from_history>(),
                          field<&Policy::trust_decay_blocks>(),
                          field<&Policy::evidence_ttl_blocks>(),
                          field<&Policy::reporter_share_bps>(),
                          field<&Policy::validator_stake_min>(),
                          field<&Policy::stake_cooldown_blocks>(),
                          field<&Policy::max_clock_skew_ns>()};
    }
};

// What two vertices of a DAG must share to conflict.
enum class ConflictKeyPolicy : std::uint8_t {
    kJob = 0,       // a job: the published rule
    kOperation = 1  // a submission of one job, or the same turn of one account on it
};
constexpr auto enum_words(ConflictKeyPolicy) {
    return std::to_array<std::string_view>({"job", "operation"});
}

// The parameters of a DAG with cuts (core/dag), beside those that it shares with a chain.
struct DagPolicy {
    ConflictKeyPolicy conflict_key = ConflictKeyPolicy::kJob;
    // Turn s of the schedule may issue a cut this long times 1 + s after the cut before.
    std::uint64_t cut_interval_ns = 4'000'000'000;
    std::uint32_t cut_vertices_max = 1024;  // of one slice
    std::uint32_t vertices_in_flight = 16;  // undecided ones of one proposer

    friend bool operator==(const DagPolicy&, const DagPolicy&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&DagPolicy::conflict_key>(), field<&DagPolicy::cut_interval_ns>(),
                          field<&DagPolicy::cut_vertices_max>(),
                          field<&DagPolicy::vertices_in_flight>()};
    }
};

struct VmParameters {
    Config config;
    Policy policy;
    // The code that quotes of a CPU may vouch for (core/registry/quote.h), by its measurement.
    std::vector<Hash32> quote_measurements;
    // Present if consensus decides vertices of a DAG instead of blocks. Job ids are then bound to
    // their requesters (bound_job_id in core/chain/operation.h).
    std::optional<DagPolicy> dag = {};

    // The bond that one result locks: Policy::result_bond, or the published minimum divided by the
    // tasks that a provider may have; at least audit_floor().
    [[nodiscard]] Amount result_bond() const {
        const Amount set =
            policy.result_bond.is_zero()
                ? Amount(config.min_provider_bond.nlux() / config.max_tasks_per_provider)
                : policy.result_bond;
        return policy.audit_saving.is_zero() ? set : std::max(set, audit_floor());
    }
    // Whether a result is audited, in parts of audit_parts().
    [[nodiscard]] std::uint64_t audit_rate() const {
        return std::uint64_t{policy.audit_bps} * (10'000 - policy.audit_colluding_bps);
    }
    static constexpr std::uint64_t audit_parts() { return 100'000'000; }
    // The least bond S with p (1 - r) (R + S) >= C: audits at rate p of which the share r reports
    // nothing, R the least payment for an answer, C Policy::audit_saving (arXiv 2405.00295).
    [[nodiscard]] Amount audit_floor() const {
        const std::uint64_t rate = audit_rate();
        if (rate == 0 || policy.audit_saving.is_zero()) return Amount();
        __extension__ using Wide = unsigned __int128;
        const Wide least = (Wide{policy.audit_saving.nlux()} * audit_parts() + rate - 1) / rate;
        const Wide paid = policy.fee_floor.bps(10'000 - policy.fee_burn_bps).nlux();
        if (least <= paid) return Amount();
        const Wide most = ~std::uint64_t{0};
        return Amount(static_cast<std::uint64_t>(std::min(least - paid, most)));
    }

    // Policy::full_proof_operations and full_proof_bytes, or a quarter of the operations that a
    // builder puts into a block by default, and of the bytes of the largest block.
    [[nodiscard]] std::size_t full_proof_operations() const {
        return policy.full_proof_operations != 0 ? policy.full_proof_operations
                                                 : kBlockOpsDefault / 4;
    }
    [[nodiscard]] std::size_t full_proof_bytes() const {
        return policy.full_proof_bytes != 0 ? policy.full_proof_bytes : kBlockSpaceBytesMax / 4;
    }

    friend bool operator==(const VmParameters&, const VmParameters&) = default;
};

}  // namespace aivm
