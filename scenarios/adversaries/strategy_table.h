// Every strategy that a scenario can name: its name, its roles and its parameters. A strategy is
// one file that ends with its row; to add one, see HACKING.md.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/adversaries/strategy_list.h"
#include "sim/actors/strategy.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

struct StrategyParameter {
    std::string_view name;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    std::int64_t default_value = 0;
    std::string_view unit;
    std::string_view doc;
};

// The parameters of one group with defaults filled in; get() takes only names of the strategy's own
// row.
class Parameters {
public:
    Parameters(std::span<const StrategyParameter> known,
               const std::map<std::string, std::int64_t>& given)
        : known_(known), given_(given) {}
    [[nodiscard]] std::int64_t get(std::string_view name) const;
    [[nodiscard]] std::uint32_t ppm(std::string_view name) const {
        return static_cast<std::uint32_t>(get(name));
    }

private:
    std::span<const StrategyParameter> known_;
    const std::map<std::string, std::int64_t>& given_;
};

template <class Strategy>
using Maker = std::unique_ptr<Strategy> (*)(const Parameters&, const sim::StrategyContext&);

// Of a validator's strategy that needs machines that decide together.
enum class OnDag : std::uint8_t {
    kNo,    // it knows chains only
    kToo,   // it does the same on a DAG
    kOnly,  // it needs a DAG
};

struct StrategyRow {
    std::string_view name{};
    std::string_view id{};  // in the catalogue of adversaries, such as "A01"; empty for baselines
    bool honest = false;
    // In this role it breaks no rule: it takes money for what it may do or leave undone.
    std::optional<sim::Role> honest_as{};
    std::string_view doc{};
    std::span<const StrategyParameter> parameters{};
    Maker<sim::ProviderStrategy> provider = nullptr;  // null: not played in this role
    Maker<sim::ChallengerStrategy> challenger = nullptr;
    Maker<sim::RequesterStrategy> requester = nullptr;
    Maker<sim::ValidatorStrategy> validator = nullptr;
    // As a requester it is there only to attack: in the honest run it does not take part.
    bool only_attacks = false;
    // It has several identities in place of one, as many as its parameter `identities` says or else
    // its group has: in the honest run each is one with all their money.
    bool splits = false;
    bool watches_pending = false;  // on_pending() is called for its clients
    bool polled = false;  // of validators: what it does needs machines that poll, run.fidelity full
                          // with snowman
    bool in_consensus = false;  // of validators: what it does needs machines that decide together
    bool on_machines = false;   // of validators: what it does needs machines, run.fidelity full
    bool runs_twice = false;    // of validators: its identity is run twice
    OnDag on_dag = OnDag::kNo;
};

// Into how many identities the members of a group are split in place of one; 1: they are not.
std::uint32_t identities_in_place_of_one(const StrategyRow& row, const sim::ActorGroup& group);

// Whether the strategy can be that of a group of this role.
bool plays(const StrategyRow& row, sim::Role role);

std::span<const StrategyRow* const> strategies();
const StrategyRow* find_strategy(std::string_view name);

class StrategyTable final : public sim::StrategyFactory {
public:
    [[nodiscard]] Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] bool is_honest(const sim::ActorGroup& group) const override;
    [[nodiscard]] bool watches_pending(const sim::ActorGroup& group) const override;
};

// Parameters that several strategies share.
inline constexpr StrategyParameter kCheat{
    "cheat_ppm", 0, 1'000'000, 1'000'000, "ppm", "share of its answers that are wrong on purpose"};
inline constexpr StrategyParameter kAttack{"attack_ppm", 0,     1'000'000,
                                           1'000'000,    "ppm", "share of results it attacks"};

// Each row is defined in the file of its strategy.
#define AIVM_DECLARE_STRATEGY(row) extern const StrategyRow row;
AIVM_STRATEGIES(AIVM_DECLARE_STRATEGY)
#undef AIVM_DECLARE_STRATEGY

}  // namespace aivm::scenarios
