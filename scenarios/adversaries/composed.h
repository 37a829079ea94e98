// Attackers made of primitive actions: one strategy per role, whose parameters each switch one
// action or one condition on. With none of them on it is the honest strategy of its role. The
// profit search (scenarios/campaign/profit) looks for combinations that pay; what it finds is a
// scenario with such parameters.
#pragma once

#include "core/base/digest.h"
#include "core/verification/draw.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/worth.h"

namespace aivm::scenarios {

// Uniform in parts per million, the same for all identities that ask about this task.
inline std::uint32_t shared_coin_ppm(const Task& task) {
    const std::array row{static_cast<std::uint8_t>(task.input_row),
                         static_cast<std::uint8_t>(task.input_row >> 8),
                         static_cast<std::uint8_t>(task.assignments)};
    return static_cast<std::uint32_t>(
        big_endian_modulo(keccak256({task.task_key.view(), row}), kCertain));
}

// A parameter that is 0 or 1.
constexpr StrategyParameter action_switch(std::string_view name, std::string_view doc) {
    return {name, 0, 1, 0, "", doc};
}
constexpr StrategyParameter share(std::string_view name, std::string_view doc) {
    return {name, 0, kCertain, 0, "ppm", doc};
}
constexpr StrategyParameter number(std::string_view name, std::string_view unit,
                                   std::string_view doc) {
    return {name, 0, 1'000'000, 0, unit, doc};
}
constexpr StrategyParameter money(std::string_view name, std::string_view doc) {
    return {name, 0, 1'000'000'000'000'000, 0, "nLUX", doc};
}

}  // namespace aivm::scenarios
