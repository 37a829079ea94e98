#include "scenarios/campaign/mutants/twin_speed.h"

#include <algorithm>

#include "scenarios/statistics/sign_test.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kMarginOfSmaller = 10;  // one part of it
constexpr std::uint64_t kMarginNsMin = 1'000'000;
// Virtual time and latency are tested separately and share the error.
constexpr double kEvidence = 2 / kSlowErrorRate;

void note_pair(std::uint64_t run_ns, std::uint64_t twin_ns, SpeedPairs& pairs) {
    const std::uint64_t smaller = std::min(run_ns, twin_ns);
    const std::uint64_t margin = std::max(smaller / kMarginOfSmaller, kMarginNsMin);
    if (std::max(run_ns, twin_ns) - smaller <= margin) return;
    ++(run_ns > twin_ns ? pairs.slower : pairs.faster);
}

}  // namespace

void note_speed(const RunRecord& run, const RunRecord& twin, MutantRecord& record) {
    if (run.end != RunEnd::kClean || twin.end != RunEnd::kClean) return;
    note_pair(run.virtual_ns, twin.virtual_ns, record.virtual_time);
    note_pair(run.latency_ns, twin.latency_ns, record.latency);
}

bool is_slower_than_twin(const MutantRecord& record) {
    const auto tells = [](const SpeedPairs& pairs) {
        return evidence_of_slowness(pairs.slower, pairs.faster) >= kEvidence;
    };
    return tells(record.virtual_time) || tells(record.latency);
}

}  // namespace aivm::scenarios
