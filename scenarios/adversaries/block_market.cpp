#include "scenarios/adversaries/block_market.h"

#include <algorithm>

#include "scenarios/adversaries/lies.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kAllBps = 10'000;

constexpr std::string_view kSold = "silence: sold";
constexpr std::string_view kSeen =
    "silence: seen";  // an operation, by its sender and (in the place of a task) nonce

bool is_wanted(Silence wanted, const OperationBody& body) {
    if (wanted == Silence::kAll) return sim::is_fraud_proof(body);
    return std::holds_alternative<op::ChallengeReveal>(body) ||
           std::holds_alternative<op::DisputeMove>(body);
}

// part / whole of an amount, rounded down.
Amount part_of(Amount amount, std::uint64_t part, std::uint64_t whole) {
    __extension__ using Wide = unsigned __int128;
    return Amount(static_cast<std::uint64_t>(Wide{amount.nlux()} * part / whole));
}

Amount times(Amount amount, std::uint64_t count) {
    return amount.checked_times(count).value_or(Amount(~std::uint64_t{0}));
}

}  // namespace

Amount challenger_reward(const VmParameters& rules) {
    const Amount slash = part_of(rules.result_bond(), rules.policy.slash_bps, kAllBps);
    return part_of(slash, rules.policy.challenger_share_bps, kAllBps);
}

// --- The buyer ---

SilenceBuyer::SilenceBuyer(const Parameters& parameters, sim::StrategyContext context,
                           Silence wanted)
    : context_(std::move(context)),
      wanted_(wanted),
      batch_(static_cast<std::uint32_t>(parameters.get("batch"))),
      believed_bids_ppm_(parameters.ppm("believed_bids_ppm")),
      value_(static_cast<std::uint64_t>(parameters.get("value"))),
      limit_(static_cast<std::uint64_t>(parameters.get("limit"))),
      budget_(static_cast<std::uint64_t>(parameters.get("budget"))) {}

// While the blocks of one batch are being bought, answers are held back for the next one.
bool SilenceBuyer::waits(const sim::TaskView& view) {
    if (batch_at_ == view.height()) return ++lies_ > batch_;
    const Height window = context_.rules.config.challenge_window_blocks;
    const bool is_buying = lying_ && view.height() <= *batch_at_ + window + 1;
    if (is_late(view)) return false;
    if (is_buying || collects_more(view)) return true;
    const auto index = view.state.find_provider(context_.self.provider_id);
    const std::uint32_t ready = view.state.provider(*index).open_tasks;
    lying_ = would_gain(std::min(ready, batch_));
    batch_at_ = view.height();
    lies_ = 1;
    return false;
}

std::optional<Answer> SilenceBuyer::answer(const sim::TaskView& view) {
    return lying_ && batch_at_ == view.height() ? wrong_answer(view) : true_answer(view);
}

bool SilenceBuyer::collects_more(const sim::TaskView& view) const {
    const auto index = view.state.find_provider(context_.self.provider_id);
    if (!index) return true;
    const Provider& self = view.state.provider(*index);
    return self.open_tasks < std::min(batch_, context_.rules.config.max_tasks_per_provider) &&
           self.unlocked() >= context_.rules.result_bond();
}

// Silence is slashed: well before the timeout it answers, and correctly.
bool SilenceBuyer::is_late(const sim::TaskView& view) const {
    const TimestampNs waited = view.state.head.timestamp_ns - view.task.waiting_since_ns;
    return waited > context_.rules.config.task_timeout_ns / 2;
}

Height SilenceBuyer::blocks_to_buy() const {
    return wanted_ == Silence::kAll ? context_.rules.config.challenge_window_blocks
                                    : context_.rules.policy.challenge_reveal_blocks;
}

Amount SilenceBuyer::expected_price(std::uint64_t lies) {
    const auto& notices = context_.side->notices();
    for (; read_ < notices.size(); ++read_) {
        const sim::Notice& notice = notices[read_];
        if (notice.topic != kSold || notice.from != context_.self.address) continue;
        spent_ += notice.amount;
        if (lies_ > 0) price_per_lie_ = notice.amount.nlux() / lies_;
    }
    if (price_per_lie_) return times(Amount(*price_per_lie_), lies);
    const Amount bid = part_of(challenger_reward(context_.rules), believed_bids_ppm_, 1'000'000);
    return times(bid, lies);
}

bool SilenceBuyer::would_gain(std::uint64_t lies) {
    if (believed_bids_ppm_ == 0) return true;
    const Amount cost = times(expected_price(lies), blocks_to_buy());
    const bool affordable = cost <= budget_ - std::min(budget_, spent_);
    return affordable && times(value_, lies) > cost;
}

std::vector<OperationBody> SilenceBuyer::on_block(const sim::NodeView&) {
    if (offered_) return {};
    offered_ = true;
    post(kSilenceBudget, budget_);
    post(wanted_ == Silence::kAll ? kOfferForAll : kOfferForClock, limit_);
    return {};
}

void SilenceBuyer::post(std::string_view topic, Amount amount) {
    sim::Notice notice;
    notice.from = context_.self.address;
    notice.topic = topic;
    notice.amount = amount;
    context_.side->post(std::move(notice));
}

// --- The seller ---

SilenceSeller::SilenceSeller(const Parameters& parameters, sim::StrategyContext context)
    : context_(std::move(context)),
      reserve_(static_cast<std::uint64_t>(parameters.get("reserve"))) {}

void SilenceSeller::begin_block(Height height) {
    height_ = height;
    read_notices();
    for (Offer& offer : offers_) offer.silent.reset();
}

void SilenceSeller::read_notices() {
    const auto& notices = context_.side->notices();
    for (; read_ < notices.size(); ++read_) {
        const sim::Notice& notice = notices[read_];
        if (notice.topic == kSeen) {
            first_seen_.try_emplace({notice.from, notice.task.value}, notice.amount.nlux());
        } else if (notice.topic == kBidForChallenge || notice.topic == kBidForClock) {
            note_bid(notice);
        } else {
            note_offer(notice);
        }
    }
}

void SilenceSeller::note_bid(const sim::Notice& notice) {
    const bool clock = notice.topic == kBidForClock;
    std::erase_if(bids_, [&](const Bid& bid) {
        return bid.bidder == notice.from && bid.task == notice.task && bid.clock == clock;
    });
    if (!notice.amount.is_zero()) bids_.push_back({notice.from, notice.task, clock, notice.amount});
}

void SilenceSeller::note_offer(const sim::Notice& notice) {
    if (notice.topic == kSilenceBudget)
        offers_.push_back({notice.from, Silence::kAll, {}, notice.amount, {}});
    const auto known = std::ranges::find(offers_, notice.from, &Offer::buyer);
    if (known == offers_.end()) return;
    if (notice.topic == kSold) known->budget -= std::min(known->budget, notice.amount);
    if (notice.topic != kOfferForAll && notice.topic != kOfferForClock) return;
    known->wanted = notice.topic == kOfferForAll ? Silence::kAll : Silence::kClock;
    known->limit = notice.amount;
    std::ranges::stable_sort(offers_, std::ranges::greater(), &Offer::limit);
}

bool SilenceSeller::is_in_time(const SignedOperation& operation) {
    const auto [seen, is_new] =
        first_seen_.try_emplace({operation.sender(), operation.nonce()}, height_);
    if (is_new) {
        sim::Notice notice;
        notice.from = operation.sender();
        notice.topic = kSeen;
        notice.task = TaskIndex{static_cast<std::uint32_t>(operation.nonce())};
        notice.amount = Amount(height_);
        context_.side->post(std::move(notice));
    }
    const Policy& policy = context_.rules.policy;
    Height clock = policy.challenge_reveal_blocks;
    if (std::holds_alternative<op::Challenge>(operation.body()))
        clock = context_.rules.config.challenge_window_blocks;
    if (std::holds_alternative<op::DisputeMove>(operation.body()))
        clock = policy.dispute_move_blocks;
    return height_ < seen->second + clock;
}

bool SilenceSeller::includes(const SignedOperation& operation) {
    if (offers_.empty() || !sim::is_fraud_proof(operation.body()) || !is_in_time(operation))
        return true;
    for (Offer& offer : offers_) {
        if (offer.limit.is_zero() || !is_wanted(offer.wanted, operation.body())) continue;
        if (!offer.silent) hold_auction(offer);
        if (*offer.silent) return false;
    }
    return true;
}

Amount SilenceSeller::bids_against(const Offer& offer) const {
    Amount sum;
    for (const Bid& bid : bids_) {
        if (offer.wanted == Silence::kAll || bid.clock) sum += bid.amount;
    }
    return sum;
}

void SilenceSeller::hold_auction(Offer& offer) {
    const Amount against = bids_against(offer);
    const Amount ready = std::min(offer.limit, offer.budget);
    const Amount price = std::max(against, reserve_);
    offer.silent = ready >= price;
    if (!*offer.silent) return charge_bidders(offer, against, std::min(ready, against));
    if (price.is_zero()) return;
    sim::Notice sold;
    sold.from = offer.buyer;
    sold.topic = kSold;
    sold.amount = price;
    context_.side->pay(offer.buyer, context_.self.address, price);
    context_.side->post(std::move(sold));
}

// Each pays its part of what the buyer was ready to pay.
void SilenceSeller::charge_bidders(const Offer& offer, Amount against, Amount price) {
    if (against.is_zero()) return;
    for (const Bid& bid : bids_) {
        if (offer.wanted != Silence::kAll && !bid.clock) continue;
        const Amount part = part_of(price, bid.amount.nlux(), against.nlux());
        if (!part.is_zero()) context_.side->pay(bid.bidder, context_.self.address, part);
    }
}

}  // namespace aivm::scenarios
