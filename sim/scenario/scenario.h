// A scenario: everything that, together with a seed, decides a run. Plain data; scenarios/file
// reads it from TOML. Times are virtual nanoseconds, probabilities are parts per million, money is
// nLUX.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/amount.h"
#include "core/base/describe.h"
#include "core/config/config.h"
#include "core/config/limits.h"
#include "sim/scenario/device_class.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/link.h"
#include "sim/scenario/price_settings.h"
#include "sim/scenario/role.h"
#include "sim/scenario/snow_settings.h"

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
// How many steps the models take: all the same, or each twice as many as the one before.
enum class ModelSizes : std::uint8_t { kEqual, kDoubling };
constexpr auto enum_words(ModelSizes) {
    return std::to_array<std::string_view>({"equal", "doubling"});
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
    // after the last fault; liveness must return within it. 0: as long as the parameters say
    // (sim/invariants/recovery.h)
    std::uint64_t quiet_period_ns = 0;
    std::uint64_t max_events = 2'000'000'000;
    // Faults may hit more stake at the same time than the engine's fault budget.
    bool beyond_f = false;
    // Budgets that depend on the machine; a run that ends on one says so. 0: no limit.
    std::uint64_t max_wall_time_ns = 0;
    std::uint64_t max_memory_bytes = 8'000'000'000;
    // Of the validators, one in this many executes every block itself; at least one does.
    std::uint32_t alone_one_in = 8;
    // Execute the accepted chain once more at the end of a run of the full fidelity.
    bool solo_replay = true;
    // In the economic fidelity, keys, draws and commitments come from a stand-in for an ideal hash
    // function (core/base/ideal_hashing.h).
    bool ideal_hashes = true;
};

struct ChainSettings {
    ConsensusKind consensus = ConsensusKind::kSnowman;
    std::uint32_t validators = 21;
    std::string stake = "equal";  // a profile's name: equal, avax-2021, zipf
    // Where the values of k, alpha_preference, alpha_confidence, beta and the block interval come
    // from, unless they were changed afterwards; see apply_preset().
    SnowPresetName preset = SnowPresetName::kNone;
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
    // avalanche: successful polls in a row that decide a vertex, without rivals and with some
    std::uint32_t beta_virtuous = 15;
    std::uint32_t beta_rogue = 20;
    // avalanche: between two vertices of one validator; cuts come every block interval
    std::uint64_t vertex_interval_ns = 1'000'000'000;
    ConflictKeyPolicy conflict_key = ConflictKeyPolicy::kJob;
    CutFinality cut_finality = CutFinality::kNone;  // avalanche
    SnowInstanceKind snow_instance = SnowInstanceKind::kTree;
    SnowSampling sampling = SnowSampling::kStakeUnits;
    std::uint32_t optimal_processing = 10;
    // A poll waits twice as long as answers take on average, between these.
    std::uint64_t poll_timeout_min_ns = 2'000'000'000;
    std::uint64_t poll_timeout_max_ns = 10'000'000'000;
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
    // Where validators sign their votes: from deciding a block to having the certificate that
    // others can check.
    std::uint64_t certificate_delay_ns = 0;
    // The size of a certificate in a message; 0: as encoded, with a signature of each voter.
    std::uint32_t certificate_bytes = 0;
    // The chain that anchors go to, see sim/world/anchor_chain.h.
    std::uint64_t anchor_delay_ns = 12'000'000'000;
    std::uint64_t anchor_outage_at_ns = 0;
    std::uint64_t anchor_outage_ns = 0;  // 0: none
    std::uint32_t anchor_withheld_ppm = 0;
    // partition: mean of an exponential distribution; the default is 20 blocks
    std::uint64_t outage_mean_ns = 80'000'000'000;
};

// The engine that the validators of this chain run.
inline const EngineRow& engine_of(const ChainSettings& chain) {
    const EngineRow& decides = engine_row(chain.consensus);
    return decides.of_dag && chain.cut_finality == CutFinality::kBft ? kCutVotesEngine : decides;
}

// Sets what the chain's preset fixes.
constexpr void apply_preset(ChainSettings& chain) {
    if (chain.preset == SnowPresetName::kNone) return;
    const SnowPreset& preset = snow_preset(chain.preset);
    chain.k = preset.k;
    chain.alpha_preference = preset.alpha_preference;
    chain.alpha_confidence = preset.alpha_confidence;
    chain.beta = preset.beta;
    chain.beta_virtuous = preset.beta_virtuous;
    chain.beta_rogue = preset.beta_rogue;
    if (chain.concurrent_polls > chain.beta) chain.concurrent_polls = chain.beta;
    if (preset.block_interval_ns != 0) chain.block_interval_ns = preset.block_interval_ns;
}

struct NetworkSettings {
    // a profile's name: six-region-2019, ten-city-2024, lan; one latency of all links, such as
    // "50ms"; or none, if LinkRules say that of every link
    std::string latency = "six-region-2019";
    std::uint32_t loss_ppm = 0;
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t reorder_ppm = 0;
    std::uint64_t reorder_delay_ns = 100'000'000;
    std::uint64_t jitter_ns = 0;
    std::uint64_t bandwidth_bps = 0;  // bits per second and direction; 0: unlimited
    BandwidthOf bandwidth_of = BandwidthOf::kUplink;
    // What may wait for a line of limited bandwidth; a message that finds no room is dropped. 0:
    // unlimited.
    std::uint64_t queue_bytes = 0;
    std::uint32_t corrupt_ppm = 0;
    // A message that was lost or dropped is sent again, at most this often: after the round trip
    // and resend_after, and then after twice the time before. 0: it stays lost.
    std::uint32_t resends = 6;
    std::uint64_t resend_after_ns = 200'000'000;
};

// The latency that stands for "every link's is in a LinkRule".
inline constexpr std::string_view kNoLatency = "none";

// Faults that are drawn from the seed, besides those that are scheduled.
struct SwarmSettings {
    bool enabled = false;
    std::vector<std::string> kinds;        // words of FaultKind; empty: all
    std::uint32_t presence_ppm = 500'000;  // of each kind in a run
    std::uint32_t faults_per_kind = 3;     // at most, of a kind that is present
    // All of them begin and end between these.
    std::uint64_t from_ns = 20'000'000'000;
    std::uint64_t until_ns = 140'000'000'000;
};

// How long a fault lasts. One that ends with a restart and has no duration lasts as long as a
// restart takes.
inline std::uint64_t duration_of(const FaultPlan& plan, const ChainSettings& chain) {
    const bool by_restart = traits_of(plan.kind).ends_with_restart && plan.duration_ns == 0;
    return by_restart ? chain.restart_delay_ns : plan.duration_ns;
}

// A part of an amount in millionths; where that is more than the whole and no amount, the largest.
inline Amount times_ppm(Amount amount, std::uint64_t ppm) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{amount.nlux()} * ppm / 1'000'000;
    constexpr std::uint64_t kMost = ~std::uint64_t{0};
    return Amount(product > kMost ? kMost : static_cast<std::uint64_t>(product));
}

struct Workload {
    std::uint32_t tasks = 2000;
    std::uint32_t tasks_per_block = 10;
    ArrivalLaw arrivals = ArrivalLaw::kEven;
    std::uint64_t mean_gap_ns = 4'000'000'000;  // between two tasks of a Poisson process
    // The tasks of a trace (sim/scenario/trace.h) instead of those laws; empty: none. Its times are
    // multiplied by the stretch. A task takes one step for each input_per_step of its input and
    // each output_per_step of its output; 0: that size takes none.
    std::string trace;
    std::uint64_t trace_stretch_ppm = 1'000'000;
    std::uint32_t input_per_step = 2048;
    std::uint32_t output_per_step = 64;
    std::uint32_t requesters = 4;
    Amount fee = lux(1);  // of a task on the smallest model; see fee_of()
    // What a wrong answer to a task costs the requester, in the currency of sim/scenario/price.h,
    // and the part of it that whoever gave the answer gains; the rest is lost to the requester
    // alone.
    Amount value_at_risk = lux(50);
    std::uint32_t lie_gain_ppm = 1'000'000;
    std::uint32_t steps = 1;
    std::uint32_t models = 1;
    ModelSizes model_sizes = ModelSizes::kEqual;
    std::uint32_t feature_rows = 4096;
    std::uint64_t step_time_ns = 200'000'000;  // one inference step on a provider of speed 1
    WorkLaw work_law = WorkLaw::kFixed;
    std::uint64_t check_time_ns = 200'000'000;  // one step re-executed by a challenger
    // What one step of the model stands for, in operations of the InferenceStep kernel: how long it
    // takes on a device class follows from it.
    std::uint64_t step_operations = 100'000;
    // In the same currency: what a provider pays outside the chain to compute one step, and a
    // challenger to re-execute one.
    Amount step_cost;
    Amount check_cost;
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
    PriceSettings price;
    VmParameters vm;
    std::vector<ActorGroup> actors;
    std::vector<LinkRule> links;
    std::vector<FaultPlan> faults;
    SwarmSettings swarm;
    // the principal or group whose payoff attacker_net reports; empty: the first group that breaks
    // the protocol
    std::string attacker;
    // invariant ids that must be violated, or the run fails
    std::vector<std::string> expected_violations;
};

}  // namespace aivm::sim
