#include "core/vm/mempool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace aivm {
namespace {

std::uint64_t hash_of(const Address& sender) { return table_hash(sender.view()); }

}  // namespace

std::size_t Mempool::place_of(const Queue& queue, std::uint64_t nonce) {
    if (queue.entries.empty() || queue.entries.back().nonce < nonce)
        return queue.entries.size();  // the common case
    return static_cast<std::size_t>(
        std::ranges::lower_bound(queue.entries, nonce, {}, &Entry::nonce) - queue.entries.begin());
}

std::optional<std::uint32_t> Mempool::find_queue(const Address& sender) const {
    return index_.find(hash_of(sender),
                       [&](std::uint32_t row) { return queues_[row].sender == sender; });
}

std::uint32_t Mempool::queue_or_new(const Address& sender) {
    if (const auto known = find_queue(sender)) return *known;
    const auto row = static_cast<std::uint32_t>(queues_.size());
    queues_.emplace_back().sender = sender;
    index_.add(hash_of(sender), row);
    return row;
}

Status Mempool::add(const OperationPtr& operation) {
    if (size() >= limit_)
        return fail(ErrorCode::kQueueFull, fmt::format("{} operations wait already", size()));
    const std::uint32_t row = queue_or_new(operation->sender());
    Queue& queue = queues_[row];
    const std::size_t place = place_of(queue, operation->nonce());
    if (has_at(queue, place, operation->nonce())) {
        return fail(ErrorCode::kDuplicate, "an operation with this nonce waits already");
    }
    queue.entries.emplace(place, operation->nonce(), operation,
                          first_arrival_ + by_arrival_.size());
    by_arrival_.push_back(row);
    ++size_;
    return {};
}

std::vector<OperationPtr> Mempool::candidates(
    std::size_t count, const std::function<bool(const OperationPtr&)>& include) const {
    std::vector<OperationPtr> out;
    out.reserve(std::min(count, size_));
    std::vector<std::uint32_t> offered(queues_.size());  // entries of each queue so far
    for (const std::uint32_t row : by_arrival_) {
        if (out.size() >= count) break;
        if (row == kGone) continue;
        const OperationPtr& operation = queues_[row].entries[offered[row]++].operation;
        if (!include || include(operation)) out.push_back(operation);
    }
    return out;
}

void Mempool::remove_stale(const State& state, const std::vector<OperationPtr>& included) {
    const SignedOperation* before = nullptr;
    for (const OperationPtr& operation : included) {
        const SignedOperation* last = std::exchange(before, operation.get());
        if (last != nullptr && last->sender() == operation->sender()) continue;
        const auto row = find_queue(operation->sender());
        if (!row || queues_[*row].entries.empty()) continue;
        Queue& queue = queues_[*row];
        const std::uint64_t nonce = state.nonce(operation->sender());
        while (!queue.entries.empty() && queue.entries.front().nonce <= nonce) erase(queue, 0);
    }
    // An old operation at the front may keep many removed places behind it alive.
    if (by_arrival_.size() > kGoneMax + 2 * size_ || queues_.size() > kIdleMax + 2 * size_) tidy();
}

void Mempool::note_refused(const SignedOperation& operation) {
    const auto row = find_queue(operation.sender());
    if (!row) return;
    Queue& queue = queues_[*row];
    const std::size_t place = place_of(queue, operation.nonce());
    if (has_at(queue, place, operation.nonce()) && ++queue.entries[place].tries >= kTriesMax)
        erase(queue, place);
}

void Mempool::remove(const SignedOperation& operation) {
    const auto row = find_queue(operation.sender());
    if (!row) return;
    Queue& queue = queues_[*row];
    const std::size_t place = place_of(queue, operation.nonce());
    // A different operation with the same nonce stays.
    const bool waits = has_at(queue, place, operation.nonce());
    if (waits && queue.entries[place].operation->id() == operation.id()) erase(queue, place);
}

bool Mempool::contains(const SignedOperation& operation) const {
    const auto row = find_queue(operation.sender());
    return row &&
           has_at(queues_[*row], place_of(queues_[*row], operation.nonce()), operation.nonce());
}

void Mempool::erase(Queue& queue, std::size_t place) {
    std::uint32_t& arrival = by_arrival_[queue.entries[place].arrival - first_arrival_];
    AIVM_CHECK(arrival != kGone);
    arrival = kGone;
    queue.entries.erase(place);
    --size_;
    while (!by_arrival_.empty() && by_arrival_.front() == kGone) {
        by_arrival_.pop_front();
        ++first_arrival_;
    }
}

// Drops removed arrivals and empty queues, and renumbers the rest in their order.
void Mempool::tidy() {
    std::vector<Queue> kept;
    std::vector<std::uint32_t> new_rows(queues_.size(), kGone);
    index_ = {};
    for (std::size_t row = 0; row < queues_.size(); ++row) {
        if (queues_[row].entries.empty()) continue;
        new_rows[row] = static_cast<std::uint32_t>(kept.size());
        index_.add(hash_of(queues_[row].sender), new_rows[row]);
        kept.push_back(std::move(queues_[row]));
    }
    queues_ = std::move(kept);
    Fifo<std::uint32_t> arrivals;
    std::vector<std::uint64_t> new_numbers(by_arrival_.size());
    for (std::size_t i = 0; i < by_arrival_.size(); ++i) {
        new_numbers[i] = arrivals.size();
        if (by_arrival_[i] != kGone) arrivals.push_back(new_rows[by_arrival_[i]]);
    }
    for (Queue& queue : queues_) {
        for (Entry& entry : queue.entries)
            entry.arrival = new_numbers[entry.arrival - first_arrival_];
    }
    by_arrival_ = std::move(arrivals);
    first_arrival_ = 0;
}

}  // namespace aivm
