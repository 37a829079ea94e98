#include "core/vm/mempool.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"

namespace aivm {

Mempool::Position Mempool::find(Queue& queue, std::uint64_t nonce) {
    return std::ranges::lower_bound(queue.entries, nonce, {}, [](const Entry& e) { return e.operation->nonce(); });
}

bool Mempool::is_at(const Queue& queue, Position position, std::uint64_t nonce) {
    return position != queue.entries.end() && position->operation->nonce() == nonce;
}

Status Mempool::add(const OperationPtr& operation) {
    if (size() >= limit_) return fail(ErrorCode::kQueueFull, fmt::format("{} operations wait already", size()));
    Queue& queue = by_sender_[operation->sender()];
    const Position position = find(queue, operation->nonce());
    if (is_at(queue, position, operation->nonce())) {
        return fail(ErrorCode::kDuplicate, "an operation with this nonce waits already");
    }
    queue.entries.insert(position, Entry{operation, arrivals_, 0});
    by_arrival_.push_back({arrivals_++, &queue});
    ++size_;
    return {};
}

std::vector<OperationPtr> Mempool::candidates(std::size_t count,
                                              const std::function<bool(const OperationPtr&)>& include) const {
    std::vector<OperationPtr> out;
    out.reserve(std::min(count, size_));
    ++walks_;
    for (const Arrival& arrival : by_arrival_) {
        if (out.size() >= count) break;
        if (arrival.queue == nullptr) continue;
        const Queue& queue = *arrival.queue;
        if (queue.walk != walks_) queue.offered = 0;
        queue.walk = walks_;
        const OperationPtr& operation = queue.entries[queue.offered++].operation;
        if (!include || include(operation)) out.push_back(operation);
    }
    return out;
}

void Mempool::remove_stale(const State& state, const std::vector<OperationPtr>& included) {
    for (const OperationPtr& operation : included) {
        const auto sender = by_sender_.find(operation->sender());
        if (sender == by_sender_.end()) continue;
        const std::uint64_t nonce = state.nonce(operation->sender());
        auto& entries = sender->second.entries;
        while (!entries.empty() && entries.front().operation->nonce() <= nonce) {
            forget_arrival(entries.front().arrival);
            entries.pop_front();
        }
        if (entries.empty()) by_sender_.erase(sender);
    }
}

void Mempool::note_refused(const SignedOperation& operation) {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return;
    const Position entry = find(sender->second, operation.nonce());
    if (!is_at(sender->second, entry, operation.nonce()) || ++entry->tries < kTriesMax) return;
    erase(sender, entry);
}

void Mempool::remove(const SignedOperation& operation) {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return;
    const Position entry = find(sender->second, operation.nonce());
    // Another operation with the same nonce is not the one that was meant.
    if (!is_at(sender->second, entry, operation.nonce()) || entry->operation->id() != operation.id()) return;
    erase(sender, entry);
}

bool Mempool::contains(const SignedOperation& operation) const {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return false;
    return std::ranges::binary_search(sender->second.entries, operation.nonce(), {},
                                      [](const Entry& e) { return e.operation->nonce(); });
}

void Mempool::erase(std::map<Address, Queue>::iterator sender, Position entry) {
    forget_arrival(entry->arrival);
    sender->second.entries.erase(entry);
    if (sender->second.entries.empty()) by_sender_.erase(sender);
}

void Mempool::forget_arrival(std::uint64_t number) {
    const auto found = std::ranges::lower_bound(by_arrival_, number, {}, &Arrival::number);
    AIVM_CHECK(found != by_arrival_.end() && found->number == number && found->queue != nullptr);
    found->queue = nullptr;
    --size_;
    while (!by_arrival_.empty() && by_arrival_.front().queue == nullptr) by_arrival_.pop_front();
    // Something old at the front may keep many places that are gone behind it.
    if (by_arrival_.size() > kGoneMax + 2 * size_) {
        std::erase_if(by_arrival_, [](const Arrival& arrival) { return arrival.queue == nullptr; });
    }
}

}  // namespace aivm
