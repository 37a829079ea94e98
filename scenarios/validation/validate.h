// The suite: simulates every case and says whether it agrees with theory.
//
// How a case is decided. Its runs are examined at up to three looks, and it agrees at the first
// look whose interval lies within the margin (margin.h) around the expected value. One look lets a
// simulation that is off by exactly the margin pass with probability 1 % / 3, so over all looks a
// bias of at least the margin is detected with at least 99 %. The first look is after the runs that
// the case table names, with which most cases end. They suit the parameters of cases.json; for
// others the second look is after as many as the width of the first interval calls for, at least
// twice and at most fifty times as many, and the third after twice those. A case disagrees at the
// first look whose interval lies outside the margin. At the end Holm's method at the family-wise
// level 1e-4 tests over the list whether any case differs from its expected value, however little;
// one that does disagrees.
//
// Each case stands alone. One that cannot be read, or has a parameter that nothing can simulate, or
// a run of which fails (an invariant, a broken assumption, a search without a change of sign) has
// the verdict kFailed with the reason, and the others go on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "gpu/backend/backend_kind.h"
#include "scenarios/validation/case_table.h"
#include "scenarios/validation/margin.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios {

constexpr double kFamilyWiseLevel = 1e-4;
constexpr double kMissedBias = 0.01;  // the chance that a bias of the margin is not detected
constexpr std::uint32_t kLooks = 3;
constexpr double kMoreRunsMax = 50;  // at the second look, in those of the first

enum class Verdict {
    kAgrees,
    kDisagrees,  // the interval lies outside the margin, or Holm's method says so
    kUndecided,  // the interval is still too wide after the last look: more runs would decide
    kFailed,     // no comparison was possible
};
constexpr auto enum_words(Verdict) {
    return std::to_array<std::string_view>({"agrees", "disagrees", "undecided", "failed"});
}

struct CaseResult {
    ValidationCase c;
    std::string how;  // empty if nothing simulates the case
    Method method = Method::kExact;
    Margin margin;
    std::uint64_t runs = 0;
    double n = 0;  // trials, or things averaged over
    double simulated = 0;
    Interval interval;
    double z = 0;
    double p_value = 1;
    Verdict verdict = Verdict::kFailed;
    // Why the case does not agree, in one sentence; empty if it does. If it failed, the numbers
    // above are those of the looks before the failure.
    std::string reason;

    // Whether there are numbers to compare: at least one completed look.
    [[nodiscard]] bool measured() const { return runs > 0; }
};

struct ValidateOptions {
    std::uint64_t seed = 1;
    double margin = kQuickMargin;
    unsigned jobs = 1;
    Fault fault = Fault::kNone;
    gpu::BackendRequest backend{.mode = gpu::Mode::kCpu};  // of every thread's runs
    std::function<void(const ValidationCase&)> on_case;    // called before each
    // Called before each run of a case, on every thread; returning true ends the suite. Once true
    // it must stay true.
    std::function<bool()> interrupted;
};

struct Validation {
    std::vector<CaseResult> cases;
    double margin = kQuickMargin;
    std::uint64_t seed = 1;
    std::string backend;  // that computed the kernels
    // Kernel calls that the CPU answered because the backend failed.
    std::uint64_t kernel_fallbacks = 0;

    [[nodiscard]] std::size_t count(Verdict verdict) const;
    // No case disagrees or failed. Undecided cases show in the badge, and in the exit code.
    [[nodiscard]] bool passed() const {
        return count(Verdict::kDisagrees) + count(Verdict::kFailed) == 0;
    }
};

// "validated: 46 of 46 cases agree, family-wise 1e-4, 0.1.0 (3f9a2c71)".
std::string badge(const Validation& validation, const std::string& version);

// Errors: kWrongState when interrupted; kGpuNotAvailable when the backend asked for is not
// available or fails in a run.
Result<Validation> validate(const std::vector<ValidationCase>& cases,
                            const ValidateOptions& options);

// Writes the verdicts into the table `validation`. Errors: the recorder's.
Status record_validation(const Validation& validation, sim::Recorder& recorder);

}  // namespace aivm::scenarios
