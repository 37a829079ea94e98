#include "scenarios/adversaries/composed_conditions.h"

#include <algorithm>

#include "core/verification/tee.h"
#include "scenarios/adversaries/composed.h"

namespace aivm::scenarios {
namespace {

constexpr const char* kAlliance = "alliance";

std::uint64_t open_results(const State& state) {
    std::uint64_t out = 0;
    state.tasks.for_each([&](std::size_t, const Task& task) {
        out += task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged ? 1 : 0;
    });
    return out;
}

}  // namespace

Conditions::Conditions(const Parameters& parameters, sim::StrategyContext context)
    : context_(std::move(context)),
      seats_min_(static_cast<std::uint64_t>(parameters.get("seats_min"))),
      allied_(parameters.get("allied") != 0),
      after_answers_(static_cast<std::uint64_t>(parameters.get("after_answers"))),
      used_at_once_(parameters.get("used_at_once") != 0),
      price_below_ppm_(parameters.ppm("price_below_ppm")),
      open_results_min_(static_cast<std::uint64_t>(parameters.get("open_results_min"))),
      proofs_max_(static_cast<std::uint64_t>(parameters.get("proofs_max"))),
      quiet_blocks_(static_cast<Height>(parameters.get("quiet_blocks"))) {}

void Conditions::observe(const sim::NodeView& view) {
    if (allied_ && !announced_)
        context_.side->post({context_.self.address, kAlliance, {}, 0, 0, {}});
    announced_ = true;
    for (const VmEvent& e : view.tip.events) {
        if (const auto* slashed = std::get_if<event::Slashed>(&e)) {
            const bool own = context_.is_accomplice(slashed->account);
            proofs_ += own && slashed->cause == SlashCause::kWrongAnswer ? 1 : 0;
        } else if (const auto* opened = std::get_if<event::ChallengeOpened>(&e)) {
            const Dispute& dispute = view.state().dispute(opened->dispute);
            if (!context_.is_accomplice(dispute.challenger)) last_challenge_ = view.height();
        }
    }
}

bool Conditions::hold(const sim::TaskView& view) {
    if (context_.is_accomplice(view.task.requester)) return false;  // its lies would harm itself
    if (answers_ < after_answers_) return false;
    if (proofs_max_ > 0 && proofs_ >= proofs_max_) return false;
    if (quiet_blocks_ > 0 && last_challenge_ > 0 && view.height() < last_challenge_ + quiet_blocks_)
        return false;
    if (seats_min_ > 0 && own_seats(view) < seats_min_) return false;
    if (used_at_once_ && !is_usable_at_once(view)) return false;
    if (price_below_ppm_ > 0 && !is_cheap_now()) return false;
    return open_results_min_ == 0 || open_results(view.state) >= open_results_min_;
}

std::uint64_t Conditions::own_seats(const sim::TaskView& view) {
    read_alliances();
    return static_cast<std::uint64_t>(std::ranges::count_if(view.task.seats, [&](const Seat& seat) {
        const Address& owner = view.state.provider(seat.provider).owner;
        return context_.is_accomplice(owner) || allies_.contains(owner);
    }));
}

void Conditions::read_alliances() {
    if (!allied_) return;
    const auto& notices = context_.side->notices();
    for (; read_ < notices.size(); ++read_) {
        if (notices[read_].topic == kAlliance) allies_.insert(notices[read_].from);
    }
}

// In the next block, which is the first that can carry the result.
bool Conditions::is_usable_at_once(const sim::TaskView& view) const {
    const auto self = view.state.find_provider(context_.self.provider_id);
    if (!self) return false;
    const TrustMoment next{
        view.height() + 1,
        view.state.head.timestamp_ns + static_cast<std::uint64_t>(context_.block_interval)};
    return is_freshly_attested(context_.rules, view.state.provider(*self), next);
}

bool Conditions::is_cheap_now() const {
    __extension__ using Wide = unsigned __int128;
    const Wide one = lux(1).nlux();
    return one * kCertain < Wide{context_.in_lux(lux(1)).nlux()} * price_below_ppm_;
}

}  // namespace aivm::scenarios
