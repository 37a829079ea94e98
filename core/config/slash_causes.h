// Why a bond or a stake is taken: one row per cause, which every rule, check, metric, scenario key
// and binding reads. To add a cause: its enumerator and row here, its rate in Policy (config.h),
// the rule that detects it and calls slash_provider, slash_challenger or slash_validator
// (core/verification/slashing.h), and a test of that rule.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/base/describe.h"
#include "core/config/config.h"

namespace aivm {

enum class SlashCause : std::uint8_t {
    kWrongAnswer = 0,
    kTimeout = 1,
    kDivergent = 2,
    kUnrevealed = 3,
    kSilent = 4,
    kLostChallenge = 5,
    kEquivocation = 6,
    kCorrelated = 7
};

// The role that loses the money. A provider loses result bond, a challenger its challenge bond, a
// validator stake.
enum class SlashVictim : std::uint8_t { kProvider, kChallenger, kValidator };

// How far a provider's open seat at a task has come.
enum class SeatStage : std::uint8_t { kDrawn, kCommitted, kPosted };

struct SlashCauseRow {
    SlashCause cause;
    std::string_view word;  // in databases, metrics and Python
    SlashVictim victim;
    std::uint32_t Policy::* rate;  // of what is at stake, in basis points; null: all of it, or a
                                   // rule of its own (kCorrelated)
    std::string_view rate_key;     // the rate's name in a scenario's [vm] table
    std::string_view rate_doc;
    // Whether a provider whose answer was right can be slashed for it: such slashes are counted as
    // false positives.
    bool hits_right_answers;
    // Causes that slash a provider: the last stage of a seat at which the cause still lies ahead,
    // and whether it can arise in a mode at all. Both are ignored for other victims.
    SeatStage last_stage;
    bool (*possible)(const VmParameters&, VerificationMode);
};

inline constexpr std::array kSlashCauses{
    SlashCauseRow{
        SlashCause::kWrongAnswer, "wrong_answer", SlashVictim::kProvider, &Policy::slash_bps,
        "slash_bps", "share of the result bond taken for a wrong result", true, SeatStage::kPosted,
        [](const VmParameters& vm, VerificationMode mode) {
            // Without a window, a committee's answer cannot be challenged.
            return mode != VerificationMode::kRedundant || vm.config.challenge_window_blocks != 0;
        }},
    SlashCauseRow{SlashCause::kTimeout, "timeout", SlashVictim::kProvider,
                  &Policy::slash_timeout_bps, "slash_timeout_bps",
                  "share of the result bond taken for silence until the task timeout", false,
                  SeatStage::kDrawn,
                  [](const VmParameters&, VerificationMode mode) {
                      return mode != VerificationMode::kRedundant;
                  }},
    SlashCauseRow{SlashCause::kDivergent, "divergent", SlashVictim::kProvider,
                  &Policy::slash_divergent_bps, "slash_divergent_bps",
                  "redundant mode: share taken for an answer outside the quorum", true,
                  SeatStage::kPosted,
                  [](const VmParameters&, VerificationMode mode) {
                      return mode == VerificationMode::kRedundant;
                  }},
    SlashCauseRow{SlashCause::kUnrevealed, "unrevealed", SlashVictim::kProvider,
                  &Policy::slash_unrevealed_bps, "slash_unrevealed_bps",
                  "redundant mode: share taken for a commitment that is never revealed", false,
                  SeatStage::kCommitted,
                  [](const VmParameters& vm, VerificationMode mode) {
                      return mode == VerificationMode::kRedundant && vm.policy.commit_reveal;
                  }},
    SlashCauseRow{SlashCause::kSilent, "silent", SlashVictim::kProvider, &Policy::slash_silent_bps,
                  "slash_silent_bps",
                  "redundant mode: share taken when a drawn provider never commits", false,
                  SeatStage::kDrawn,
                  [](const VmParameters&, VerificationMode mode) {
                      return mode == VerificationMode::kRedundant;
                  }},
    SlashCauseRow{SlashCause::kLostChallenge, "lost_challenge", SlashVictim::kChallenger, nullptr,
                  "", "", false, SeatStage::kDrawn, nullptr},
    SlashCauseRow{SlashCause::kEquivocation, "equivocation", SlashVictim::kValidator,
                  &Policy::slash_equivocation_bps, "slash_equivocation_bps",
                  "share of a validator's stake taken for signing two items in one slot", false,
                  SeatStage::kDrawn, nullptr},
    // Beyond what a seat locks: it takes unlocked bond only, see charge_correlated_penalties().
    SlashCauseRow{SlashCause::kCorrelated, "correlated", SlashVictim::kProvider, nullptr, "", "",
                  false, SeatStage::kDrawn,
                  [](const VmParameters&, VerificationMode) { return false; }},
};

constexpr bool slash_causes_are_complete() {
    for (std::size_t i = 0; i < kSlashCauses.size(); ++i) {
        const SlashCauseRow& row = kSlashCauses[i];
        if (static_cast<std::size_t>(row.cause) != i || row.word.empty()) return false;
        if ((row.rate == nullptr) != row.rate_key.empty()) return false;
        if ((row.victim == SlashVictim::kProvider) != (row.possible != nullptr)) return false;
    }
    return kSlashCauses.size() == enum_count<SlashCause>;
}
static_assert(slash_causes_are_complete(),
              "a slashing cause has no row, an incomplete row, or rows out of order");

constexpr const SlashCauseRow& slash_cause(SlashCause cause) {
    return kSlashCauses.at(static_cast<std::size_t>(cause));
}

constexpr auto enum_words(SlashCause) {
    std::array<std::string_view, kSlashCauses.size()> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = kSlashCauses[i].word;
    return words;
}

// The victim of the cause with this word; nothing for an unknown word.
constexpr std::optional<SlashVictim> victim_of(std::string_view word) {
    for (const SlashCauseRow& row : kSlashCauses) {
        if (row.word == word) return row.victim;
    }
    return std::nullopt;
}

}  // namespace aivm
