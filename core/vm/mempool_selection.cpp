#include "core/vm/mempool_selection.h"

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm {
namespace {

// Operations that are too large for what is left of a block, after which no smaller one is sought.
constexpr std::size_t kMisfitsMax = 64;

// The guaranteed share of a lane.
BlockSpace share_of(Lane lane, const BlockSpace& space) {
    const std::size_t parts = lane == Lane::kWork ? 2 : 1;
    return {space.operations / 4 * parts, space.bytes / 4 * parts};
}

}  // namespace

MempoolSelection::MempoolSelection(const Mempool& mempool, const BlockSpace& space, Include include)
    : mempool_(mempool),
      space_(space),
      include_(std::move(include)),
      proof_(mempool.proofs_.begin()),
      head_(mempool.heads_.begin()) {
    const auto needs = [&](Lane lane, bool used) {
        if (used) offered_[Mempool::index_of(lane)].resize(mempool.senders_.size());
    };
    needs(Lane::kProofs, !mempool.proofs_.empty());
    needs(Lane::kWork, mempool.size(Lane::kWork) != 0);
    needs(Lane::kRest, !mempool.heads_.empty());
}

std::vector<OperationPtr> MempoolSelection::next_batch() {
    std::vector<OperationPtr> out;
    for (const Lane lane : kLanes) fill(lane, share_of(lane, space_), out);
    if (!out.empty()) return out;
    for (const Lane lane : kLanes) fill(lane, space_, out);
    return out;
}

void MempoolSelection::fill(Lane lane, const BlockSpace& limit, std::vector<OperationPtr>& out) {
    Space& used = used_in_[Mempool::index_of(lane)];
    while (used.is_below(limit) && used_.is_below(space_) && misfits_ < kMisfitsMax) {
        const Mempool::Entry* entry = pull(lane);
        if (entry == nullptr) return;
        if (include_ && !include_(entry->operation)) continue;
        const std::size_t size = entry->operation->size_bytes();
        if (size > space_.bytes - used_.bytes) {
            ++misfits_;
            held_back_.insert({lane, entry->sender});
            continue;
        }
        for (Space* space : {&used, &used_}) {
            space->operations += 1;
            space->bytes += size;
        }
        out.push_back(entry->operation);
    }
}

const Mempool::Entry* MempoolSelection::pull(Lane lane) {
    if (lane == Lane::kProofs) return pull_proof();
    return lane == Lane::kWork ? pull_work() : pull_best();
}

const Mempool::Entry* MempoolSelection::pull_proof() {
    while (!AIVM_MUTANT(proofs_starved) && proof_ != mempool_.proofs_.end()) {
        const std::uint32_t sender = (proof_++)->sender;
        if (held_back_.contains({Lane::kProofs, sender})) continue;
        if (const Mempool::Entry* entry = next_of(Lane::kProofs, sender)) return entry;
    }
    return nullptr;
}

const Mempool::Entry* MempoolSelection::pull_work() {
    while (work_ < mempool_.work_.size()) {
        const Mempool::WorkPlace& place = mempool_.work_[work_++];
        if (!mempool_.is_taken(place)) continue;
        const std::uint32_t sender = mempool_.entries_[place.handle].sender;
        if (held_back_.contains({Lane::kWork, sender})) continue;
        if (const Mempool::Entry* entry = next_of(Lane::kWork, sender)) return entry;
    }
    return nullptr;
}

// The sender's next operation of the lane, by nonce; null: there is none.
const Mempool::Entry* MempoolSelection::next_of(Lane lane, std::uint32_t sender) {
    const auto& queue = mempool_.senders_[sender].queues[Mempool::index_of(lane)];
    std::uint32_t& offered = offered_[Mempool::index_of(lane)][sender];
    while (offered < queue.size()) {
        const Mempool::Entry& entry = mempool_.entries_[queue[offered++].handle];
        if (entry.place == Mempool::Place::kInLane) return &entry;
        if (lane == Lane::kRest) return nullptr;  // it holds back those behind it
    }
    return nullptr;
}

const Mempool::Entry* MempoolSelection::pull_best() {
    for (;;) {
        const bool heads_left = head_ != mempool_.heads_.end();
        if (!heads_left && followers_.empty()) return nullptr;
        const bool take_head =
            heads_left && (followers_.empty() || head_->is_before(followers_.top()));
        const Mempool::Handle handle = take_head ? head_->handle : followers_.top().handle;
        const std::uint32_t sender = mempool_.entries_[handle].sender;
        if (take_head) {
            ++head_;
            static_cast<void>(next_of(Lane::kRest, sender));
        } else {
            followers_.pop();
        }
        if (held_back_.contains({Lane::kRest, sender})) continue;
        follow(sender);
        return &mempool_.entries_[handle];
    }
}

// Offers what the sender has behind its operation that was pulled last.
void MempoolSelection::follow(std::uint32_t sender) {
    const auto& queue = mempool_.senders_[sender].queues[Mempool::index_of(Lane::kRest)];
    std::uint32_t& offered = offered_[Mempool::index_of(Lane::kRest)][sender];
    if (offered == queue.size()) return;
    const Mempool::Handle next = queue[offered].handle;
    if (next_of(Lane::kRest, sender) != nullptr) followers_.push(mempool_.bid_of(next));
}

bool MempoolSelection::is_due(const SignedOperation& operation) {
    if (refused_.empty() || operation.lane() != Lane::kRest) return true;
    const auto sender = mempool_.find_sender(operation.sender());
    AIVM_CHECK(sender.has_value());
    if (!refused_.contains(*sender)) return true;
    give_back(operation);
    return false;
}

void MempoolSelection::note_refused(const SignedOperation& operation, ErrorCode reason) {
    give_back(operation);
    if (operation.lane() != Lane::kRest || refusal_of(reason) != Refusal::kPassing) return;
    const std::uint32_t sender = mempool_.find_sender(operation.sender()).value();
    held_back_.insert({Lane::kRest, sender});
    refused_.insert(sender);
}

void MempoolSelection::give_back(const SignedOperation& operation) {
    for (Space* space : {&used_in_[Mempool::index_of(operation.lane())], &used_}) {
        space->operations -= 1;
        space->bytes -= operation.size_bytes();
    }
}

}  // namespace aivm
