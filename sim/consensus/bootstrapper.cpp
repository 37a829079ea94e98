#include "sim/consensus/bootstrapper.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "sim/consensus/stake.h"

namespace aivm::sim {
namespace {

// After this many consecutive time-outs without a new block the target is given up and the frontier
// requested again.
constexpr std::size_t kStuckRoundsMax = 8;

}  // namespace

void Bootstrapper::set_timer(Actions& out) {
    out.push_back(SetTimer{timer_id(kBootstrapTimer, round_), config_.timeout_ns});
}

void Bootstrapper::begin(Reason reason, Actions& out) {
    AIVM_CHECK(!active());
    reason_ = reason;
    if (AIVM_MUTANT(bootstrap_idle)) return;
    ++counters_.bootstraps;
    progressed_ = false;
    ask_frontier(out);
}

void Bootstrapper::ask_frontier(Actions& out) {
    phase_ = Phase::kFrontier;
    round_ = next_serial_++;
    candidates_.clear();
    stake_answered_ = 0;
    answers_ = 0;
    answers_ahead_ = 0;
    const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
    sampler_->sample(config_.sample, config_.self, below, waiting_);
    std::sort(waiting_.begin(), waiting_.end());
    const Message request = FrontierRequest{round_};
    for (const VoterIndex each : waiting_) out.push_back(Send{each, request});
    set_timer(out);
}

bool Bootstrapper::answered_by(VoterIndex from, std::uint64_t request) {
    const auto place = std::lower_bound(waiting_.begin(), waiting_.end(), from);
    if (request != round_ || place == waiting_.end() || *place != from) return false;
    waiting_.erase(place);
    stake_answered_ += sampler_->stake(from);
    return true;
}

bool Bootstrapper::on_frontier(VoterIndex from, const Frontier& message, Actions& out) {
    if (phase_ != Phase::kFrontier || !answered_by(from, message.request)) return false;
    const BlockRef& block = message.last_accepted;
    ++answers_;
    answers_ahead_ += block.height > tree_.root().height ? 1 : 0;
    const bool known =
        std::any_of(candidates_.begin(), candidates_.end(),
                    [&](const Candidate& candidate) { return candidate.block == block; });
    if (!known && block.height > tree_.root().height) candidates_.push_back({block, 0, {}});
    if (waiting_.empty()) frontier_known(out);
    return true;
}

void Bootstrapper::frontier_known(Actions& out) {
    const bool is_claim = reason_ == Reason::kClaim;
    if (stake_answered_ == 0 && !is_claim) return ask_frontier(out);
    if (candidates_.empty() || (is_claim && 2 * answers_ahead_ <= answers_)) {
        phase_ = Phase::kIdle;
        return;
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
        return a.block.height != b.block.height ? a.block.height > b.block.height
                                                : a.block.id < b.block.id;
    });
    if (candidates_.size() > kConfirmMax) candidates_.resize(kConfirmMax);

    phase_ = Phase::kConfirm;
    round_ = next_serial_++;
    stake_answered_ = 0;
    ConfirmRequest request{round_, {}};
    for (const Candidate& candidate : candidates_) request.blocks.push_back(candidate.block);
    const Message message = std::move(request);
    waiting_.clear();
    for (VoterIndex each = 0; each < sampler_->size(); ++each) {
        if (each == config_.self) continue;
        waiting_.push_back(each);
        out.push_back(Send{each, message});
    }
    set_timer(out);
}

bool Bootstrapper::on_confirm(VoterIndex from, const Confirm& message, Actions& out) {
    if (phase_ != Phase::kConfirm || !answered_by(from, message.request)) return false;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if ((message.accepted_mask >> i & 1) == 0) continue;
        candidates_[i].stake += sampler_->stake(from);
        candidates_[i].confirmed_by.push_back(from);
    }
    // Once the highest is confirmed the other answers cannot change the result.
    const bool decided = more_than_half(candidates_.front().stake, stake_of_others());
    if (decided || waiting_.empty()) judge_candidates(waiting_.empty(), out);
    return true;
}

void Bootstrapper::judge_candidates(bool all_answered, Actions& out) {
    const auto confirmed =
        std::find_if(candidates_.begin(), candidates_.end(), [this](const Candidate& candidate) {
            return AIVM_MUTANT(D49) ? candidate.stake > 0
                                    : more_than_half(candidate.stake, stake_of_others());
        });
    if (confirmed == candidates_.end()) {
        // Enough answered and none is confirmed: the blocks ahead are not decided by enough nodes
        // yet, so polls suffice.
        if (all_answered || reason_ == Reason::kClaim ||
            more_than_half(stake_answered_, stake_of_others())) {
            phase_ = Phase::kIdle;
        } else {
            ask_frontier(out);
        }
        return;
    }
    if (confirmed->block.height <= tree_.root().height) {  // the polls were faster
        phase_ = Phase::kIdle;
        return;
    }
    phase_ = Phase::kHistory;
    round_ = next_serial_++;
    held_at_timer_ = 0;
    rounds_stuck_ = 0;
    // Nodes that bootstrap at the same time should not all ask the same one.
    std::vector<VoterIndex> sources = std::move(confirmed->confirmed_by);
    std::rotate(sources.begin(),
                sources.begin() + static_cast<std::ptrdiff_t>(random_.below(sources.size())),
                sources.end());
    history_.begin(confirmed->block, std::move(sources), out);
    set_timer(out);
    if (history_.state() == HistoryFetch::State::kConflict) conflict(out);
}

void Bootstrapper::on_timer(std::uint64_t serial, Actions& out) {
    if (serial != round_) return;
    if (phase_ == Phase::kFrontier) return frontier_known(out);
    if (phase_ == Phase::kConfirm) return judge_candidates(false, out);
    if (phase_ != Phase::kHistory || history_.state() != HistoryFetch::State::kFetching) return;

    const bool stuck = history_.blocks_held() == held_at_timer_;
    held_at_timer_ = history_.blocks_held();
    rounds_stuck_ = stuck ? rounds_stuck_ + 1 : 0;
    if (rounds_stuck_ > kStuckRoundsMax) {
        history_.abandon(out);
        return ask_frontier(out);
    }
    if (stuck) history_.ask_again(out);
    set_timer(out);
}

bool Bootstrapper::body(const BlockInfo& block, Actions& out) {
    if (!history_.body(block, out)) return false;
    if (history_.state() == HistoryFetch::State::kConflict) conflict(out);
    return true;
}

void Bootstrapper::delivered() {
    history_.pop();
    progressed_ = true;
    if (history_.state() == HistoryFetch::State::kIdle) phase_ = Phase::kIdle;
}

void Bootstrapper::conflict(Actions& out) {
    ++counters_.bootstrap_conflicts;
    history_.abandon(out);
    phase_ = Phase::kIdle;
}

}  // namespace aivm::sim
