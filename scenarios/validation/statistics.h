// The sample of a case: an estimate of one number with its interval. Built on scenarios/statistics.
//
// A case agrees when two things hold. Equivalence: the interval lies within the margin around the
// expected value (two one-sided tests), so a small sample cannot pass. No difference: over the
// whole list, no case differs from its expected value at the family-wise level, by Holm's step-down
// method. margin.h has the margins.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/describe.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios {

// How the samples of a case depend on each other.
enum class Method {
    kBinomial,  // a frequency of independent trials: Clopper and Pearson
    // A frequency whose trials within one run may depend on each other: Wilson with a design
    // effect.
    kClustered,
    kMeans,  // a mean of one number per run (batch means): Student's t
    kExact,  // every run must equal the expected number
};
constexpr auto enum_words(Method) {
    return std::to_array<std::string_view>(
        {"clopper-pearson", "wilson-clustered", "batch-means-t", "exact"});
}

constexpr bool is_frequency(Method method) {
    return method == Method::kBinomial || method == Method::kClustered;
}

// One run: `part` of `whole` trials, or a sum `part` over `whole` things. Requires whole > 0.
struct Sample {
    double part = 0;
    double whole = 0;
};

class Evidence {
public:
    explicit Evidence(Method method) : method_(method) {}
    void add(const Sample& sample);

    [[nodiscard]] std::uint64_t runs() const { return means_.n(); }
    [[nodiscard]] double trials() const { return trials_; }
    [[nodiscard]] double mean() const;
    // Two-sided. For an exact case: the smallest and the largest number of any run.
    [[nodiscard]] Interval interval(double confidence) const;
    // Of the mean, if `expected` is the truth; 0 for an exact case.
    [[nodiscard]] double standard_error(double expected) const;
    // (mean - expected) / standard error; 0 if the mean equals the expected value, infinite if the
    // sample has no variance.
    [[nodiscard]] double z(double expected) const;
    // The chance, if `expected` is the truth, of a mean at least as far from it. 1 for a frequency
    // of exactly 0 or 1, which a single trial would refute: only the margin decides there.
    [[nodiscard]] double p_value(double expected) const;

private:
    Method method_;
    Moments means_;  // of the runs
    ClusteredShare share_;
    double trials_ = 0;
    double parts_ = 0;
    double least_ = 0;
    double most_ = 0;
};

// The chance of a count at least as improbable as this one, either way: twice the smaller tail.
// Requires 0 <= successes <= trials and 0 < probability < 1.
double binomial_p_value(double successes, double trials, double probability);
// The chance that a variable of Student's t is at least as far from 0. Requires degrees > 0.
double student_t_p_value(double t, double degrees);

// The hypotheses that are rejected at this family-wise level. Holm 1979, Scand. J. Statist. 6,
// 65-70.
std::vector<bool> holm_rejections(const std::vector<double>& p_values, double level);

}  // namespace aivm::scenarios
