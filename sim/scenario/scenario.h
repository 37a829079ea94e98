// A scenario: everything that, together with a seed, decides a run. Plain data; scenarios/file
// reads it from TOML. Times are virtual nanoseconds, probabilities are parts per million, money is
// nLUX.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/config/config.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

enum class Fidelity : std::uint8_t { kFull, kEconomic };
// When tasks come: so many every block interval, or one by one at times of a Poisson process.
enum class ArrivalLaw : std::uint8_t { kEven, kPoisson };
// How long a provider computes: as long as its work takes, or a time drawn anew whose mean that is.
enum class WorkLaw : std::uint8_t { kFixed, kExponential };
enum class CensorshipModel : std::uint8_t {
    kNone,
    kIid,
    kPermuted,
    kSticky,
    kBudget,
    kOrphan,
    kBribe,
    kPartition,
};

struct RunSettings {
    Fidelity fidelity = Fidelity::kFull;
    // a run still busy then ends as a liveness failure
    std::uint64_t max_time_ns = 7'200'000'000'000;
    // after the last fault; liveness must return within it
    std::uint64_t quiet_period_ns = 120'000'000'000;
    std::uint64_t max_events = 2'000'000'000;
};

struct ChainSettings {
    ConsensusKind consensus = ConsensusKind::kSnowman;
    std::uint32_t validators = 21;
    std::string stake = "equal";  // a profile's name: equal, avax-2021, zipf
    std::uint64_t block_interval_ns = 4'000'000'000;
    std::uint32_t max_block_ops = 1000;
    // With k = validators - 1 every poll asks everybody, and two siblings that split the votes stay
    // split for ever; a sample of about half leaves the chance that resolves them.
    std::uint32_t k = 11;
    std::uint32_t alpha_preference = 8;
    std::uint32_t alpha_confidence = 8;
    std::uint32_t beta = 14;
    std::uint32_t concurrent_polls = 4;
    std::uint64_t poll_timeout_ns = 2'000'000'000;
    std::uint64_t restart_delay_ns = 5'000'000'000;
    std::uint64_t finality_delay_ns = 0;  // sequencer: from a block being built to being final
    // of fraud proofs; sim/actors/censorship.h has the models
    CensorshipModel censorship = CensorshipModel::kNone;
    std::uint32_t censoring_ppm = 0;
    std::uint32_t round_proposers = 100;    // permuted: in a round, each with one block
    std::uint32_t leader_term_blocks = 10;  // sticky
    Amount censor_price;       // budget, bribe: for each block that is kept free of fraud proofs
    Amount censor_budget;      // the purse it is paid from; bribe: 0 is as much as it takes
    std::string censor_payer;  // the group whose owner pays
    // orphan: after the first orphaned block the attack goes on for so long
    std::uint32_t social_response_blocks = 0;
    // partition: of the exponential law, 20 blocks by default
    std::uint64_t outage_mean_ns = 80'000'000'000;
};

struct NetworkSettings {
    // a profile's name: six-region-2019, ten-city-2024, lan
    std::string latency = "six-region-2019";
    std::uint32_t loss_ppm = 0;
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t reorder_ppm = 0;
    std::uint64_t reorder_delay_ns = 100'000'000;
    std::uint64_t jitter_ns = 0;
    std::uint64_t bandwidth_bps = 0;  // bits per second a direction; 0 is unlimited
};

enum class FaultKind : std::uint8_t {
    kPartition,
    kCrash,
    kOneWay,
    kSlowNode,
    kClogged,
    kFlapping,
    kEclipse,
    kClock,
    kSlowDisk,
    kFailedWrite,
    kTornWrite,
    kBitRot,
};

// Kinds that hit the disk of a validator.
constexpr bool hits_disk(FaultKind kind) {
    return kind == FaultKind::kSlowDisk || kind == FaultKind::kFailedWrite ||
           kind == FaultKind::kTornWrite || kind == FaultKind::kBitRot;
}
// Kinds after which a machine comes back by itself, after chain.restart_delay unless the fault has
// a duration.
constexpr bool ends_with_restart(FaultKind kind) {
    return kind == FaultKind::kCrash || kind == FaultKind::kFailedWrite ||
           kind == FaultKind::kTornWrite || kind == FaultKind::kBitRot;
}

// One scheduled fault. Which fields count depends on the kind.
struct FaultPlan {
    FaultKind kind = FaultKind::kPartition;
    std::uint64_t at_ns = 0;
    std::uint64_t duration_ns = 0;
    std::vector<std::string> regions;       // partition, one_way: the side cut off
    std::vector<std::uint32_t> validators;  // who is hit, or the side cut off by index
    std::vector<std::string> groups;        // the same, by the names of groups of any role
    std::uint64_t delay_ns = 0;   // slow_node: added to every message; slow_disk: to every write
    std::uint64_t period_ns = 0;  // flapping: half of it down, half of it up
    // clogged: of everything the node sends, and of everything it receives
    std::uint64_t bandwidth_bps = 0;
    std::uint64_t skew_ns = 0;    // clock: ahead by so much
    bool behind = false;          // clock: behind instead
    std::uint32_t drift_ppm = 0;  // clock: and so much faster, or slower when behind
};

struct Workload {
    std::uint32_t tasks = 2000;
    std::uint32_t tasks_per_block = 10;
    ArrivalLaw arrivals = ArrivalLaw::kEven;
    std::uint64_t mean_gap_ns = 4'000'000'000;  // between two tasks of a Poisson process
    std::uint32_t requesters = 4;
    Amount fee = lux(1);
    // what a wrong answer gains whoever wanted it; reported beside the coverage
    Amount value_at_risk = lux(50);
    std::uint32_t steps = 1;
    std::uint32_t models = 1;
    std::uint32_t feature_rows = 4096;
    std::uint64_t step_time_ns = 200'000'000;  // one inference step on a provider of speed 1
    WorkLaw work_law = WorkLaw::kFixed;
    std::uint64_t check_time_ns = 200'000'000;  // one step re-executed by a challenger
    Amount step_cost;   // what one step costs whoever computes it, outside the chain
    Amount check_cost;  // and what re-executing one costs a challenger
};

// Some identities of one role that share a strategy. With `shared_principal` they belong to one
// owner; with `principal` to the owner of that name, who may own groups of other roles too.
struct ActorGroup {
    std::string role;  // provider, challenger, requester, validator
    std::string name;  // label of the principal in every output
    std::string strategy = "honest";
    std::uint32_t count = 1;
    bool shared_principal = false;
    std::string principal;
    // of a provider's machine, such as "H100"; what attestation evidence says of it
    std::string hardware;
    std::uint64_t speed_ppm = 1'000'000;  // 500,000 computes half as fast
    std::uint32_t machines = 1;           // of a provider: tasks it computes at a time
    Amount stake = lux(2000);             // opening balance
    Amount bond = lux(1000);
    std::map<std::string, std::int64_t> parameters;  // of the strategy, by its own table
};

struct Scenario {
    std::string name;
    std::string description;
    RunSettings run;
    ChainSettings chain;
    NetworkSettings network;
    Workload workload;
    VmParameters vm;
    std::vector<ActorGroup> actors;
    std::vector<FaultPlan> faults;
    // invariant ids that must be violated, or the run fails
    std::vector<std::string> expected_violations;
};

}  // namespace aivm::sim
