// Every limit of the protocol that is not a parameter, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aivm {

constexpr std::size_t kJobIdBytesMax = 64;
constexpr std::size_t kProviderIdBytesMax = 64;
constexpr std::size_t kModelIdBytesMax = 64;
constexpr std::size_t kEndpointBytesMax = 256;
constexpr std::size_t kModelsPerProviderMax = 64;
constexpr std::size_t kInputBytes = 32;
constexpr std::size_t kFeatureRowsMax = 1 << 16;
constexpr std::uint32_t kStepsMax = 1 << 16;
constexpr std::size_t kDisputesPerTaskMax = 64;
constexpr std::uint32_t kBondDoublingsMax = 20;  // a challenger's bond is doubled at most so often
constexpr std::size_t kSeatsMax = 32;            // providers drawn for one redundant task
constexpr std::uint64_t kWindowBlocksMax =
    std::uint64_t{1} << 40;  // sums of windows and heights stay far below 2^64
constexpr std::uint64_t kDurationNsMax =
    3'155'760'000'000'000'000;  // a hundred years; a timestamp plus it fits
constexpr std::uint64_t kDrawDelayBlocks =
    2;  // from acceptance to the beacon that draws the provider
constexpr std::size_t kBlockOpsMax = 10'000;
constexpr std::size_t kBlockBytesMax = 64 << 20;  // without the proposer's signature
constexpr std::size_t kBlockHeaderBytesMax = 256;
// Operations waiting for a block at one node; with more, a queue refuses new ones.
constexpr std::size_t kQueuedOperationsMax = 50'000;
constexpr std::size_t kVertexParentsMax = 5;
constexpr std::size_t kVertexOpsMax = 30;
constexpr std::size_t kVertexBytesMax = 8 << 20;  // without the proposer's signature
constexpr std::size_t kVertexHeaderBytesMax = 256;
constexpr std::size_t kOperationBytesMax = 4 << 20;
constexpr std::size_t kAuthorizationBytesMax = 128;
constexpr std::size_t kProofNodesMax = 32;
constexpr std::size_t kEvidenceBytesMax = 64 << 10;
constexpr std::size_t kSlashedSlotsMax =
    1024;  // a validator slashed so often has no stake left to take

static_assert(kOperationBytesMax + 4096 <= kVertexBytesMax, "every operation fits into a vertex");
static_assert((std::size_t{1} << kProofNodesMax) > kStepsMax,
              "a proof reaches every leaf of a trace");
static_assert(kFeatureRowsMax * kInputBytes + 4096 <= kOperationBytesMax,
              "a model fits into its operation");

}  // namespace aivm
