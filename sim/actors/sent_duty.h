// What a drawn provider sends so that it is not slashed for silence.
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/amount.h"
#include "core/base/ids.h"
#include "core/config/slash_causes.h"

namespace aivm::sim {

inline constexpr Height kNoWindow = std::numeric_limits<Height>::max();

struct SentDuty {
    TaskIndex task;
    std::uint32_t assignment = 0;
    // The cause that applies without it: kTimeout for an answer, kSilent for a committee member's
    // commitment or open answer, kUnrevealed for its reveal.
    SlashCause averts = SlashCause::kTimeout;
    // The last block that takes it; kNoWindow: the one that slashes.
    Height last_block = kNoWindow;
};

}  // namespace aivm::sim
