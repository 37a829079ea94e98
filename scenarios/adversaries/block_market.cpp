#include "scenarios/adversaries/block_market.h"

#include <algorithm>

#include "core/verification/reexecution.h"

namespace aivm::scenarios {
namespace {

// A budget is posted before the offer that is paid from it.
constexpr std::string_view kBudget = "silence: budget";
constexpr std::string_view kOfferAll = "silence: all";
constexpr std::string_view kOfferClock = "silence: clock";
constexpr std::string_view kSold = "silence: sold";
constexpr std::string_view kSeen =
    "silence: seen";  // an operation, by its sender and (in the place of a task) nonce

bool is_wanted(Silence wanted, const OperationBody& body) {
    if (wanted == Silence::kAll) return sim::is_fraud_proof(body);
    return std::holds_alternative<op::ChallengeReveal>(body) ||
           std::holds_alternative<op::DisputeMove>(body);
}

}  // namespace

SilenceBuyer::SilenceBuyer(const Parameters& parameters, sim::StrategyContext context,
                           Silence wanted)
    : context_(std::move(context)),
      wanted_(wanted),
      lie_ppm_(parameters.ppm("lie_ppm")),
      price_(static_cast<std::uint64_t>(parameters.get("price"))),
      budget_(static_cast<std::uint64_t>(parameters.get("budget"))) {}

std::optional<Answer> SilenceBuyer::answer(const sim::TaskView& view) {
    const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
    return context_.random.bernoulli_ppm(lie_ppm_) ? static_cast<Answer>(truth + 1) : truth;
}

std::vector<OperationBody> SilenceBuyer::on_block(const sim::NodeView&) {
    if (offered_) return {};
    offered_ = true;
    const auto post = [this](std::string_view topic, Amount amount) {
        sim::Notice notice;
        notice.from = context_.self.address;
        notice.topic = topic;
        notice.amount = amount;
        context_.side->post(std::move(notice));
    };
    post(kBudget, budget_);
    post(wanted_ == Silence::kAll ? kOfferAll : kOfferClock, price_);
    return {};
}

SilenceSeller::SilenceSeller(const Parameters& parameters, sim::StrategyContext context)
    : context_(std::move(context)),
      reserve_(static_cast<std::uint64_t>(parameters.get("reserve"))) {}

void SilenceSeller::begin_block(Height height) {
    height_ = height;
    read_notices();
    for (Offer& offer : offers_) offer.bought_this_block = false;
}

void SilenceSeller::read_notices() {
    const auto& notices = context_.side->notices();
    for (; read_ < notices.size(); ++read_) {
        const sim::Notice& notice = notices[read_];
        if (notice.topic == kSeen) {
            first_seen_.try_emplace({notice.from, notice.task.value}, notice.amount.nlux());
            continue;
        }
        if (notice.topic == kBudget)
            offers_.push_back({notice.from, Silence::kAll, {}, notice.amount});
        const auto known = std::ranges::find(offers_, notice.from, &Offer::buyer);
        if (known == offers_.end()) continue;
        if (notice.topic == kSold) known->budget -= std::min(known->budget, notice.amount);
        if (notice.topic != kOfferAll && notice.topic != kOfferClock) continue;
        known->wanted = notice.topic == kOfferAll ? Silence::kAll : Silence::kClock;
        known->price = notice.amount;
        std::ranges::stable_sort(offers_, std::ranges::greater(), &Offer::price);
    }
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
        if (offer.price.is_zero() || offer.price < reserve_ ||
            !is_wanted(offer.wanted, operation.body()))
            continue;
        if (offer.bought_this_block) return false;
        if (offer.budget < offer.price) continue;
        offer.bought_this_block = true;
        sim::Notice sold;
        sold.from = offer.buyer;
        sold.topic = kSold;
        sold.amount = offer.price;
        context_.side->pay(offer.buyer, context_.self.address, offer.price);
        context_.side->post(std::move(sold));
        return false;
    }
    return true;
}

}  // namespace aivm::scenarios
