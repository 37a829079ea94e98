#include "scenarios/profiles/stake.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/check.h"
#include "scenarios/profiles/avax_2021.h"

namespace aivm::scenarios {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kEqualStakeLux = 2000;
constexpr std::uint64_t kLargestZipfLux = 3'000'000;  // the largest stake avax-2021 allows

Amount equal_stake(std::uint32_t, std::uint32_t) { return lux(kEqualStakeLux); }

// The middle of the index-th of `validators` equal slices of the published distribution.
Amount avax_stake(std::uint32_t index, std::uint32_t validators) {
    const std::uint64_t rank =
        (2 * std::uint64_t{index} + 1) * kAvax2021Lux.size() / (2 * std::uint64_t{validators});
    return lux(kAvax2021Lux[rank]);
}

constexpr Wide power(std::uint64_t base, int exponent) {
    Wide out = 1;
    for (int i = 0; i < exponent; ++i) out *= base;
    return out;
}

// floor(largest / rank^1.2): the greatest s with s^5 * rank^6 <= largest^5.
Amount zipf_stake(std::uint32_t index, std::uint32_t) {
    const Wide bound = power(kLargestZipfLux, 5) / power(std::uint64_t{index} + 1, 6);
    std::uint64_t low = 0;
    std::uint64_t high = kLargestZipfLux;
    while (low < high) {
        const std::uint64_t middle = low + (high - low + 1) / 2;
        if (power(middle, 5) <= bound) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    AIVM_CHECK(low > 0);
    return lux(low);
}

constexpr StakeProfile kStakeProfiles[] = {
    {"equal", "every validator has 2000 LUX; a design figure", equal_stake},
    {"avax-2021", "quantiles of a lognormal fitted to Avalanche's 947 validators of 2021",
     avax_stake},
    {"zipf", "rank^-1.2 from 3,000,000 LUX down: the hostile case", zipf_stake},
};

}  // namespace

std::vector<std::string> stake_profile_names() {
    std::vector<std::string> names;
    for (const auto& profile : kStakeProfiles) names.emplace_back(profile.name);
    return names;
}

const StakeProfile* find_stake_profile(std::string_view name) {
    const auto* found =
        std::find_if(std::begin(kStakeProfiles), std::end(kStakeProfiles),
                     [&](const StakeProfile& profile) { return profile.name == name; });
    return found == std::end(kStakeProfiles) ? nullptr : found;
}

Result<std::vector<Amount>> profile_stakes(std::string_view profile, std::uint32_t validators) {
    const auto* found = find_stake_profile(profile);
    if (found == nullptr)
        return fail(ErrorCode::kNotFound, fmt::format("no stake profile \"{}\"", profile));
    if (validators > kMaxStakeValidators) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("{} validators; a stake profile covers at most {}", validators,
                                kMaxStakeValidators));
    }
    std::vector<Amount> stakes;
    stakes.reserve(validators);
    for (std::uint32_t i = 0; i < validators; ++i) stakes.push_back(found->stake(i, validators));
    return stakes;
}

}  // namespace aivm::scenarios
