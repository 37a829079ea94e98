// Keys of the store. State keys come first and are what state_root covers; the rest is the chain's
// own bookkeeping.
//
//   'a' address     account                 'c'          head
//   'd' u32         dispute                 'e'          kernel epoch state
//   'k' table u8, slot u32                  a kernel table's slot
//   'm' u32         model                   'n' u32      trace node
//   'p' u32         provider                'r' u32      receipt
//   's' u32         the model's status      't' u32      task
//   'v' u32         validator
//   0x81 block id   block bytes             0x82 height  block id
//   0x84            tip: block id, state root
//   0x85            height of the last block, or sequence of the last vertex, that this node signed
//   0x86 vertex id  vertex bytes
//   0x87 vertex id  the number of the cut that settled it, 0 before: it is accepted
//   0x88 key        who holds a conflict key (core/dag/accepted_dag.h)
//   0x89 vertex id  nothing: it was rejected
//   0x8a            the DAG's tip: last cut, its state root, accepted frontier
//   0x8b            the chain's parameters (core/config/parameter_record.h)
//   0x8c u32        a full table of anchors, archived under its number: its slots
//   0x8d kind, ...  what a node keeps for itself beside the chain (sim/actors/node_records.h)
//   0x8e height     the sealed block this node signed for a height not yet decided
//   0x8f cut number the epoch that begins with this cut of a DAG, and its active validators
//   0x90 vertex id  nothing: it is accepted, and no cut has settled it
//   0x91 sequence   a vertex of this node, undecided: its bytes
#pragma once

#include <string_view>

#include "core/base/bytes.h"
#include "core/base/codec.h"

namespace aivm::keys {

constexpr std::uint8_t kAccount = 'a';
constexpr std::uint8_t kHead = 'c';
constexpr std::uint8_t kDispute = 'd';
constexpr std::uint8_t kKernelEpoch = 'e';
constexpr std::uint8_t kKernelSlot = 'k';
constexpr std::uint8_t kModel = 'm';
constexpr std::uint8_t kModelStatus = 's';
constexpr std::uint8_t kTraceNode = 'n';
constexpr std::uint8_t kProvider = 'p';
constexpr std::uint8_t kReceipt = 'r';
constexpr std::uint8_t kTask = 't';
constexpr std::uint8_t kValidator = 'v';
constexpr std::uint8_t kBlock = 0x81;
constexpr std::uint8_t kHeightIndex = 0x82;
constexpr std::uint8_t kTip = 0x84;
constexpr std::uint8_t kSigned = 0x85;
constexpr std::uint8_t kVertex = 0x86;
constexpr std::uint8_t kPlace = 0x87;
constexpr std::uint8_t kJob = 0x88;
constexpr std::uint8_t kRejected = 0x89;
constexpr std::uint8_t kDagTip = 0x8a;
constexpr std::uint8_t kParameters = 0x8b;
constexpr std::uint8_t kAnchorArchive = 0x8c;
constexpr std::uint8_t kNodeRecord = 0x8d;
constexpr std::uint8_t kSignedItem = 0x8e;
constexpr std::uint8_t kUnsettled = 0x90;
constexpr std::uint8_t kOwnVertex = 0x91;
constexpr std::uint8_t kEpochSet = 0x8f;

inline Bytes single(std::uint8_t table) { return {table}; }
inline Bytes indexed(std::uint8_t table, std::uint32_t index) {
    return Writer().u8(table).u32(index).take();
}
inline Bytes account(const Address& address) { return Writer().u8(kAccount).fixed(address).take(); }
inline Bytes kernel_slot(std::uint8_t table, std::uint32_t slot) {
    return Writer().u8(kKernelSlot).u8(table).u32(slot).take();
}
inline Bytes block(const Hash32& id) { return Writer().u8(kBlock).fixed(id).take(); }
inline Bytes height(std::uint64_t height) { return Writer().u8(kHeightIndex).u64(height).take(); }
inline Bytes signed_item(std::uint64_t height, const Hash32& parent) {
    return Writer().u8(kSignedItem).u64(height).fixed(parent).take();
}
inline Bytes vertex(const Hash32& id) { return Writer().u8(kVertex).fixed(id).take(); }
inline Bytes rejected(const Hash32& id) { return Writer().u8(kRejected).fixed(id).take(); }
inline Bytes place(const Hash32& id) { return Writer().u8(kPlace).fixed(id).take(); }
inline Bytes unsettled(const Hash32& id) { return Writer().u8(kUnsettled).fixed(id).take(); }
inline Bytes job(std::string_view key) { return Writer().u8(kJob).raw(as_bytes(key)).take(); }
inline Bytes own_vertex(std::uint64_t sequence) {
    return Writer().u8(kOwnVertex).u64(sequence).take();
}
inline Bytes epoch_set(std::uint64_t cut) { return Writer().u8(kEpochSet).u64(cut).take(); }

}  // namespace aivm::keys
