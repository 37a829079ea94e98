#include "sim/consensus/pending_blocks.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm::sim {
namespace {

// Refused blocks above the last accepted height are few unless an adversary invents them; beyond
// this number the highest, which are needed last, are forgotten.
constexpr std::size_t kRefusedMax = 4096;

}  // namespace

bool PendingBlocks::useless(const BlockInfo& block) const {
    const BlockRef& root = tree_.root();
    if (block.height <= root.height || refused_.contains(block.id) ||
        refused_.contains(block.parent))
        return true;
    // The child of a decided block that is not the last accepted one.
    return block.height == root.height + 1 && block.parent != root.id;
}

void PendingBlocks::want(VoterIndex from, const BlockRef& block, Actions& out) {
    if (block.height <= tree_.root().height || tree_.contains(block.id)) return;
    if (refused_.contains(block.id) || fetching_.contains(block.id) || holds(block.id)) return;
    if (fetching_.size() >= config_.waiting_max) return;
    Fetching& fetching = fetching_[block.id];
    fetching.from = from;
    if (from == config_.self) fetching.from = (from + 1) % config_.validators;
    request(block.id, fetching, out);
}

void PendingBlocks::request(const Hash32& id, Fetching& fetching, Actions& out) {
    ++fetching.attempts;
    ++counters_.fetches;
    fetching.serial = next_serial_++;
    out.push_back(Fetch{fetching.from, id, 1});
    out.push_back(SetTimer{timer_id(kFetchTimer, fetching.serial), config_.fetch_timeout_ns});
}

void PendingBlocks::on_timer(std::uint64_t serial, Actions& out) {
    const auto late = std::find_if(fetching_.begin(), fetching_.end(), [&](const auto& entry) {
        return entry.second.serial == serial;
    });
    if (late == fetching_.end()) return;
    Fetching& fetching = late->second;
    if (fetching.attempts >= config_.fetch_attempts_max) {
        const Hash32 id = late->first;
        fetching_.erase(late);
        ++changes_;
        drop_descendants(id, false, out);
        return;
    }
    do {
        fetching.from = (fetching.from + 1) % config_.validators;
    } while (fetching.from == config_.self);
    request(late->first, fetching, out);
}

void PendingBlocks::verify(const BlockInfo& block, Actions& out) {
    verifying_[block.id] = block;
    out.push_back(Verify{block.id});
}

void PendingBlocks::body(VoterIndex from, const BlockInfo& block, Actions& out) {
    fetching_.erase(block.id);
    if (holds(block.id)) return;
    if (useless(block) || tree_.contains(block.id) || exceeds_share(block.proposer))
        return discard(block.id, out);

    const BlockInfo* const parent = tree_.find(block.parent);
    if (parent != nullptr || block.parent == tree_.root().id) {
        const Height above = parent != nullptr ? parent->height : tree_.root().height;
        if (block.height == above + 1 && tree_.size() < config_.waiting_max)
            return verify(block, out);
        if (block.height != above + 1) refuse(block.ref());
        return discard(block.id, out);
    }
    if (waiting_.size() >= config_.waiting_max) return discard(block.id, out);
    waiting_.emplace(block.id, block);
    waiting_for_.emplace(block.parent, block.id);
    want(from, {block.parent, block.height - 1}, out);
}

void PendingBlocks::verified(const Hash32& id, Actions& out) {
    const auto [begin, end] = waiting_for_.equal_range(id);
    std::vector<BlockInfo> ready;
    for (auto each = begin; each != end; ++each)
        ready.push_back(waiting_.extract(each->second).mapped());
    waiting_for_.erase(begin, end);
    // As if it had just arrived. Its parent is known, so nothing is fetched from the node itself.
    for (const BlockInfo& block : ready) body(config_.self, block, out);
}

void PendingBlocks::refused(const BlockRef& block, Actions& out) {
    refuse(block);
    drop_descendants(block.id, true, out);
}

std::optional<BlockInfo> PendingBlocks::end_verification(const Hash32& id) {
    auto entry = verifying_.extract(id);
    ++changes_;
    if (entry.empty()) return std::nullopt;
    return entry.mapped();
}

void PendingBlocks::invalid(const Hash32& id, Actions& out) {
    if (const auto block = end_verification(id)) refused(block->ref(), out);
}

void PendingBlocks::not_before(const Hash32& id, std::uint64_t delay_ns, Actions& out) {
    if (!verifying_.contains(id)) return;
    if (AIVM_MUTANT(B2)) {  // two timers, each of which sets two more until the time has come
        delay_ns = std::min<std::uint64_t>(delay_ns, 1'000'000'000);
        due_.emplace(next_serial_, id);
        out.push_back(SetTimer{timer_id(kDueTimer, next_serial_++), delay_ns});
    } else if (due_.size() >= config_.waiting_max) {
        end_verification(id);
        return discard(id, out);
    }
    const std::uint64_t serial = next_serial_++;
    due_.emplace(serial, id);
    out.push_back(SetTimer{timer_id(kDueTimer, serial), delay_ns});
}

void PendingBlocks::on_due(std::uint64_t serial, Actions& out) {
    const auto due = due_.extract(serial);
    if (due.empty()) return;
    const auto entry = verifying_.find(due.mapped());
    if (entry == verifying_.end()) return;
    const BlockInfo block = entry->second;
    verifying_.erase(entry);
    if (useless(block)) return discard(block.id, out);
    const bool parent_is_known = block.parent == tree_.root().id || tree_.contains(block.parent);
    if (AIVM_MUTANT(B1)) {
        const auto waiting = waiting_;
        for (const auto& each : waiting) verify(each.second, out);
    }
    if (parent_is_known) return verify(block, out);
    body(config_.self, block, out);
}

void PendingBlocks::unknown_parent(const Hash32& id, Actions& out) {
    if (AIVM_MUTANT(B1)) return invalid(id, out);
    if (const auto block = end_verification(id)) body(config_.self, *block, out);
}

void PendingBlocks::root_moved(Actions& out) {
    const Height decided = tree_.root().height;
    std::erase_if(refused_, [&](const auto& entry) { return entry.second <= decided; });
    std::erase_if(due_, [&](const auto& entry) {
        const auto block = verifying_.find(entry.second);
        if (block != verifying_.end() && !useless(block->second)) return false;
        if (block != verifying_.end()) {
            verifying_.erase(block);
            discard(entry.second, out);
        }
        return true;
    });
    std::vector<BlockInfo> stale;
    for (const auto& [id, block] : waiting_) {
        if (useless(block)) stale.push_back(block);
    }
    for (const BlockInfo& block : stale) {
        if (waiting_.erase(block.id) == 0) continue;  // dropped as a descendant of another
        const auto [begin, end] = waiting_for_.equal_range(block.parent);
        waiting_for_.erase(
            std::find_if(begin, end, [&](const auto& entry) { return entry.second == block.id; }));
        discard(block.id, out);
        drop_descendants(block.id, true, out);
    }
}

void PendingBlocks::clear(Actions& out) {
    for (const auto& [id, block] : waiting_) discard(id, out);
    waiting_.clear();
    waiting_for_.clear();
    fetching_.clear();
    ++changes_;
}

void PendingBlocks::refuse(const BlockRef& block) {
    if (block.height <= tree_.root().height) return;
    refused_[block.id] = block.height;
    if (refused_.size() <= kRefusedMax) return;
    refused_.erase(
        std::max_element(refused_.begin(), refused_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
}

void PendingBlocks::discard(const Hash32& id, Actions& out) {
    ++counters_.bodies_discarded;
    ++changes_;
    out.push_back(Discard{id});
}

std::optional<Hash32> PendingBlocks::parent_of(const Hash32& id) const {
    for (const auto* blocks : {&waiting_, &verifying_}) {
        if (const auto found = blocks->find(id); found != blocks->end())
            return found->second.parent;
    }
    return std::nullopt;
}

bool PendingBlocks::exceeds_share(VoterIndex proposer) const {
    if (proposer == kNobody || proposer == config_.self) return false;
    if (config_.per_proposer_max == std::numeric_limits<std::uint32_t>::max()) return false;
    std::size_t blocks = tree_.blocks_of(proposer);
    for (const auto& [id, block] : waiting_) blocks += block.proposer == proposer ? 1 : 0;
    for (const auto& [id, block] : verifying_) blocks += block.proposer == proposer ? 1 : 0;
    return blocks >= config_.per_proposer_max;
}

void PendingBlocks::drop_descendants(const Hash32& id, bool refuse_them, Actions& out) {
    std::vector<Hash32> parents{id};
    for (std::size_t i = 0; i < parents.size(); ++i) {
        const auto [begin, end] = waiting_for_.equal_range(parents[i]);
        for (auto each = begin; each != end; ++each) {
            const BlockInfo block = waiting_.extract(each->second).mapped();
            if (refuse_them) refuse(block.ref());
            discard(block.id, out);
            parents.push_back(block.id);
        }
        waiting_for_.erase(parents[i]);
    }
}

}  // namespace aivm::sim
