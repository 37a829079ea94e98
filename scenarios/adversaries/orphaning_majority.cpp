// A19 orphaning_majority: reorganises blocks with fraud proofs away, for one owner with the liar.
//
// Stresses the social response time: validators of this strategy treat every block that carries a
// fraud proof as if it were invalid, build beside it, and leave proofs out of their own. With
// enough of the votes no such block is ever accepted, whoever built it; with fewer they only lag
// behind, and follow in the end. Nothing in the protocol stops a majority: `response_blocks` after
// the first block that they orphan the attack ends by a response outside it, and every lie whose
// window is still open is proven. What such a response takes from the majority itself is not in the
// accounts. As a provider it lies until one of its lies is proven. In the economic fidelity the
// model `orphan` of chain.censorship stands for the validators. Observe n_fraud_missed against the
// response time.
#include <algorithm>
#include <string_view>

#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::string_view kFirstOrphan = "orphaning: first block";

class OrphaningMajority final : public sim::ValidatorStrategy {
public:
    OrphaningMajority(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          response_blocks_(static_cast<Height>(parameters.get("response_blocks"))) {}

    void begin_block(Height height) override { building_ = height; }
    bool includes(const SignedOperation& operation) override {
        return has_ended(building_) || !sim::is_fraud_proof(operation.body());
    }
    bool tolerates(const Block& block) override {
        const bool carries_proof = std::ranges::any_of(
            block.operations(),
            [](const OperationPtr& one) { return sim::is_fraud_proof(one->body()); });
        if (!carries_proof) return true;
        if (!first_orphan()) {
            sim::Notice notice;
            notice.from = context_.self.address;
            notice.topic = kFirstOrphan;
            notice.amount = Amount(block.height());
            context_.side->post(std::move(notice));
        }
        return has_ended(block.height());
    }

private:
    [[nodiscard]] std::optional<Height> first_orphan() {
        const auto& notices = context_.side->notices();
        for (; !first_orphan_ && read_ < notices.size(); ++read_) {
            if (notices[read_].topic == kFirstOrphan) first_orphan_ = notices[read_].amount.nlux();
        }
        return first_orphan_;
    }
    [[nodiscard]] bool has_ended(Height height) {
        return response_blocks_ > 0 && first_orphan() &&
               height > *first_orphan() + response_blocks_;
    }

    sim::StrategyContext context_;
    Height response_blocks_;
    Height building_ = 0;
    std::optional<Height> first_orphan_;
    std::size_t read_ = 0;
};

class LiarUntilProven final : public CheatingProvider {
public:
    LiarUntilProven(const Parameters& parameters, const sim::StrategyContext& context)
        : CheatingProvider(parameters.ppm("cheat_ppm"), context.random), context_(context) {}

    std::optional<Answer> answer(const sim::TaskView& view) override {
        return proven_ ? true_answer(view) : CheatingProvider::answer(view);
    }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        proven_ = proven_ || std::ranges::any_of(view.tip.events, [&](const VmEvent& e) {
                      const auto* slashed = std::get_if<event::Slashed>(&e);
                      return slashed != nullptr && slashed->cause == SlashCause::kWrongAnswer &&
                             context_.is_accomplice(slashed->account);
                  });
        return {};
    }

private:
    sim::StrategyContext context_;
    bool proven_ = false;
};

std::unique_ptr<sim::ValidatorStrategy> make_orphaning_majority(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<OrphaningMajority>(parameters, context);
}

std::unique_ptr<sim::ProviderStrategy> make_liar_until_proven(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<LiarUntilProven>(parameters, context);
}

constexpr std::array kOrphanParameters{
    StrategyParameter{"response_blocks", 0, 1'000'000, 0, "blocks",
                      "validator: blocks that the attack lasts after the first orphaned block; 0: "
                      "until the end"},
    kCheat};

}  // namespace

const StrategyRow kOrphaningMajorityRow{
    .name = "orphaning_majority",
    .id = "A19",
    .doc =
        "votes against every block with a fraud proof, and builds a sibling of it; as a provider "
        "lies until a lie is proven",
    .parameters = kOrphanParameters,
    .provider = make_liar_until_proven,
    .validator = make_orphaning_majority,
    .polled = true};

}  // namespace aivm::scenarios
