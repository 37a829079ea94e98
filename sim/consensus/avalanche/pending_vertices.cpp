#include "sim/consensus/avalanche/pending_vertices.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kRefusedVerticesMax = 1 << 16;

}  // namespace

void PendingVertices::want(VoterIndex from, const Hash32& id, Actions& out) {
    if (expects(id) || refused_.contains(id) || config_.is_known(id)) return;
    if (fetching_.size() >= config_.waiting_max) return;
    Fetching& fetching = fetching_[id];
    fetching.from = from == config_.self ? (from + 1) % config_.validators : from;
    request(id, fetching, out);
}

void PendingVertices::request(const Hash32& id, Fetching& fetching, Actions& out) {
    ++fetching.attempts;
    ++counters_.fetches;
    fetching.serial = next_serial_++;
    out.push_back(Fetch{fetching.from, id, 1});
    out.push_back(SetTimer{timer_id(kFetchTimer, fetching.serial), config_.fetch_timeout_ns});
}

void PendingVertices::on_fetch_timer(std::uint64_t serial, Actions& out) {
    const auto late = std::ranges::find_if(
        fetching_, [&](const auto& entry) { return entry.second.serial == serial; });
    if (late == fetching_.end()) return;
    Fetching& fetching = late->second;
    if (fetching.attempts >= config_.fetch_attempts_max) {
        const Hash32 id = late->first;
        fetching_.erase(late);
        ++changes_;
        return drop_descendants(id, false, out);
    }
    do {
        fetching.from = (fetching.from + 1) % config_.validators;
    } while (fetching.from == config_.self);
    request(late->first, fetching, out);
}

void PendingVertices::body(VoterIndex from, const Item& vertex, Actions& out) {
    fetching_.erase(vertex.id);
    if (waiting_.contains(vertex.id) || verifying_.contains(vertex.id)) return;
    const bool is_dead =
        std::ranges::any_of(vertex.parents, [&](const Hash32& id) { return has_refused(id); });
    if (is_dead) refuse(vertex.id);
    if (is_dead || has_refused(vertex.id) || config_.is_known(vertex.id))
        return discard(vertex.id, out);
    Waiting waiting{vertex, {}};
    for (const Hash32& parent : vertex.parents)
        if (!config_.is_known(parent)) waiting.missing.insert(parent);
    if (waiting.missing.empty()) return verify(vertex, out);
    if (waiting_.size() >= config_.waiting_max) return discard(vertex.id, out);
    const std::set<Hash32> missing = waiting.missing;
    waiting_.emplace(vertex.id, std::move(waiting));
    for (const Hash32& parent : missing) {
        waiting_for_[parent].insert(vertex.id);
        want(from, parent, out);
    }
}

bool PendingVertices::expects_soon(const Hash32& id) const {
    if (!expects(id)) return false;
    if (AIVM_MUTANT(parked_awaited)) return !parked_.contains(id);
    if (parked_.empty()) return true;
    std::vector<Hash32> open{id};
    std::set<Hash32> seen;
    while (!open.empty()) {
        const Hash32 at = open.back();
        open.pop_back();
        if (parked_.contains(at)) return false;
        const auto waiting = waiting_.find(at);
        if (waiting == waiting_.end() || !seen.insert(at).second) continue;
        open.insert(open.end(), waiting->second.missing.begin(), waiting->second.missing.end());
    }
    return true;
}

const Item* PendingVertices::find(const Hash32& id) const {
    if (const auto waiting = waiting_.find(id); waiting != waiting_.end())
        return &waiting->second.vertex;
    const auto verifying = verifying_.find(id);
    return verifying == verifying_.end() ? nullptr : &verifying->second.vertex;
}

void PendingVertices::verify(const Item& vertex, Actions& out) {
    verifying_.emplace(vertex.id, Verifying{vertex, retries_});
    out.push_back(Verify{vertex.id});
}

std::optional<Item> PendingVertices::end_verification(const Hash32& id) {
    auto entry = verifying_.extract(id);
    parked_.erase(id);
    ++changes_;
    if (entry.empty()) return std::nullopt;
    return std::move(entry.mapped().vertex);
}

bool PendingVertices::hand_over(const Hash32& id) {
    const auto due = std::ranges::find_if(due_, [&](const auto& e) { return e.second == id; });
    if (verifying_.contains(id) && !parked_.contains(id) && due == due_.end()) return false;
    if (due != due_.end()) due_.erase(due);
    waiting_.erase(id);
    end_verification(id);
    return true;
}

void PendingVertices::known(const Hash32& id, Actions& out) {
    const auto children = waiting_for_.extract(id);
    if (children.empty()) return;
    for (const Hash32& child : children.mapped()) {
        const auto waiting = waiting_.find(child);
        if (waiting == waiting_.end()) continue;
        waiting->second.missing.erase(id);
        if (config_.is_known(child)) {  // it was decided without waiting here
            waiting_.erase(waiting);
            ++changes_;
            continue;
        }
        if (!waiting->second.missing.empty()) continue;
        const Item vertex = waiting->second.vertex;
        waiting_.erase(waiting);
        verify(vertex, out);
    }
}

void PendingVertices::refused(const Hash32& id, Actions& out) {
    fetching_.erase(id);
    refuse(id);
    drop_descendants(id, true, out);
}

void PendingVertices::not_before(const Hash32& id, std::uint64_t delay_ns, Actions& out) {
    if (!verifying_.contains(id)) return;
    const std::uint64_t serial = next_serial_++;
    due_.emplace(serial, id);
    out.push_back(SetTimer{timer_id(kDueTimer, serial), delay_ns});
}

void PendingVertices::on_due_timer(std::uint64_t serial, Actions& out) {
    const auto due = due_.extract(serial);
    if (!due.empty() && verifying_.contains(due.mapped())) out.push_back(Verify{due.mapped()});
}

void PendingVertices::park(const Hash32& id, Actions& out) {
    const auto entry = verifying_.find(id);
    if (entry == verifying_.end()) return;
    // What was decided between the question and the verdict may be what the vertex has to wait for.
    if (entry->second.asked_at != retries_) return verify_again(id, out);
    parked_.insert(id);
}

void PendingVertices::retry(Actions& out) {
    ++retries_;
    for (const Hash32& id : std::exchange(parked_, {})) verify_again(id, out);
}

// As if it had just arrived: a parent may have been rejected.
void PendingVertices::verify_again(const Hash32& id, Actions& out) {
    const auto entry = verifying_.extract(id);
    if (!entry.empty()) body(config_.self, entry.mapped().vertex, out);
}

void PendingVertices::discard(const Hash32& id, Actions& out) {
    ++counters_.bodies_discarded;
    ++changes_;
    out.push_back(Discard{id});
}

void PendingVertices::refuse(const Hash32& id) {
    if (!refused_.insert(id).second) return;
    refused_in_order_.push_back(id);
    if (refused_in_order_.size() <= kRefusedVerticesMax) return;
    refused_.erase(refused_in_order_.front());
    refused_in_order_.pop_front();
}

void PendingVertices::drop_descendants(const Hash32& id, bool refuse_them, Actions& out) {
    std::vector<Hash32> parents{id};
    for (std::size_t i = 0; i < parents.size(); ++i) {
        const auto children = waiting_for_.extract(parents[i]);
        if (children.empty()) continue;
        for (const Hash32& child : children.mapped()) {
            if (waiting_.erase(child) == 0) continue;
            if (refuse_them) refuse(child);
            discard(child, out);
            parents.push_back(child);
        }
    }
}

}  // namespace aivm::sim
