#include "sim/invariants/recovery.h"

#include <algorithm>

#include "sim/consensus/snowman/repeated_polls.h"

namespace aivm::sim {
namespace {

constexpr SimTime kSafetyFactor = 4;
constexpr SimTime kTurns = 8;  // of proposers, before anybody may build
constexpr std::uint32_t kPollsToEndASplit = 64;
constexpr SimTime kIdleProbe = 10 * kSecond;  // as in snowman's BootstrapParameters, with these
constexpr SimTime kCooldown = 5 * kSecond;
constexpr SimTime kRequestTimeout = 2 * kSecond;
constexpr SimTime kRequestRounds = 4;
constexpr SimTime kBlocksPerFetch = 64;

std::optional<SimTime> time_to_decide(const RecoveryParameters& p) {
    if (p.round_timeout != 0)
        return (p.failing_rounds + 1) * (p.round_timeout + p.block_interval + p.faults_last / 8);
    if (p.k == 0) return p.finality_delay + p.round_trip;
    const double success = chance_of_at_least(p.alpha_confidence, p.k, p.answer_chance);
    const double polls = polls_until(p.beta, success) + kPollsToEndASplit;
    if (polls >= kPollsNever) return std::nullopt;
    // Time-outs adapt to the round trip, but never below it.
    const SimTime each =
        p.answer_chance < 1 ? std::max(p.poll_timeout, p.round_trip) : p.round_trip;
    const auto rounds = static_cast<SimTime>(polls) / std::max<SimTime>(p.concurrent_polls, 1) + 1;
    return (rounds + 1) * each;
}

}  // namespace

std::optional<SimTime> recovery_limit(const RecoveryParameters& p) {
    const auto deciding = time_to_decide(p);
    if (!deciding) return std::nullopt;
    const SimTime proposing = (kTurns + 1) * p.block_interval;
    const SimTime blocks = p.faults_last / std::max<SimTime>(p.block_interval, 1);
    const SimTime catching_up = kIdleProbe + kCooldown + kRequestRounds * kRequestTimeout +
                                (blocks / kBlocksPerFetch + 1) * p.round_trip;
    return kSafetyFactor * (proposing + *deciding + catching_up) + p.clock_skew;
}

void Recovery::heal(Height tip, std::set<std::uint32_t> behind, SimTime now) {
    healed_ = true;
    healed_height_ = tip;
    behind_ = std::move(behind);
    if (behind_.empty()) caught_up_at_ = now;
}

void Recovery::reach(std::uint32_t validator, Height height, SimTime now) {
    if (!healed_) return;
    if (height >= healed_height_ && behind_.erase(validator) != 0 && behind_.empty() &&
        !caught_up_at_)
        caught_up_at_ = now;
    if (height > healed_height_ && !progressed_at_) progressed_at_ = now;
}

std::optional<SimTime> Recovery::time_taken(bool has_work) const {
    const auto caught_up = caught_up_after();
    const auto progressed = progressed_after();
    if (!caught_up || (has_work && !progressed)) return std::nullopt;
    return std::max(*caught_up, progressed.value_or(0));
}

bool Recovery::may_still_recover(SimTime now) const {
    if (!healed_at_) return false;
    return !healed_ || !limit_ || now < *healed_at_ + *limit_;
}

}  // namespace aivm::sim
