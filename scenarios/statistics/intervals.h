// Intervals of means and shares over finished runs. Runs are independent of each other (each has
// its own seed); events within one run need not be. Nothing here reaches a simulation.
#pragma once

#include <cstdint>
#include <vector>

namespace aivm::scenarios {

// A closed interval. Without data its ends are infinite (0 and 1 for a share).
struct Interval {
    double low = 0;
    double high = 0;

    [[nodiscard]] double width() const { return high - low; }
    [[nodiscard]] bool holds(double value) const { return low <= value && value <= high; }
    friend bool operator==(const Interval&, const Interval&) = default;
};

// Mean and variance of a stream of values (Welford 1962): without cancellation and without storing
// the values.
class Moments {
public:
    void add(double value);

    [[nodiscard]] std::uint64_t n() const { return n_; }
    [[nodiscard]] double mean() const { return mean_; }
    // With the divisor n - 1; 0 for fewer than two values.
    [[nodiscard]] double variance() const;
    // Of the mean.
    [[nodiscard]] double standard_error() const;

private:
    std::uint64_t n_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // sum of squared distances from the mean
};

// The `probability` quantile of Student's t with this many degrees of freedom. Requires 0 <
// probability < 1 and degrees > 0.
double student_t_quantile(double probability, double degrees);

// Student's interval of a mean, two-sided. Infinite for fewer than two values. Requires 0 <
// confidence < 1.
Interval t_interval(const Moments& moments, double confidence);

// What the two-sample t test needs to know of a sample.
struct SampleSummary {
    double n = 0;
    double mean = 0;
    double variance = 0;  // with the divisor n - 1
};
// The same of a sample that is known by its summary.
Interval t_interval(const SampleSummary& sample, double confidence);

// How far apart chance alone puts the means of two samples of one distribution: half the width of
// the interval of their difference by the two-sample t test with a pooled variance. Requires three
// values or more in all.
double chance_difference(const SampleSummary& a, const SampleSummary& b, double confidence);

// The exact interval of a share (Clopper and Pearson 1934), two-sided: `successes` of `trials`
// independent ones. Both may be fractions, for effective sample sizes. [0, 1] without trials.
// Requires 0 <= successes <= trials.
Interval clopper_pearson(double successes, double trials, double confidence);

// A share counted over runs: `part` of `whole` in each. Events of one run may depend on each other,
// for example when one proposer censors every fraud proof of a block, so they do not count as
// independent trials.
class ClusteredShare {
public:
    // Requires 0 <= part <= whole.
    void add(double part, double whole);

    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] double part() const { return part_; }
    [[nodiscard]] double whole() const { return whole_; }
    // 0 if nothing was counted.
    [[nodiscard]] double share() const;
    // How many times larger the variance between runs is than independent events would make it, as
    // measured; 1 where it cannot be estimated: one run, or a share of 0 or 1.
    [[nodiscard]] double design_effect() const;

    // Wilson's score interval with the measured design effect and Student's t of runs - 1 degrees
    // of freedom (Kott and Carr 1997, Journal of Official Statistics 13, 367-383; compared with
    // others by Dean and Pagano 2015, Journal of Survey Statistics and Methodology 3, 484-503): the
    // shares p with |share - p| <= t sqrt(effect p (1 - p) / whole). Runs that agree to the last
    // event show no variance between them; their events count as independent. With one event per
    // run it is Clopper and Pearson's interval. One run with several events says nothing about the
    // variance between runs: [0, 1]. Where the runs do not tell (below kTellingRuns informative
    // ones, and at most half of all), the effect is taken as at least kUnseenEffect; intervals of
    // rare events are therefore cautious.
    [[nodiscard]] Interval interval(double confidence) const;

    // A share without any observed event may hide any dependence. Long streaks of censored blocks,
    // the worst case of the reference sweep, reach an effect of 30 where they are rare enough not
    // to be observed.
    static constexpr double kUnseenEffect = 30;
    static constexpr std::uint64_t kTellingRuns = 10;

private:
    // Enough runs have both outcomes to measure the variance between them.
    [[nodiscard]] bool runs_tell() const;

    std::uint64_t runs_ = 0;
    std::uint64_t runs_with_part_ = 0;
    std::uint64_t runs_without_whole_ = 0;
    double largest_ = 0;
    double part_ = 0;
    double whole_ = 0;
    double part_squares_ = 0;
    double whole_squares_ = 0;
    double products_ = 0;
};

// One share minus another, counted over runs with common seeds: each run adds a pair.
class PairedShares {
public:
    // Requires 0 <= part <= whole, for each of the two.
    void add(double part, double whole, double base_part, double base_whole);

    [[nodiscard]] std::uint64_t runs() const { return runs_.size(); }
    // 0 unless both shares have events.
    [[nodiscard]] double difference() const;
    // Student's interval with the linearised variance of the difference of two ratios between pairs
    // (Taylor series; Cochran 1977, Sampling Techniques, 6.10). Too short where only a
    // few pairs differ. Infinite for fewer than two pairs or for a share without events; [d, d] if
    // the pairs do not vary at all.
    [[nodiscard]] Interval interval(double confidence) const;

private:
    struct Run {
        double part, whole, base_part, base_whole;
    };
    [[nodiscard]] Run sums() const;

    std::vector<Run> runs_;
};

}  // namespace aivm::scenarios
