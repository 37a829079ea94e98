#include "core/base/error.h"
#include "core/base/describe.h"

#include <array>

namespace aivm {
namespace {

struct Row {
    ErrorCode code;
    std::string_view name;
    std::string_view message;
};

constexpr std::array kRows{
    Row{ErrorCode::kNotInitialized, "not_initialized", "vm not initialized"},
    Row{ErrorCode::kInvalidTask, "invalid_task", "invalid task"},
    Row{ErrorCode::kProviderNotFound, "provider_not_found", "provider not found"},
    Row{ErrorCode::kGpuNotAvailable, "gpu_not_available", "aivm: no GPU plugin available"},
    Row{ErrorCode::kNotFound, "not_found", "not found"},
    Row{ErrorCode::kDuplicate, "duplicate", "already there"},
    Row{ErrorCode::kQueueFull, "queue_full", "the queue is full"},
    Row{ErrorCode::kFeeTooLow, "fee_too_low", "the fee is below the floor"},
    Row{ErrorCode::kInsufficientFunds, "insufficient_funds", "not enough funds"},
    Row{ErrorCode::kOverflow, "overflow", "an amount, height or time would overflow"},
    Row{ErrorCode::kNotAuthorized, "not_authorized", "the sender may not do this"},
    Row{ErrorCode::kBadNonce, "bad_nonce", "the nonce is not above the account's last one"},
    Row{ErrorCode::kWrongState, "wrong_state", "not possible in the present state"},
    Row{ErrorCode::kWindowClosed, "window_closed", "the window for this is not open"},
    Row{ErrorCode::kBondLocked, "bond_locked", "the bond is still locked"},
    Row{ErrorCode::kLimitReached, "limit_reached", "a limit is reached"},
    Row{ErrorCode::kTableFull, "table_full", "the kernel table is full"},
    Row{ErrorCode::kInvalidArgument, "invalid_argument", "an argument is out of range"},
    Row{ErrorCode::kMalformed, "malformed", "not a canonical encoding"},
    Row{ErrorCode::kBadParent, "bad_parent", "the parent is unknown or not fit"},
    Row{ErrorCode::kBadHeight, "bad_height", "the height is not the parent's plus one"},
    Row{ErrorCode::kBadTimestamp, "bad_timestamp", "the timestamp is before the parent's"},
    Row{ErrorCode::kTooEarly, "too_early", "the block is from the future; try again later"},
    Row{ErrorCode::kBadRoot, "bad_root", "a root differs from the one computed here"},
    Row{ErrorCode::kConflict, "conflict", "conflicts with something already decided"},
    Row{ErrorCode::kStorage, "storage", "the store failed"},
    Row{ErrorCode::kConfig, "config", "the configuration is not valid"},
    Row{ErrorCode::kTrustTooLow, "trust_too_low", "the trust score is below the minimum"},
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

std::string Error::text() const {
    std::string out(error_message(code));
    if (!context.empty()) out += ": " + context;
    return out;
}

}  // namespace aivm
