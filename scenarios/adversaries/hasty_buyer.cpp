// hasty_buyer: an honest validator. Its owner also sells goods, and delivers them when the node
// sees a block with the payment, without waiting until that block is accepted.
//
// Blocks of one height by different proposers are no danger: a payment in the one that loses is
// repeated in a later block. Of two blocks that one proposer signed for one slot (A28) each can
// hold a payment that excludes the other's. When the one that the owner saw first is decided
// against, the goods are gone and not paid for: their value goes to the proposer, as a payment
// outside the chain. An owner that waits for acceptance never loses anything. Observe its payoff.
#include <map>
#include <utility>

#include "core/chain/block.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class HastyBuyer final : public sim::ValidatorStrategy {
public:
    HastyBuyer(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          goods_(millilux(static_cast<std::uint64_t>(parameters.get("goods_mlux")))) {}

    bool includes(const SignedOperation&) override { return true; }
    bool tolerates(const Block& block) override {
        const auto [slot, is_first] =
            slots_.try_emplace({block.header().proposer, block.slot()}, Seen{block.id(), false});
        if (!is_first && slot->second.first != block.id()) slot->second.two = true;
        return true;
    }
    void rejected(const Block& block, const Address& proposer) override {
        const auto slot = slots_.find({block.header().proposer, block.slot()});
        if (slot == slots_.end() || !slot->second.two || slot->second.first != block.id()) return;
        context_.side->pay(context_.self.address, proposer, goods_);
    }

private:
    struct Seen {
        Hash32 first;
        bool two = false;  // a second block of this slot as well
    };

    sim::StrategyContext context_;
    Amount goods_;
    std::map<std::pair<ValidatorIndex, ProposalSlot>, Seen> slots_;
};

std::unique_ptr<sim::ValidatorStrategy> make_hasty_buyer(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<HastyBuyer>(parameters, context);
}

constexpr std::array kHastyBuyerParameters{
    StrategyParameter{"goods_mlux", 0, 1'000'000'000'000, 1'000'000, "mLUX",
                      "worth of the goods that it hands over for one block"},
};

}  // namespace

const StrategyRow kHastyBuyerRow{
    .name = "hasty_buyer",
    .honest = true,
    .doc =
        "takes the first block that it sees of a slot for final, and is out of pocket when "
        "another one is accepted",
    .parameters = kHastyBuyerParameters,
    .validator = make_hasty_buyer,
    .polled = true};

}  // namespace aivm::scenarios
