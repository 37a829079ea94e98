#include "core/base/error.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/describe.h"

namespace aivm {
namespace {

// Every code by hand: a new one must be classified here as well.
TEST(Errors, EveryRefusalIsPassingOrFinal) {
    using enum ErrorCode;
    constexpr auto kPassing = Refusal::kPassing;
    constexpr auto kFinal = Refusal::kFinal;
    const std::map<ErrorCode, Refusal> expected{
        {kNotInitialized, kFinal},    {kInvalidTask, kFinal},     {kProviderNotFound, kFinal},
        {kGpuNotAvailable, kPassing}, {kNotFound, kFinal},        {kDuplicate, kFinal},
        {kQueueFull, kPassing},       {kFeeTooLow, kPassing},     {kInsufficientFunds, kFinal},
        {kOverflow, kFinal},          {kNotAuthorized, kFinal},   {kBadNonce, kFinal},
        {kWrongState, kFinal},        {kWindowClosed, kFinal},    {kBondLocked, kPassing},
        {kLimitReached, kPassing},    {kTableFull, kPassing},     {kInvalidArgument, kFinal},
        {kMalformed, kFinal},         {kBadParent, kFinal},       {kBadHeight, kFinal},
        {kBadTimestamp, kFinal},      {kTooEarly, kPassing},      {kBadRoot, kFinal},
        {kConflict, kFinal},          {kStorage, kPassing},       {kConfig, kFinal},
        {kTrustTooLow, kFinal},       {kWindowNotOpen, kPassing}, {kNoProvider, kPassing}};
    ASSERT_EQ(expected.size(), enum_count<ErrorCode>);
    for (const auto& [code, refusal] : expected)
        EXPECT_EQ(refusal_of(code), refusal) << error_name(code);
}

}  // namespace
}  // namespace aivm
