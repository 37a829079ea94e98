#include "core/state/event.h"

#include <array>

namespace aivm {

std::string_view slash_cause_name(SlashCause cause) {
    constexpr std::array<std::string_view, static_cast<std::size_t>(SlashCause::kCount_)> kNames{
        "wrong_answer", "timeout",        "divergent",   "unrevealed",
        "silent",       "lost_challenge", "equivocation"};
    return kNames.at(static_cast<std::size_t>(cause));
}

}  // namespace aivm
