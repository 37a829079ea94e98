// The only translation unit that includes Boost.Math.
#include "scenarios/statistics/intervals.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
// Rounding leaves this much of a design effect where all runs have the same share.
constexpr double kNoEffect = 1e-9;

void check_confidence(double confidence) { AIVM_CHECK(confidence > 0 && confidence < 1); }

double normal_quantile(double probability) {
    return boost::math::quantile(boost::math::normal(), probability);
}

}  // namespace

void Moments::add(double value) {
    ++n_;
    const double distance = value - mean_;
    mean_ += distance / static_cast<double>(n_);
    squares_ += distance * (value - mean_);
}

double Moments::variance() const {
    return n_ < 2 ? 0 : std::max(0.0, squares_ / static_cast<double>(n_ - 1));
}

double Moments::standard_error() const {
    return n_ == 0 ? 0 : std::sqrt(variance() / static_cast<double>(n_));
}

double student_t_quantile(double probability, double degrees) {
    AIVM_CHECK(probability > 0 && probability < 1 && degrees > 0);
    return boost::math::quantile(boost::math::students_t(degrees), probability);
}

namespace {

Interval t_interval_around(double mean, double standard_error, double n, double confidence) {
    if (n < 2) return {-kInfinite, kInfinite};
    const double reach = student_t_quantile(0.5 + confidence / 2, n - 1) * standard_error;
    return {mean - reach, mean + reach};
}

}  // namespace

Interval t_interval(const Moments& moments, double confidence) {
    check_confidence(confidence);
    return t_interval_around(moments.mean(), moments.standard_error(),
                             static_cast<double>(moments.n()), confidence);
}

Interval t_interval(const SampleSummary& sample, double confidence) {
    check_confidence(confidence);
    return t_interval_around(sample.mean, std::sqrt(sample.variance / sample.n), sample.n,
                             confidence);
}

double chance_difference(const SampleSummary& a, const SampleSummary& b, double confidence) {
    check_confidence(confidence);
    const double degrees = a.n + b.n - 2;
    const double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / degrees;
    return student_t_quantile(0.5 + confidence / 2, degrees) *
           std::sqrt(pooled * (1 / a.n + 1 / b.n));
}

Interval clopper_pearson(double successes, double trials, double confidence) {
    check_confidence(confidence);
    AIVM_CHECK(successes >= 0 && successes <= trials);
    const double tail = (1 - confidence) / 2;
    Interval out{0, 1};
    if (successes > 0) out.low = boost::math::ibeta_inv(successes, trials - successes + 1, tail);
    if (successes < trials)
        out.high = boost::math::ibetac_inv(successes + 1, trials - successes, tail);
    return out;
}

void ClusteredShare::add(double part, double whole) {
    AIVM_CHECK(part >= 0 && part <= whole);
    ++runs_;
    if (part > 0) ++runs_with_part_;
    if (part < whole) ++runs_without_whole_;
    largest_ = std::max(largest_, whole);
    part_ += part;
    whole_ += whole;
    part_squares_ += part * part;
    whole_squares_ += whole * whole;
    products_ += part * whole;
}

double ClusteredShare::share() const { return whole_ > 0 ? part_ / whole_ : 0; }

double ClusteredShare::design_effect() const {
    const double p = share();
    if (runs_ < 2 || p <= 0 || p >= 1) return 1;
    // The variance of a ratio of sums: squared distances of the runs from the common share.
    const double distances = part_squares_ - 2 * p * products_ + p * p * whole_squares_;
    const auto runs = static_cast<double>(runs_);
    return std::max(0.0, runs / (runs - 1) * distances / (whole_ * p * (1 - p)));
}

bool ClusteredShare::runs_tell() const {
    const std::uint64_t telling = std::min(runs_with_part_, runs_without_whole_);
    return telling >= kTellingRuns || (runs_ >= 2 && 2 * telling > runs_);
}

Interval ClusteredShare::interval(double confidence) const {
    check_confidence(confidence);
    if (whole_ <= 0) return {0, 1};
    if (largest_ <= 1) return clopper_pearson(part_, whole_, confidence);
    if (runs_ < 2) return {0, 1};
    double effect = design_effect();
    if (!runs_tell()) {
        const double most = std::min(kUnseenEffect, whole_ / static_cast<double>(runs_));
        effect = std::max({effect, most, 1.0});
    }
    const double t = student_t_quantile(0.5 + confidence / 2, static_cast<double>(runs_ - 1));
    double scale = t * t * effect / whole_;
    if (effect <= kNoEffect) {
        const double z = normal_quantile(0.5 + confidence / 2);
        scale = z * z / whole_;
    }
    const double p = share();
    const double middle = (p + scale / 2) / (1 + scale);
    const double reach = std::sqrt(scale * p * (1 - p) + scale * scale / 4) / (1 + scale);
    // At a share of 0 or 1 the interval ends there, which rounding need not hit.
    return {p <= 0 ? 0 : std::max(0.0, middle - reach), p >= 1 ? 1 : std::min(1.0, middle + reach)};
}

void PairedShares::add(double part, double whole, double base_part, double base_whole) {
    AIVM_CHECK(part >= 0 && part <= whole && base_part >= 0 && base_part <= base_whole);
    runs_.push_back({part, whole, base_part, base_whole});
}

PairedShares::Run PairedShares::sums() const {
    Run sum{};
    for (const Run& run : runs_) {
        sum.part += run.part;
        sum.whole += run.whole;
        sum.base_part += run.base_part;
        sum.base_whole += run.base_whole;
    }
    return sum;
}

double PairedShares::difference() const {
    const Run sum = sums();
    if (sum.whole <= 0 || sum.base_whole <= 0) return 0;
    return sum.part / sum.whole - sum.base_part / sum.base_whole;
}

Interval PairedShares::interval(double confidence) const {
    check_confidence(confidence);
    const Run sum = sums();
    if (runs_.size() < 2 || sum.whole <= 0 || sum.base_whole <= 0) return {-kInfinite, kInfinite};
    const auto runs = static_cast<double>(runs_.size());
    const double share = sum.part / sum.whole;
    const double base = sum.base_part / sum.base_whole;
    Moments residuals;
    for (const Run& run : runs_) {
        residuals.add(runs * (run.part - share * run.whole) / sum.whole -
                      runs * (run.base_part - base * run.base_whole) / sum.base_whole);
    }
    const double reach =
        student_t_quantile(0.5 + confidence / 2, runs - 1) * residuals.standard_error();
    return {share - base - reach, share - base + reach};
}

}  // namespace aivm::scenarios
