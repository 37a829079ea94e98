// The rows of the outcome database as plain structs: what the simulator hands to a RowSink and
// reads back from a file. Money is Amount (or a signed number of nLUX where it can be negative),
// blocks are heights, times are virtual nanoseconds since the start of the run. A value that never
// arose, or that an older file does not hold, is an empty optional. sim/record/tables.h states the
// column, unit and meaning of each field once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/base/amount.h"
#include "core/base/describe.h"
#include "core/config/config.h"

namespace aivm::sim {

// How a run ended. Only kClean and kViolated say something about the system under test. A failed
// run has no outcome: the simulator itself could not finish it.
enum class RunStatus : std::uint8_t { kClean, kViolated, kBudget, kInterrupted, kFailed };
constexpr auto enum_words(RunStatus) {
    return std::to_array<std::string_view>(
        {"clean", "violated", "budget", "interrupted", "failed"});
}

enum class TaskOutcome : std::uint8_t {
    kFinalOk,
    kFinalCorrupt,
    kReverted,
    kExpired,
    kPending,
};
constexpr auto enum_words(TaskOutcome) {
    return std::to_array<std::string_view>(
        {"final_ok", "final_corrupt", "reverted", "expired", "pending"});
}

// Whether a wrong answer did harm: it was used early, or it became final. A task has one value to
// lose, so an answer that was used early and then became final counts as early.
enum class Harm : std::uint8_t { kNone, kEarly, kFinal };
constexpr auto enum_words(Harm) {
    return std::to_array<std::string_view>({"none", "early", "final"});
}

// What money outside the chain, or a fee without a row of its own, is paid for.
enum class OutlayKind : std::uint8_t { kWork, kCheck, kBribe, kBlockSpace, kModelFee, kInclusion };
constexpr auto enum_words(OutlayKind) {
    return std::to_array<std::string_view>(
        {"work", "check", "bribe", "block_space", "model_fee", "inclusion"});
}

enum class DisputeWinner : std::uint8_t { kNone, kChallenger, kProvider };
constexpr auto enum_words(DisputeWinner) {
    return std::to_array<std::string_view>({"none", "challenger", "provider"});
}

// An exact number of a run: a count, nLUX or blocks stay integers; only measured times and means
// are real.
using Number = std::variant<std::int64_t, double>;

struct StudyRow {
    std::int64_t study_id = 0;
    std::string name;
    std::string created;
    std::string code_version;
    std::string compiler;
    std::string build_flags;
    std::uint32_t schema_version = 0;

    friend bool operator==(const StudyRow&, const StudyRow&) = default;
};

struct PointRow {
    std::int64_t point_id = 0;
    std::string config_hash;
    std::string config;
    std::string scenario;
    std::string scenario_text;
    std::string overrides;

    friend bool operator==(const PointRow&, const PointRow&) = default;
};

struct PointParamRow {
    std::int64_t point_id = 0;
    std::string name;
    std::optional<double> number;
    std::string text;
    std::string unit;
    std::optional<bool> design = {};

    friend bool operator==(const PointParamRow&, const PointParamRow&) = default;
};

struct RunRow {
    std::int64_t run_id = 0;
    std::int64_t study_id = 0;
    std::int64_t point_id = 0;
    std::uint32_t replicate = 0;
    std::string seed;
    std::string crn_group;
    RunStatus status = RunStatus::kClean;
    std::uint64_t end_block = 0;
    std::uint64_t end_time_ns = 0;
    std::uint64_t events = 0;
    std::string digest;
    std::uint64_t wall_time_ns = 0;
    std::string invariants;
    std::uint64_t invariant_checks = 0;
    std::string row_counts;
    std::optional<std::string> backend;
    std::optional<std::uint64_t> kernel_fallbacks;
    std::optional<std::uint64_t> recovery_time_ns = {};
    std::optional<std::uint64_t> recovery_limit_ns = {};
    std::optional<std::string> budget_end = {};
    std::optional<std::string> failure = {};

    friend bool operator==(const RunRow&, const RunRow&) = default;
};

struct SweepRow {
    std::int64_t study_id = 0;
    std::string plan;
    std::uint32_t shard = 1;
    std::uint32_t shards = 1;
    std::int64_t base_point_id = 0;
    double confidence = 0;

    friend bool operator==(const SweepRow&, const SweepRow&) = default;
};

struct PrincipalRow {
    std::uint32_t principal = 0;
    std::string label;
    std::string strategy;
    std::string parameters;
    bool honest = true;

    friend bool operator==(const PrincipalRow&, const PrincipalRow&) = default;
};

struct AgentRow {
    std::uint32_t agent = 0;
    std::uint32_t principal = 0;
    std::string role;
    std::string name;
    Amount opening_stake;
    std::uint32_t trust = 0;

    friend bool operator==(const AgentRow&, const AgentRow&) = default;
};

struct TaskRow {
    std::uint64_t task = 0;
    std::uint32_t requester = 0;
    VerificationMode mode = VerificationMode::kOptimistic;
    Amount fee;
    Amount value_at_risk;
    Height submit_block = 0;
    std::optional<Height> assign_block;
    std::optional<Height> final_block;
    std::uint64_t submit_time_ns = 0;
    std::optional<std::uint64_t> final_time_ns;
    std::uint32_t assignments = 0;
    TaskOutcome outcome = TaskOutcome::kPending;
    std::optional<bool> correct;
    std::optional<Amount> burned = {};
    std::optional<Amount> minted = {};
    std::optional<Harm> harm = {};

    friend bool operator==(const TaskRow&, const TaskRow&) = default;
};

struct ResultRow {
    std::uint64_t task = 0;
    std::uint32_t provider = 0;
    std::uint32_t attempt = 0;
    std::optional<Height> commit_block;
    std::optional<Height> reveal_block;
    std::string answer_class;
    bool correct = false;
    Amount bond_locked;
    std::optional<Height> bond_freed_block;
    bool challenge_skipped = false;
    std::optional<std::uint64_t> usable_early_ns = {};
    std::optional<std::uint64_t> billed_ms = {};
    std::optional<Amount> paid = {};

    friend bool operator==(const ResultRow&, const ResultRow&) = default;
};

struct ChallengeRow {
    std::uint64_t challenge = 0;
    std::uint64_t task = 0;
    std::uint32_t provider = 0;
    std::uint32_t challenger = 0;
    Height ready_block = 0;
    std::optional<Height> first_tried_block;
    std::optional<Height> included_block;
    std::optional<Height> resolved_block;
    std::uint32_t times_censored = 0;
    Amount bond;
    bool valid = false;
    DisputeWinner winner = DisputeWinner::kNone;
    std::string reason;

    friend bool operator==(const ChallengeRow&, const ChallengeRow&) = default;
};

struct SlashRow {
    std::uint64_t slash = 0;
    std::uint32_t agent = 0;
    std::optional<std::uint64_t> task;
    Height block = 0;
    std::string cause;
    Amount due;
    Amount taken;
    Amount burned;
    Amount to_challenger;
    Amount to_requester;
    bool false_positive = false;
    std::optional<Amount> to_provider = {};
    std::optional<std::uint32_t> rewarded = {};

    friend bool operator==(const SlashRow&, const SlashRow&) = default;
};

struct OutlayRow {
    std::uint64_t outlay = 0;
    std::uint32_t payer = 0;
    std::optional<std::uint32_t> payee;
    OutlayKind kind = OutlayKind::kWork;
    std::optional<std::uint64_t> task;
    std::uint64_t time_ns = 0;
    Amount amount;

    friend bool operator==(const OutlayRow&, const OutlayRow&) = default;
};

struct PayoffRow {
    std::uint32_t principal = 0;
    Amount revenue;
    Amount cost;
    Amount slashed;
    Amount bribes;
    Amount rewards;
    std::int64_t net_nlux = 0;
    std::uint64_t capital_nlux_blocks = 0;
    std::optional<Amount> lie_value = {};
    std::optional<Amount> harm = {};

    // What it is better off by: money, and what lies gave it or cost it.
    [[nodiscard]] std::int64_t total_nlux() const {
        return net_nlux + signed_nlux(lie_value.value_or(Amount())) -
               signed_nlux(harm.value_or(Amount()));
    }
    friend bool operator==(const PayoffRow&, const PayoffRow&) = default;
};

// What an owner whose strategy breaks the protocol had, beside what it has with the honest strategy
// in a run of the same seed.
struct CounterfactualRow {
    std::uint32_t owner = 0;
    std::string label;
    std::string strategy;
    std::uint32_t members = 1;
    std::int64_t payoff_nlux = 0;
    std::int64_t honest_payoff_nlux = 0;
    std::optional<double> tts_mean_s = {};
    std::optional<double> honest_tts_mean_s = {};

    friend bool operator==(const CounterfactualRow&, const CounterfactualRow&) = default;
};

struct ChainStatRow {
    Height block = 0;
    std::uint64_t time_ns = 0;
    std::uint32_t proposer = 0;
    std::uint32_t censored = 0;
    std::uint32_t queue = 0;
    Amount locked;
    Amount value_at_risk;

    friend bool operator==(const ChainStatRow&, const ChainStatRow&) = default;
};

struct AnchorRow {
    std::uint32_t anchor = 0;
    AnchorTarget target = AnchorTarget::kQChain;
    Height block = 0;
    std::string root;
    std::uint64_t sent_ns = 0;
    bool withheld = false;
    std::optional<std::uint64_t> landed_ns;

    friend bool operator==(const AnchorRow&, const AnchorRow&) = default;
};

// Of a DAG. Vertices are numbered in the order in which they were first seen anywhere.
struct VertexRow {
    std::uint32_t vertex = 0;
    std::string id;
    std::uint32_t proposer = 0;
    std::uint64_t sequence = 0;
    Height height = 0;
    std::uint64_t cut = 0;
    bool is_cut = false;
    std::uint32_t operations = 0;
    std::string parents;
    std::uint64_t issued_ns = 0;
    std::optional<std::uint64_t> accepted_ns;
    std::optional<std::uint64_t> rejected_ns;
    std::optional<std::uint64_t> settled_by;
    std::optional<std::uint64_t> settled_ns;

    friend bool operator==(const VertexRow&, const VertexRow&) = default;
};

struct CutRow {
    std::uint64_t cut = 0;
    std::uint32_t vertex = 0;
    std::uint64_t settled_ns = 0;
    std::uint32_t vertices = 0;
    std::uint32_t operations = 0;
    std::uint32_t voids = 0;

    friend bool operator==(const CutRow&, const CutRow&) = default;
};

struct ConflictRow {
    std::uint32_t conflict = 0;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::string key;
    std::uint64_t seen_ns = 0;
    std::optional<std::uint64_t> decided_ns;
    std::optional<std::uint32_t> winner;

    friend bool operator==(const ConflictRow&, const ConflictRow&) = default;
};

struct FaultRow {
    std::uint32_t fault = 0;
    std::string kind;
    std::uint64_t from_ns = 0;
    std::uint64_t to_ns = 0;
    std::string targets;

    friend bool operator==(const FaultRow&, const FaultRow&) = default;
};

struct ViolationRow {
    std::uint32_t violation = 0;
    std::string invariant;
    std::uint64_t time_ns = 0;
    Height block = 0;
    std::string actors;
    std::string message;
    bool expected = false;
    std::string replay;

    friend bool operator==(const ViolationRow&, const ViolationRow&) = default;
};

struct MetricRow {
    std::string name;  // one of metric_specs()
    std::string mode;  // a verification mode's name, or empty for the whole run
    std::optional<Number> value = std::int64_t{0};  // empty: no data
    std::optional<std::uint64_t> n = {};            // of a mean, share or quantile: of how many

    friend bool operator==(const MetricRow&, const MetricRow&) = default;
};

struct EventRow {
    std::uint64_t sequence = 0;
    std::uint64_t time_ns = 0;
    std::uint32_t actor = 0;
    std::string kind;
    std::string digest;

    friend bool operator==(const EventRow&, const EventRow&) = default;
};

struct EstimateRow {
    std::int64_t point_id = 0;
    std::string name;
    std::string mode;
    std::string method;
    std::uint64_t n = 0;
    std::optional<double> mean = 0.0;  // empty: no data
    std::optional<double> low = 0.0;   // empty: too little data for an interval
    std::optional<double> high = 0.0;

    friend bool operator==(const EstimateRow&, const EstimateRow&) = default;
};

struct ContrastRow {
    std::int64_t point_id = 0;
    std::int64_t base_point_id = 0;
    std::string name;
    std::string mode;
    std::string method;
    std::uint64_t n = 0;
    double mean = 0;
    double low = 0;
    double high = 0;

    friend bool operator==(const ContrastRow&, const ContrastRow&) = default;
};

struct ValidationRow {
    std::string name;
    std::int64_t point_id = 0;
    std::string method;
    std::uint64_t n = 0;
    double predicted = 0;
    double mean = 0;
    double low = 0;
    double high = 0;
    bool passed = false;
    std::optional<std::string> verdict;

    friend bool operator==(const ValidationRow&, const ValidationRow&) = default;
};

}  // namespace aivm::sim
