#include "core/vm/mempool.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"

namespace aivm {

Mempool::Position Mempool::find(Queue& queue, std::uint64_t nonce) {
    if (queue.entries.empty() || queue.entries.back().nonce < nonce) return queue.entries.end();  // as it mostly is
    return std::ranges::lower_bound(queue.entries, nonce, {}, &Entry::nonce);
}

bool Mempool::is_at(const Queue& queue, Position position, std::uint64_t nonce) {
    return position != queue.entries.end() && position->nonce == nonce;
}

Mempool::Queue* Mempool::queue_of(const Address& sender) {
    const auto found = by_sender_.find(sender);
    return found == by_sender_.end() ? nullptr : &found->second;
}

Status Mempool::add(const OperationPtr& operation) {
    if (size() >= limit_) return fail(ErrorCode::kQueueFull, fmt::format("{} operations wait already", size()));
    Queue& queue = by_sender_[operation->sender()];
    const Position position = find(queue, operation->nonce());
    if (is_at(queue, position, operation->nonce())) {
        return fail(ErrorCode::kDuplicate, "an operation with this nonce waits already");
    }
    queue.entries.insert(position, Entry{operation->nonce(), operation, first_arrival_ + by_arrival_.size(), 0});
    by_arrival_.push_back(&queue);
    ++size_;
    return {};
}

std::vector<OperationPtr> Mempool::candidates(std::size_t count,
                                              const std::function<bool(const OperationPtr&)>& include) const {
    std::vector<OperationPtr> out;
    out.reserve(std::min(count, size_));
    ++walks_;
    for (const Queue* queue : by_arrival_) {
        if (out.size() >= count) break;
        if (queue == nullptr) continue;
        if (queue->walk != walks_) queue->offered = 0;
        queue->walk = walks_;
        const OperationPtr& operation = queue->entries[queue->offered++].operation;
        if (!include || include(operation)) out.push_back(operation);
    }
    return out;
}

void Mempool::remove_stale(const State& state, const std::vector<OperationPtr>& included) {
    for (const OperationPtr& operation : included) {
        Queue* queue = queue_of(operation->sender());
        if (queue == nullptr || queue->entries.empty()) continue;
        const std::uint64_t nonce = state.nonce(operation->sender());
        while (!queue->entries.empty() && queue->entries.front().nonce <= nonce) {
            erase(*queue, queue->entries.begin());
        }
    }
    if (by_sender_.size() > kIdleMax + 2 * size_) drop_idle_queues();
}

void Mempool::note_refused(const SignedOperation& operation) {
    Queue* queue = queue_of(operation.sender());
    if (queue == nullptr) return;
    const Position entry = find(*queue, operation.nonce());
    if (!is_at(*queue, entry, operation.nonce()) || ++entry->tries < kTriesMax) return;
    erase(*queue, entry);
}

void Mempool::remove(const SignedOperation& operation) {
    Queue* queue = queue_of(operation.sender());
    if (queue == nullptr) return;
    const Position entry = find(*queue, operation.nonce());
    // Another operation with the same nonce is not the one that was meant.
    if (!is_at(*queue, entry, operation.nonce()) || entry->operation->id() != operation.id()) return;
    erase(*queue, entry);
}

bool Mempool::contains(const SignedOperation& operation) const {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return false;
    return std::ranges::binary_search(sender->second.entries, operation.nonce(), {}, &Entry::nonce);
}

void Mempool::erase(Queue& queue, Position entry) {
    forget_arrival(entry->arrival);
    queue.entries.erase(entry);
    // Something old at the front may keep many places that are gone behind it.
    if (by_arrival_.size() > kGoneMax + 2 * size_) close_gaps();
}

void Mempool::forget_arrival(std::uint64_t number) {
    AIVM_CHECK(number >= first_arrival_ && number - first_arrival_ < by_arrival_.size());
    const Queue*& place = by_arrival_[number - first_arrival_];
    AIVM_CHECK(place != nullptr);
    place = nullptr;
    --size_;
    while (!by_arrival_.empty() && by_arrival_.front() == nullptr) {
        by_arrival_.pop_front();
        ++first_arrival_;
    }
}

// Numbers the arrivals anew. Those of one sender keep their order, so that each is told apart by its old number.
void Mempool::close_gaps() {
    std::deque<const Queue*> kept;
    for (std::size_t i = 0; i < by_arrival_.size(); ++i) {
        if (by_arrival_[i] == nullptr) continue;
        Queue& queue = *queue_of(by_arrival_[i]->entries.front().operation->sender());
        const auto entry = std::ranges::find(queue.entries, first_arrival_ + i, &Entry::arrival);
        AIVM_CHECK(entry != queue.entries.end());
        entry->arrival = first_arrival_ + kept.size();  // at most the old number, and above all those given here
        kept.push_back(&queue);
    }
    by_arrival_ = std::move(kept);
}

// order never reaches results: a queue goes or stays whatever comes before it
void Mempool::drop_idle_queues() {
    std::erase_if(by_sender_, [](const auto& one) { return one.second.entries.empty(); });
}

}  // namespace aivm
