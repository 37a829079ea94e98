#include "scenarios/validation/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/check.h"

namespace aivm::scenarios {

void Evidence::add(const Sample& sample) {
    AIVM_CHECK(sample.whole > 0);
    const double value = sample.part / sample.whole;
    least_ = runs() == 0 ? value : std::min(least_, value);
    most_ = runs() == 0 ? value : std::max(most_, value);
    means_.add(value);
    trials_ += sample.whole;
    parts_ += sample.part;
    if (is_frequency(method_)) share_.add(sample.part, sample.whole);
}

double Evidence::mean() const { return is_frequency(method_) ? parts_ / trials_ : means_.mean(); }

Interval Evidence::interval(double confidence) const {
    switch (method_) {
        case Method::kBinomial:
            return clopper_pearson(parts_, trials_, confidence);
        case Method::kClustered:
            return share_.interval(confidence);
        case Method::kMeans:
            return t_interval(means_, confidence);
        case Method::kExact:
            break;
    }
    return {least_, most_};
}

double Evidence::standard_error(double expected) const {
    // Runs that happen to be alike are no proof that events are more regular than chance.
    const double effect = method_ == Method::kClustered ? std::max(share_.design_effect(), 1.0) : 1;
    switch (method_) {
        case Method::kBinomial:
        case Method::kClustered:
            return std::sqrt(expected * (1 - expected) * effect / trials_);
        case Method::kMeans:
            return means_.standard_error();
        case Method::kExact:
            break;
    }
    return 0;
}

double Evidence::z(double expected) const {
    const double distance = mean() - expected;
    if (distance == 0) return 0;
    const double error = standard_error(expected);
    return error > 0 ? distance / error
                     : std::copysign(std::numeric_limits<double>::infinity(), distance);
}

double Evidence::p_value(double expected) const {
    if (is_frequency(method_) && (expected <= 0 || expected >= 1)) return 1;
    const double away = z(expected);
    if (away == 0) return 1;
    if (std::isinf(away)) return 0;
    if (method_ == Method::kBinomial) return binomial_p_value(parts_, trials_, expected);
    return runs() < 2 ? 1 : student_t_p_value(away, static_cast<double>(runs() - 1));
}

double binomial_p_value(double successes, double trials, double probability) {
    AIVM_CHECK(0 <= successes && successes <= trials && probability > 0 && probability < 1);
    const double as_many =
        successes > 0 ? boost::math::ibeta(successes, trials - successes + 1, probability) : 1;
    const double as_few = successes < trials
                              ? boost::math::ibetac(successes + 1, trials - successes, probability)
                              : 1;
    return std::min(1.0, 2 * std::min(as_many, as_few));
}

double student_t_p_value(double t, double degrees) {
    AIVM_CHECK(degrees > 0);
    return 2 *
           boost::math::cdf(boost::math::complement(boost::math::students_t(degrees), std::abs(t)));
}

std::vector<bool> holm_rejections(const std::vector<double>& p_values, double level) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
    std::vector<bool> rejected(p_values.size(), false);
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (p_values[order[i]] > level / static_cast<double>(order.size() - i)) break;
        rejected[order[i]] = true;
    }
    return rejected;
}

}  // namespace aivm::scenarios
