// Blocks that keep fraud proofs out for money: who buys, who sells, and what is left in the purse.
// The market is the side channel of the world: a buyer posts an offer and its purse once, a seller
// posts what it has sold.
#pragma once

#include <map>
#include <vector>

#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

enum class Silence : std::uint8_t {
    kAll,    // every fraud proof
    kClock,  // only what has a short clock of its own: reveals and moves, which cost their sender
             // dearly when they are late
};

// What the provider that buys silence has in common, whatever it buys: it lies, and it tells its
// offer to everybody.
class SilenceBuyer final : public sim::ProviderStrategy {
public:
    SilenceBuyer(const Parameters& parameters, sim::StrategyContext part, Silence wanted);

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override;
    std::vector<OperationBody> on_block(const sim::NodeView& view) override;

private:
    sim::StrategyContext part_;
    Silence wanted_;
    std::uint32_t lie_ppm_;
    Amount price_;
    Amount budget_;
    bool offered_ = false;
};

// A proposer that takes the best offer for each of its blocks, if the price is not below its own
// and the purse can pay.
class SilenceSeller final : public sim::ValidatorStrategy {
public:
    SilenceSeller(const Parameters& parameters, sim::StrategyContext part);

    void begin_block(Height height) override;
    bool includes(const SignedOperation& operation) override;

private:
    struct Offer {
        Address buyer;
        Silence wanted = Silence::kAll;
        Amount price;
        Amount purse;
        bool bought_this_block = false;
    };
    void read_notices();
    // Whether the operation can still do harm: a challenge has the window, a reveal or move its own
    // clock.
    bool is_in_time(const SignedOperation& operation);

    sim::StrategyContext part_;
    Amount reserve_;
    Height height_ = 0;
    // by sender and nonce, by any seller
    std::map<std::pair<Address, std::uint64_t>, Height> first_seen_;
    std::size_t read_ = 0;
    std::vector<Offer> offers_;  // the highest price first
};

}  // namespace aivm::scenarios
