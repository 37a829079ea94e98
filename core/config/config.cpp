#include "core/config/config.h"

#include <fmt/format.h>

#include <limits>
#include <span>

#include "core/config/limits.h"
#include "core/config/slash_causes.h"

namespace aivm {
namespace {

constexpr std::uint64_t kAll = 10'000;  // basis points
constexpr std::uint64_t kCountMax = std::numeric_limits<std::uint32_t>::max();

struct Range {
    std::string_view name;
    std::uint64_t value;
    std::uint64_t least;
    std::uint64_t most;
};

Status check_ranges(std::span<const Range> ranges) {
    for (const Range& r : ranges) {
        if (r.value >= r.least && r.value <= r.most) continue;
        return fail(ErrorCode::kConfig,
                    fmt::format("{} is {}; it must be {} to {}", r.name, r.value, r.least, r.most));
    }
    return {};
}

Status check_policy(const Policy& p) {
    const Range ranges[] = {
        {"fee_floor", p.fee_floor.nlux(), 1, std::numeric_limits<std::uint64_t>::max()},
        {"fee_burn_bps", p.fee_burn_bps, 0, kAll},
        {"challenger_share_bps", p.challenger_share_bps, 0, kAll},
        {"requester_share_bps", p.requester_share_bps, 0, kAll},
        {"provider_share_bps", p.provider_share_bps, 0, kAll},
        {"challenge_reveal_blocks", p.challenge_reveal_blocks, 1, kWindowBlocksMax},
        {"dispute_move_blocks", p.dispute_move_blocks, 1, kWindowBlocksMax},
        {"unbond_cooldown_blocks", p.unbond_cooldown_blocks, 0, kWindowBlocksMax},
        {"commit_window_blocks", p.commit_window_blocks, 1, kWindowBlocksMax},
        {"reveal_window_blocks", p.reveal_window_blocks, 1, kWindowBlocksMax},
        {"redundancy_providers", p.redundancy_providers, 1, kSeatsMax},
        {"max_assignments", p.max_assignments, 1, kCountMax},
        // A model of one step has no trace to bisect.
        {"one_step_steps_max", p.one_step_steps_max, 1, kStepsMax},
        {"answer_tolerance", p.answer_tolerance, 0, kAnswerToleranceMax},
        {"max_clock_skew", p.max_clock_skew_ns, 0, kDurationNsMax},
    };
    AIVM_TRY(check_ranges(ranges));
    for (const SlashCauseRow& row : kSlashCauses) {
        if (row.rate == nullptr) continue;
        const Range rate[] = {{row.rate_key, p.*row.rate, 0, kAll}};
        AIVM_TRY(check_ranges(rate));
    }
    return {};
}

Status check_relations(const VmParameters& v) {
    const Policy& p = v.policy;
    if (p.challenger_share_bps + p.requester_share_bps > kAll) {
        return fail(
            ErrorCode::kConfig,
            fmt::format("challenger_share_bps + requester_share_bps is {}; at most {} can be "
                        "shared out",
                        p.challenger_share_bps + p.requester_share_bps, kAll));
    }
    const std::uint32_t m = v.config.redundancy_factor;
    const std::uint32_t n = p.redundancy_providers;
    if (m > n || 2 * m <= n) {
        return fail(
            ErrorCode::kConfig,
            fmt::format("redundancyFactor {} is no strict majority of redundancy_providers {}; "
                        "it must be {} to {}",
                        m, n, n / 2 + 1, n));
    }
    if (p.answer_tolerance > 0 && p.dispute_game == DisputeGame::kBisection) {
        return fail(ErrorCode::kConfig,
                    fmt::format("answer_tolerance is {} and dispute_game is bisection, which takes "
                                "the first difference for the error; it must be one_step",
                                p.answer_tolerance));
    }
    if (v.result_bond() > v.config.min_provider_bond) {
        return fail(
            ErrorCode::kConfig,
            fmt::format("result_bond {} is above minProviderBond {}, so a provider with the "
                        "minimum could never work",
                        v.result_bond().nlux(), v.config.min_provider_bond.nlux()));
    }
    return {};
}

}  // namespace

Config default_permissioned_config() {
    Config config;
    config.verification_mode = VerificationMode::kTee;
    config.require_tee_attestation = true;
    config.min_trust_score = 70;
    return config;
}

Status check_config(const Config& c) {
    const Range ranges[] = {
        {"maxProvidersPerNode", c.max_providers_per_node, 1, kCountMax},
        {"maxTasksPerProvider", c.max_tasks_per_provider, 1, kCountMax},
        {"verificationMode", static_cast<std::uint64_t>(c.verification_mode), 0, 2},
        {"challengeWindowBlocks", c.challenge_window_blocks, 0, kWindowBlocksMax},
        {"redundancyFactor", c.redundancy_factor, 1, kSeatsMax},
        {"minTrustScore", c.min_trust_score, 0, 100},
        {"attestationTimeout", c.attestation_timeout_ns, 0, kDurationNsMax},
        {"maxTaskQueueSize", c.max_task_queue_size, 1, kCountMax},
        {"taskTimeout", c.task_timeout_ns, 1, kDurationNsMax},
        {"epochDuration", c.epoch_duration_ns, 1, kDurationNsMax},
        {"merkleAnchorFreq", c.merkle_anchor_freq, 1, kCountMax},
    };
    AIVM_TRY(check_ranges(ranges));
    if (c.host_chain_id.empty()) {
        return fail(ErrorCode::kConfig,
                    "hostChainID is empty; write \"primary\" or the id of the host chain");
    }
    return {};
}

Status check_parameters(const VmParameters& parameters) {
    AIVM_TRY(check_config(parameters.config));
    AIVM_TRY(check_policy(parameters.policy));
    return check_relations(parameters);
}

}  // namespace aivm
