// The strategies that every scenario can name; a case overrides the role in which its own one
// plays.
#pragma once

#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

class OwnStrategies : public sim::StrategyFactory {
public:
    [[nodiscard]] Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.provider(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.challenger(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.requester(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.validator(group, context);
    }
    [[nodiscard]] bool is_honest(const sim::ActorGroup& group) const override {
        return table_.is_honest(group);
    }
    [[nodiscard]] bool watches_pending(const sim::ActorGroup& group) const override {
        return table_.watches_pending(group);
    }

private:
    StrategyTable table_;
};

}  // namespace aivm::scenarios
