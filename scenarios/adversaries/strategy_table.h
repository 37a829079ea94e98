// Every strategy that a scenario can name, in one table: what it is called, who plays it, what it
// can be told. To add one, write its file, declare its maker here and give it a row in
// strategy_table.cpp.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

struct StrategyRow {
    std::string_view name{};
    std::string_view id{};  // in the catalogue of adversaries, such as "A01"; empty for baselines
    bool honest = false;
    std::string_view doc{};
    std::span<const StrategyParameter> parameters{};
    Maker<sim::ProviderStrategy> provider = nullptr;  // null: not played in this role
    Maker<sim::ChallengerStrategy> challenger = nullptr;
    Maker<sim::RequesterStrategy> requester = nullptr;
    Maker<sim::ValidatorStrategy> validator = nullptr;
    bool watches_pending = false;  // its clients hear of operations that wait for a block
    bool polled = false;  // of validators: what it does needs machines that vote, run.fidelity full
                          // with snowman
};

std::span<const StrategyRow> strategies();
const StrategyRow* find_strategy(std::string_view name);

class StrategyTable final : public sim::StrategyFactory {
public:
    [[nodiscard]] Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override;
    [[nodiscard]] bool is_honest(const sim::ActorGroup& group) const override;
    [[nodiscard]] bool watches_pending(const sim::ActorGroup& group) const override;
};

// Everything wrong with the strategies that a scenario names, one sentence each.
std::vector<std::string> check_strategies(const sim::Scenario& scenario);

// One maker a file, in the order of the table.
std::unique_ptr<sim::ProviderStrategy> make_honest_provider(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_always_check(const Parameters&,
                                                           const sim::StrategyContext&);
std::unique_ptr<sim::RequesterStrategy> make_honest_requester(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_honest_validator(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_nondeterministic(const Parameters&,
                                                             const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_threshold_check(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_slow(const Parameters&, const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_lazy_guess(const Parameters&,
                                                       const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_free_rider(const Parameters&,
                                                       const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_silent_selected(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_last_revealer(const Parameters&,
                                                          const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_quorum_collusion(const Parameters&,
                                                             const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_cartel(const Parameters&, const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_selection_grinder(const Parameters&,
                                                               const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_late_joiner(const Parameters&,
                                                        const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_frivolous_challenger(const Parameters&,
                                                                   const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_bribable(const Parameters&,
                                                     const sim::StrategyContext&);
std::unique_ptr<sim::RequesterStrategy> make_briber(const Parameters&, const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_censoring_proposer(const Parameters&,
                                                                const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_economic_censor(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_silence_seller(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_orphaning_majority(const Parameters&,
                                                                const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_budget_splitter(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_partition_timed_fraud(const Parameters&,
                                                                  const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_eclipse(const Parameters&,
                                                     const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_unbond_escape(const Parameters&,
                                                          const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_model_downgrade(const Parameters&,
                                                            const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_lazy_checker(const Parameters&,
                                                           const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_self_challenged_provider(const Parameters&,
                                                                     const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_self_challenger(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_challenge_frontrunner(const Parameters&,
                                                                    const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_frontrunning_proposer(const Parameters&,
                                                                   const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_checker_briber(const Parameters&,
                                                           const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_bribable_checker(const Parameters&,
                                                               const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_last_minute_provider(const Parameters&,
                                                                 const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_last_block_challenger(const Parameters&,
                                                                    const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_waiting_provider(const Parameters&,
                                                             const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_waiting_challenger(const Parameters&,
                                                                 const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_bond_reuse(const Parameters&,
                                                       const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_restaker(const Parameters&,
                                                     const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_delay_attacker(const Parameters&,
                                                             const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_restart_griefer(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::RequesterStrategy> make_dust_spammer(const Parameters&,
                                                          const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_compute_time_inflator(const Parameters&,
                                                                  const sim::StrategyContext&);
std::unique_ptr<sim::RequesterStrategy> make_wash_trader(const Parameters&,
                                                         const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_shielded_provider(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ChallengerStrategy> make_shield_challenger(const Parameters&,
                                                                const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_trust_farmer(const Parameters&,
                                                         const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_tee_key_thief(const Parameters&,
                                                          const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_stale_attester(const Parameters&,
                                                           const sim::StrategyContext&);
std::unique_ptr<sim::ProviderStrategy> make_noise_gamer(const Parameters&,
                                                        const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_equivocator(const Parameters&,
                                                         const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_nothing_at_stake(const Parameters&,
                                                              const sim::StrategyContext&);
std::unique_ptr<sim::ValidatorStrategy> make_minority_keeper(const Parameters&,
                                                             const sim::StrategyContext&);

}  // namespace aivm::scenarios
