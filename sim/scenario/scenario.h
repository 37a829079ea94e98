// A scenario: everything that, together with a seed, decides a run. Plain data; scenarios/file
// reads it from TOML. Times are virtual nanoseconds, probabilities are parts per million, money is
// nLUX.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/describe.h"
#include "core/config/config.h"
#include "core/config/limits.h"
#include "sim/scenario/device_class.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/role.h"

namespace aivm::sim {

enum class Fidelity : std::uint8_t { kFull, kEconomic };
constexpr auto enum_words(Fidelity) {
    return std::to_array<std::string_view>({"full", "economic"});
}
// When tasks arrive: a fixed number per block interval, or one by one as a Poisson process.
enum class ArrivalLaw : std::uint8_t { kEven, kPoisson };
constexpr auto enum_words(ArrivalLaw) {
    return std::to_array<std::string_view>({"even", "poisson"});
}
// How long a provider computes: exactly what the work takes, or an exponentially distributed time
// with that mean.
enum class WorkLaw : std::uint8_t { kFixed, kExponential };
constexpr auto enum_words(WorkLaw) {
    return std::to_array<std::string_view>({"fixed", "exponential"});
}
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
constexpr auto enum_words(CensorshipModel) {
    return std::to_array<std::string_view>(
        {"none", "iid", "permuted", "sticky", "budget", "orphan", "bribe", "partition"});
}

// The largest finality delay, in blocks, that the models of censorship can work with.
constexpr std::uint64_t kFinalityBlocksMax = 1000;

struct RunSettings {
    Fidelity fidelity = Fidelity::kFull;
    // a run that is not finished by then ends as a liveness failure
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
    // What a block carries at most; a quarter of both is kept for fraud proofs, half for assigned
    // work, and a quarter for the rest.
    std::uint32_t max_block_ops = kBlockOpsDefault;
    std::uint64_t max_block_bytes = kBlockSpaceBytesMax;
    // The queue of a node (core/vm/mempool.h).
    std::uint32_t mempool_limit = kMempoolLaneMax;
    std::uint32_t mempool_per_sender = kMempoolPerSenderMax;
    std::uint64_t operation_ttl_blocks = kOperationTtlBlocks;
    // With k = validators - 1 every poll asks all validators, and two siblings that split the votes
    // stay split indefinitely; sampling about half of them leaves the randomness that resolves a
    // split.
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
    Amount censor_price;       // budget, bribe: per block that is kept free of fraud proofs
    Amount censor_budget;      // the most that is paid in all; bribe: 0 means no limit
    std::string censor_payer;  // the group whose owner pays
    // orphan: blocks that the attack lasts after the first orphaned block; 0: until the end
    std::uint32_t social_response_blocks = 0;
    // The chain that anchors go to, see sim/world/anchor_chain.h.
    std::uint64_t anchor_delay_ns = 12'000'000'000;
    std::uint64_t anchor_outage_at_ns = 0;
    std::uint64_t anchor_outage_ns = 0;  // 0: none
    std::uint32_t anchor_withheld_ppm = 0;
    // partition: mean of an exponential distribution; the default is 20 blocks
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
    std::uint64_t bandwidth_bps = 0;  // bits per second and direction; 0: unlimited
};

// How long a fault lasts. One that ends with a restart and has no duration lasts as long as a
// restart takes.
inline std::uint64_t duration_of(const FaultPlan& plan, const ChainSettings& chain) {
    const bool by_restart = traits_of(plan.kind).ends_with_restart && plan.duration_ns == 0;
    return by_restart ? chain.restart_delay_ns : plan.duration_ns;
}

struct Workload {
    std::uint32_t tasks = 2000;
    std::uint32_t tasks_per_block = 10;
    ArrivalLaw arrivals = ArrivalLaw::kEven;
    std::uint64_t mean_gap_ns = 4'000'000'000;  // between two tasks of a Poisson process
    std::uint32_t requesters = 4;
    Amount fee = lux(1);
    // what a wrong answer to a task is worth to whoever gave it, and what it costs the requester
    Amount value_at_risk = lux(50);
    std::uint32_t steps = 1;
    std::uint32_t models = 1;
    std::uint32_t feature_rows = 4096;
    std::uint64_t step_time_ns = 200'000'000;  // one inference step on a provider of speed 1
    WorkLaw work_law = WorkLaw::kFixed;
    std::uint64_t check_time_ns = 200'000'000;  // one step re-executed by a challenger
    // What one step of the model stands for, in operations of the InferenceStep kernel: how long it
    // takes on a device class follows from it.
    std::uint64_t step_operations = 100'000;
    Amount step_cost;   // what a provider pays outside the chain to compute one step
    Amount check_cost;  // what a challenger pays to re-execute one
};

// Some participants of one role that share a strategy. With `shared_principal` they belong to one
// owner; with `principal` to the owner of that name, which may own groups of other roles too.
struct ActorGroup {
    Role role = Role::kProvider;
    std::string name;  // label of the principal in every output
    std::string strategy = "honest";
    std::uint32_t count = 1;
    bool shared_principal = false;
    std::string principal;
    // of a provider's machine, such as "H100"; named in its attestation evidence
    std::string hardware;
    std::uint64_t speed_ppm = 1'000'000;  // 500,000 computes half as fast
    std::uint32_t machines = 1;           // of a provider: tasks it computes in parallel
    // of a provider or challenger; a class replaces the times per step of the workload
    DeviceClass device = DeviceClass::kNone;
    std::uint32_t batch = 1;  // of a provider: waiting tasks that a machine computes in one call
    AcceleratorFaults accelerator;
    Amount stake = lux(2000);  // opening balance
    Amount bond = lux(1000);
    // of a requester: what a wrong answer to its tasks is worth, relative to the workload's value
    std::uint64_t value_ppm = 1'000'000;
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
    // the principal or group whose payoff attacker_net reports; empty: the first group that breaks
    // the protocol
    std::string attacker;
    // invariant ids that must be violated, or the run fails
    std::vector<std::string> expected_violations;
};

}  // namespace aivm::sim
