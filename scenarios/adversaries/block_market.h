// The market for blocks without fraud proofs: its buyer and its seller. It is held on the side
// channel of the world: a buyer posts an offer and its budget once, a seller posts what it has
// sold.
#pragma once

#include <map>
#include <vector>

#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

enum class Silence : std::uint8_t {
    kAll,    // every fraud proof
    kClock,  // only operations with a short deadline: reveals and moves, whose sender pays when
             // they are late
};

// A provider that lies, and offers to buy silence by a public notice.
class SilenceBuyer final : public sim::ProviderStrategy {
public:
    SilenceBuyer(const Parameters& parameters, sim::StrategyContext context, Silence wanted);

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override;
    std::vector<OperationBody> on_block(const sim::NodeView& view) override;

private:
    sim::StrategyContext context_;
    Silence wanted_;
    std::uint32_t lie_ppm_;
    Amount price_;
    Amount budget_;
    bool offered_ = false;
};

// A proposer that takes the best offer for each of its blocks, if the price is not below its own
// and the budget can pay.
class SilenceSeller final : public sim::ValidatorStrategy {
public:
    SilenceSeller(const Parameters& parameters, sim::StrategyContext context);

    void begin_block(Height height) override;
    bool includes(const SignedOperation& operation) override;

private:
    struct Offer {
        Address buyer;
        Silence wanted = Silence::kAll;
        Amount price;
        Amount budget;
        bool bought_this_block = false;
    };
    void read_notices();
    // Whether the operation can still do harm: a challenge has the window, a reveal or move its own
    // clock.
    bool is_in_time(const SignedOperation& operation);

    sim::StrategyContext context_;
    Amount reserve_;
    Height height_ = 0;
    // by sender and nonce, by any seller
    std::map<std::pair<Address, std::uint64_t>, Height> first_seen_;
    std::size_t read_ = 0;
    std::vector<Offer> offers_;  // the highest price first
};

inline constexpr std::int64_t kAnyAmount = 1'000'000'000'000'000'000;
inline constexpr std::array kSilenceParameters{
    StrategyParameter{"lie_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "provider: share of its answers that are wrong"},
    StrategyParameter{"price", 1, kAnyAmount, 1'000'000'000, "nLUX",
                      "provider: paid for one block's silence"},
    StrategyParameter{"budget", 0, kAnyAmount, 100'000'000'000, "nLUX",
                      "provider: paid in all, at most"},
    StrategyParameter{"reserve", 0, kAnyAmount, 0, "nLUX", "validator: sells no block for less"},
};

std::unique_ptr<sim::ValidatorStrategy> make_silence_seller(const Parameters& parameters,
                                                            const sim::StrategyContext& context);

}  // namespace aivm::scenarios
