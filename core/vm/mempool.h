// The queue of operations that wait for a block. A builder gets them in order of arrival, except
// that each sender's operations come in order of nonce: including a later one first would make the
// earlier ones stale.
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

    // Fails on a duplicate (same sender and nonce) and on a full queue.
    Status add(const OperationPtr& operation);

    // The first `count` operations for which `include` returns true (an empty function admits all),
    // in the order in which a builder tries them.
    [[nodiscard]] std::vector<OperationPtr> candidates(
        std::size_t count, const std::function<bool(const OperationPtr&)>& include) const;

    // Removes the operations whose nonce is stale in `state`, for the senders of `included` only.
    void remove_stale(const State& state, const std::vector<OperationPtr>& included);

    // Notes that a builder refused the operation, and drops it after kTriesMax refusals: it may
    // never succeed.
    void note_refused(const SignedOperation& operation);

    // Removes the operation if it is queued.
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
    };
    static constexpr std::uint32_t kGone = UINT32_MAX;
    static constexpr std::size_t kGoneMax = 256;
    static constexpr std::size_t kIdleMax = 1024;

    // The position of the nonce in the queue, or its insertion point.
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
    std::vector<Queue> queues_;  // empty ones stay for a while: most senders send again
    RowIndex index_;             // of queues_, by sender
    // The row of the queue of each arrival, from first_arrival_ on; kGone if it was removed.
    Fifo<std::uint32_t> by_arrival_;
    std::uint64_t first_arrival_ = 0;
};

}  // namespace aivm
