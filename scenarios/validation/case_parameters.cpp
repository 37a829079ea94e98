// The parameters of a case, each checked for the range that its simulation can work with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/validation/case_file.h"

namespace aivm::scenarios {
namespace {

constexpr double kPpm = 1e6;
// Relative; parts per million are the resolution of every probability of a scenario.
constexpr double kRoundingMax = 1e-3;

}  // namespace

void ValidationCase::refuse(std::string_view name, std::string_view what) const {
    throw ParameterError(fmt::format("{} = {}: {}", name, get(name), what));
}

double ValidationCase::get(std::string_view name) const {
    const auto found = parameters.find(name);
    if (found == parameters.end())
        throw ParameterError(fmt::format("there is no parameter \"{}\"", name));
    return found->second;
}

double ValidationCase::positive(std::string_view name) const {
    const double value = get(name);
    if (!(value > 0)) refuse(name, "it must be above 0");
    return value;
}

double ValidationCase::not_negative(std::string_view name) const {
    const double value = get(name);
    if (!(value >= 0)) refuse(name, "it must be at least 0");
    return value;
}

double ValidationCase::share(std::string_view name) const {
    const double value = get(name);
    if (!(value >= 0 && value <= 1)) refuse(name, "it must be from 0 to 1");
    return value;
}

std::uint32_t ValidationCase::ppm(std::string_view name) const {
    const double value = share(name);
    const double rounded = std::round(value * kPpm) / kPpm;
    if (std::abs(rounded - value) > kRoundingMax * std::min(value, 1 - value))
        refuse(name, "a scenario has it in whole parts per million");
    return static_cast<std::uint32_t>(std::llround(value * kPpm));
}

std::uint32_t ValidationCase::whole(std::string_view name, std::uint32_t least,
                                    std::uint32_t most) const {
    const double value = get(name);
    if (!(value >= least && value <= most && value == std::floor(value)))
        refuse(name, fmt::format("it must be a whole number from {} to {}", least, most));
    return static_cast<std::uint32_t>(value);
}

}  // namespace aivm::scenarios
