// Consensus as a step function: an input of a node goes in, the actions that it should take come
// out.
//
//     engine.step(now, input, out)
//
// An engine has no clock, no socket, no disk, no key and no randomness of its own; the actor that
// owns it (a validator) carries out the actions in the order given. The contract between the two:
//
//   1. The actor holds bodies, the engine knows them as Items. A body that arrived from the network
//      and whose id the actor computed itself is an ItemReceived; the engine answers Verify when
//      all parents are verified, Fetch when one is missing, Discard when it has no use for it.
//   2. Each Verify is answered by exactly one Verdict, now or later. Only kValid and kInvalid are
//      final. After kNotBefore the engine asks again once, at that time; after kUnknownParent when
//      the parent is verified.
//   3. Every item with the verdict kValid, and every ItemBuilt, gets exactly one Accept or Reject,
//      unless the node stops; parents are decided before children.
//   4. The body of Message::attached_item() is an ItemReceived before the message is a
//      MessageReceived, and the actions of the first are carried out in between: so the answer can
//      already take the new item into account.
//   5. Actions are appended to `out`. An actor that handles one by calling the engine again appends
//      to the same queue.
//   6. What follows a Persist in the queue waits until the record is on disk. The next start of the
//      node passes all records to the engine.
//   7. A Sign is answered by a SlotSigned. The actor signs one message per slot, over all restarts:
//   its
//      record of the slot is on disk before the engine has the signature.
//   8. Timers fire once and cannot be cancelled; the engine ignores those it no longer needs.
//   9. After a crash a new engine is made and started with a larger incarnation; messages and
//      timers of the old one may still arrive and are ignored.
//
// `now` never decreases within one incarnation and has no relation to the clocks of other nodes.
// Not thread safe. To add an engine: HACKING.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/chain/vote_slot.h"
#include "sim/consensus/message.h"
#include "sim/consensus/poll_record.h"
#include "sim/engine/time.h"

namespace aivm::sim {

class RandomStream;
struct ChainSettings;

// A validator: its index in the list of stakes that all engines of a run were made with.
using VoterIndex = std::uint32_t;

// What consensus decides about: a block of a chain, or a vertex of a DAG.
struct Item {
    Hash32 id;
    std::vector<Hash32> parents;  // one in a chain
    Height height = 0;
    std::vector<Hash32> keys;  // two items with a common key conflict, as do siblings of a chain
    std::optional<VoterIndex> proposer;

    [[nodiscard]] BlockRef ref() const { return {id, height}; }
};

// The state that a node reports with its poll.
struct PollQuestion {
    BlockRef block;          // what the asker prefers
    Height next_height = 0;  // the first height that the asker has not decided

    static constexpr auto fields() {
        return std::tuple{field<&PollQuestion::block>(), field<&PollQuestion::next_height>()};
    }
};

struct Vote {
    BlockRef preferred;  // the end of the responder's preferred branch
    // the responder's preferred or accepted block at next_height, or `preferred` if that is lower
    Hash32 at_height;
    BlockRef last_accepted;
    friend bool operator==(const Vote&, const Vote&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&Vote::preferred>(), field<&Vote::at_height>(),
                          field<&Vote::last_accepted>()};
    }
};

// --- Inputs ---

struct TimerId {
    std::uint64_t value = 0;
    friend auto operator<=>(TimerId, TimerId) = default;
};

// What an engine had written to the node's disk with Persist.
struct Record {
    Bytes key;
    Bytes value;
};

// The first input, once.
struct Started {
    Item last_accepted;             // by the node's VM, as it is on disk
    std::uint32_t incarnation = 0;  // how often the node was started before; below 2^23
    // ask the others what they decided before taking part: for every start but the first
    bool bootstrap = false;
    std::vector<Record> records = {};  // by key
    // Items that this node built before it stopped and that are not decided as far as it knows, by
    // height. Their bodies are held as if they had just arrived.
    std::vector<Item> own_items = {};
    // Of a DAG: the accepted items that have no accepted children.
    std::vector<BlockRef> frontier = {};
};

struct MessageReceived {
    VoterIndex from = 0;
    Message message;
};

struct TimerFired {
    TimerId timer;
};

// The actor received a body, parsed it and found it signed by its proposer.
struct ItemReceived {
    VoterIndex from = 0;
    Item item;
};

// The node built the item on its preference, and verified it.
struct ItemBuilt {
    Item item;
};

enum class Validity : std::uint8_t { kValid, kInvalid, kNotBefore, kUnknownParent };

struct Verdict {
    Hash32 id;
    Validity validity = Validity::kValid;
    SimTime not_before = 0;  // with kNotBefore, on the scale of step()'s `now`
};

// The record with this number is on disk.
struct Persisted {
    std::uint64_t number = 0;
};

// What a validator may sign once.
using SigningSlot = VoteSlot;

struct SlotSigned {
    SigningSlot slot;
    Hash32 message;
    std::optional<Bytes> signature;  // nullopt: this node signed another message for the slot
};

// From now on these stakes count. The first set is the one that the engine is made with: that of
// the epoch of the node's last accepted state.
struct EpochBegun {
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t> stakes;  // of the same validators; 0: it has left
};

using Input = std::variant<Started, MessageReceived, TimerFired, ItemReceived, ItemBuilt, Verdict,
                           Persisted, SlotSigned, EpochBegun>;

// --- Actions ---

struct Send {
    VoterIndex to = 0;
    Message message;
};

// Ask `from` for the body of `id` and of at most `count` - 1 of its ancestors, child before parent.
// `from` serves verified and accepted items, as many as it has; every body that arrives is an
// ItemReceived, in the order sent.
struct Fetch {
    VoterIndex from = 0;
    Hash32 id;
    std::uint32_t count = 1;
};

// Execute the body held under `id`; its parents are verified.
struct Verify {
    Hash32 id;
};

// Drop the unverified body held under `id`, if any.
struct Discard {
    Hash32 id;
};

// Why a node takes an item for decided: it counted the votes itself, it learned what the others had
// decided, or the node that orders blocks said so.
enum class AcceptedBy : std::uint8_t { kPolls, kBootstrap, kSequencer };

struct Accept {
    Hash32 id;
    AcceptedBy by = AcceptedBy::kPolls;
};

struct Reject {
    Hash32 id;
};

// Build on these until another Prefer; each is verified or the last accepted. One in a chain.
struct Prefer {
    std::vector<Hash32> tips;
};

struct SetTimer {
    TimerId id;
    std::uint64_t delay_ns = 0;
};

// Write the record to disk, in place of another with its key; an empty value removes it.
struct Persist {
    std::uint64_t number = 0;  // of the Persisted that answers
    Record record;
};

struct Sign {
    SigningSlot slot;
    Hash32 message;
};

// Two messages that one validator signed for one slot.
struct SubmitEvidence {
    VoterIndex validator = 0;
    SigningSlot slot;
    Hash32 first_id;
    Bytes first_authorization;
    Hash32 second_id;
    Bytes second_authorization;
};

// A proof that the item is final, for those outside the chain.
struct PublishCertificate {
    BlockRef item;  // its height is the number, if it is a cut
    std::uint64_t epoch = 0;
    Bytes certificate;
};

using Action = std::variant<Send, Fetch, Verify, Discard, Accept, Reject, Prefer, SetTimer, Persist,
                            Sign, SubmitEvidence, PublishCertificate>;
using Actions = std::vector<Action>;

// --- What an engine may ask of its own node ---

class EngineHost {
public:
    virtual ~EngineHost() = default;
    // The block that this node's VM accepted at a height below the engine's last accepted one;
    // nullopt when the node does not keep a block that old.
    [[nodiscard]] virtual std::optional<Hash32> accepted_at(Height height) const = 0;
    // Of a DAG: whether this node's VM has accepted the item.
    [[nodiscard]] virtual bool is_accepted(const Hash32& id) const {
        static_cast<void>(id);
        return false;
    }
    // Of a DAG: the number of the cut, if this item is one that was verified here.
    [[nodiscard]] virtual std::optional<Height> cut_number(const Hash32& id) const {
        static_cast<void>(id);
        return std::nullopt;
    }
    // Whether this node's VM has something to put into a block.
    [[nodiscard]] virtual bool has_work() const { return true; }
    // Whether `signature` is the validator's, for this message and slot.
    [[nodiscard]] virtual bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                         const Hash32& message, const Bytes& signature) const {
        static_cast<void>(validator), static_cast<void>(slot), static_cast<void>(message);
        static_cast<void>(signature);
        return false;
    }
    // Called by engines that poll, with the honest answer to `question`; the node's strategy may
    // change it.
    virtual void vote(const PollQuestion& question, Vote& answer) {
        static_cast<void>(question);
        static_cast<void>(answer);
    }
    // Whether the next three should be called by an engine that polls. Constant while the node
    // runs.
    [[nodiscard]] virtual bool observes_polls() const { return false; }
    // A poll asks these validators, each as often as it was drawn.
    virtual void poll_begun(std::span<const VoterIndex> asked) { static_cast<void>(asked); }
    // A poll has finished and is about to take effect; in the order in which polls count.
    virtual void polled(const PollRecord& poll) { static_cast<void>(poll); }
    // The same by an engine of a DAG.
    virtual void vertices_polled(const VertexPollRecord& poll) { static_cast<void>(poll); }
};

// Arguments for the construction of an engine. The references must outlive the engine, except
// `chain`.
struct EngineSetup {
    const ChainSettings& chain;
    std::span<const std::uint64_t> stakes;  // of all validators, in `epoch`
    VoterIndex self = 0;
    EngineHost& host;
    RandomStream& random;
    std::uint64_t epoch = 0;  // of the node's last accepted state
};

// All counters only grow.
struct EngineCounters {
    std::uint64_t polls = 0;  // finished
    // of these, with at least alpha_preference votes for some choice
    std::uint64_t polls_successful = 0;
    std::uint64_t answers_ignored = 0;  // late, repeated, or from a node that was not asked
    // counted for no block because the responder's choice is not known here
    std::uint64_t votes_unusable = 0;
    std::uint64_t votes_forged = 0;  // dropped: the signature is not the sender's
    std::uint64_t fetches = 0;
    std::uint64_t bodies_discarded = 0;
    std::uint64_t bootstraps = 0;  // begun
    // the confirmed history contradicts this node's, or its VM refuses it
    std::uint64_t bootstrap_conflicts = 0;
};

class ConsensusEngine {
public:
    virtual ~ConsensusEngine() = default;

    // Appends what the node should do about `input`.
    virtual void step(SimTime now, const Input& input, Actions& out) = 0;

    [[nodiscard]] virtual BlockRef last_accepted() const = 0;
    // The first of the preferred tips.
    [[nodiscard]] virtual BlockRef preferred() const = 0;
    // Verified and not yet decided.
    [[nodiscard]] virtual std::size_t processing() const = 0;
    [[nodiscard]] virtual bool bootstrapping() const = 0;
    // Whether the node should build now as far as the engine knows: not while bootstrapping, nor
    // with too many undecided blocks. Whose turn it is follows from proposer_schedule.h.
    [[nodiscard]] virtual bool wants_block() const = 0;
    // Whether a block is wanted even if it is empty.
    [[nodiscard]] virtual bool needs_block() const { return false; }
    [[nodiscard]] virtual const EngineCounters& counters() const = 0;
    // Asks for the memory that this message will need, which arrives soon.
    virtual void prefetch(const Message& message) const { static_cast<void>(message); }
};

// Makes the engine of one node, with the stakes of the epoch of its last accepted state.
using MakeEngine = std::function<std::unique_ptr<ConsensusEngine>(EngineHost&, RandomStream&,
                                                                  const EpochBegun& epoch)>;

}  // namespace aivm::sim
