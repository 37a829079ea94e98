// What finished runs say about a number: means, shares, and how sure one can be of them. Runs are
// independent of each other (each has its own seed); what happens within one run need not be.
// Nothing here reaches a simulation.
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// Both ends belong to it. Where the data say nothing, the ends are infinite (of a share: 0 and 1).
struct Interval {
    double low = 0;
    double high = 0;

    [[nodiscard]] double width() const { return high - low; }
    [[nodiscard]] bool holds(double value) const { return low <= value && value <= high; }
    friend bool operator==(const Interval&, const Interval&) = default;
};

// Mean and variance of values that come one by one (Welford 1962): no cancellation, no memory of
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

// The value that a variable of Student's t with so many degrees of freedom exceeds with probability
// 1 - `probability`. Requires 0 < probability < 1 and degrees > 0.
double student_t_quantile(double probability, double degrees);

// Student's interval of a mean, two-sided. Infinite for fewer than two values. Requires 0 <
// confidence < 1.
Interval t_interval(const Moments& moments, double confidence);

// The exact interval of a share (Clopper and Pearson 1934), two-sided: `successes` of `trials`
// independent ones. Both may be fractions, for effective sample sizes. [0, 1] without trials.
// Requires 0 <= successes <= trials.
Interval clopper_pearson(double successes, double trials, double confidence);

// A share counted over runs: `part` of `whole` in each. Events of one run may depend on each other,
// as fraud of one block does when one proposer censors it all, so they may not be counted as if
// each were news.
class ClusteredShare {
public:
    // Requires 0 <= part <= whole.
    void add(double part, double whole);

    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] double part() const { return part_; }
    [[nodiscard]] double whole() const { return whole_; }
    // 0 when nothing was counted.
    [[nodiscard]] double share() const;
    // How many times larger the variance between runs is than independent events would make it, as
    // measured; 1 where nothing can be told: one run, or a share of 0 or 1.
    [[nodiscard]] double design_effect() const;

    // Clopper and Pearson on the effective number of events, which is `whole` over the design
    // effect (Korn and Graubard 1998, Survey Methodology 24, 193-201), made cautious where their
    // interval is known to be too short: the effect is taken at the upper end of what the runs
    // allow (chi-squared, 95 %), and as kUnseenEffect at least while fewer than kTellingRuns runs
    // have anything to tell. With one event a run it is Clopper and Pearson's own.
    [[nodiscard]] Interval interval(double confidence) const;

    // A share of which nothing was seen yet may hide any dependence. Long streaks of censored
    // blocks, the worst that the reference sweep has, reach an effect of 30 where they are rare
    // enough to go unseen.
    static constexpr double kUnseenEffect = 30;
    static constexpr std::uint64_t kTellingRuns = 10;

private:
    [[nodiscard]] double cautious_effect() const;

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

}  // namespace aivm::scenarios
