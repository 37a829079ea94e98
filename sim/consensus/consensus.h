// Consensus as a step function: the events of a node go in, the actions that it should take come
// out.
//
// An engine has no clock, no socket and no randomness of its own; the actor that owns it (a
// validator) carries out the actions in the order given. The contract between the two:
//
//   1. The actor holds block bodies, the engine knows them as BlockInfo. A body that arrived from
//      the network and whose id the actor computed itself goes to on_body(); the engine answers
//      Verify when the parent is verified, Fetch when the parent is missing, Discard when it has no
//      use for the body.
//   2. After Verify the actor executes the block and reports on_verified() or on_invalid(), exactly
//      once, now or later.
//   3. Every block reported by on_verified() or on_own_block() gets exactly one Accept or Reject,
//      unless the node stops; parents are decided before children.
//   4. The body of Message::attached_block() goes to on_body() before the message goes to
//      on_message(), and the actions of the first are carried out in between: so the answer can
//      already take the new block into account.
//   5. Actions are appended to `out`. An actor that handles one by calling the engine again appends
//      to the same queue.
//   6. Timers fire once and cannot be cancelled; the engine ignores those it no longer needs.
//   7. After a crash a new engine is made and started with a larger incarnation; messages and
//      timers of the old one may still arrive and are ignored.
//
// Not thread safe. To add an engine: HACKING.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "sim/consensus/message.h"

namespace aivm::sim {

class RandomStream;
struct ChainSettings;

// A validator: its index in the list of stakes that all engines of a run were made with.
using VoterIndex = std::uint32_t;

// Unique over all polls and requests of one node, restarts included.
using RequestId = std::uint64_t;

struct BlockInfo {
    Hash32 id;
    Hash32 parent;
    Height height = 0;
    [[nodiscard]] BlockRef ref() const { return {id, height}; }
    friend bool operator==(const BlockInfo&, const BlockInfo&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&BlockInfo::id>(), field<&BlockInfo::parent>(),
                          field<&BlockInfo::height>()};
    }
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

    static constexpr auto fields() {
        return std::tuple{field<&Vote::preferred>(), field<&Vote::at_height>(),
                          field<&Vote::last_accepted>()};
    }
};

// --- Actions ---

struct TimerId {
    std::uint64_t value = 0;
    friend auto operator<=>(TimerId, TimerId) = default;
};

struct Send {
    VoterIndex to = 0;
    Message message;
};

// Ask `from` for the body of `id` and of at most `count` - 1 of its ancestors, child before parent.
// `from` serves verified and accepted blocks, as many as it has; every body that arrives goes to
// on_body(), in the order sent.
struct Fetch {
    VoterIndex from = 0;
    Hash32 id;
    std::uint32_t count = 1;
};

// Execute the body held under `id`; its parent is verified.
struct Verify {
    Hash32 id;
};

// Drop the unverified body held under `id`, if any.
struct Discard {
    Hash32 id;
};

// Why a node takes a block for decided: it counted the votes itself, it learned what the others had
// decided, or the node that orders blocks said so.
enum class AcceptedBy : std::uint8_t { kPolls, kBootstrap, kSequencer };

struct Accept {
    Hash32 id;
    AcceptedBy by = AcceptedBy::kPolls;
};

struct Reject {
    Hash32 id;
};

// Build on this block until another Prefer; it is verified or the last accepted.
struct Prefer {
    Hash32 id;
};

struct SetTimer {
    TimerId id;
    std::uint64_t delay_ns = 0;
};

using Action = std::variant<Send, Fetch, Verify, Discard, Accept, Reject, Prefer, SetTimer>;
using Actions = std::vector<Action>;

// --- What an engine may ask of its own node ---

class EngineHost {
public:
    virtual ~EngineHost() = default;
    // The block that this node's VM accepted at a height below the engine's last accepted one;
    // nullopt when the node does not keep a block that old.
    [[nodiscard]] virtual std::optional<Hash32> accepted_at(Height height) const = 0;
    // Called by engines that poll, with the honest answer to `question`; the node's strategy may
    // change it.
    virtual void vote(const PollQuestion& question, Vote& answer) {
        static_cast<void>(question);
        static_cast<void>(answer);
    }
};

// Arguments for the construction of an engine. The references must outlive the engine, except
// `chain`.
struct EngineSetup {
    const ChainSettings& chain;
    std::span<const std::uint64_t> stakes;  // of all validators
    VoterIndex self = 0;
    EngineHost& host;
    RandomStream& random;
};

struct StartOptions {
    std::uint32_t incarnation = 0;  // how often the node was started before; below 2^23
    // ask the others what they decided before taking part: for every start but the first
    bool bootstrap = false;
};

// All counters only grow.
struct EngineCounters {
    std::uint64_t polls = 0;  // finished
    // of these, with at least alpha_confidence votes for some block
    std::uint64_t polls_successful = 0;
    std::uint64_t answers_ignored = 0;  // late, repeated, or from a node that was not asked
    // counted for no block because the responder's choice is not known here
    std::uint64_t votes_unusable = 0;
    std::uint64_t fetches = 0;
    std::uint64_t bodies_discarded = 0;
    std::uint64_t bootstraps = 0;  // begun
    // the confirmed history contradicts this node's, or its VM refuses it
    std::uint64_t bootstrap_conflicts = 0;
};

class ConsensusEngine {
public:
    virtual ~ConsensusEngine() = default;

    // Called first and once. `last_accepted` is what the node's VM has on disk.
    virtual void start(const BlockInfo& last_accepted, const StartOptions& options,
                       Actions& out) = 0;

    // The actor received and parsed a body; `from` is who sent it.
    virtual void on_body(VoterIndex from, const BlockInfo& block, Actions& out) = 0;
    virtual void on_verified(const BlockInfo& block, Actions& out) = 0;
    virtual void on_invalid(const Hash32& id, Actions& out) = 0;

    // The node built `block` on its preference and verified it.
    virtual void on_own_block(const BlockInfo& block, Actions& out) = 0;

    virtual void on_message(VoterIndex from, const Message& message, Actions& out) = 0;
    virtual void on_timer(TimerId timer, Actions& out) = 0;

    [[nodiscard]] virtual BlockRef last_accepted() const = 0;
    [[nodiscard]] virtual BlockRef preferred() const = 0;
    // Verified and not yet decided.
    [[nodiscard]] virtual std::size_t processing() const = 0;
    [[nodiscard]] virtual bool bootstrapping() const = 0;
    // Whether the node should build now as far as the engine knows: not while bootstrapping, nor
    // with too many undecided blocks. Whose turn it is follows from proposer_schedule.h.
    [[nodiscard]] virtual bool wants_block() const = 0;
    [[nodiscard]] virtual const EngineCounters& counters() const = 0;
};

}  // namespace aivm::sim
