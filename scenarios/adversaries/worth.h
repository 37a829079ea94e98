// Whether breaking a rule pays. Shared by strategies that break it only where it does.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/amount.h"
#include "core/config/config.h"

namespace aivm::scenarios {

constexpr std::uint32_t kCertain = 1'000'000;  // parts per million

__extension__ using SignedNlux = __int128;
constexpr SignedNlux as_signed(Amount amount) { return SignedNlux{amount.nlux()}; }

// Of two independent events, the probability that both occur.
constexpr std::uint32_t both_ppm(std::uint32_t a_ppm, std::uint32_t b_ppm) {
    return static_cast<std::uint32_t>(std::uint64_t{a_ppm} * b_ppm / kCertain);
}

// An answer that costs less than the model's: what it brings over the model's answer.
struct CheapAnswer {
    SignedNlux saved = 0;            // of the computing
    SignedNlux lie_value = 0;        // of one that is wrong and becomes final
    SignedNlux at_stake = 0;         // the slash and the pay, lost with one that is proven wrong
    std::uint32_t wrong_ppm = 0;     // share of such answers that are wrong
    std::uint32_t provable_ppm = 0;  // share that re-execution proves wrong

    // Its expected worth, times kCertain, where this share of the results is re-executed. With a
    // share p of answers that are proven wrong, gain G = saved otherwise and loss S = at stake less
    // saved, this is (1 - p) G - p S (validation case V05).
    [[nodiscard]] constexpr SignedNlux worth(std::uint32_t checked_ppm) const {
        const std::uint32_t caught = both_ppm(checked_ppm, provable_ppm);
        return kCertain * saved + SignedNlux{wrong_ppm - caught} * lie_value -
               SignedNlux{caught} * at_stake;
    }
};

// Paid for a final answer to a task with this fee: what is not burned of it, and what is minted by
// the flat schedule.
constexpr Amount pay_of(const VmParameters& rules, Amount fee) {
    const Amount burned = fee.bps(rules.policy.fee_burn_bps);
    const Amount minted = rules.policy.mint_cap == MintCap::kPerBurn
                              ? std::min(rules.config.base_reward, burned)
                              : rules.config.base_reward;
    return fee - burned + minted;
}

// The slash for an answer that is proven wrong.
inline Amount slash_of(const VmParameters& rules) {
    return rules.result_bond().bps(rules.policy.slash_bps);
}

}  // namespace aivm::scenarios
