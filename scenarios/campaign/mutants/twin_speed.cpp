#include "scenarios/campaign/mutants/twin_speed.h"

#include <algorithm>

#include "scenarios/statistics/sign_test.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kMarginOfSmaller = 10;  // one part of it
constexpr std::uint64_t kMarginNsMin = 1'000'000;
constexpr std::uint64_t kMarginEventsMin = 100;
// Virtual time, latency and events are tested separately and share the error.
constexpr double kEvidence = 3 / kSlowErrorRate;

void note_pair(std::uint64_t run, std::uint64_t twin, std::uint64_t margin_min, SpeedPairs& pairs) {
    const std::uint64_t smaller = std::min(run, twin);
    const std::uint64_t margin = std::max(smaller / kMarginOfSmaller, margin_min);
    if (std::max(run, twin) - smaller <= margin) return;
    ++(run > twin ? pairs.slower : pairs.faster);
}

}  // namespace

void note_speed(const RunRecord& run, const RunRecord& twin, MutantRecord& record) {
    if (run.end != RunEnd::kClean || twin.end != RunEnd::kClean) return;
    note_pair(run.virtual_ns, twin.virtual_ns, kMarginNsMin, record.virtual_time);
    note_pair(run.latency_ns, twin.latency_ns, kMarginNsMin, record.latency);
    note_pair(run.events, twin.events, kMarginEventsMin, record.events);
}

bool is_slower_than_twin(const MutantRecord& record) {
    const auto tells = [](const SpeedPairs& pairs) {
        return evidence_of_slowness(pairs.slower, pairs.faster) >= kEvidence;
    };
    return tells(record.virtual_time) || tells(record.latency) || tells(record.events);
}

}  // namespace aivm::scenarios
