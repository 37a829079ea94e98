// Stake profiles: the stake of each validator. Integers only, from a table or integer roots.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/amount.h"
#include "core/base/error.h"

namespace aivm::scenarios {

struct StakeProfile {
    std::string_view name;
    std::string_view source;
    Amount (*stake)(std::uint32_t index,
                    std::uint32_t validators) = nullptr;  // index < validators; never zero
};

std::vector<std::string> stake_profile_names();
// nullptr if there is no such profile.
const StakeProfile* find_stake_profile(std::string_view name);

// The stakes of `validators` validators, largest first. kNotFound for an unknown profile,
// kInvalidArgument for more than kMaxStakeValidators, whose stakes could round to zero or overflow
// 64 bits in sum.
Result<std::vector<Amount>> profile_stakes(std::string_view profile, std::uint32_t validators);

inline constexpr std::uint32_t kMaxStakeValidators = 10'000;

}  // namespace aivm::scenarios
