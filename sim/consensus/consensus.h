// Consensus as a step function: what a node hears goes in, what it should do comes out.
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
//   4. A body attached to a message (Query::push, Ordered) is given to on_body() before the message
//      to on_message(), and the actions of the first are carried out before: then the answer can
//      already speak of the new block.
//   5. Actions are appended to `out`. An actor that handles one by calling the engine again appends
//      to the same queue.
//   6. Timers fire once. They are never cancelled; the engine ignores those it no longer needs.
//   7. After a crash a new engine is made and started with a larger incarnation; messages and
//      timers of the old one may still arrive and are recognised as foreign.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"

namespace aivm::sim {

// A validator: its index in the list of stakes that all engines of a run were made with.
using VoterIndex = std::uint32_t;

// Unique over all polls and requests of one node, restarts included.
using RequestId = std::uint64_t;

struct BlockRef {
    Hash32 id;
    Height height = 0;
    friend bool operator==(const BlockRef&, const BlockRef&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&BlockRef::id>(), field<&BlockRef::height>()};
    }
};

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

// --- Messages between engines. The actor carries them; it looks into none but to attach a body
// where it says so.

// "What do you prefer?" With `push` the sender attaches the body of `block`.
struct Query {
    RequestId poll = 0;
    BlockRef block;          // what the sender prefers
    Height next_height = 0;  // the first height the sender has not decided
    bool push = false;

    static constexpr auto fields() {
        return std::tuple{field<&Query::block>(), field<&Query::next_height>()};
    }
};

struct Chits {
    RequestId poll = 0;
    BlockRef preferred;  // the tip of the responder's preference
    Hash32 at_height;  // its preferred or accepted block at the query's next_height, or its tip if
                       // that is lower
    BlockRef last_accepted;

    static constexpr auto fields() {
        return std::tuple{field<&Chits::preferred>(), field<&Chits::at_height>(),
                          field<&Chits::last_accepted>()};
    }
};

// "What is the last block you accepted?"
struct FrontierRequest {
    RequestId request = 0;
};
struct Frontier {
    RequestId request = 0;
    BlockRef last_accepted;
};

// "Which of these have you accepted?" At most kConfirmMax of them.
struct ConfirmRequest {
    RequestId request = 0;
    std::vector<BlockRef> blocks;
};
// Bit i tells whether the responder accepted the i-th block of the request.
struct Confirm {
    RequestId request = 0;
    std::uint64_t accepted_mask = 0;
};
constexpr std::size_t kConfirmMax = 64;

// The sequencer's word that `block` is next. The sender attaches its body.
struct Ordered {
    BlockRef block;
};

using Message =
    std::variant<Query, Chits, FrontierRequest, Frontier, ConfirmRequest, Confirm, Ordered>;

// The block whose body the sender attaches to `message`, if any.
std::optional<Hash32> attached_block(const Message& message);

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
// Whoever is asked serves verified and accepted blocks, as many as it has; every body that comes
// goes to on_body() in the order sent.
struct Fetch {
    VoterIndex from = 0;
    Hash32 id;
    std::uint32_t count = 1;
};

// Execute the body held under `id`; its parent is verified.
struct Verify {
    Hash32 id;
};

// Forget the unverified body held under `id`, if there still is one.
struct Discard {
    Hash32 id;
};

enum class AcceptedBy : std::uint8_t { kPolls, kCatchUp, kSequencer };

struct Accept {
    Hash32 id;
    AcceptedBy by = AcceptedBy::kPolls;
};

struct Reject {
    Hash32 id;
};

// Build on this block from now on; it is verified or the last accepted.
struct Prefer {
    Hash32 id;
};

struct SetTimer {
    TimerId id;
    std::uint64_t delay_ns = 0;
};

using Action = std::variant<Send, Fetch, Verify, Discard, Accept, Reject, Prefer, SetTimer>;
using Actions = std::vector<Action>;

// --- What an engine may read of its own node ---

// The blocks this node's VM accepted. Asked only about heights below the last accepted height of
// the engine.
class AcceptedBlocks {
public:
    virtual ~AcceptedBlocks() = default;
    // Nothing when the node does not keep a block that old.
    [[nodiscard]] virtual std::optional<Hash32> accepted_at(Height height) const = 0;
};

struct StartOptions {
    std::uint32_t incarnation = 0;  // how often the node was started before; below 2^23
    // ask others what was decided before taking part: for every start but the first
    bool catch_up = false;
};

// All counters only grow.
struct EngineCounters {
    std::uint64_t polls = 0;  // finished
    // of these, that gave some block at least alpha_confidence votes
    std::uint64_t polls_successful = 0;
    std::uint64_t answers_ignored = 0;  // late, twice, or from somebody who was not asked
    // counted for no block because the responder's choice is not known here
    std::uint64_t votes_unusable = 0;
    std::uint64_t fetches = 0;
    std::uint64_t bodies_discarded = 0;
    std::uint64_t catch_ups = 0;  // begun
    // a confirmed history that contradicts ours, or that our VM refuses
    std::uint64_t catch_up_conflicts = 0;
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
    [[nodiscard]] virtual bool catching_up() const = 0;
    // Whether the node should build now, as far as the engine can tell: not while catching up, nor
    // with too much undecided. Whose turn it is, is the schedule's business (proposer_schedule.h).
    [[nodiscard]] virtual bool wants_block() const = 0;
    [[nodiscard]] virtual const EngineCounters& counters() const = 0;
};

}  // namespace aivm::sim
