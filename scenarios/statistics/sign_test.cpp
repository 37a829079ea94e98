#include "scenarios/statistics/sign_test.h"

#include <algorithm>
#include <array>

namespace aivm::scenarios {
namespace {

constexpr std::array<double, 4> kBeliefs{0.6, 0.75, 0.9, 0.99};
// Evidence beyond it is as good as infinite; below it, products stay finite.
constexpr double kEvidenceMax = 1e100;

// What a unit of money has become. Wins and losses alternate, so that nothing overflows unless the
// result is large.
double wealth(double belief, std::uint64_t slower, std::uint64_t faster) {
    double out = 1;
    for (std::uint64_t i = 0; i < std::max(slower, faster); ++i) {
        if (i < faster) out *= 2 * (1 - belief);
        if (i < slower) out *= 2 * belief;
        if (i >= faster && out >= kEvidenceMax) return kEvidenceMax;
    }
    return out;
}

}  // namespace

double evidence_of_slowness(std::uint64_t slower, std::uint64_t faster) {
    double sum = 0;
    for (const double belief : kBeliefs) sum += wealth(belief, slower, faster);
    return sum / static_cast<double>(kBeliefs.size());
}

}  // namespace aivm::scenarios
