// Operations that wait for a block. Kept in order of arrival; offered to a builder in that order, except that a sender's
// own operations go by nonce, since including a later one first would make the earlier ones stale for ever.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "core/base/key_index.h"
#include "core/chain/operation.h"
#include "core/state/state.h"

namespace aivm {

class Mempool {
public:
    explicit Mempool(std::size_t limit) : limit_(limit) {}
    Mempool(Mempool&&) = default;  // no copies: arrivals point at the queues, which do not move
    Mempool& operator=(Mempool&&) = default;

    // Refuses a duplicate (same sender and nonce) and a full queue.
    Status add(const OperationPtr& operation);

    // The first `count` operations that `include` lets through, to be tried in this order.
    [[nodiscard]] std::vector<OperationPtr> candidates(std::size_t count,
                                                       const std::function<bool(const OperationPtr&)>& include) const;

    // Forgets everything that `state` has made stale among the senders of these operations.
    void remove_stale(const State& state, const std::vector<OperationPtr>& included);

    // A builder refused it. After kTriesMax refusals it is dropped: what fails for good must not be tried for ever.
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
    struct Queue {                  // of one sender
        std::deque<Entry> entries;  // by nonce; empty once all of them are gone
        // How many of them candidates() has offered in the walk of this number.
        mutable std::size_t offered = 0;
        mutable std::uint64_t walk = 0;
    };
    using Position = std::deque<Entry>::iterator;
    struct AddressHash {
        std::size_t operator()(const Address& address) const { return table_hash(address.view()); }
    };
    static constexpr std::size_t kGoneMax = 256;
    static constexpr std::size_t kIdleMax = 1024;

    static Position find(Queue& queue, std::uint64_t nonce);
    static bool is_at(const Queue& queue, Position position, std::uint64_t nonce);
    [[nodiscard]] Queue* queue_of(const Address& sender);
    void erase(Queue& queue, Position entry);
    void forget_arrival(std::uint64_t number);
    void close_gaps();
    void drop_idle_queues();

    std::size_t limit_;
    std::size_t size_ = 0;
    mutable std::uint64_t walks_ = 0;
    // Queues stay when they are empty, since senders come again.
    // order never reaches results: only looked up by key
    std::unordered_map<Address, Queue, AddressHash> by_sender_;
    std::deque<const Queue*> by_arrival_;  // from first_arrival_ on; null: it is gone
    std::uint64_t first_arrival_ = 0;
};

}  // namespace aivm
