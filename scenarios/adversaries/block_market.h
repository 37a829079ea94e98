// The market for blocks without fraud proofs: who buys silence, and the proposers that sell it.
//
// Each block is sold in an ascending auction. On one side stands the buyer of silence, with the
// most that it pays for one block; on the other side stand all whose proofs wait and who bid for
// their inclusion, together: one block carries all their proofs, so their bids add up. The side
// that is ready to pay more wins, and pays what the other side was ready to pay; silence costs no
// less than the seller's reserve. A silent block is silent about every proof, whoever it is
// against. The market is held on the side channel of the world.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

enum class Silence : std::uint8_t {
    kAll,    // every fraud proof
    kClock,  // only operations with a short deadline: reveals and moves, whose sender pays when
             // they are late
};

// Topics of a buyer: its budget, which is posted first, and the most that it pays for one block.
inline constexpr std::string_view kSilenceBudget = "silence: budget";
inline constexpr std::string_view kOfferForAll = "silence: all";
inline constexpr std::string_view kOfferForClock = "silence: clock";

// Topics of bids for the inclusion of a challenge, and of a reveal or move. The amount is the most
// that the sender pays for one block; an amount of 0 withdraws the bid for the task.
inline constexpr std::string_view kBidForChallenge = "silence: bid for a challenge";
inline constexpr std::string_view kBidForClock = "silence: bid for a reveal";

// A provider that collects tasks, answers all of them wrongly in one block, so that the same silent
// blocks serve all of its lies, and offers to buy the silence by a public notice.
//
// It lies only if it expects to gain: the value of the lies against the price of every block in
// which they could be proven, at the price that it paid last, or else at what the challengers'
// share of the slashes would let them bid. Otherwise it answers correctly.
class SilenceBuyer final : public sim::ProviderStrategy {
public:
    SilenceBuyer(const Parameters& parameters, sim::StrategyContext context, Silence wanted);

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    bool waits(const sim::TaskView& view) override;
    std::optional<Answer> answer(const sim::TaskView& view) override;
    std::vector<OperationBody> on_block(const sim::NodeView& view) override;

private:
    void post(std::string_view topic, Amount amount);
    [[nodiscard]] bool collects_more(const sim::TaskView& view) const;
    [[nodiscard]] bool is_late(const sim::TaskView& view) const;
    [[nodiscard]] bool would_gain(std::uint64_t lies);
    [[nodiscard]] Amount expected_price(std::uint64_t lies);
    [[nodiscard]] Height blocks_to_buy() const;

    sim::StrategyContext context_;
    Silence wanted_;
    std::uint32_t batch_;
    std::uint32_t believed_bids_ppm_;
    Amount value_;
    Amount limit_;
    Amount budget_;
    bool offered_ = false;
    std::optional<Height> batch_at_;  // the block in which the last batch was answered
    bool lying_ = false;              // in that batch
    std::uint64_t lies_ = 0;          // in that batch
    std::size_t read_ = 0;            // notices
    Amount spent_;
    // Paid for one block per lie, as last seen.
    std::optional<std::uint64_t> price_per_lie_;
};

// A proposer that auctions each of its blocks.
class SilenceSeller final : public sim::ValidatorStrategy {
public:
    SilenceSeller(const Parameters& parameters, sim::StrategyContext context);

    void begin_block(Height height) override;
    bool includes(const SignedOperation& operation) override;

private:
    struct Offer {
        Address buyer;
        Silence wanted = Silence::kAll;
        Amount limit;
        Amount budget;
        std::optional<bool> silent;  // the outcome of the auction of this block
    };
    struct Bid {
        Address bidder;
        TaskIndex task;
        bool clock = false;
        Amount amount;
    };
    void read_notices();
    void note_bid(const sim::Notice& notice);
    void note_offer(const sim::Notice& notice);
    void hold_auction(Offer& offer);
    void charge_bidders(const Offer& offer, Amount against, Amount price);
    [[nodiscard]] Amount bids_against(const Offer& offer) const;
    // Whether the operation can still do harm: a challenge has the window, a reveal or move its own
    // clock.
    bool is_in_time(const SignedOperation& operation);

    sim::StrategyContext context_;
    Amount reserve_;
    Height height_ = 0;
    // by sender and nonce, by any seller
    std::map<std::pair<Address, std::uint64_t>, Height> first_seen_;
    std::size_t read_ = 0;
    std::vector<Offer> offers_;  // the highest limit first
    std::vector<Bid> bids_;      // standing
};

inline constexpr std::int64_t kAnyAmount = 1'000'000'000'000'000'000;
inline constexpr std::array kSilenceParameters{
    StrategyParameter{"batch", 1, 10'000, 25, "answers",
                      "provider: answers that it collects and gives at once"},
    StrategyParameter{"limit", 0, kAnyAmount, kAnyAmount, "nLUX",
                      "provider: the most that it pays for one block's silence"},
    StrategyParameter{"budget", 0, kAnyAmount, kAnyAmount, "nLUX",
                      "provider: paid in all, at most"},
    StrategyParameter{"value", 0, kAnyAmount, 50'000'000'000, "nLUX",
                      "provider: what it expects a lie to be worth"},
    StrategyParameter{"believed_bids_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "provider: share of a challenger's reward that it expects to be bid against "
                      "it; 0: it expects none, and lies"},
    StrategyParameter{"reserve", 0, kAnyAmount, 1'000'000'000, "nLUX",
                      "validator: sells the silence of no block for less"},
};

std::unique_ptr<sim::ValidatorStrategy> make_silence_seller(const Parameters& parameters,
                                                            const sim::StrategyContext& context);

// What the rules pay a challenger for one proof.
Amount challenger_reward(const VmParameters& rules);

}  // namespace aivm::scenarios
