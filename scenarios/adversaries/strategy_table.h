// Every strategy that a scenario can name, in one table: what it is called, who plays it, what it can be told. To add one,
// write its file, declare its maker here and give it a row in strategy_table.cpp.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/actors/strategy.h"
#include "sim/run/scenario.h"

namespace aivm::scenarios {

struct StrategyParameter {
    std::string_view name;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    std::int64_t default_value = 0;
    std::string_view unit;
    std::string_view doc;
};

// The parameters of one group with defaults filled in; get() takes only names of the strategy's own row.
class Parameters {
public:
    Parameters(std::span<const StrategyParameter> known, const std::map<std::string, std::int64_t>& given)
        : known_(known), given_(given) {}
    [[nodiscard]] std::int64_t get(std::string_view name) const;
    [[nodiscard]] std::uint32_t ppm(std::string_view name) const { return static_cast<std::uint32_t>(get(name)); }

private:
    std::span<const StrategyParameter> known_;
    const std::map<std::string, std::int64_t>& given_;
};

using ProviderMaker = std::unique_ptr<sim::ProviderStrategy> (*)(const Parameters&, sim::RandomStream);
using ChallengerMaker = std::unique_ptr<sim::ChallengerStrategy> (*)(const Parameters&, sim::RandomStream);
using ValidatorMaker = std::unique_ptr<sim::ValidatorStrategy> (*)(const Parameters&, sim::RandomStream);

struct StrategyRow {
    std::string_view name;
    std::string_view id;  // in the catalogue of adversaries, such as "A01"; empty for baselines
    bool honest = false;
    std::string_view doc;
    std::span<const StrategyParameter> parameters;
    ProviderMaker provider = nullptr;  // null: not played in this role
    ChallengerMaker challenger = nullptr;
    ValidatorMaker validator = nullptr;
    bool requester = false;
};

std::span<const StrategyRow> strategies();
const StrategyRow* find_strategy(std::string_view name);

class StrategyTable final : public sim::StrategyFactory {
public:
    [[nodiscard]] Result<std::unique_ptr<sim::ProviderStrategy>> provider(const sim::ActorGroup& group,
                                                                          sim::RandomStream random) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(const sim::ActorGroup& group,
                                                                              sim::RandomStream random) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(const sim::ActorGroup& group,
                                                                            sim::RandomStream random) const override;
    [[nodiscard]] bool is_honest(const sim::ActorGroup& group) const override;
};

// Everything wrong with the strategies that a scenario names, one sentence each.
std::vector<std::string> check_strategies(const sim::Scenario& scenario);

// One maker a file.
std::unique_ptr<sim::ProviderStrategy> make_honest_provider(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ChallengerStrategy> make_always_check(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ValidatorStrategy> make_honest_validator(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ProviderStrategy> make_lazy_guess(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ProviderStrategy> make_unbond_escape(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ChallengerStrategy> make_frivolous_challenger(const Parameters&, sim::RandomStream);
std::unique_ptr<sim::ValidatorStrategy> make_censoring_proposer(const Parameters&, sim::RandomStream);

}  // namespace aivm::scenarios
