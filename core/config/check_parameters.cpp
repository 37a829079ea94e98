#include "core/config/check_parameters.h"

#include <fmt/format.h>

#include <limits>
#include <span>

#include "core/base/units.h"
#include "core/config/limits.h"
#include "core/config/slash_causes.h"

namespace aivm {
namespace {

constexpr std::uint64_t kWholeBps = 10'000;
constexpr std::uint64_t kCountMax = std::numeric_limits<std::uint32_t>::max();
// Task::assignments counts the first one too.
constexpr std::uint64_t kReassignmentsMax = kCountMax - 1;
constexpr std::size_t kHostChainBytesMax = 256;  // it is stored with the other parameters
constexpr std::uint64_t kEscalationBpsMax = 1'000'000;
constexpr std::uint64_t kAmountMax = std::numeric_limits<std::uint64_t>::max();

constexpr ParameterName kChallengeWindow{"challengeWindowBlocks", "challenge_window_blocks"};
constexpr ParameterName kMode{"verificationMode", "verification_mode"};
constexpr ParameterName kQuorum{"redundancyFactor", "redundancy_factor"};
constexpr ParameterName kMinimumBond{"minProviderBond", "min_provider_bond"};
constexpr ParameterName kHostChain{"hostChainID", "host_chain_id"};

// A policy has one name.
constexpr ParameterName policy(std::string_view key) { return {key, key}; }

struct Range {
    ParameterName name;
    std::uint64_t value;
    std::uint64_t least;
    std::uint64_t most;
};

class Finder {
public:
    explicit Finder(const PrintParameterName& print) : print_(print) {}

    void check_config(const Config& c);
    void check_policy(const Policy& p);
    void check_dag(const DagPolicy& d);
    void check_relations(const VmParameters& v);
    [[nodiscard]] bool found_any() const { return !problems_.empty(); }
    [[nodiscard]] std::vector<ParameterProblem> take() { return std::move(problems_); }

private:
    void check_ranges(std::span<const Range> ranges);
    void check_quorum(const VmParameters& v);
    void check_protection(const VmParameters& v);
    void check_fees(const VmParameters& v);
    void check_audits(const VmParameters& v);
    void check_modes(const VmParameters& v);
    void add(std::initializer_list<ParameterName> names, std::string message, std::string remedy) {
        ParameterProblem problem{{}, std::move(message), std::move(remedy)};
        for (const ParameterName& name : names) problem.names.push_back(print_(name));
        problems_.push_back(std::move(problem));
    }

    const PrintParameterName& print_;
    std::vector<ParameterProblem> problems_;
};

void Finder::check_ranges(std::span<const Range> ranges) {
    for (const Range& r : ranges) {
        if (r.value >= r.least && r.value <= r.most) continue;
        add({r.name}, fmt::format("{} is {}", print_(r.name), r.value),
            fmt::format("it must be {} to {}", r.least, r.most));
    }
}

void Finder::check_config(const Config& c) {
    const Range ranges[] = {
        {{"maxProvidersPerNode", "max_providers_per_node"}, c.max_providers_per_node, 1, kCountMax},
        {{"maxTasksPerProvider", "max_tasks_per_provider"}, c.max_tasks_per_provider, 1, kCountMax},
        {kMode, static_cast<std::uint64_t>(c.verification_mode), 0, 2},
        {kChallengeWindow, c.challenge_window_blocks, 0, kWindowBlocksMax},
        {kQuorum, c.redundancy_factor, 1, kSeatsMax},
        {{"minTrustScore", "min_trust_score"}, c.min_trust_score, 0, 100},
        {{"attestationTimeout", "attestation_timeout"},
         c.attestation_timeout_ns,
         0,
         kDurationNsMax},
        {{"maxTaskQueueSize", "max_task_queue_size"}, c.max_task_queue_size, 1, kCountMax},
        {{"taskTimeout", "task_timeout"}, c.task_timeout_ns, 1, kDurationNsMax},
        {{"epochDuration", "epoch_duration"}, c.epoch_duration_ns, 1, kDurationNsMax},
        {{"merkleAnchorFreq", "merkle_anchor_freq"}, c.merkle_anchor_freq, 1, kCountMax},
    };
    check_ranges(ranges);
    if (c.host_chain_id.empty()) {
        add({kHostChain}, fmt::format("{} is empty", print_(kHostChain)),
            "write \"primary\" or the id of the host chain");
    }
    if (c.host_chain_id.size() > kHostChainBytesMax) {
        add({kHostChain},
            fmt::format("{} has {} bytes", print_(kHostChain), c.host_chain_id.size()),
            fmt::format("it may have {}", kHostChainBytesMax));
    }
}

void Finder::check_policy(const Policy& p) {
    const Range ranges[] = {
        {policy("fee_floor"), p.fee_floor.nlux(), 1, kAmountMax},
        {policy("fee_burn_bps"), p.fee_burn_bps, 0, kWholeBps},
        {policy("challenger_share_bps"), p.challenger_share_bps, 0, kWholeBps},
        {policy("requester_share_bps"), p.requester_share_bps, 0, kWholeBps},
        {policy("provider_share_bps"), p.provider_share_bps, 0, kWholeBps},
        {policy("challenge_reveal_blocks"), p.challenge_reveal_blocks, 1, kWindowBlocksMax},
        {policy("dispute_move_blocks"), p.dispute_move_blocks, 1, kWindowBlocksMax},
        {policy("unbond_cooldown_blocks"), p.unbond_cooldown_blocks, 0, kWindowBlocksMax},
        {policy("activation_delay_blocks"), p.activation_delay_blocks, 0, kWindowBlocksMax},
        {policy("lock_fee_bps"), p.lock_fee_bps, 0, kWholeBps},
        {policy("attestation_slots_per_provider"), p.attestation_slots_per_provider, 1,
         kAttestationsPerProviderMax},
        {policy("trust_from_history"), p.trust_from_history, 0, kTrustPointsMax},
        {policy("trust_decay_blocks"), p.trust_decay_blocks, 1, kWindowBlocksMax},
        {policy("evidence_ttl_blocks"), p.evidence_ttl_blocks, 1, kWindowBlocksMax},
        {policy("stake_cooldown_blocks"), p.stake_cooldown_blocks, 1, kWindowBlocksMax},
        {policy("reporter_share_bps"), p.reporter_share_bps, 0, kWholeBps},
        {policy("commit_window_blocks"), p.commit_window_blocks, 1, kWindowBlocksMax},
        {policy("reveal_window_blocks"), p.reveal_window_blocks, 1, kWindowBlocksMax},
        {policy("redundancy_providers"), p.redundancy_providers, 1, kSeatsMax},
        {policy("reassignments_max"), p.reassignments_max, 0, kReassignmentsMax},
        // A model of one step has no trace to bisect.
        {policy("one_step_steps_max"), p.one_step_steps_max, 1, kStepsMax},
        {policy("answer_tolerance"), p.answer_tolerance, 0, kAnswerToleranceMax},
        {policy("max_clock_skew"), p.max_clock_skew_ns, 0, kDurationNsMax},
        {policy("slash_escalation_bps"), p.slash_escalation_bps, kWholeBps, kEscalationBpsMax},
        {policy("correlation_multiplier"), p.correlation_multiplier, 0, kWholeBps},
        {policy("correlation_window_blocks"), p.correlation_window_blocks, 1, kWindowBlocksMax},
        {policy("audit_bps"), p.audit_bps, 0, kWholeBps},
        {policy("audit_colluding_bps"), p.audit_colluding_bps, 0, kWholeBps - 1},
        {policy("quorum_stake_bps"), p.quorum_stake_bps, 0, kWholeBps},
        {policy("space_target_operations"), p.space_target_operations, 1, kBlockOpsMax},
        {policy("space_change_bps"), p.space_change_bps, 0, kWholeBps},
    };
    check_ranges(ranges);
    for (const SlashCauseRow& row : kSlashCauses) {
        if (row.rate == nullptr) continue;
        const Range rate[] = {{policy(row.rate_key), p.*row.rate, 0, kWholeBps}};
        check_ranges(rate);
    }
}

void Finder::check_dag(const DagPolicy& d) {
    const Range ranges[] = {
        {policy("conflict_key"), static_cast<std::uint64_t>(d.conflict_key), 0, 1},
        {policy("cut_interval"), d.cut_interval_ns, 1, kDurationNsMax},
        {policy("cut_vertices_max"), d.cut_vertices_max, 1, kCutVerticesMax},
        {policy("vertices_in_flight"), d.vertices_in_flight, 1, kVerticesInFlightMax},
    };
    check_ranges(ranges);
}

void Finder::check_quorum(const VmParameters& v) {
    constexpr ParameterName kProviders = policy("redundancy_providers");
    const std::uint32_t m = v.config.redundancy_factor;
    const std::uint32_t n = v.policy.redundancy_providers;
    if (m <= n && 2 * m > n) return;
    add({kQuorum, kProviders}, fmt::format("{} of {} is not a strict majority", m, n),
        fmt::format("set {} from {} to {}", print_(kQuorum), n / 2 + 1, n));
}

// Whatever passes here lets a wrong answer be challenged, and costs its provider something.
void Finder::check_protection(const VmParameters& v) {
    constexpr ParameterName kResultBond = policy("result_bond");
    const Config& c = v.config;
    if (c.verification_mode != VerificationMode::kRedundant && c.challenge_window_blocks == 0) {
        add({kChallengeWindow, kMode}, "without a window no result could ever be challenged",
            fmt::format("set {} to at least 1, or {} to \"redundant\" (1)",
                        print_(kChallengeWindow), print_(kMode)));
    }
    if (c.min_provider_bond.is_zero() || v.result_bond().is_zero()) {
        add({kMinimumBond, kResultBond}, "a result would be backed by no bond at all",
            fmt::format("set {} and {} above 0 LUX", print_(kMinimumBond), print_(kResultBond)));
    }
    if (v.result_bond() > c.min_provider_bond) {
        add({kResultBond, kMinimumBond},
            fmt::format("a provider with the minimum bond of {} could never work: one result locks "
                        "{}",
                        exact_amount(c.min_provider_bond), exact_amount(v.result_bond())),
            fmt::format("set {} to at most {}", print_(kResultBond), print_(kMinimumBond)));
    }
}

// The least fee of a task is an amount however full the queue is.
void Finder::check_fees(const VmParameters& v) {
    constexpr ParameterName kFloor = policy("fee_floor");
    constexpr ParameterName kLockFee = policy("lock_fee_bps");
    const Amount lock = v.result_bond().bps(v.policy.lock_fee_bps);
    const auto full = v.policy.fee_floor.checked_times(std::uint64_t{1} << kFeeFloorDoublingsMax);
    if (full && full->checked_plus(lock)) return;
    add({kFloor, kLockFee},
        fmt::format("the least fee of a task doubles {} times while the queue fills, to more than "
                    "an amount can be",
                    kFeeFloorDoublingsMax),
        fmt::format("set {} to at most {}", print_(kFloor),
                    exact_amount(Amount((kAmountMax - lock.nlux()) >> kFeeFloorDoublingsMax))));
}

void Finder::check_audits(const VmParameters& v) {
    constexpr ParameterName kSaving = policy("audit_saving");
    constexpr ParameterName kRate = policy("audit_bps");
    if (v.policy.audit_saving.is_zero() || v.policy.audit_bps != 0) return;
    add({kSaving, kRate}, "no bond deters whoever is never audited",
        fmt::format("set {} above 0, or {} to 0 LUX", print_(kRate), print_(kSaving)));
}

// Policies that are not defined together.
void Finder::check_modes(const VmParameters& v) {
    constexpr ParameterName kReward = policy("claim_reward");
    constexpr ParameterName kPrice = policy("space_price_floor");
    if (v.policy.claim_reward == ClaimReward::kHalving &&
        v.config.verification_mode == VerificationMode::kRedundant) {
        add({kReward, kMode}, "the claims on a committee's answer are not split",
            fmt::format("set {} to \"first\", or {} to \"optimistic\" (0)", print_(kReward),
                        print_(kMode)));
    }
    if (v.dag && !v.policy.space_price_floor.is_zero()) {
        add({kPrice}, "the vertices of a DAG have no price for their space",
            fmt::format("set {} to 0 LUX", print_(kPrice)));
    }
}

void Finder::check_relations(const VmParameters& v) {
    constexpr ParameterName kChallengerShare = policy("challenger_share_bps");
    constexpr ParameterName kRequesterShare = policy("requester_share_bps");
    const Policy& p = v.policy;
    if (p.challenger_share_bps + p.requester_share_bps > kWholeBps) {
        add({kChallengerShare, kRequesterShare},
            fmt::format("the shares of a slash add up to {} basis points",
                        p.challenger_share_bps + p.requester_share_bps),
            fmt::format("let {} and {} add up to at most 10000; the rest is burned",
                        print_(kChallengerShare), print_(kRequesterShare)));
    }
    constexpr ParameterName kTolerance = policy("answer_tolerance");
    constexpr ParameterName kGame = policy("dispute_game");
    if (p.answer_tolerance > 0 && p.dispute_game == DisputeGame::kBisection) {
        add({kTolerance, kGame},
            "bisection searches for the first difference, which is no error under a tolerance",
            fmt::format("set {} to \"one_step\", or {} to 0", print_(kGame), print_(kTolerance)));
    }
    constexpr ParameterName kCooldown = policy("stake_cooldown_blocks");
    constexpr ParameterName kEvidence = policy("evidence_ttl_blocks");
    if (p.stake_cooldown_blocks < p.evidence_ttl_blocks) {
        add({kCooldown, kEvidence},
            fmt::format("a stake would leave after {} blocks while evidence is taken for {}",
                        p.stake_cooldown_blocks, p.evidence_ttl_blocks),
            fmt::format("set {} to at least {}", print_(kCooldown), print_(kEvidence)));
    }
    check_quorum(v);
    check_protection(v);
    check_fees(v);
    check_audits(v);
    check_modes(v);
}

std::string print_tag(const ParameterName& name) { return std::string(name.tag); }

Status first_of(const std::vector<ParameterProblem>& problems) {
    if (problems.empty()) return {};
    return fail(ErrorCode::kConfig, problems.front().message + "; " + problems.front().remedy);
}

}  // namespace

std::vector<ParameterProblem> find_problems(const VmParameters& parameters,
                                            const PrintParameterName& print) {
    Finder finder(print);
    finder.check_config(parameters.config);
    finder.check_policy(parameters.policy);
    if (parameters.dag) finder.check_dag(*parameters.dag);
    // A relation between values out of range means nothing: a division by zero among them.
    if (!finder.found_any()) finder.check_relations(parameters);
    return finder.take();
}

Status check_config(const Config& config) {
    const PrintParameterName print = print_tag;
    Finder finder(print);
    finder.check_config(config);
    return first_of(finder.take());
}

Status check_parameters(const VmParameters& parameters) {
    return first_of(find_problems(parameters, print_tag));
}

}  // namespace aivm
