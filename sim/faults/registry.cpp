// The kinds of scheduled faults: one row per kind, in the order of the enum.
#include <array>

#include "sim/faults/bit_rot.h"
#include "sim/faults/byzantine.h"
#include "sim/faults/clock.h"
#include "sim/faults/clock_jumps.h"
#include "sim/faults/clogged.h"
#include "sim/faults/corrupt.h"
#include "sim/faults/crash.h"
#include "sim/faults/duplicate.h"
#include "sim/faults/eclipse.h"
#include "sim/faults/failed_read.h"
#include "sim/faults/failed_write.h"
#include "sim/faults/flapping.h"
#include "sim/faults/loss.h"
#include "sim/faults/lost_writes.h"
#include "sim/faults/misdirected_write.h"
#include "sim/faults/one_way.h"
#include "sim/faults/partition.h"
#include "sim/faults/pause.h"
#include "sim/faults/reorder.h"
#include "sim/faults/replaced_disk.h"
#include "sim/faults/scheduled_fault.h"
#include "sim/faults/silent_rot.h"
#include "sim/faults/slow_disk.h"
#include "sim/faults/slow_node.h"
#include "sim/faults/torn_write.h"

namespace aivm::sim {
namespace {

struct FaultEntry {
    FaultKind kind;
    std::unique_ptr<ScheduledFault> (*make)(const FaultPlan&);
    std::string (*describe)(const FaultPlan&, const std::string& targets, const std::string& when);
};

template <class Fault>
constexpr FaultEntry row(FaultKind kind) {
    return {kind,
            [](const FaultPlan& plan) -> std::unique_ptr<ScheduledFault> {
                return std::make_unique<Fault>(plan);
            },
            Fault::describe};
}

constexpr std::array kRows = {
    row<Partition>(FaultKind::kPartition),
    row<Crash>(FaultKind::kCrash),
    row<OneWay>(FaultKind::kOneWay),
    row<SlowNode>(FaultKind::kSlowNode),
    row<Clogged>(FaultKind::kClogged),
    row<Flapping>(FaultKind::kFlapping),
    row<Eclipse>(FaultKind::kEclipse),
    row<Clock>(FaultKind::kClock),
    row<SlowDisk>(FaultKind::kSlowDisk),
    row<FailedWrite>(FaultKind::kFailedWrite),
    row<TornWrite>(FaultKind::kTornWrite),
    row<BitRot>(FaultKind::kBitRot),
    row<Loss>(FaultKind::kLoss),
    row<Duplicate>(FaultKind::kDuplicate),
    row<Reorder>(FaultKind::kReorder),
    row<Corrupt>(FaultKind::kCorrupt),
    row<Pause>(FaultKind::kPause),
    row<ClockJumps>(FaultKind::kClockJumps),
    row<LostWrites>(FaultKind::kLostWrites),
    row<FailedRead>(FaultKind::kFailedRead),
    row<MisdirectedWrite>(FaultKind::kMisdirectedWrite),
    row<SilentRot>(FaultKind::kSilentRot),
    row<ReplacedDisk>(FaultKind::kReplacedDisk),
    row<Byzantine>(FaultKind::kByzantine),
};
static_assert([] {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (kRows.at(i).kind != static_cast<FaultKind>(i)) return false;
    }
    return kRows.size() == kFaultKinds;
}());

const FaultEntry& row_of(FaultKind kind) { return kRows.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::unique_ptr<ScheduledFault> make_fault(const FaultPlan& plan) {
    return row_of(plan.kind).make(plan);
}

std::string describe_fault(const FaultPlan& plan, const std::string& targets,
                           const std::string& when) {
    return row_of(plan.kind).describe(plan, targets, when);
}

}  // namespace aivm::sim
