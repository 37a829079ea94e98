#include "core/vm/mempool.h"

#include <fmt/format.h>

namespace aivm {

Status Mempool::add(const OperationPtr& operation) {
    if (size() >= limit_) return fail(ErrorCode::kQueueFull, fmt::format("{} operations wait already", size()));
    Queue& queue = by_sender_[operation->sender()];
    const auto [entry, added] = queue.try_emplace(operation->nonce(), Entry{operation, arrivals_, 0});
    if (!added) return fail(ErrorCode::kDuplicate, "an operation with this nonce waits already");
    by_arrival_.emplace(arrivals_++, operation->sender());
    return {};
}

std::vector<OperationPtr> Mempool::candidates(std::size_t count,
                                              const std::function<bool(const OperationPtr&)>& include) const {
    std::vector<OperationPtr> out;
    std::map<Address, Queue::const_iterator> next;
    for (const auto& [arrival, sender] : by_arrival_) {
        if (out.size() >= count) break;
        const Queue& queue = by_sender_.at(sender);
        const auto at = next.try_emplace(sender, queue.begin()).first;
        const OperationPtr& operation = at->second->second.operation;
        ++at->second;
        if (!include || include(operation)) out.push_back(operation);
    }
    return out;
}

void Mempool::remove_stale(const State& state, const std::vector<OperationPtr>& included) {
    for (const OperationPtr& operation : included) {
        const auto sender = by_sender_.find(operation->sender());
        if (sender == by_sender_.end()) continue;
        const std::uint64_t nonce = state.nonce(operation->sender());
        Queue& queue = sender->second;
        while (!queue.empty() && queue.begin()->first <= nonce) {
            by_arrival_.erase(queue.begin()->second.arrival);
            queue.erase(queue.begin());
        }
        if (queue.empty()) by_sender_.erase(sender);
    }
}

void Mempool::note_refused(const SignedOperation& operation) {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return;
    const auto entry = sender->second.find(operation.nonce());
    if (entry == sender->second.end() || ++entry->second.tries < kTriesMax) return;
    erase(sender, entry);
}

void Mempool::remove(const SignedOperation& operation) {
    const auto sender = by_sender_.find(operation.sender());
    if (sender == by_sender_.end()) return;
    const auto entry = sender->second.find(operation.nonce());
    // Another operation with the same nonce is not the one that was meant.
    if (entry == sender->second.end() || entry->second.operation->id() != operation.id()) return;
    erase(sender, entry);
}

bool Mempool::contains(const SignedOperation& operation) const {
    const auto sender = by_sender_.find(operation.sender());
    return sender != by_sender_.end() && sender->second.contains(operation.nonce());
}

void Mempool::erase(std::map<Address, Queue>::iterator sender, Queue::iterator entry) {
    by_arrival_.erase(entry->second.arrival);
    sender->second.erase(entry);
    if (sender->second.empty()) by_sender_.erase(sender);
}

}  // namespace aivm
