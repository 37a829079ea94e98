// The suite: simulates every case and says whether it agrees with theory.
//
// How a case is decided. Its runs are examined at three looks, after n, 2 n and 4 n runs, and it
// agrees at the first look whose interval lies within the margin (10 %, or 2 % with --full) around
// the expected value. One look lets a simulation that is off by exactly the margin pass with
// probability 1 % / 3, so over all looks a bias of at least the margin is detected with at least 99
// %. With 4 n runs a correct simulation misses with a probability below the family-wise level over
// the whole list, 1e-4; most cases end at n. At the end Holm's method at that level tests over the
// list whether any case differs from its expected value, however little.
//
// A run that fails (an invariant, a scenario that cannot be set up with the file's parameters, a
// broken assumption) ends its case, not the suite: the verdict is then kFailed, with the reason.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "scenarios/validation/case_table.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios {

constexpr double kFamilyWiseLevel = 1e-4;
constexpr double kMissedBias = 0.01;  // the chance that a bias of the margin is not detected
constexpr double kQuickMargin = 0.10;
constexpr double kFullMargin = 0.02;
constexpr std::uint32_t kLooks = 3;

enum class Verdict { kAgrees, kMissed, kFailed, kNotImplemented };
constexpr auto enum_words(Verdict) {
    return std::to_array<std::string_view>({"agrees", "MISSED", "FAILED", "NOT IMPLEMENTED"});
}

struct CaseResult {
    ValidationCase c;
    std::string how;
    Method method = Method::kExact;
    std::uint64_t runs = 0;
    double n = 0;  // trials, or things averaged over
    double simulated = 0;
    Interval interval;
    double z = 0;
    double p_value = 1;
    Verdict verdict = Verdict::kNotImplemented;
    // KFailed: the reason of the failure; the numbers above are those of the looks before it.
    std::string reason;

    // Whether there are numbers to compare: at least one completed look.
    [[nodiscard]] bool measured() const { return runs > 0; }
};

struct ValidateOptions {
    std::uint64_t seed = 1;
    double margin = kQuickMargin;
    unsigned jobs = 1;
    Fault fault = Fault::kNone;
    std::function<void(const ValidationCase&)> on_case;  // called before each
    // Called before each run of a case, on every thread; returning true ends the suite. Once true
    // it must stay true.
    std::function<bool()> interrupted;
};

struct Validation {
    std::vector<CaseResult> cases;
    double margin = kQuickMargin;
    std::uint64_t seed = 1;

    [[nodiscard]] std::size_t agreeing() const;
    [[nodiscard]] std::size_t missed() const;
    [[nodiscard]] std::size_t failed() const;
    // No simulated case missed or failed. Cases without a simulation show in the badge.
    [[nodiscard]] bool passed() const { return missed() + failed() == 0; }
};

// "validated: 41 of 41 cases agree, family-wise 1e-4, 0.1.0 (3f9a2c71)".
std::string badge(const Validation& validation, const std::string& version);

// Errors: kWrongState when interrupted.
Result<Validation> validate(const std::vector<ValidationCase>& cases,
                            const ValidateOptions& options);

// Writes the verdicts into the table `validation`. Errors: the recorder's.
Status record_validation(const Validation& validation, sim::Recorder& recorder);

}  // namespace aivm::scenarios
