// A39 wash_trader: buys work to obtain the rewards minted for it, from providers of which some
// are its own.
//
// Stresses the mint cap. Under `uncapped`, which is the published behaviour, a task mints its base
// reward however little it pays, so dust bought from oneself mints LUX for milli-LUX. Under
// `per_burn` a task mints at most what it burned, and trading with oneself earns nothing. The
// provider's side of it is the honest strategy with the same principal. Observe attacker_net.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class WashTrader final : public sim::RequesterStrategy {
public:
    WashTrader(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self.address),
          fee_(std::max(context.rules.policy.fee_floor,
                        Amount(static_cast<std::uint64_t>(parameters.get("fee"))))),
          per_block_(static_cast<std::uint32_t>(parameters.get("per_block"))),
          count_(static_cast<std::uint32_t>(parameters.get("count"))) {}

    std::uint32_t submissions(const sim::DemandView& view) override {
        const std::uint64_t affordable =
            view.node.state().balance(self_).nlux() / std::max<std::uint64_t>(fee_.nlux(), 1);
        // Its share of the workload is part of it.
        const std::uint32_t wanted = std::min(per_block_, std::max(count_, view.left));
        const auto bought = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, affordable));
        count_ -= std::min(count_, bought);
        return bought;
    }
    void compose(op::SubmitTask& task, const sim::NodeView&) override { task.fee = fee_; }
    bool goes_on(const sim::NodeView&) override { return count_ > 0; }

private:
    Address self_;
    Amount fee_;
    std::uint32_t per_block_;
    std::uint32_t count_;
};

std::unique_ptr<sim::RequesterStrategy> make_wash_trader(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<WashTrader>(parameters, context);
}

constexpr std::array kWashParameters{
    StrategyParameter{"fee", 0, 1'000'000'000'000'000, 1'000'000, "nLUX",
                      "paid for a task; at least the fee floor"},
    StrategyParameter{"per_block", 1, 100'000, 10, "tasks", "submitted in every block interval"},
    StrategyParameter{"count", 0, 10'000'000, 1000, "tasks",
                      "total number of tasks; at least its share of the workload"},
};

}  // namespace

const StrategyRow kWashTraderRow{.name = "wash_trader",
                                 .id = "A39",
                                 .doc = "buys work to obtain the rewards that are minted for it",
                                 .parameters = kWashParameters,
                                 .requester = make_wash_trader,
                                 .only_attacks = true};

}  // namespace aivm::scenarios
