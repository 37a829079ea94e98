// The limits of the protocol that are not parameters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/amount.h"

namespace aivm {

// All money that a chain may ever have: genesis allows no more, and nothing is minted above it. So
// no sum of balances overflows, and differences of amounts fit into 64 bits with a sign.
constexpr Amount kSupplyMax((std::uint64_t{1} << 63) - 1);

constexpr std::size_t kJobIdBytesMax = 64;
constexpr std::size_t kProviderIdBytesMax = 64;
constexpr std::size_t kModelIdBytesMax = 64;
constexpr std::size_t kEndpointBytesMax = 256;
constexpr std::size_t kModelsPerProviderMax = 64;
constexpr std::size_t kAttestationsPerProviderMax = 64;
constexpr std::size_t kInputBytes = 32;
constexpr std::size_t kFeatureRowsMax = 1 << 16;
constexpr std::uint32_t kStepsMax = 1 << 16;
// The largest difference between two int8 answers.
constexpr std::uint32_t kAnswerToleranceMax = 255;
// A challenger's bond doubles at most this often, where policy lets it double.
constexpr std::uint32_t kBondDoublingsMax = 20;
// Providers drawn for one redundant task.
constexpr std::size_t kSeatsMax = 32;
// Sums of windows and heights stay far below 2^64.
constexpr std::uint64_t kWindowBlocksMax = std::uint64_t{1} << 40;
// A hundred years; a timestamp plus this fits into 64 bits.
constexpr std::uint64_t kDurationNsMax = 3'155'760'000'000'000'000;
// At most this often does the least fee of a task double while the queue fills.
constexpr std::uint64_t kFeeFloorDoublingsMax = 16;
// Of evidence and of history together.
constexpr std::uint32_t kTrustPointsMax = 100;
// From acceptance to the beacon that draws the provider.
constexpr std::uint64_t kDrawDelayBlocks = 2;
constexpr std::size_t kBlockOpsMax = 10'000;
constexpr std::size_t kBlockOpsDefault = 1000;    // that a builder puts into a block
constexpr std::size_t kBlockBytesMax = 64 << 20;  // without the proposer's signature
constexpr std::size_t kBlockHeaderBytesMax = 256;
constexpr std::size_t kBlockSpaceBytesMax = kBlockBytesMax - kBlockHeaderBytesMax;  // of operations
// The defaults of a node's queue (core/vm/mempool.h): operations per lane, operations per sender in
// the rest, and the blocks for which one is kept.
constexpr std::size_t kMempoolLaneMax = 50'000;
constexpr std::size_t kMempoolPerSenderMax = 64;
constexpr std::uint64_t kOperationTtlBlocks = 200;
constexpr std::size_t kVertexParentsMax = 5;
constexpr std::size_t kVertexOpsMax = 30;
constexpr std::size_t kVertexBytesMax = 8 << 20;  // without the proposer's signature
constexpr std::size_t kVertexHeaderBytesMax = 512;
constexpr std::size_t kConflictKeyBytesMax = 4 + kJobIdBytesMax;  // with its tag
// The greatest values of DagPolicy::cut_vertices_max and vertices_in_flight.
constexpr std::uint32_t kCutVerticesMax = 1 << 16;
constexpr std::uint32_t kVerticesInFlightMax = 1 << 16;
constexpr std::size_t kOperationBytesMax = 4 << 20;
constexpr std::size_t kAuthorizationBytesMax = 128;
// What an operation without bytes counts for its authorisation: the size of an ideal signature.
constexpr std::size_t kUnsealedAuthorizationBytes = 16;
constexpr std::size_t kProofNodesMax = 32;
constexpr std::size_t kEvidenceBytesMax = 64 << 10;
// A validator slashed this often has no stake left.
constexpr std::size_t kSlashedSlotsMax = 1024;
constexpr std::size_t kValidatorsMax = 65'536;

static_assert(kOperationBytesMax + 4096 <= kVertexBytesMax, "every operation fits into a vertex");
static_assert((std::size_t{1} << kProofNodesMax) > kStepsMax,
              "a proof reaches every leaf of a trace");
static_assert(kFeatureRowsMax * kInputBytes + 4096 <= kOperationBytesMax,
              "a model fits into its operation");

}  // namespace aivm
