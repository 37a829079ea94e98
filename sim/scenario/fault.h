// Scheduled faults: their kinds, what each kind needs, and the plan of one. What a kind does when
// it begins and ends is in sim/faults.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/describe.h"

namespace aivm::sim {

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
    kLoss,
    kDuplicate,
    kReorder,
    kCorrupt,
    kPause,
    kClockJumps,
    kLostWrites,
    kFailedRead,
    kMisdirectedWrite,
    kSilentRot,
    kReplacedDisk,
    kByzantine,
};

// What a fault breaks. Clients have links and clocks; only validators have machines that crash,
// disks, and a part in consensus.
enum class FaultDomain : std::uint8_t { kLinks, kClock, kMachine, kDisk, kConsensus };

// The keys of a plan that belong to some kinds only.
enum class FaultQuantity : std::uint8_t {
    kNone,
    kDelay,
    kPeriod,
    kBandwidth,
    kSkew,
    kRate,
    kStrategy,  // a word, not a number
};

// How a fault that is drawn from the seed is as strong as 2^i times `least`, for a uniform i below
// `steps`: log-uniform on a grid. A bandwidth is divided instead, so that larger i are worse. The
// unit is that of the kind's quantity.
struct FaultStrength {
    std::uint64_t least = 0;
    std::uint32_t steps = 1;
};

// One row per kind: everything that can be said about it without a running world.
struct FaultTraits {
    FaultKind kind;
    std::string_view word;  // in scenario files and in the database
    std::string_view doc;   // what it does, for the help of the key fault.kind
    FaultDomain domain = FaultDomain::kLinks;
    FaultQuantity quantity = FaultQuantity::kNone;
    FaultQuantity second_quantity = FaultQuantity::kNone;
    FaultStrength strength = {};     // of the quantity
    bool takes_regions = false;      // its targets are one side of a cut, which regions may name
    bool isolates = false;           // nothing passes between its targets and the others
    bool ends_with_restart = false;  // needs no duration: chain.restart_delay is the default
    // Its node loses what it has not written, or what it has: it counts against the fault budget.
    bool forgets = false;
    // Its disk may lose what was written to it.
    bool loses_data = false;
    bool stops_node = false;  // the node may stop by itself: its disk reports an error
    // Its validator breaks the protocol: it counts against the fault budget to the end of the run.
    bool deviates = false;

    [[nodiscard]] constexpr bool needs(FaultQuantity one) const {
        return one != FaultQuantity::kNone && (quantity == one || second_quantity == one);
    }
};

constexpr std::uint64_t kFaultMillisecond = 1'000'000;

// In the order of the enum. Each kind also has a file in sim/faults.
inline constexpr auto kFaultTraits = std::to_array<FaultTraits>({
    {.kind = FaultKind::kPartition,
     .word = "partition",
     .doc = "cut into groups that cannot reach each other",
     .takes_regions = true,
     .isolates = true},
    {.kind = FaultKind::kCrash,
     .word = "crash",
     .doc = "the machine stops",
     .domain = FaultDomain::kMachine,
     .ends_with_restart = true,
     .forgets = true},
    {.kind = FaultKind::kOneWay,
     .word = "one_way",
     .doc = "what the side sends to the others is lost",
     .takes_regions = true},
    {.kind = FaultKind::kSlowNode,
     .word = "slow_node",
     .doc = "every message of the node is delayed",
     .quantity = FaultQuantity::kDelay,
     .strength = {kFaultMillisecond, 12}},
    {.kind = FaultKind::kClogged,
     .word = "clogged",
     .doc = "limited bandwidth",
     .quantity = FaultQuantity::kBandwidth,
     .strength = {10'000'000, 10}},
    {.kind = FaultKind::kFlapping,
     .word = "flapping",
     .doc = "alternately down and up",
     .quantity = FaultQuantity::kPeriod,
     .strength = {100 * kFaultMillisecond, 8}},
    {.kind = FaultKind::kEclipse,
     .word = "eclipse",
     .doc = "each node hit is isolated from all others",
     .isolates = true},
    {.kind = FaultKind::kClock,
     .word = "clock",
     .doc = "the clock is wrong by skew and drift",
     .domain = FaultDomain::kClock,
     .quantity = FaultQuantity::kSkew,
     .strength = {100 * kFaultMillisecond, 9}},
    {.kind = FaultKind::kSlowDisk,
     .word = "slow_disk",
     .doc = "every write is delayed",
     .domain = FaultDomain::kDisk,
     .quantity = FaultQuantity::kDelay,
     .strength = {kFaultMillisecond, 11}},
    {.kind = FaultKind::kFailedWrite,
     .word = "failed_write",
     .doc = "the next write fails and the node stops",
     .domain = FaultDomain::kDisk,
     .ends_with_restart = true,
     .forgets = true,
     .stops_node = true},
    {.kind = FaultKind::kTornWrite,
     .word = "torn_write",
     .doc = "the node crashes during its next write",
     .domain = FaultDomain::kDisk,
     .ends_with_restart = true,
     .forgets = true,
     .stops_node = true},
    {.kind = FaultKind::kBitRot,
     .word = "bit_rot",
     .doc = "a stored value is corrupted, so the node stops and restarts with an empty disk",
     .domain = FaultDomain::kDisk,
     .ends_with_restart = true,
     .forgets = true,
     .loses_data = true,
     .stops_node = true},
    {.kind = FaultKind::kLoss,
     .word = "loss",
     .doc = "messages of the node are lost at the rate",
     .quantity = FaultQuantity::kRate,
     .strength = {1'000, 9}},
    {.kind = FaultKind::kDuplicate,
     .word = "duplicate",
     .doc = "messages of the node arrive twice at the rate",
     .quantity = FaultQuantity::kRate,
     .strength = {1'000, 10}},
    {.kind = FaultKind::kReorder,
     .word = "reorder",
     .doc = "messages of the node are held back at the rate",
     .quantity = FaultQuantity::kRate,
     .strength = {1'000, 10}},
    {.kind = FaultKind::kCorrupt,
     .word = "corrupt",
     .doc = "bits of messages of the node are flipped at the rate",
     .quantity = FaultQuantity::kRate,
     .strength = {1'000, 9}},
    {.kind = FaultKind::kPause,
     .word = "pause",
     .doc = "the machine does nothing, and then handles all that it missed",
     .domain = FaultDomain::kMachine},
    {.kind = FaultKind::kClockJumps,
     .word = "clock_jumps",
     .doc = "the clock is wrong by skew in the first half of every period, and right in the second",
     .domain = FaultDomain::kClock,
     .quantity = FaultQuantity::kSkew,
     .second_quantity = FaultQuantity::kPeriod,
     .strength = {100 * kFaultMillisecond, 9}},
    {.kind = FaultKind::kLostWrites,
     .word = "lost_writes",
     .doc = "the disk stops syncing: a power failure at the end, or a crash before it, loses any "
            "subset of the last writes",
     .domain = FaultDomain::kDisk,
     .forgets = true,
     .loses_data = true,
     .stops_node = true},
    {.kind = FaultKind::kFailedRead,
     .word = "failed_read",
     .doc = "every read fails",
     .domain = FaultDomain::kDisk,
     .forgets = true,
     .stops_node = true},
    {.kind = FaultKind::kMisdirectedWrite,
     .word = "misdirected_write",
     .doc = "a value of the next write is stored in the place of another, and neither can be read",
     .domain = FaultDomain::kDisk,
     .forgets = true,
     .loses_data = true,
     .stops_node = true},
    {.kind = FaultKind::kSilentRot,
     .word = "silent_rot",
     .doc = "a stored value is corrupted, which is found when it is read, or at the end",
     .domain = FaultDomain::kDisk,
     .forgets = true,
     .loses_data = true,
     .stops_node = true},
    {.kind = FaultKind::kReplacedDisk,
     .word = "replaced_disk",
     .doc = "the machine stops and restarts with an empty disk",
     .domain = FaultDomain::kDisk,
     .ends_with_restart = true,
     .forgets = true,
     .loses_data = true,
     .stops_node = true},
    {.kind = FaultKind::kByzantine,
     .word = "byzantine",
     .doc = "the validator follows another strategy instead of its own",
     .domain = FaultDomain::kConsensus,
     .quantity = FaultQuantity::kStrategy,
     .deviates = true},
});
inline constexpr std::size_t kFaultKinds = enum_count<FaultKind>;

constexpr const FaultTraits& traits_of(FaultKind kind) {
    return kFaultTraits.at(static_cast<std::size_t>(kind));
}

static_assert([] {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (kFaultTraits.at(i).kind != static_cast<FaultKind>(i)) return false;
        if (kFaultTraits.at(i).word.empty() || kFaultTraits.at(i).doc.empty()) return false;
    }
    return kFaultTraits.size() == kFaultKinds;
}());

constexpr auto enum_words(FaultKind) {
    std::array<std::string_view, kFaultKinds> words;
    for (std::size_t i = 0; i < kFaultKinds; ++i) words.at(i) = kFaultTraits.at(i).word;
    return words;
}

constexpr bool hits_validators_only(const FaultTraits& traits) {
    return traits.domain != FaultDomain::kLinks && traits.domain != FaultDomain::kClock;
}

// One scheduled fault. Which quantities count depends on the kind.
struct FaultPlan {
    FaultKind kind = FaultKind::kPartition;
    std::uint64_t at_ns = 0;
    std::uint64_t duration_ns = 0;
    std::vector<std::string> regions;       // one side of a cut, by region
    std::vector<std::uint32_t> validators;  // the targets by validator index
    // The targets by the names of groups of any role. Of a partition: its groups, each a list of
    // names of groups, names of regions and indexes of validators.
    std::vector<std::vector<std::string>> groups;
    std::uint64_t delay_ns = 0;  // slow_node: added to every message; slow_disk: to every write
    // flapping: down for its first half, up for its second half; clock_jumps: wrong and right
    std::uint64_t period_ns = 0;
    // clogged: the limit for all that a node sends, and for all that it receives
    std::uint64_t bandwidth_bps = 0;
    std::uint64_t skew_ns = 0;    // clock: how far it is ahead
    bool behind = false;          // clock: skew and drift make it late instead
    std::uint32_t drift_ppm = 0;  // clock: how much faster it runs, or slower when behind
    std::uint32_t rate_ppm = 0;   // loss, duplicate, reorder, corrupt: probability per message
    std::string strategy;         // byzantine: the validators', with its default parameters

    // The nested lists of `groups` in one.
    [[nodiscard]] std::vector<std::string> all_group_names() const {
        std::vector<std::string> names;
        for (const std::vector<std::string>& side : groups)
            names.insert(names.end(), side.begin(), side.end());
        return names;
    }
};

}  // namespace aivm::sim
