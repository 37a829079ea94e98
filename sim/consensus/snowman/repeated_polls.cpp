#include "sim/consensus/snowman/repeated_polls.h"

#include <algorithm>

namespace aivm::sim {

double power(double base, std::uint32_t exponent) {
    double out = 1;
    for (std::uint32_t i = 0; i < exponent; ++i) out *= base;
    return out;
}

double chance_of_at_least(std::uint32_t wanted, std::uint32_t asked, double each) {
    if (wanted > asked) return 0;
    if (each >= 1) return 1;
    double sum = 0;
    for (std::uint32_t came = wanted; came <= asked; ++came) {
        double ways = 1;
        for (std::uint32_t i = 0; i < came; ++i)
            ways = ways * static_cast<double>(asked - i) / static_cast<double>(i + 1);
        sum += ways * power(each, came) * power(1 - each, asked - came);
    }
    return std::min(sum, 1.0);
}

double polls_until(std::uint32_t row, double chance) {
    if (chance >= 1) return row;
    const double whole = power(chance, row);
    return whole <= 0 ? kPollsNever : std::min((1 - whole) / ((1 - chance) * whole), kPollsNever);
}

}  // namespace aivm::sim
