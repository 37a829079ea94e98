#include "core/base/error.h"

#include <array>

#include "core/base/describe.h"

namespace aivm {
namespace {

using enum Refusal;

// Passing are those that time or the progress of others removes: a place in a queue or table
// becomes free, the fee floor falls, a window opens, a cooldown ends, a device works again.
struct Row {
    ErrorCode code;
    Refusal refusal;
    std::string_view name;
    std::string_view message;
};

constexpr std::array kRows{
    Row{ErrorCode::kNotInitialized, kFinal, "not_initialized", "vm not initialized"},
    Row{ErrorCode::kInvalidTask, kFinal, "invalid_task", "invalid task"},
    Row{ErrorCode::kProviderNotFound, kFinal, "provider_not_found", "provider not found"},
    Row{ErrorCode::kGpuNotAvailable, kPassing, "gpu_not_available",
        "aivm: no GPU plugin available"},
    Row{ErrorCode::kNotFound, kFinal, "not_found", "not found"},
    Row{ErrorCode::kDuplicate, kFinal, "duplicate", "already there"},
    Row{ErrorCode::kQueueFull, kPassing, "queue_full", "the queue is full"},
    Row{ErrorCode::kFeeTooLow, kPassing, "fee_too_low", "the fee is below the floor"},
    Row{ErrorCode::kInsufficientFunds, kFinal, "insufficient_funds", "not enough funds"},
    Row{ErrorCode::kOverflow, kFinal, "overflow", "an amount, height or time would overflow"},
    Row{ErrorCode::kNotAuthorized, kFinal, "not_authorized", "the sender may not do this"},
    Row{ErrorCode::kBadNonce, kFinal, "bad_nonce", "the nonce is not above the account's last one"},
    Row{ErrorCode::kWrongState, kFinal, "wrong_state", "not possible in the present state"},
    Row{ErrorCode::kWindowClosed, kFinal, "window_closed", "the window for this is closed"},
    Row{ErrorCode::kBondLocked, kPassing, "bond_locked", "the bond is still locked"},
    Row{ErrorCode::kLimitReached, kPassing, "limit_reached", "a limit is reached"},
    Row{ErrorCode::kTableFull, kPassing, "table_full", "the kernel table is full"},
    Row{ErrorCode::kInvalidArgument, kFinal, "invalid_argument", "an argument is out of range"},
    Row{ErrorCode::kMalformed, kFinal, "malformed", "not a canonical encoding"},
    Row{ErrorCode::kBadParent, kFinal, "bad_parent", "the parent is unknown or not fit"},
    Row{ErrorCode::kBadHeight, kFinal, "bad_height", "the height is not the parent's plus one"},
    Row{ErrorCode::kBadTimestamp, kFinal, "bad_timestamp", "the timestamp is before the parent's"},
    Row{ErrorCode::kTooEarly, kPassing, "too_early",
        "the block is from the future; try again later"},
    Row{ErrorCode::kBadRoot, kFinal, "bad_root", "a root differs from the one computed here"},
    Row{ErrorCode::kConflict, kFinal, "conflict", "conflicts with something already decided"},
    Row{ErrorCode::kStorage, kPassing, "storage", "the store failed"},
    Row{ErrorCode::kConfig, kFinal, "config", "the configuration is not valid"},
    Row{ErrorCode::kTrustTooLow, kFinal, "trust_too_low", "the trust score is below the minimum"},
    Row{ErrorCode::kWindowNotOpen, kPassing, "window_not_open",
        "the window for this is not open yet"},
    Row{ErrorCode::kNoProvider, kPassing, "no_provider", "no provider could be drawn"},
};

constexpr bool rows_follow_the_enum() {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].code) != i) return false;
    }
    return kRows.size() == enum_count<ErrorCode>;
}
static_assert(rows_follow_the_enum(), "an error code has no row, or a row is out of order");

}  // namespace

std::string_view error_name(ErrorCode code) {
    return kRows.at(static_cast<std::size_t>(code)).name;
}

std::string_view error_message(ErrorCode code) {
    return kRows.at(static_cast<std::size_t>(code)).message;
}

Refusal refusal_of(ErrorCode code) { return kRows.at(static_cast<std::size_t>(code)).refusal; }

std::string Error::text() const {
    std::string out(error_message(code));
    if (!context.empty()) out += ": " + context;
    return out;
}

}  // namespace aivm
