// model_owner: an honest requester that registers a model of its own, and retires it later.
//
// The fee for it is burned, the deposit comes back with the retirement. Observe whether the
// registration finds a slot while others fill the table (A42 slot_spammer).
#include "scenarios/adversaries/own_model.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ModelOwner final : public sim::RequesterStrategy {
public:
    ModelOwner(const Parameters& parameters, const sim::StrategyContext& context)
        : model_id_("of-" + to_hex(context.self.address.view())),
          at_block_(static_cast<Height>(parameters.get("at_block"))),
          until_block_(static_cast<Height>(parameters.get("until_block"))) {}

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        std::vector<OperationBody> out;
        if (!registered_ && view.height() >= at_block_) {
            registered_ = true;
            out.emplace_back(registration_of_model(model_id_));
        }
        if (!retired_ && view.height() >= until_block_ && view.state().find_model(model_id_)) {
            retired_ = true;
            out.emplace_back(op::RetireModel{model_id_});
        }
        return out;
    }

private:
    std::string model_id_;
    Height at_block_;
    Height until_block_;
    bool registered_ = false;  // has asked for it
    bool retired_ = false;
};

std::unique_ptr<sim::RequesterStrategy> make_model_owner(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<ModelOwner>(parameters, context);
}

constexpr std::array kOwnerParameters{
    StrategyParameter{"at_block", 1, 1'000'000'000, 10, "blocks",
                      "height at which it registers its model"},
    StrategyParameter{"until_block", 1, 1'000'000'000, 1'000'000'000, "blocks",
                      "height at which it retires the model"},
};

}  // namespace

const StrategyRow kModelOwnerRow{.name = "model_owner",
                                 .honest = true,
                                 .doc = "registers a model of its own, and retires it later",
                                 .parameters = kOwnerParameters,
                                 .requester = make_model_owner};

}  // namespace aivm::scenarios
