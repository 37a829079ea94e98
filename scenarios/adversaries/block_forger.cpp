// block_forger: beside the block that it builds, sends the others one that it changed in its
// header, body or roots and signed again.
//
// Stresses what Verify checks. sim/actors/block_mutations.h lists the changes and what a correct
// node must say of each: most are refused, the others are a second valid block for the slot. Either
// is evidence of two signatures. Observe the slashes of cause equivocation, and S27: no honest node
// answers otherwise.
#include "scenarios/adversaries/strategy_table.h"
#include "sim/actors/block_mutations.h"

namespace aivm::scenarios {
namespace {

class BlockForger final : public sim::ValidatorStrategy {
public:
    BlockForger(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    std::optional<sim::ForgedBlock> forges(const sim::OwnBlock& own) override {
        if (!random_.bernoulli_ppm(share_ppm_)) return std::nullopt;
        const auto mutations = sim::block_mutations();
        const sim::BlockMutation& mutation = mutations[random_.below(mutations.size())];
        BlockPtr block = mutation.apply(own);
        if (block == nullptr) return std::nullopt;
        return sim::ForgedBlock{std::move(block), mutation.name, mutation.refused_with};
    }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
};

std::unique_ptr<sim::ValidatorStrategy> make_block_forger(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<BlockForger>(parameters, context.random);
}

constexpr std::array kBlockForgerParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks of which it sends a changed one too"},
};

}  // namespace

const StrategyRow kBlockForgerRow{
    .name = "block_forger",
    .doc = "sends blocks that it changed in header, body or roots, to test what is refused",
    .parameters = kBlockForgerParameters,
    .validator = make_block_forger,
    .in_consensus = true};

}  // namespace aivm::scenarios
