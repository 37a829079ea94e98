#include "sim/consensus/avalanche/vertex_history.h"

#include <algorithm>

#include "sim/consensus/stake.h"

namespace aivm::sim {

void VertexHistory::begin(Actions& out) {
    ++counters_.bootstraps;
    ask_frontiers(out);
}

void VertexHistory::set_timer(Actions& out) {
    out.push_back(SetTimer{timer_id(kBootstrapTimer, round_), config_.timeout_ns});
}

void VertexHistory::ask_frontiers(Actions& out) {
    phase_ = Phase::kFrontier;
    round_ = next_serial_++;
    candidates_.clear();
    std::vector<VoterIndex> asked;
    sampler_->sample(
        config_.sample, config_.self, [this](std::uint64_t n) { return random_.below(n); }, asked);
    waiting_ = {asked.begin(), asked.end()};
    asked_ = waiting_.size();
    for (const VoterIndex each : waiting_) out.push_back(Send{each, FrontierRequest{round_}});
    set_timer(out);
}

bool VertexHistory::answered_by(VoterIndex from, std::uint64_t request) {
    return request == round_ && waiting_.erase(from) != 0;
}

bool VertexHistory::on_frontier(VoterIndex from, const AcceptedFrontier& message, Actions& out) {
    if (phase_ != Phase::kFrontier || !answered_by(from, message.request)) return false;
    for (const BlockRef& vertex : message.vertices) {
        const bool is_known = config_.is_accepted(vertex.id) ||
                              std::ranges::any_of(candidates_, [&](const Candidate& each) {
                                  return each.vertex.id == vertex.id;
                              });
        if (!is_known) candidates_.push_back({vertex, 0, {}});
    }
    if (waiting_.empty()) ask_confirmations(out);
    return true;
}

void VertexHistory::ask_confirmations(Actions& out) {
    if (candidates_.empty()) return finish();
    // The lowest first: they are the ones that most have accepted.
    std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.vertex.height, a.vertex.id) < std::tie(b.vertex.height, b.vertex.id);
    });
    if (candidates_.size() > kConfirmMax) candidates_.resize(kConfirmMax);
    phase_ = Phase::kConfirm;
    round_ = next_serial_++;
    stake_answered_ = 0;
    waiting_.clear();
    ConfirmRequest request{round_, {}};
    for (const Candidate& each : candidates_) request.blocks.push_back(each.vertex);
    const Message question = request;
    for (VoterIndex each = 0; each < sampler_->size(); ++each) {
        if (each == config_.self || sampler_->stake(each) == 0) continue;
        waiting_.insert(each);
        out.push_back(Send{each, question});
    }
    set_timer(out);
}

bool VertexHistory::on_confirm(VoterIndex from, const Confirm& message, Actions& out) {
    if (phase_ != Phase::kConfirm || !answered_by(from, message.request)) return false;
    stake_answered_ += sampler_->stake(from);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if ((message.accepted_mask >> i & 1) == 0) continue;
        candidates_[i].stake += sampler_->stake(from);
        candidates_[i].confirmed_by.push_back(from);
    }
    if (waiting_.empty()) judge(true, out);
    return true;
}

void VertexHistory::judge(bool all_answered, Actions& out) {
    const std::uint64_t others = sampler_->total() - sampler_->stake(config_.self);
    if (!all_answered && !more_than_half(stake_answered_, others)) return ask_frontiers(out);
    phase_ = Phase::kHistory;
    round_ = next_serial_++;
    sources_.clear();
    for (const Candidate& each : candidates_) {
        if (!more_than_half(each.stake, others)) continue;
        if (sources_.empty()) sources_ = each.confirmed_by;
        want(each.vertex.id, out);
    }
    if (wanted_.empty() && held_.empty()) return finish();
    set_timer(out);
}

void VertexHistory::want(const Hash32& id, Actions& out) {
    if (config_.is_accepted(id) || held_.contains(id) || !wanted_.insert(id).second) return;
    ++counters_.fetches;
    out.push_back(Fetch{sources_[source_ % sources_.size()], id, config_.vertices_per_fetch});
}

bool VertexHistory::body(const Item& vertex, Actions& out) {
    if (wanted_.erase(vertex.id) == 0) return false;
    held_.emplace(vertex.id, vertex);
    for (const Hash32& parent : vertex.parents) want(parent, out);
    return true;
}

const Item* VertexHistory::next() const {
    const Item* lowest = nullptr;
    for (const auto& [id, vertex] : held_) {
        if (lowest != nullptr && lowest->height <= vertex.height) continue;
        if (std::ranges::all_of(vertex.parents, config_.is_accepted)) lowest = &vertex;
    }
    return lowest;
}

void VertexHistory::delivered(const Hash32& id) {
    held_.erase(id);
    if (phase_ == Phase::kHistory && held_.empty() && wanted_.empty()) finish();
}

void VertexHistory::conflict(Actions& out) {
    ++counters_.bootstrap_conflicts;
    for (const auto& [id, vertex] : held_) out.push_back(Discard{id});
    finish();
}

void VertexHistory::finish() {
    phase_ = Phase::kIdle;
    wanted_.clear();
    held_.clear();
    waiting_.clear();
}

void VertexHistory::on_timer(std::uint64_t serial, Actions& out) {
    if (serial != round_ || !active()) return;
    switch (phase_) {
        case Phase::kFrontier:
            // More than half of the sample is enough.
            return 2 * waiting_.size() >= asked_ ? ask_frontiers(out) : ask_confirmations(out);
        case Phase::kConfirm:
            return judge(false, out);
        default:
            break;
    }
    ++source_;
    for (const Hash32& id : wanted_) {
        ++counters_.fetches;
        out.push_back(Fetch{sources_[source_ % sources_.size()], id, config_.vertices_per_fetch});
    }
    round_ = next_serial_++;
    set_timer(out);
}

}  // namespace aivm::sim
