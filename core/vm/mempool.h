// Operations that wait for a block. Kept in order of arrival; offered to a builder in that order,
// except that a sender's own operations go by nonce, since including a later one first would make
// the earlier ones stale for ever.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/row_index.h"
#include "core/chain/operation.h"
#include "core/state/state.h"

namespace aivm {

class Mempool {
public:
    explicit Mempool(std::size_t limit) : limit_(limit) {}
    Mempool(Mempool&&) = default;  // no copies: they would share the index
    Mempool& operator=(Mempool&&) = default;

    // Refuses a duplicate (same sender and nonce) and a full queue.
    Status add(const OperationPtr& operation);

    // The first `count` operations that `include` lets through, to be tried in this order.
    [[nodiscard]] std::vector<OperationPtr> candidates(
        std::size_t count, const std::function<bool(const OperationPtr&)>& include) const;

    // Forgets everything that `state` has made stale among the senders of these operations.
    void remove_stale(const State& state, const std::vector<OperationPtr>& included);

    // A builder refused it. After kTriesMax refusals it is dropped: what fails for good must not be
    // tried for ever.
    void note_refused(const SignedOperation& operation);

    // Forgets one operation, if it waits here.
    void remove(const SignedOperation& operation);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool contains(const SignedOperation& operation) const;

    static constexpr int kTriesMax = 8;

private:
    struct Entry {
        std::uint64_t nonce = 0;
        OperationPtr operation;
        std::uint64_t arrival = 0;
        int tries = 0;
    };
    struct Queue {  // of one sender
        Address sender;
        Fifo<Entry> entries;  // by nonce; empty once all of them are gone
        // How many of them candidates() has offered in the walk of this number.
        mutable std::size_t offered = 0;
        mutable std::uint64_t walk = 0;
    };
    static constexpr std::uint32_t kGone = UINT32_MAX;
    static constexpr std::size_t kGoneMax = 256;
    static constexpr std::size_t kIdleMax = 1024;

    // Where the nonce stands in the queue, or would.
    static std::size_t place_of(const Queue& queue, std::uint64_t nonce);
    static bool has_at(const Queue& queue, std::size_t place, std::uint64_t nonce) {
        return place != queue.entries.size() && queue.entries[place].nonce == nonce;
    }
    // The row of the sender's queue in queues_.
    [[nodiscard]] std::optional<std::uint32_t> find_queue(const Address& sender) const;
    std::uint32_t queue_or_new(const Address& sender);
    void erase(Queue& queue, std::size_t place);
    void tidy();

    std::size_t limit_;
    std::size_t size_ = 0;
    mutable std::uint64_t walks_ = 0;
    std::vector<Queue> queues_;  // those that are empty stay for a while, since senders come again
    RowIndex index_;             // of queues_, by sender
    // The queue of each arrival, from first_arrival_ on; kGone where the operation is.
    Fifo<std::uint32_t> by_arrival_;
    std::uint64_t first_arrival_ = 0;
};

}  // namespace aivm
