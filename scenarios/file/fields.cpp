#include "scenarios/file/fields.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/config/limits.h"
#include "core/config/slash_causes.h"
#include "sim/engine/time.h"

namespace aivm::scenarios {
namespace {

using sim::AcceleratorFaults;
using sim::ActorGroup;
using sim::ChainSettings;
using sim::FaultPlan;
using sim::LinkRule;
using sim::NetworkSettings;
using sim::PriceSettings;
using sim::RunSettings;
using sim::Scenario;
using sim::SwarmSettings;
using sim::Workload;

// ---- from a member to a Value and back ----------------------------------------------------------

template <class Member>
inline constexpr bool kIsOptional = false;
template <class Member>
inline constexpr bool kIsOptional<std::optional<Member>> = true;

template <class Member>
Value to_value(const Member& member) {
    if constexpr (kIsOptional<Member>) {
        return member ? to_value(*member) : Value(std::monostate());
    } else if constexpr (std::is_same_v<Member, Amount>) {
        return member.nlux();
    } else if constexpr (std::is_enum_v<Member>) {
        return static_cast<std::uint64_t>(member);
    } else if constexpr (std::is_integral_v<Member> && !std::is_same_v<Member, bool>) {
        static_assert(std::is_unsigned_v<Member>);
        return static_cast<std::uint64_t>(member);
    } else {
        return member;
    }
}

template <class Member>
void from_value(Member& member, const Value& value) {
    if constexpr (kIsOptional<Member>) {
        member.reset();
        if (is_set(value)) from_value(member.emplace(), value);
    } else if constexpr (std::is_same_v<Member, Amount>) {
        member = Amount(std::get<std::uint64_t>(value));
    } else if constexpr (std::is_enum_v<Member> ||
                         (std::is_integral_v<Member> && !std::is_same_v<Member, bool>)) {
        member = static_cast<Member>(std::get<std::uint64_t>(value));
        AIVM_CHECK(static_cast<std::uint64_t>(member) ==
                   std::get<std::uint64_t>(value));  // a row's max fits its member
    } else {
        member = std::get<Member>(value);
    }
}

template <class Owner, class Member>
Owner owner_of(Member Owner::*);

// The row for the member that the path of member pointers reaches.
template <auto First, auto... Rest>
constexpr auto at(FieldInfo info) {
    using Owner = decltype(owner_of(First));
    return Field<Owner>{
        info, [](const Owner& owner) -> Value { return to_value(((owner.*First).*....*Rest)); },
        [](Owner& owner, const Value& value) { from_value(((owner.*First).*....*Rest), value); }};
}

template <auto Member>
constexpr auto in_run = [](FieldInfo info) { return at<&Scenario::run, Member>(info); };
template <auto Member>
constexpr auto in_chain = [](FieldInfo info) { return at<&Scenario::chain, Member>(info); };
template <auto Member>
constexpr auto in_network = [](FieldInfo info) { return at<&Scenario::network, Member>(info); };
template <auto Member>
constexpr auto in_swarm = [](FieldInfo info) { return at<&Scenario::swarm, Member>(info); };
template <auto Member>
constexpr auto in_tasks = [](FieldInfo info) { return at<&Scenario::workload, Member>(info); };
template <auto Member>
constexpr auto in_price = [](FieldInfo info) { return at<&Scenario::price, Member>(info); };
template <auto Member>
constexpr auto in_config =
    [](FieldInfo info) { return at<&Scenario::vm, &VmParameters::config, Member>(info); };
template <auto Member>
constexpr auto in_policy =
    [](FieldInfo info) { return at<&Scenario::vm, &VmParameters::policy, Member>(info); };
template <auto Member>
constexpr auto in_accelerator =
    [](FieldInfo info) { return at<&ActorGroup::accelerator, Member>(info); };

// ---- the forms of a row -------------------------------------------------------------------------

using Text = std::string_view;

struct Range {
    std::uint64_t min;
    std::uint64_t max;
};

constexpr FieldInfo integer(Text section, Text key, Text unit, Range range, Text doc) {
    return {section, key, FieldType::kInteger, unit, range.min, range.max, {}, false, doc};
}
constexpr FieldInfo duration(Text section, Text key, Range range, Text doc) {
    return {section, key, FieldType::kDuration, {}, range.min, range.max, {}, false, doc};
}
constexpr FieldInfo amount(Text section, Text key, Text doc) {
    constexpr std::uint64_t kMaxAmount = 1'000'000'000 * kNluxPerLux;  // 10^9 LUX
    return {section, key, FieldType::kAmount, {}, 0, kMaxAmount, {}, false, doc};
}
constexpr FieldInfo probability(Text section, Text key, Text doc) {
    return {section, key, FieldType::kRatio, {}, 0, kPpmWhole, {}, false, doc};
}
constexpr FieldInfo flag(Text section, Text key, Text doc) {
    return {section, key, FieldType::kBoolean, {}, 0, 0, {}, false, doc};
}
constexpr FieldInfo choice(Text section, Text key, std::span<const Text> choices, Text doc) {
    return {section, key, FieldType::kChoice, {}, 0, choices.size() - 1, choices, false, doc};
}
constexpr FieldInfo plain(FieldType type, Text section, Text key, Text doc) {
    return {section, key, type, {}, 0, 0, {}, false, doc};
}
constexpr FieldInfo basis_points(Text key, Text doc) {
    return {"vm", key, FieldType::kInteger, "basis points", 0, 10'000, {}, false, doc};
}
constexpr FieldInfo required(FieldInfo info) {
    info.required = true;
    return info;
}

// The row of a slashing cause's rate, from the table of causes.
template <SlashCause Cause>
constexpr auto slash_rate() {
    constexpr const SlashCauseRow& kRow = slash_cause(Cause);
    return in_policy<kRow.rate>(basis_points(kRow.rate_key, kRow.rate_doc));
}

// Whether the cause has a row among those that slash_rates makes.
constexpr bool has_rate_row(const SlashCauseRow& row) {
    return row.rate != nullptr && row.cause != SlashCause::kWrongAnswer;
}

constexpr auto slash_rates() {
    constexpr std::size_t kCount = std::ranges::count_if(kSlashCauses, has_rate_row);
    std::array<Field<Scenario>, kCount> out{};
    std::size_t next = 0;
    const auto add = [&]<std::size_t I>() {
        if constexpr (has_rate_row(kSlashCauses[I])) {
            out[next++] = slash_rate<kSlashCauses[I].cause>();
        }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (add.template operator()<I>(), ...);
    }(std::make_index_sequence<kSlashCauses.size()>());
    return out;
}

template <class T, std::size_t... Sizes>
constexpr auto join(const std::array<T, Sizes>&... parts) {
    std::array<T, (Sizes + ...)> out{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const T& item : part) out[next++] = item;
    };
    (append(parts), ...);
    return out;
}

constexpr std::uint64_t kMillisecond = sim::kMillisecond;
constexpr std::uint64_t kHour = 60 * sim::kMinute;
constexpr std::uint64_t kYear = 365 * 24 * kHour;
constexpr Range kAnyTime{0, kYear};
constexpr Range kSomeTime{1, kYear};
constexpr Range kBlocks{0, 1'000'000};
constexpr Range kSomeBlocks{1, 1'000'000};
constexpr std::uint64_t kMaxValidators = 10'000;
constexpr Range kBytes{0, 1'000'000'000'000};
// "0 bit/s" up to a terabit per second.
constexpr std::uint64_t kMaxBandwidth = 1'000'000'000'000;

// ---- the rows -----------------------------------------------------------------------------------

constexpr FieldInfo kStrategy{
    "group",
    "strategy",
    FieldType::kText,
    {},
    0,
    71,
    {},
    false,
    "what they do: a strategy by its name, or python:NAME where Python runs the scenario"};
constexpr FieldInfo kDescription{"", "description", FieldType::kText,    {}, 0, 2000,
                                 {}, false,         "what the run shows"};
constexpr FieldInfo kVictims{"fault",
                             "validators",
                             FieldType::kIntegers,
                             {},
                             0,
                             kMaxValidators - 1,
                             {},
                             false,
                             "the validators hit, by index; for a partition the side cut off"};
constexpr FieldInfo kCensorPayer{
    "chain",
    "censor_payer",
    FieldType::kText,
    {},
    0,
    64,
    {},
    false,
    "budget, bribe: the group whose owner pays, one identity or a shared principal"};
constexpr FieldInfo kAttacker{
    "",
    "attacker",
    FieldType::kText,
    {},
    0,
    64,
    {},
    false,
    "principal or group whose payoff attacker_net reports; \"\": the first group that breaks the "
    "protocol"};
constexpr FieldInfo kPrincipal{
    "group",
    "principal",
    FieldType::kText,
    {},
    0,
    64,
    {},
    false,
    "the owner's name; groups with the same name, of any roles, belong to one owner"};
constexpr FieldInfo kHardware{
    "group",
    "hardware",
    FieldType::kText,
    {},
    0,
    64,
    {},
    false,
    "of a provider's machine, attested by its vendor: such as \"H100\" or \"SGX\"; \"\": none"};
constexpr FieldInfo kSpeed{
    "group", "speed", FieldType::kRatio,
    {},      1000,    1'000'000'000,
    {},      false,   "speed relative to a normal machine; \"50%\" takes twice as long"};
constexpr FieldInfo kValue{
    "group", "value", FieldType::kRatio,
    {},      0,       1'000'000'000,
    {},      false,   "of a requester: value of its tasks relative to tasks.value_at_risk"};
constexpr FieldInfo kThrottledSpeed{"group",
                                    "throttled_speed",
                                    FieldType::kRatio,
                                    {},
                                    1000,
                                    1'000'000,
                                    {},
                                    false,
                                    "speed of a throttled task relative to that of any other"};
constexpr FieldInfo kDrift{"fault", "drift", FieldType::kRatio,
                           {},      0,       500'000,
                           {},      false,   "clock: rate at which it gains on true time"};
constexpr FieldInfo kClogBandwidth{
    "fault", "bandwidth", FieldType::kBandwidth,
    {},      0,           1'000'000'000'000,
    {},      false,       "clogged: bandwidth of each node hit, in total, for each direction"};
constexpr FieldInfo bandwidth(Text section, Text key, Text doc) {
    return {section, key, FieldType::kBandwidth, {}, 0, kMaxBandwidth, {}, false, doc};
}
constexpr FieldInfo text(Text section, Text key, Text doc) {
    return {section, key, FieldType::kText, {}, 0, 64, {}, false, doc};
}
// Room for the rest of a scenario file remains (kMaxFileBytes).
constexpr std::uint64_t kDataBytesMax = 768 << 10;
constexpr FieldInfo data(FieldType type, Text section, Text key, Text doc) {
    return {section, key, type, {}, 0, kDataBytesMax, {}, false, doc};
}
constexpr FieldInfo relative(Text section, Text key, Range range, Text doc) {
    return {section, key, FieldType::kRatio, {}, range.min, range.max, {}, false, doc};
}
constexpr FieldInfo validator_list(Text section, Text key, Text doc) {
    return {section, key, FieldType::kIntegers, {}, 0, kMaxValidators - 1, {}, false, doc};
}

// Stands before the keys whose values it sets, so that those written out in a file win.
constexpr Field<Scenario> preset_row() {
    Field<Scenario> row = in_chain<&ChainSettings::preset>(
        choice("chain", "preset", words<sim::SnowPresetName>,
               "snowman, avalanche: k, the alphas, the betas and, for Lux, the block interval of a "
               "deployed network; keys that are written out win. Other engines use only that "
               "interval"));
    row.set = [](Scenario& scenario, const Value& value) {
        from_value(scenario.chain.preset, value);
        sim::apply_preset(scenario.chain);
    };
    return row;
}

constexpr Field<Scenario> kFieldsBeforeSlashRates[] = {
    at<&Scenario::name>(
        required(plain(FieldType::kName, "", "name", "the label of the run in every output"))),
    at<&Scenario::description>(kDescription),
    at<&Scenario::expected_violations>(
        plain(FieldType::kNames, "", "expect",
              "invariants that must be violated for the run to pass, such as [\"E3\"]")),

    at<&Scenario::attacker>(kAttacker),

    in_run<&RunSettings::fidelity>(choice("run", "fidelity", words<sim::Fidelity>,
                                          "full: every validator is a replica; economic: a "
                                          "sequencer stands for consensus, much faster")),
    in_run<&RunSettings::max_time_ns>(
        duration("run", "max_time", kSomeTime,
                 "virtual time after which a run that is still busy has failed")),
    in_run<&RunSettings::quiet_period_ns>(
        duration("run", "quiet_period", kAnyTime,
                 "time after the last fault within which liveness must return; 0s: computed from "
                 "round trips, time-outs and the polls that a decision takes")),
    in_run<&RunSettings::max_events>(integer("run", "max_events", "events", {1, 1'000'000'000'000},
                                             "events after which the run stops as over budget")),
    in_run<&RunSettings::beyond_f>(
        flag("run", "beyond_f",
             "more stake may be faulty at the same time than the fault budget, a third of it all: "
             "validators that break the protocol, crashes and damaged disks together")),
    in_run<&RunSettings::max_wall_time_ns>(
        duration("run", "max_wall_time", kAnyTime,
                 "real time after which the run stops as over budget; 0s: no limit")),
    in_run<&RunSettings::max_memory_bytes>(
        integer("run", "max_memory", "bytes", {0, 1'000'000'000'000'000},
                "memory of the process at which the run stops as over budget; 0: no limit")),
    in_run<&RunSettings::alone_one_in>(
        integer("run", "alone_one_in", "validators", {1, 1'000'000},
                "one validator in so many executes every block itself, and is compared with those "
                "that share results; at least one does")),
    in_run<&RunSettings::solo_replay>(
        flag("run", "solo_replay",
             "execute the accepted chain once more at the end of a run of the full fidelity")),
    in_run<&RunSettings::ideal_hashes>(
        flag("run", "ideal_hashes",
             "in the economic fidelity, make keys, draws and commitments by a fast stand-in for an "
             "ideal hash function instead of Keccak-256: other draws, with the same chances")),

    preset_row(),
    in_chain<&ChainSettings::consensus>(
        choice("chain", "consensus", words<sim::ConsensusKind>, "the consensus engine")),
    in_chain<&ChainSettings::validators>(integer("chain", "validators", "validators",
                                                 {1, kMaxValidators},
                                                 "nodes that take part in consensus")),
    in_chain<&ChainSettings::stake>(
        plain(FieldType::kName, "chain", "stake", "the stake profile of the validators")),
    in_chain<&ChainSettings::block_interval_ns>(
        duration("chain", "block_interval", {kMillisecond, kHour},
                 "time between two blocks when there is work")),
    in_chain<&ChainSettings::max_block_ops>(integer("chain", "max_block_ops", "operations",
                                                    {1, 1'000'000},
                                                    "maximum number of operations in a block")),
    in_chain<&ChainSettings::max_block_bytes>(integer(
        "chain", "max_block_bytes", "bytes", {16'384, kBlockSpaceBytesMax},
        "maximum number of bytes of operations in a block: a quarter is kept for fraud proofs, "
        "half for assigned work")),
    in_chain<&ChainSettings::mempool_limit>(integer("chain", "mempool_limit", "operations",
                                                    {1, 10'000'000},
                                                    "operations that a node queues in each lane")),
    in_chain<&ChainSettings::mempool_per_sender>(
        integer("chain", "mempool_per_sender", "operations", {1, 10'000'000},
                "operations of one sender that a node queues, beside fraud proofs and assigned "
                "work")),
    in_chain<&ChainSettings::operation_ttl_blocks>(
        integer("chain", "operation_ttl_blocks", "blocks", {1, 1'000'000},
                "for which a node keeps an operation that it took")),
    in_chain<&ChainSettings::k>(
        integer("chain", "k", "validators", {1, kMaxValidators},
                "snowman, avalanche: units of stake (snowman: or validators) drawn for one poll")),
    in_chain<&ChainSettings::alpha_preference>(
        integer("chain", "alpha_preference", "votes", {1, kMaxValidators},
                "snowman: votes that change the preference")),
    in_chain<&ChainSettings::alpha_confidence>(
        integer("chain", "alpha_confidence", "votes", {1, kMaxValidators},
                "snowman, avalanche: votes that add to the confidence")),
    in_chain<&ChainSettings::beta>(integer("chain", "beta", "polls", {1, 10'000},
                                           "snowman: successful polls in a row that decide")),
    in_chain<&ChainSettings::beta_virtuous>(
        integer("chain", "beta_virtuous", "polls", {1, 10'000},
                "avalanche: successful polls in a row that decide a vertex without rivals")),
    in_chain<&ChainSettings::beta_rogue>(
        integer("chain", "beta_rogue", "polls", {1, 10'000},
                "avalanche: successful polls in a row that decide a vertex with rivals")),
    in_chain<&ChainSettings::vertex_interval_ns>(
        duration("chain", "vertex_interval", {kMillisecond, kHour},
                 "avalanche: time between two vertices of a validator; cuts come every "
                 "block_interval")),
    in_chain<&ChainSettings::conflict_key>(
        choice("chain", "conflict_key", words<ConflictKeyPolicy>,
               "avalanche: by what vertices conflict: the jobs that they touch (job), or a job "
               "with account and nonce (operation)")),
    in_chain<&ChainSettings::cut_finality>(
        choice("chain", "cut_finality", words<sim::CutFinality>,
               "avalanche: bft has the validators vote for each cut that they accept; a quorum is "
               "a certificate, without which no anchor is taken")),
    in_chain<&ChainSettings::concurrent_polls>(
        integer("chain", "concurrent_polls", "polls", {1, 1000},
                "snowman, avalanche: polls that a node keeps open at the same time")),
    in_chain<&ChainSettings::snow_instance>(
        choice("chain", "snow_instance", words<sim::SnowInstanceKind>,
               "snowman: tree decides among siblings bit by bit over their ids, as deployed; flat "
               "counts each for itself and can stay split for ever")),
    in_chain<&ChainSettings::sampling>(
        choice("chain", "sampling", words<sim::SnowSampling>,
               "snowman: a poll draws units of stake, as deployed, or distinct validators")),
    in_chain<&ChainSettings::optimal_processing>(
        integer("chain", "optimal_processing", "blocks", {1, 1000},
                "snowman: undecided blocks at which a node stops building")),
    in_chain<&ChainSettings::poll_timeout_min_ns>(duration(
        "chain", "poll_timeout_min", {kMillisecond, kHour},
        "snowman, avalanche: a poll waits for answers twice as long as they take on average, at "
        "least this long")),
    in_chain<&ChainSettings::poll_timeout_max_ns>(
        duration("chain", "poll_timeout_max", {kMillisecond, kHour},
                 "snowman, avalanche: and at most this long")),
    in_chain<&ChainSettings::restart_delay_ns>(
        duration("chain", "restart_delay", kAnyTime,
                 "time between a crash and the restart, unless the fault has a duration")),
    in_chain<&ChainSettings::censorship>(
        choice("chain", "censorship", words<sim::CensorshipModel>,
               "who keeps fraud proofs out: a share of the proposers drawn one by one (iid), in "
               "rounds (permuted) or for terms (sticky); a payer (budget, bribe); a share that "
               "reorganises blocks away (orphan); an outage whenever a wrong result is posted "
               "(partition)")),
    in_chain<&ChainSettings::censoring_ppm>(
        probability("chain", "censoring_share",
                    "iid, permuted, sticky, orphan: share of the proposers that leave out fraud "
                    "proofs; bribe: share that accepts the price")),
    in_chain<&ChainSettings::round_proposers>(
        integer("chain", "round_proposers", "proposers", {1, 10'000},
                "permuted: proposers in a round; each builds one block of it")),
    in_chain<&ChainSettings::leader_term_blocks>(integer(
        "chain", "leader_term_blocks", "blocks", kSomeBlocks, "sticky: blocks of one leader")),
    in_chain<&ChainSettings::censor_price>(
        amount("chain", "censor_price",
               "budget, bribe: price of each block that is kept free of fraud proofs")),
    in_chain<&ChainSettings::censor_budget>(
        amount("chain", "censor_budget",
               "budget, bribe: the total budget; bribe: \"0 LUX\" is unlimited")),
    in_chain<&ChainSettings::censor_payer>(kCensorPayer),
    in_chain<&ChainSettings::social_response_blocks>(integer(
        "chain", "social_response_blocks", "blocks", kBlocks,
        "orphan: blocks that the attack lasts after the first orphaned block; 0 is for ever")),
    in_chain<&ChainSettings::outage_mean_ns>(
        duration("chain", "outage_mean", kSomeTime,
                 "partition: mean of the exponentially distributed outage")),
    in_chain<&ChainSettings::certificate_delay_ns>(duration(
        "chain", "certificate_delay", kAnyTime,
        "where votes are signed: from a decision to its certificate, without which no anchor is "
        "taken; for 21 validators an aggregate of BLS signatures takes 9ms, a post-quantum one "
        "3.3s")),
    in_chain<&ChainSettings::certificate_bytes>(
        integer("chain", "certificate_bytes", "bytes", {0, 1 << 20},
                "where votes are signed: size of a certificate on the network; 0: with a signature "
                "of each voter; for 21 validators an aggregate of BLS signatures takes 123, one "
                "with post-quantum signatures 33000 to 102000")),
    in_chain<&ChainSettings::anchor_delay_ns>(duration(
        "chain", "anchor_delay", kAnyTime, "time after which the anchor's chain has an anchor")),
    in_chain<&ChainSettings::anchor_outage_at_ns>(
        duration("chain", "anchor_outage_at", kAnyTime, "when the anchor's chain fails")),
    in_chain<&ChainSettings::anchor_outage_ns>(duration(
        "chain", "anchor_outage", kAnyTime, "how long it takes no anchor; \"0s\" is not at all")),
    in_chain<&ChainSettings::anchor_withheld_ppm>(
        probability("chain", "anchor_withheld", "probability that it withholds an anchor")),
    in_chain<&ChainSettings::finality_delay_ns>(
        duration("chain", "finality_delay", kAnyTime,
                 "sequencer and economic: time from building a block to its finality")),

    in_network<&NetworkSettings::latency>(text(
        "network", "latency",
        "of the links: a latency profile, one duration for all such as \"50ms\", or none where "
        "[[link]] tables say that of every link")),
    in_network<&NetworkSettings::jitter_ns>(
        duration("network", "jitter", kAnyTime, "the largest random extra delay of a message")),
    in_network<&NetworkSettings::bandwidth_bps>(
        bandwidth("network", "bandwidth", "bandwidth of a line in each direction")),
    in_network<&NetworkSettings::bandwidth_of>(
        choice("network", "bandwidth_of", words<sim::BandwidthOf>,
               "what is a line: all that a node sends (uplink), or each link for itself (link)")),
    in_network<&NetworkSettings::queue_bytes>(
        integer("network", "queue", "bytes", kBytes,
                "what may wait for a line; a message without room is dropped; 0 is no limit")),
    in_network<&NetworkSettings::loss_ppm>(
        probability("network", "loss", "probability that a message is lost")),
    in_network<&NetworkSettings::duplicate_ppm>(
        probability("network", "duplicate", "probability that a message arrives twice")),
    in_network<&NetworkSettings::reorder_ppm>(
        probability("network", "reorder", "probability that a message is held back")),
    in_network<&NetworkSettings::reorder_delay_ns>(
        duration("network", "reorder_delay", kAnyTime, "the longest time a message is held back")),
    in_network<&NetworkSettings::corrupt_ppm>(probability(
        "network", "corrupt", "probability that bits of a message are flipped on its way")),
    in_network<&NetworkSettings::resends>(
        integer("network", "resends", "times", {0, 20},
                "how often a message that was lost or dropped is sent again; 0 is never")),
    in_network<&NetworkSettings::resend_after_ns>(
        duration("network", "resend_after", kAnyTime,
                 "after the round trip, when a message is sent again; doubled every time")),

    in_swarm<&SwarmSettings::enabled>(
        flag("swarm", "enabled", "faults are drawn from the seed, besides those of [[fault]]")),
    in_swarm<&SwarmSettings::kinds>(plain(FieldType::kNames, "swarm", "kinds",
                                          "the kinds of faults that may be drawn; empty: all")),
    in_swarm<&SwarmSettings::presence_ppm>(probability(
        "swarm", "presence", "probability that a run has faults of a kind, for each kind")),
    in_swarm<&SwarmSettings::faults_per_kind>(integer("swarm", "faults_per_kind", "faults",
                                                      {1, 100},
                                                      "the most faults of a kind that is present")),
    in_swarm<&SwarmSettings::from_ns>(
        duration("swarm", "from", kAnyTime, "virtual time before which no fault begins")),
    in_swarm<&SwarmSettings::until_ns>(
        duration("swarm", "until", kAnyTime, "virtual time at which every fault is over")),

    in_tasks<&Workload::tasks>(
        integer("tasks", "count", "tasks", {0, 10'000'000}, "tasks submitted in the whole run")),
    in_tasks<&Workload::tasks_per_block>(
        integer("tasks", "per_block", "tasks", {1, 100'000}, "tasks submitted for each block")),
    in_tasks<&Workload::arrivals>(choice("tasks", "arrivals", words<sim::ArrivalLaw>,
                                         "even: per_block of them every block interval; poisson: "
                                         "one by one, mean_gap between them")),
    in_tasks<&Workload::mean_gap_ns>(
        duration("tasks", "mean_gap", kSomeTime, "arrivals poisson: mean time between two tasks")),
    in_tasks<&Workload::trace>(data(
        FieldType::kTrace, "tasks",
        "trace",
        "tasks of a recorded workload, not by arrivals: a CSV file with the columns arrival_s, "
        "input, output and model, of which only the first must be there, or with those of an Azure "
        "LLM inference trace (TIMESTAMP, ContextTokens, GeneratedTokens)")),
    in_tasks<&Workload::trace_stretch_ppm>(
        relative("tasks", "trace_stretch", {1, 1'000'000'000},
                 "trace: factor of its times; \"50%\" plays it twice as fast")),
    in_tasks<&Workload::input_per_step>(integer(
        "tasks", "input_per_step", "units", {0, 1'000'000'000},
        "trace: size of the input that takes one step of computing; 0: reading takes none")),
    in_tasks<&Workload::output_per_step>(
        integer("tasks", "output_per_step", "units", {0, 1'000'000'000},
                "trace: size of the output that takes one step; 0: writing takes none")),
    in_tasks<&Workload::requesters>(integer("tasks", "requesters", "requesters", {1, 10'000},
                                            "honest requesters when no [[requester]] is listed")),
    in_tasks<&Workload::fee>(amount(
        "tasks", "fee", "fee paid for one task; a model of twice the steps costs twice as much")),
    in_tasks<&Workload::value_at_risk>(amount(
        "tasks", "value_at_risk",
        "what a wrong answer costs its requester outside the chain, in the currency of [price]; "
        "reported beside the slash coverage")),
    in_tasks<&Workload::lie_gain_ppm>(
        probability("tasks", "lie_gain",
                    "the part of tasks.value_at_risk that whoever gave the wrong answer gains")),
    in_tasks<&Workload::steps>(
        integer("tasks", "steps", "steps", {1, 65'536}, "inference steps of one task")),
    in_tasks<&Workload::models>(
        integer("tasks", "models", "models", {1, 256}, "registered models, used in turn")),
    in_tasks<&Workload::model_sizes>(choice(
        "tasks", "model_sizes", words<sim::ModelSizes>,
        "equal: every model has tasks.steps; doubling: each twice as many as the one before; "
        "a task of a trace is served by the smallest with enough")),
    in_tasks<&Workload::feature_rows>(
        integer("tasks", "feature_rows", "rows", {1, 1'000'000},
                "rows of a model's feature table; a task's input names one")),
    in_tasks<&Workload::step_time_ns>(
        duration("tasks", "step_time", kAnyTime, "time for one step on a provider of speed 100%")),
    in_tasks<&Workload::work_law>(choice("tasks", "work_law", words<sim::WorkLaw>,
                                         "fixed: a provider computes as long as its steps take; "
                                         "exponential: a drawn time with that mean")),
    in_tasks<&Workload::check_time_ns>(
        duration("tasks", "check_time", kAnyTime,
                 "time for a challenger of speed 100% to re-execute one step")),
    in_tasks<&Workload::step_operations>(
        integer("tasks", "step_operations", "operations", {1, 1'000'000'000},
                "on a device class: InferenceStep operations that one step stands for")),
    in_tasks<&Workload::step_cost>(amount(
        "tasks", "step_cost", "what computing one step costs a provider, outside the chain")),
    in_tasks<&Workload::check_cost>(amount(
        "tasks", "check_cost", "what re-executing one step costs a challenger, outside the chain")),

    in_price<&PriceSettings::law>(
        choice("price", "law", words<sim::PriceLaw>,
               "constant; file: prices of price.path; geometric: a geometric Brownian motion")),
    in_price<&PriceSettings::path>(
        data(FieldType::kPrices, "price", "path",
             "law file: a CSV file with the columns time_s, which grows, and price, in any unit; "
             "each price holds until the next")),
    in_price<&PriceSettings::volatility_ppm>(
        relative("price", "volatility", {0, 10'000'000},
                 "law geometric: standard deviation of the logarithm of the price over a period")),
    in_price<&PriceSettings::growth_ppm>(
        relative("price", "growth", {1, 1'000'000'000},
                 "law geometric: mean price after a period relative to that at its start")),
    in_price<&PriceSettings::period_ns>(
        duration("price", "period", kSomeTime, "law geometric: that period")),
    in_price<&PriceSettings::step_ns>(
        duration("price", "step", kSomeTime, "law geometric: time between two changes")),

    in_config<&Config::verification_mode>(
        choice("vm", "verification_mode", words<VerificationMode>, "how results are verified")),
    in_config<&Config::challenge_window_blocks>(
        integer("vm", "challenge_window_blocks", "blocks", kBlocks,
                "blocks in which a posted result can be challenged; 0 only in redundant mode")),
    in_config<&Config::max_providers_per_node>(integer("vm", "max_providers_per_node", "providers",
                                                       {1, 1'000'000},
                                                       "providers one node may register")),
    in_config<&Config::max_tasks_per_provider>(
        integer("vm", "max_tasks_per_provider", "tasks", {1, 10'000},
                "tasks that a provider may hold at the same time")),
    in_config<&Config::host_chain_id>(
        plain(FieldType::kName, "vm", "host_chain_id",
              "chain that receives the anchors; \"primary\" is Q-Chain")),
    in_config<&Config::redundancy_factor>(
        integer("vm", "redundancy_factor", "providers", {1, 64},
                "redundant mode: equal answers that make a quorum (M)")),
    in_config<&Config::min_provider_bond>(
        amount("vm", "min_provider_bond", "minimum bond of a provider")),
    in_config<&Config::require_tee_attestation>(
        flag("vm", "require_tee_attestation", "only attested hardware may register")),
    in_config<&Config::min_trust_score>(
        integer("vm", "min_trust_score", "points", {0, 100},
                "minimum trust score: in TEE mode, for a result to be usable at once; with "
                "require_tee_attestation, for a provider to register")),
    in_config<&Config::attestation_timeout_ns>(
        duration("vm", "attestation_timeout", kSomeTime,
                 "TEE mode: maximum age of an attestation that makes a result usable at once")),
    in_config<&Config::max_task_queue_size>(integer("vm", "max_task_queue_size", "tasks",
                                                    {1, 10'000'000},
                                                    "tasks that may wait; more are refused")),
    in_config<&Config::task_timeout_ns>(
        duration("vm", "task_timeout", kSomeTime, "time after which a silent provider is slashed")),
    in_config<&Config::base_reward>(
        amount("vm", "base_reward",
               "minted for a final task, before the reward schedule and the mint cap apply")),
    in_config<&Config::epoch_duration_ns>(
        duration("vm", "epoch_duration", kSomeTime, "length of an epoch")),
    in_config<&Config::merkle_anchor_freq>(
        integer("vm", "merkle_anchor_freq", "blocks", kSomeBlocks, "blocks between two anchors")),

    in_policy<&Policy::fee_floor>(amount("vm", "fee_floor", "a task that pays less is refused")),
    in_policy<&Policy::fee_burn_bps>(
        basis_points("fee_burn_bps", "share of the fee that is burned")),
    in_policy<&Policy::result_bond>(
        amount("vm", "result_bond",
               "locked for one result; \"0 LUX\" is min_provider_bond / max_tasks_per_provider")),
    in_policy<&Policy::challenger_bond>(amount(
        "vm", "challenger_bond", "locked by a challenge; may double, see challenge_escalation")),
    slash_rate<SlashCause::kWrongAnswer>(),
    in_policy<&Policy::challenger_share_bps>(basis_points(
        "challenger_share_bps", "share of a slash that goes to the rewarded challenger")),
    in_policy<&Policy::requester_share_bps>(
        basis_points("requester_share_bps", "share of a slash that goes to the requester")),
    in_policy<&Policy::provider_share_bps>(
        basis_points("provider_share_bps",
                     "share of a lost challenger bond that goes to the provider that was right")),
};

// The rates of all slashing causes but a wrong answer's, which stands above the shares of it.
constexpr auto kSlashRates = slash_rates();

constexpr Field<Scenario> kFieldsAfterSlashRates[] = {
    in_policy<&Policy::slash_escalation_bps>(
        integer("vm", "slash_escalation_bps", "basis points", {10'000, 1'000'000},
                "what each further proven wrong answer of a provider costs relative to the one "
                "before; beyond slash_bps only unlocked bond is taken; 10000 is no escalation")),
    in_policy<&Policy::correlation_multiplier>(
        integer("vm", "correlation_multiplier", "", {0, 10'000},
                "a provider that was proven wrong loses later its bond times this times the share "
                "of all bonds that was proven wrong around the same time; 0 is no such penalty")),
    in_policy<&Policy::correlation_window_blocks>(
        integer("vm", "correlation_window_blocks", "blocks", kSomeBlocks,
                "what counts as the same time, before and after, and the delay of that penalty")),
    in_policy<&Policy::claim_reward>(
        choice("vm", "claim_reward", words<ClaimReward>,
               "the challenger's share of a slash: for the first true claim, or for each of k "
               "divided by 2^(k-1) (halving)")),
    in_policy<&Policy::audit_bps>(basis_points(
        "audit_bps", "share of the results that the chain itself runs again when they settle")),
    in_policy<&Policy::audit_colluding_bps>(
        integer("vm", "audit_colluding_bps", "basis points", {0, 9'999},
                "share of those audits that report nothing, as colluding auditors do")),
    in_policy<&Policy::audit_saving>(
        amount("vm", "audit_saving",
               "what an answer without computing saves; the result bond is at least what makes an "
               "audited provider lose by that; \"0 LUX\" is no such floor")),
    in_policy<&Policy::quorum_stake_bps>(basis_points(
        "quorum_stake_bps",
        "redundant mode: least share of the bonds of all drawn providers behind the quorum")),
    in_policy<&Policy::space_price_floor>(
        amount("vm", "space_price_floor",
               "burned by every operation for its space in a block, rising with demand; \"0 LUX\" "
               "is no price")),
    in_policy<&Policy::space_target_operations>(
        integer("vm", "space_target_operations", "operations", {1, kBlockOpsMax},
                "operations of a block above which that price rises, and below which it falls")),
    in_policy<&Policy::space_change_bps>(basis_points(
        "space_change_bps",
        "how much that price changes after an empty block or one of twice the target")),
    in_policy<&Policy::challenge_reveal_blocks>(
        integer("vm", "challenge_reveal_blocks", "blocks", kSomeBlocks,
                "blocks within which a challenge must be revealed")),
    in_policy<&Policy::dispute_move_blocks>(
        integer("vm", "dispute_move_blocks", "blocks", kSomeBlocks,
                "blocks within which a dispute move must be answered")),
    in_policy<&Policy::unbond_cooldown_blocks>(
        integer("vm", "unbond_cooldown_blocks", "blocks", kBlocks,
                "blocks between leaving and withdrawing the bond")),
    in_policy<&Policy::activation_delay_blocks>(
        integer("vm", "activation_delay_blocks", "blocks", kBlocks,
                "blocks for which a bond must have been complete before a task is accepted, so "
                "that its provider can be drawn for the task")),
    in_policy<&Policy::commit_window_blocks>(integer("vm", "commit_window_blocks", "blocks",
                                                     kSomeBlocks,
                                                     "redundant mode: blocks in which to commit")),
    in_policy<&Policy::reveal_window_blocks>(integer("vm", "reveal_window_blocks", "blocks",
                                                     kSomeBlocks,
                                                     "redundant mode: blocks in which to reveal")),
    in_policy<&Policy::redundancy_providers>(
        integer("vm", "redundancy_providers", "providers", {1, 64},
                "redundant mode: providers drawn for a task (N)")),
    in_policy<&Policy::reassignments_max>(
        integer("vm", "reassignments_max", "assignments", {0, 1'000'000},
                "assignments beyond the first after which a task fails permanently")),
    in_policy<&Policy::dispute_game>(
        choice("vm", "dispute_game", words<DisputeGame>,
               "one_step re-executes at once; bisection first narrows to one step, and is played "
               "above one_step_steps_max in any case")),
    in_policy<&Policy::one_step_steps_max>(
        integer("vm", "one_step_steps_max", "steps", {1, 65'536},
                "the most steps that the chain re-executes for a dispute")),
    in_policy<&Policy::reward_schedule>(
        choice("vm", "reward_schedule", words<RewardSchedule>, "whether long tasks mint more")),
    in_policy<&Policy::mint_cap>(
        choice("vm", "mint_cap", words<MintCap>, "per_burn mints at most what the task burned")),
    in_policy<&Policy::commit_reveal>(
        flag("vm", "commit_reveal", "redundant mode: hide answers until all have committed")),
    in_policy<&Policy::challenge_in_clear>(
        flag("vm", "challenge_in_clear",
             "a challenge names its claim at once, so that it can be copied")),
    in_policy<&Policy::challenge_escalation>(
        choice("vm", "challenge_escalation", words<ChallengeEscalation>,
               "what doubles a challenger's bond on the same result: nothing (none), every lost "
               "challenge (per_lost), every lost or open one (per_open)")),
    in_policy<&Policy::disputes_per_result_max>(
        integer("vm", "disputes_per_result_max", "challenges", {0, 1'000'000},
                "that one result may have, open or closed; 0 is no limit")),
    in_policy<&Policy::answer_tolerance>(
        integer("vm", "answer_tolerance", "units", {0, kAnswerToleranceMax},
                "re-execution accepts an answer that differs from its own by at most so much as "
                "an int8 value; 0 is exact equality")),
    in_policy<&Policy::full_proof_operations>(
        integer("vm", "full_proof_operations", "operations", {0, 1'000'000},
                "fraud proofs in a block that extend the deadlines of open disputes by a block; 0 "
                "is a quarter of chain.max_block_ops")),
    in_policy<&Policy::full_proof_bytes>(
        integer("vm", "full_proof_bytes", "bytes", {0, kBlockSpaceBytesMax},
                "bytes of fraud proofs in a block that do the same; 0 is a quarter of "
                "chain.max_block_bytes")),
    in_policy<&Policy::obligation_rule>(
        flag("vm", "obligation_rule",
             "a bond cannot be withdrawn while anything it backs can still be slashed")),
    in_policy<&Policy::self_reported_compute>(
        flag("vm", "self_reported_compute",
             "the tiered schedule uses the time that the provider reports")),
    in_policy<&Policy::lock_fee_bps>(
        basis_points("lock_fee_bps", "of the result bond, added to the least fee of a task")),
    in_policy<&Policy::model_fee>(
        amount("vm", "model_fee", "burned when a model or new weights are registered")),
    in_policy<&Policy::model_deposit>(
        amount("vm", "model_deposit", "held from the registration of a model until it is retired")),
    in_policy<&Policy::attestation_slots_per_provider>(
        integer("vm", "attestation_slots_per_provider", "slots", {1, kAttestationsPerProviderMax},
                "devices that one provider may attest")),
    in_policy<&Policy::trust_from_history>(
        integer("vm", "trust_from_history", "points", {0, kTrustPointsMax},
                "trust that a provider earns by each answer that becomes final; 0 is none")),
    in_policy<&Policy::trust_decay_blocks>(
        integer("vm", "trust_decay_blocks", "blocks", kSomeBlocks,
                "blocks in which one point earned by answers is lost again")),
    in_policy<&Policy::evidence_ttl_blocks>(
        integer("vm", "evidence_ttl_blocks", "blocks", kSomeBlocks,
                "blocks within which evidence of equivocation is taken")),
    in_policy<&Policy::reporter_share_bps>(
        basis_points("reporter_share_bps", "of a stake taken for equivocation, to the reporter")),
    in_policy<&Policy::validator_stake_min>(
        amount("vm", "validator_stake_min",
               "a validator with less stake leaves the set when the epoch closes")),
    in_policy<&Policy::stake_cooldown_blocks>(
        integer("vm", "stake_cooldown_blocks", "blocks", kSomeBlocks,
                "how long a stake stays after its validator left the set; at least "
                "vm.evidence_ttl_blocks")),
    in_policy<&Policy::max_clock_skew_ns>(
        duration("vm", "max_clock_skew", kAnyTime, "how far in the future a block's time may lie")),
};

constexpr auto kScenarioFields = join(std::to_array(kFieldsBeforeSlashRates), kSlashRates,
                                      std::to_array(kFieldsAfterSlashRates));

// "WORD: what it does" for every kind of fault.
constexpr auto kFaultKinds = [] {
    constexpr std::size_t kSize = [] {
        std::size_t size = 0;
        for (const auto& traits : sim::kFaultTraits) size += traits.word.size() + traits.doc.size();
        return size + 4 * sim::kFaultKinds - 2;
    }();
    std::array<char, kSize> out{};
    auto end = out.begin();
    for (const auto& traits : sim::kFaultTraits) {
        if (end != out.begin()) end = std::ranges::copy(Text("; "), end).out;
        end = std::ranges::copy(traits.word, end).out;
        end = std::ranges::copy(Text(": "), end).out;
        end = std::ranges::copy(traits.doc, end).out;
    }
    return out;
}();

constexpr Field<FaultPlan> kFaultFields[] = {
    at<&FaultPlan::kind>(required(
        choice("fault", "kind", words<sim::FaultKind>, {kFaultKinds.data(), kFaultKinds.size()}))),
    at<&FaultPlan::at_ns>(
        required(duration("fault", "at", kAnyTime, "virtual time at which it begins"))),
    at<&FaultPlan::duration_ns>(duration(
        "fault", "duration", kAnyTime,
        "how long it lasts; \"0s\" means chain.restart_delay for crash, failed_write, torn_write, "
        "bit_rot and replaced_disk")),
    at<&FaultPlan::regions>(
        plain(FieldType::kNames, "fault", "regions", "partition, one_way: the regions cut off")),
    at<&FaultPlan::validators>(kVictims),
    at<&FaultPlan::groups>(plain(
        FieldType::kNameLists, "fault", "groups",
        "the participants hit, by the names of groups or roles; for a partition its groups, each a "
        "list that may also name regions and indexes of validators, and whoever is in none is one "
        "more. Clients have no disks and do not crash; in run.fidelity economic only groups of "
        "clients can be hit")),
    at<&FaultPlan::delay_ns>(
        duration("fault", "delay", kAnyTime,
                 "slow_node: added to every message; slow_disk: to every write")),
    at<&FaultPlan::period_ns>(duration(
        "fault", "period", kAnyTime,
        "flapping: down for the first half of it, up for the second; clock_jumps: wrong, then "
        "right")),
    at<&FaultPlan::bandwidth_bps>(kClogBandwidth),
    at<&FaultPlan::skew_ns>(
        duration("fault", "skew", kAnyTime, "clock, clock_jumps: how far it is ahead")),
    at<&FaultPlan::drift_ppm>(kDrift),
    at<&FaultPlan::behind>(
        flag("fault", "behind", "clock: skew and drift make it slow instead of fast")),
    at<&FaultPlan::rate_ppm>(
        probability("fault", "rate", "loss, duplicate, reorder, corrupt: probability per message")),
    at<&FaultPlan::strategy>(text(
        "fault", "strategy", "byzantine: a strategy of validators, with its default parameters")),
};

constexpr Field<LinkRule> kLinkFields[] = {
    at<&LinkRule::from>(
        plain(FieldType::kNames, "link", "from",
              "the senders, by names of groups, roles and regions; none at all: everybody")),
    at<&LinkRule::from_validators>(
        validator_list("link", "from_validators", "the senders, by index of a validator")),
    at<&LinkRule::to>(plain(FieldType::kNames, "link", "to", "the receivers, in the same way")),
    at<&LinkRule::to_validators>(
        validator_list("link", "to_validators", "the receivers, by index of a validator")),
    at<&LinkRule::both_ways>(flag("link", "both_ways", "also the links back")),
    at<&LinkRule::latency>(
        text("link", "latency", "a latency profile with the same regions, or a duration")),
    at<&LinkRule::jitter_ns>(
        duration("link", "jitter", kAnyTime, "as in [network], as are the keys below")),
    at<&LinkRule::bandwidth_bps>(bandwidth("link", "bandwidth", "bandwidth of the line")),
    at<&LinkRule::queue_bytes>(
        integer("link", "queue", "bytes", kBytes, "what may wait for the line; 0 is no limit")),
    at<&LinkRule::loss_ppm>(probability("link", "loss", "probability that a message is lost")),
    at<&LinkRule::duplicate_ppm>(
        probability("link", "duplicate", "probability that a message arrives twice")),
    at<&LinkRule::reorder_ppm>(
        probability("link", "reorder", "probability that a message is held back")),
    at<&LinkRule::reorder_delay_ns>(
        duration("link", "reorder_delay", kAnyTime, "the longest time a message is held back")),
    at<&LinkRule::corrupt_ppm>(
        probability("link", "corrupt", "probability that bits of a message are flipped")),
};

constexpr Field<ActorGroup> kGroupFields[] = {
    at<&ActorGroup::name>(required(
        plain(FieldType::kName, "group", "name", "the label of the group in every output"))),
    at<&ActorGroup::count>(
        integer("group", "count", "identities", {1, 10'000}, "identities in the group")),
    at<&ActorGroup::strategy>(kStrategy),
    at<&ActorGroup::shared_principal>(
        flag("group", "shared_principal",
             "the identities belong to one owner, and profit is counted for all of them together")),
    at<&ActorGroup::principal>(kPrincipal),
    at<&ActorGroup::hardware>(kHardware),
    at<&ActorGroup::speed_ppm>(kSpeed),
    at<&ActorGroup::machines>(integer("group", "machines", "machines", {1, 10'000},
                                      "tasks that a provider computes at the same time")),
    at<&ActorGroup::device>(
        choice("group", "device", words<sim::DeviceClass>,
               "of a provider or challenger: class of its device, which decides its computing "
               "times (tasks.step_operations); none: tasks.step_time and tasks.check_time do")),
    at<&ActorGroup::batch>(integer("group", "batch", "tasks", {1, 4096},
                                   "with a device class: waiting tasks that a machine of a "
                                   "provider computes in one call")),
    in_accelerator<&AcceleratorFaults::bit_flips_ppm>(probability(
        "group", "bit_flips", "probability that the device flips one bit of a step's output")),
    in_accelerator<&AcceleratorFaults::accumulation>(
        choice("group", "accumulation", words<sim::Accumulation>,
               "arithmetic in which the device sums: exact integers as the protocol says, or "
               "floating-point numbers, rounded after every addition")),
    in_accelerator<&AcceleratorFaults::sum_order>(
        choice("group", "sum_order", words<sim::SumOrder>,
               "order of those sums: sequential, pairwise (a tree), or shuffled for every step; "
               "needs accumulation other than exact")),
    in_accelerator<&AcceleratorFaults::stale_weights_ppm>(
        probability("group", "stale_weights",
                    "the device runs an old version of the model, from which the newest differs in "
                    "this share of the weights, by one unit each")),
    in_accelerator<&AcceleratorFaults::resets_ppm>(probability(
        "group", "resets", "probability that the device resets during a task and begins it again")),
    in_accelerator<&AcceleratorFaults::reset_time_ns>(
        duration("group", "reset_time", kAnyTime, "how long a reset takes")),
    in_accelerator<&AcceleratorFaults::throttling_ppm>(
        probability("group", "throttling",
                    "probability that the device computes a task at the throttled speed")),
    in_accelerator<&AcceleratorFaults::throttled_speed_ppm>(kThrottledSpeed),
    at<&ActorGroup::stake>(amount("group", "stake", "opening balance of each identity")),
    at<&ActorGroup::value_ppm>(kValue),
    at<&ActorGroup::bond>(amount("group", "bond", "locked by each provider at registration")),
    at<&ActorGroup::parameters>(
        plain(FieldType::kParameters, "group", "parameters", "parameters of the strategy")),
};

}  // namespace

std::span<const Field<Scenario>> scenario_fields() { return kScenarioFields; }
std::span<const Field<LinkRule>> link_fields() { return kLinkFields; }
std::span<const Field<FaultPlan>> fault_fields() { return kFaultFields; }
std::span<const Field<ActorGroup>> group_fields() { return kGroupFields; }

std::string_view section_doc(std::string_view section) {
    struct Row {
        std::string_view section;
        std::string_view doc;
    };
    static constexpr Row kDocs[] = {
        {"", "About the scenario itself; these keys stand before the first table."},
        {"run", "How long and how closely the run is simulated."},
        {"chain", "The validators, their consensus and the model of censorship."},
        {"network",
         "The links between nodes, unless a [[link]] says otherwise. Probabilities are per "
         "message."},
        {"tasks", "The work that requesters ask for."},
        {"price",
         "The price of LUX in the currency of tasks.value_at_risk, tasks.step_cost and "
         "tasks.check_cost, of which one unit is what 1 LUX is worth when the run begins."},
        {"vm", "The VM under test: its published configuration and the protocol's policies."},
        {"swarm",
         "Faults drawn from the seed: each kind with a chance, as strong as chance has it."},
        {"link",
         "An override of [network] for the links from some participants to others; the table may "
         "be repeated, and later ones override earlier ones."},
        {"fault", "One scheduled fault; the table may be repeated."},
        {"group", "Identities of one role that share a strategy; each table may be repeated."},
    };
    for (const auto& row : kDocs)
        if (row.section == section) return row.doc;
    AIVM_UNREACHABLE("a section without a line of documentation");
}

bool is_design(std::string_view dotted_key) {
    static constexpr std::array<std::string_view, 17> kOfTheChain = {"chain.preset",
                                                                     "chain.consensus",
                                                                     "chain.block_interval",
                                                                     "chain.max_block_ops",
                                                                     "chain.max_block_bytes",
                                                                     "chain.mempool_limit",
                                                                     "chain.mempool_per_sender",
                                                                     "chain.operation_ttl_blocks",
                                                                     "chain.k",
                                                                     "chain.alpha_preference",
                                                                     "chain.alpha_confidence",
                                                                     "chain.beta",
                                                                     "chain.concurrent_polls",
                                                                     "chain.snow_instance",
                                                                     "chain.sampling",
                                                                     "chain.poll_timeout_min",
                                                                     "chain.poll_timeout_max"};
    return dotted_key.starts_with("vm.") ||
           std::ranges::find(kOfTheChain, dotted_key) != kOfTheChain.end();
}

std::vector<const Field<Scenario>*> fields_of_section(std::string_view section) {
    std::vector<const Field<Scenario>*> out;
    for (const auto& field : kScenarioFields)
        if (field.info.section == section) out.push_back(&field);
    return out;
}

}  // namespace aivm::scenarios
