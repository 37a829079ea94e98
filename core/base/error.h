// One error enum for everything the VM can refuse, and the Result type that carries it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace aivm {

enum class ErrorCode : std::uint8_t {
    kNotInitialized,
    kInvalidTask,
    kProviderNotFound,
    kGpuNotAvailable,
    kNotFound,
    kDuplicate,
    kQueueFull,
    kFeeTooLow,
    kInsufficientFunds,
    kOverflow,
    kNotAuthorized,
    kBadNonce,
    kWrongState,
    kWindowClosed,
    kBondLocked,
    kLimitReached,
    kTableFull,
    kInvalidArgument,
    kMalformed,
    kBadParent,
    kBadHeight,
    kBadTimestamp,
    kTooEarly,
    kBadRoot,
    kConflict,
    kStorage,
    kConfig,
    kTrustTooLow,
    kWindowNotOpen,
    kNoProvider,
};

// Whether an operation that was refused may succeed later as it is. A queue keeps it until it
// expires if the refusal can pass, and removes it if the refusal is final.
enum class Refusal : std::uint8_t { kPassing, kFinal };
Refusal refusal_of(ErrorCode code);

// The enumerator's published or field-standard name, such as "bond_locked".
std::string_view error_name(ErrorCode code);

// One fixed sentence per code, such as "the bond is still locked".
std::string_view error_message(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::kInvalidArgument;
    std::string context;  // what and where; may be empty

    // "the bond is still locked: provider p-7 has 1 open obligation".
    [[nodiscard]] std::string text() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string context = {}) {
    return tl::unexpected<Error>(Error{code, std::move(context)});
}

}  // namespace aivm

// Returns the error of `status_expression` from the enclosing function, if it has one.
#define AIVM_TRY(status_expression)                                                  \
    do {                                                                             \
        if (auto aivm_status_ = (status_expression); !aivm_status_)                  \
            return ::tl::unexpected<::aivm::Error>(std::move(aivm_status_).error()); \
    } while (false)

#define AIVM_CONCAT_INNER(a, b) a##b
#define AIVM_CONCAT(a, b) AIVM_CONCAT_INNER(a, b)
// AIVM_ASSIGN(const auto x, f()): x is the value of f(), or its error is returned.
#define AIVM_ASSIGN(declaration, expression)                         \
    auto AIVM_CONCAT(aivm_result_, __LINE__) = (expression);         \
    if (!AIVM_CONCAT(aivm_result_, __LINE__))                        \
        return ::tl::unexpected<::aivm::Error>(                      \
            std::move(AIVM_CONCAT(aivm_result_, __LINE__)).error()); \
    declaration = std::move(AIVM_CONCAT(aivm_result_, __LINE__)).value()
