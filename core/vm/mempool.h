// The queue of operations that wait for a block, in three lanes (core/state/lane.h). It knows no
// rules: what the state says about an operation comes with it (Offer).
//
//   lane    order                                                  guaranteed share of a block
//   proofs  arrival, in turn over (result, sender)                 1/4
//   work    arrival                                                1/2
//   rest    inclusion fee per byte (a task's fee counts as well),  1/4
//           then arrival
//
//   1. An operation is taken only if its sender can pay for it together with everything of the same
//      sender that waits already.
//   2. A proof or work that is fit waits in its lane, of each kind one per claim to it (a result, a
//      game, an accused, a seat); one that the preferred block or an ancestor has included counts
//      no longer. What is not fit, or not yet, waits in the rest, where no builder is offered it,
//      and moves when it becomes fit.
//   3. Each lane has its own limit, and none evicts from another. A full rest drops what pays least
//      per byte. A sender has at most `per_sender` operations in the rest.
//   4. Each sender's operations of a kind's lane are offered in order of nonce, whoever's place
//   they
//      use: including a later one first would make the earlier ones stale. For the same reason an
//      operation of the rest that is refused for the time being holds back its sender's later ones.
//   5. An operation leaves when it is stale, finally refused, or waited for `ttl_blocks`.
// A builder's share of the lanes: MempoolSelection. Belongs to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/row_index.h"
#include "core/chain/operation.h"
#include "core/config/limits.h"
#include "core/state/account.h"
#include "core/vm/fitness.h"

namespace aivm {

// Parameters of a node, not of the chain.
struct MempoolLimits {
    std::size_t lane = kMempoolLaneMax;             // operations per lane
    std::size_t per_sender = kMempoolPerSenderMax;  // operations of one sender in the rest
    Height ttl_blocks = kOperationTtlBlocks;
};

// The longest that a fit proof waits, in blocks of proposers that do not censor, when this many
// bytes (or operations) wait in its lane: each block carries at least a quarter of its bytes (or
// operations) of them.
constexpr std::uint64_t proof_delay_max(std::uint64_t waiting, std::uint64_t block) {
    const std::uint64_t share = std::max<std::uint64_t>(block / 4, 1);
    return (waiting + share - 1) / share + 1;
}

class Mempool {
public:
    explicit Mempool(const MempoolLimits& limits = {}) : limits_(limits) {}
    Mempool(Mempool&&) = default;  // no copies: they would share the index
    Mempool& operator=(Mempool&&) = delete;

    // What the preferred tip says about an operation that arrives.
    struct Offer {
        Fitness fitness;
        Amount cost;     // what it takes from its sender's free balance
        Amount balance;  // the sender's
        Nonces nonces;   // the sender's
        Height height = 0;
    };
    // Errors: duplicate (same sender, lane and nonce), insufficient_funds, queue_full,
    // limit_reached (of the sender), and the reason for which it can never be fit.
    Status add(const OperationPtr& operation, const Offer& offer, const State& preferred);

    // Brings the queue to the state of the preferred tip: expired operations leave, those that were
    // held back for the time being are offered again, and those that became fit move to their lane.
    // `judge` returns the fitness of a waiting operation.
    using Judge = std::function<Fitness(const SignedOperation&)>;
    void refresh(const State& preferred, const Judge& judge);

    // Notes that a block changed this job's task, so that refresh() judges again what waits for it.
    void note_changed(std::string_view job_id);
    [[nodiscard]] bool waits_for_changes() const { return !waiting_.empty(); }
    // Notes that a block returned the job to those that wait for a provider, so that refresh()
    // judges again the fraud proofs on it: a challenge whose result is gone must not reach the next
    // one.
    void note_returned(std::string_view job_id);
    void note_all_changed();

    // Removes the operations whose nonce is stale in `state`, for the senders of `included` only.
    void remove_stale(const State& state, const std::vector<OperationPtr>& included);

    // Notes that the builder of the block of this height refused the operation.
    void note_refused(const SignedOperation& operation, ErrorCode reason, Height height);

    // Removes the operation if it is queued.
    void remove(const SignedOperation& operation);

    // The first `count` operations for which `include` returns true (an empty function admits all),
    // in the order in which a builder of a large block would try them.
    [[nodiscard]] std::vector<OperationPtr> candidates(
        std::size_t count, const std::function<bool(const OperationPtr&)>& include) const;

    [[nodiscard]] std::size_t size() const;
    // What waits in a lane; in the rest also the proofs and the work that are not fit.
    [[nodiscard]] std::size_t size(Lane lane) const { return counts_[index_of(lane)]; }
    [[nodiscard]] std::size_t bytes(Lane lane) const { return bytes_[index_of(lane)]; }
    // Whether time alone makes progress: something is offered, or will be at some height.
    [[nodiscard]] bool has_work() const;
    [[nodiscard]] bool contains(const SignedOperation& operation) const;
    // Whether the sender can pay the offer's cost together with everything of its that waits.
    [[nodiscard]] bool is_fundable(const Address& sender, const Offer& offer) const;
    // How many operations of the sender wait in the rest.
    [[nodiscard]] std::size_t in_rest(const Address& sender) const;
    [[nodiscard]] const MempoolLimits& limits() const { return limits_; }

private:
    friend class MempoolSelection;

    using Handle = std::uint32_t;  // of an entry
    static constexpr Handle kNone = UINT32_MAX;

    enum class Place : std::uint8_t {
        kGone,     // a free slot
        kInLane,   // offered in the lane of its kind
        kDelayed,  // refused for the time being: in the rest until `due`
        kUnfit     // a proof or work in the rest: until its task changes or `due`, if set
    };
    struct LanePlace {
        std::uint64_t turn;
        std::uint64_t order;
        std::uint32_t sender;
        Handle handle;
        friend auto operator<=>(const LanePlace&, const LanePlace&) = default;
    };
    // Of this, only one waits in the lane of proofs that is not included yet. The text is that of
    // the operation.
    struct ProofClaim {
        std::uint64_t job_hash = 0;  // first, because it is compared fastest
        std::string_view job;
        std::size_t kind = 0;
        std::array<std::uint8_t, Address::size_bytes> whose{};
        friend auto operator<=>(const ProofClaim&, const ProofClaim&) = default;
    };
    // The turns of one sender on one result. Two of its results with one hash would share them.
    struct TurnKey {
        std::uint64_t job_hash = 0;
        Address sender;
        friend auto operator<=>(const TurnKey&, const TurnKey&) = default;
    };
    struct Turns {
        std::uint64_t last = 0;
        std::uint32_t waiting = 0;
    };
    using Proofs = std::pmr::set<LanePlace>;
    using Claims = std::pmr::multimap<ProofClaim, Handle>;
    using TurnTable = std::pmr::map<TurnKey, Turns>;
    struct ProofPlaces {
        Proofs::iterator place;
        Claims::iterator claim;
        TurnTable::iterator turns;
    };
    struct Entry {
        OperationPtr operation;
        std::uint64_t arrival = 0;
        Amount cost;
        Amount fee;                // what counts for the order of the rest
        std::uint32_t sender = 0;  // row in senders_
        Place place = Place::kGone;
        std::uint8_t refusals = 0;
        Height expires = 0;
        Height due = 0;
        std::uint64_t turn = 0;  // proofs: the place in the lane
        std::uint64_t order = 0;
        ProofPlaces proof;  // valid while it is a proof in its lane
    };
    struct Waiting {
        std::uint64_t nonce;
        Handle handle;
    };
    struct Sender {
        Address address;
        std::array<Fifo<Waiting>, kLanes.size()> queues;  // by nonce, one per lane of the kinds
        WideNlux reserved = 0;                            // what all of them cost
        std::uint32_t in_rest = 0;
        Handle head = kNone;  // in heads_
    };
    // A place in the lane of work, in order of `order`; the entry may have left it since.
    struct WorkPlace {
        std::uint64_t order;
        Handle handle;
    };
    // What decides the order of the rest.
    struct Bid {
        Amount fee;
        std::size_t bytes;
        std::uint64_t arrival;
        Handle handle;
        // Pays more per byte, or the same and came earlier.
        [[nodiscard]] bool is_before(const Bid& other) const;
        friend bool operator<(const Bid& a, const Bid& b) { return a.is_before(b); }
        friend bool operator>(const Bid& a, const Bid& b) { return b.is_before(a); }
    };
    static std::size_t index_of(Lane lane) { return static_cast<std::size_t>(lane); }
    static std::size_t place_of(const Fifo<Waiting>& queue, std::uint64_t nonce);
    static bool has_at(const Fifo<Waiting>& queue, std::size_t place, std::uint64_t nonce) {
        return place != queue.size() && queue[place].nonce == nonce;
    }
    static ProofClaim claim_of(const SignedOperation& operation);
    static TurnKey turn_key(const SignedOperation& operation);

    [[nodiscard]] std::optional<std::uint32_t> find_sender(const Address& address) const;
    std::uint32_t sender_or_new(const Address& address);
    [[nodiscard]] Handle find(const SignedOperation& operation) const;
    [[nodiscard]] Handle find(std::uint32_t sender, const SignedOperation& operation) const;
    [[nodiscard]] Bid bid_of(Handle handle) const;
    // The lane in whose limits it counts.
    [[nodiscard]] static Lane lane_of(const Entry& entry);
    [[nodiscard]] bool is_fundable(std::uint32_t sender, const Offer& offer) const;
    [[nodiscard]] bool is_claimed(const SignedOperation& operation, std::uint32_t sender,
                                  const State& preferred) const;
    // Room for one more of this sender in the lane; makes it in a full rest if the bid is better
    // than the least.
    Status make_room(Lane lane, std::uint32_t sender, const Bid& bid);
    Handle store(const OperationPtr& operation, const Offer& offer, std::uint32_t sender);

    // An entry enters the structures of a place, and leaves those of its present one.
    void enter(Handle handle, Place place, Height due = 0);
    void leave(Handle handle);
    void enter_lane(Handle handle);
    void leave_lane(Entry& entry);
    [[nodiscard]] bool is_taken(const WorkPlace& place) const {
        const Entry& entry = entries_[place.handle];
        return entry.place == Place::kInLane && entry.order == place.order;
    }
    void trim_work();
    void enter_turns(Handle handle);
    void leave_turns(Entry& entry);
    // heads_ holds the first of the sender's queue if it is in the lane.
    void clear_head(Sender& sender);
    void set_head(Sender& sender);

    void judge_again(Handle handle, const Judge& judge, const State& preferred);
    void judge_proof_again(Handle handle, const Fitness& fitness);
    // Into the rest, until a change or a height; erased if there is no room.
    void put_back(Handle handle, Height due);
    void take_due(Height height);
    void expire(Height height);
    void erase(Handle handle);
    // Everything of erase() but the head of the rest.
    void detach(Handle handle);
    void drop_prefix(std::uint32_t sender, Lane lane, std::uint64_t nonce);
    [[nodiscard]] Handle least_paying();
    void tidy();

    static constexpr std::size_t kIdleMax = 1024;

    MempoolLimits limits_;
    // Of the nodes of the lanes' orders: half of what a queue costs would be their allocation.
    std::unique_ptr<std::pmr::unsynchronized_pool_resource> pool_ =
        std::make_unique<std::pmr::unsynchronized_pool_resource>();
    std::vector<Entry> entries_;
    std::vector<Handle> free_;
    std::array<std::size_t, kLanes.size()> counts_{};
    std::array<std::size_t, kLanes.size()> bytes_{};
    std::uint64_t arrivals_ = 0;
    std::uint64_t order_ = 0;

    std::vector<Sender> senders_;  // idle ones stay for a while: most send again
    RowIndex index_;               // of senders_, by address

    Proofs proofs_{pool_.get()};
    Claims claims_{pool_.get()};
    TurnTable turns_{pool_.get()};
    std::uint64_t turn_ = 0;  // of the proof that left last
    Fifo<WorkPlace> work_;
    // Of the rest: each sender's next operation, unless it is delayed.
    std::pmr::set<Bid> heads_{pool_.get()};
    std::vector<Bid> least_;  // a heap of the rest, the least paying first; empty until it is full

    std::set<std::pair<std::string_view, Handle>> waiting_;  // unfit, by job
    std::set<std::pair<Height, Handle>> due_;                // delayed and unfit, by height
    std::set<std::pair<std::uint64_t, Handle>> changed_;  // unfit, to be judged again, by arrival
    struct Arrival {
        Handle handle;
        std::uint64_t arrival;
    };
    Fifo<Arrival> by_arrival_;  // the order in which they expire
};

}  // namespace aivm
