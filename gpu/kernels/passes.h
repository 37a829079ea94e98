// The passes: the parallel programs that the six kernels consist of on a device. Every backend
// implements each pass once, in its own language, with the bindings and the meaning stated here;
// device_kernels.h runs them in order. Plain types only, so that CUDA and HIP may include this
// header.
//
// Common rules
//  - A pass runs one thread per item (`thread_count` of Device::launch). A backend may start more
//    threads; those do nothing. kAnchorSelect alone runs as one group of kAnchorWindow threads.
//  - All writes of a pass are visible to the next one. Inside a pass, only words marked `atomic`
//    are written by more than one thread, and every result is independent of thread order, with one
//    exception: which operation represents a group (kGroup...), which no later result depends on.
//  - Buffers are arrays of little-endian 32-bit words in the ABI layouts of core/kernels/abi.h; all
//    structure sizes and field offsets are multiples of 4. Nothing needs 8-bit storage or 64-bit
//    atomics. Bindings are numbered in the order in which they are listed.
//  - kNoIndex (all bits set) is the empty value of indices that are minimised, 0 of those that are
//    maximised (these hold index + 1).
//  - "the walk of a key": the slots first_slot(key), then next = (slot + 1) & (slot_count - 1), no
//    more than slot_count of them; first_slot is the FNV-like hash of spec kernels.md. slot_count
//    need not be a power of two, so the mask applies to the successor as written.
#pragma once

#include <cstdint>

namespace aivm::gpu {

inline constexpr std::uint32_t kNoIndex = 0xFFFFFFFFU;
inline constexpr std::uint32_t kAnchorWindow = 32;

// Constants of a launch. Passes that do not name a field must not read it.
struct PassParameters {
    std::uint32_t op_count = 0;
    std::uint32_t slot_count = 0;
    std::uint32_t group_mask = 0;  // cells of the group table - 1; the cells are a power of two
    std::uint32_t now_low = 0;     // the round's timestamp_ns
    std::uint32_t now_high = 0;
};

// Words of a `counters` buffer.
enum Counter : std::uint32_t {
    kApplied = 0,  // operations that took effect
    kCursor = 1,   // anchor_apply: the lowest free slot, slot_count when there is none
    kActive = 0,   // epoch_transition: attestations verified and not expired
    kExpired = 1,  // epoch_transition: attestations with the expired bit
    kCounterWords = 4,
};

// Words per slot of the `changes` buffer of provenance_apply. Each but kUpdateCount holds index + 1
// of the last operation that sets the field, 0 for none.
enum ModelChange : std::uint32_t {
    kLastRegister = 0,
    kLastWeights = 1,     // Register or UpdateWeights
    kLastLicense = 2,     // Register or UpdateLicense
    kLastOwner = 3,       // Register or Transfer
    kLastParameters = 4,  // Register, or UpdateWeights with a non-zero parameter count
    kUpdateCount = 5,     // UpdateWeights operations behind the last Register
    kModelChangeWords = 6,
};

enum class Pass : std::uint32_t {
    // Threads: operations. Bindings: ops, group (atomic), representative, leader (atomic).
    // A well-formed operation that may insert (every attestation; Register for models) finds the
    // cell of its key in `group` (compare-and-swap claims an empty cell with the operation's index,
    // linear probing, all 32 key bytes compared), writes the index in that cell to
    // representative[op], and minimises leader[representative] with its own index. Any other
    // operation writes kNoIndex to representative[op].
    kGroupAttestations,
    kGroupModels,

    // Threads: operations. Bindings: ops, table, representative, leader, owner (atomic).
    // Places each leader (leader[representative[op]] == op) by deferred acceptance. Along the walk
    // of its key: a slot occupied in `table` ends the walk when it holds the key; a free slot keeps
    // the smaller index (old = atomic minimum of owner[slot]); the displaced operation, or this one
    // if it lost, goes on from the next slot for no more than slot_count further slots.
    // owner[slot] is the operation that inserts into the slot, or kNoIndex.
    kPlaceAttestations,
    kPlaceModels,

    // Threads: operations. Bindings: ops, table, owner, changes (atomic), counters (atomic).
    // A well-formed operation walks the table as of its own turn: slot x is taken if it is occupied
    // in `table` or owner[x] <= op, and then holds the key of the table or of operation owner[x].
    // It stops at the first free slot (not found) or at its key (found). Found: maximises
    // changes[slot] with op + 1 and adds 1 to counters[kApplied].
    kFindAttestations,
    // Bindings: ops, table, owner, changes (atomic), counters (atomic), place.
    // The same for models (well-formed: kind at most Transfer, root and weight hash non-zero).
    // Found: maximises the words of changes[slot * kModelChangeWords] that its kind sets, and
    // writes the slot to place[op]; not found or not well-formed: writes kNoIndex to place[op].
    kFindModels,

    // Threads: operations. Bindings: ops, place, changes (atomic).
    // A found UpdateWeights behind the slot's last Register adds 1 to kUpdateCount.
    kCountUpdates,

    // Threads: slots. Bindings: ops, owner, changes, table.
    // Slots with changes are written as operation changes[slot] - 1 leaves them. A slot with an
    // owner is first zeroed, paddings included, and gets the owner's key and occupied = 1.
    // Parameters: now.
    kWriteAttestations,
    // version = (Register among the changes ? 1 : old version) + kUpdateCount, saturating.
    kWriteModels,

    // Threads: slots. Bindings: table, counters (atomic).
    // Minimises counters[kCursor] with the index of every free slot.
    kAnchorCursor,
    // Threads: one group of kAnchorWindow. Bindings: ops, table, counters, accepted.
    // Walks the operations in order from the head table[cursor - 1] (no head: any well-formed
    // operation is accepted). An accepted operation becomes the head, and its index goes to the
    // next word of `accepted`; at most slot_count - cursor are. Writes their number to
    // counters[kApplied].
    kAnchorSelect,
    // Threads: slots. Bindings: ops, accepted, counters, table.
    // Writes accepted[i] to slot cursor + i, for i < counters[kApplied]; paddings stay.
    kAnchorWrite,

    // Threads: slots. Bindings: table, leaves, status, counters (atomic).
    // For each occupied slot: status[slot] = its status after expiry is marked, counted in kActive
    // or kExpired; leaves[slot] (8 words) = the Keccak-256 of its leaf. Free slots write nothing.
    // Parameters: now.
    kAttestationLeaves,
    // Threads: slots. Bindings: table, leaves.
    kModelLeaves,
    kAnchorLeaves,

    // Threads: operations. Bindings: weights, ops, inputs, results, answers, winner (atomic).
    // Writes the whole result. A successful operation (status 0) writes its output byte to the word
    // answers[op] and maximises winner[output_offset] with op + 1. Offsets were checked by the
    // host.
    kInference,
    // Threads: operations. Bindings: winner, answers, outputs.
    // The word outputs[i] = the answer of operation winner[i] - 1, or kNoIndex if no operation
    // names
    // output byte i.
    kInferenceOutputs,

    // Threads: operations. Bindings: ops, results. Writes the whole result.
    kProofVerify,

    kCount,  // the number of passes; not a pass
};

inline constexpr std::uint32_t kPassCount = static_cast<std::uint32_t>(Pass::kCount);
inline constexpr std::uint32_t kBindingsMax = 6;

// How a pass is called in shader files, mutation tables and error texts, and how many buffers it
// binds.
struct PassDescription {
    const char* name;
    std::uint32_t binding_count;
};

inline constexpr PassDescription kPasses[] = {
    {"group_attestations", 4}, {"group_models", 4},       {"place_attestations", 5},
    {"place_models", 5},       {"find_attestations", 5},  {"find_models", 6},
    {"count_updates", 3},      {"write_attestations", 4}, {"write_models", 4},
    {"anchor_cursor", 2},      {"anchor_select", 4},      {"anchor_write", 4},
    {"attestation_leaves", 4}, {"model_leaves", 2},       {"anchor_leaves", 2},
    {"inference", 6},          {"inference_outputs", 3},  {"proof_verify", 2},
};
static_assert(sizeof kPasses / sizeof kPasses[0] == kPassCount, "every pass has a description");

}  // namespace aivm::gpu
