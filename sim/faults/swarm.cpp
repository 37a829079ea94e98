#include "sim/faults/swarm.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>

#include "sim/engine/time.h"
#include "sim/scenario/fault_budget.h"
#include "sim/scenario/participants.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kBeginSteps = 1000;  // the times at which a fault may begin
constexpr std::uint32_t kDurationSteps = 7;  // 1 s to 64 s
constexpr std::uint64_t kDurationLeast = kSecond;
constexpr std::uint32_t kSidesMax = 3;
constexpr std::uint32_t kDriftLeastPpm = 10;
constexpr std::uint32_t kDriftSteps = 10;
constexpr std::uint64_t kJumpPeriod = 4 * static_cast<std::uint64_t>(kSecond);

using Word = std::string_view;
constexpr std::array kWherePollsDecide =
    std::to_array<Word>({"minority_keeper", "late_answers", "malformed_bytes", "frontier_liar",
                         "silent_validator", "block_forger"});
constexpr std::array kWhereVotesAreSigned = std::to_array<Word>(
    {"late_answers", "malformed_bytes", "silent_validator", "equivocator", "block_forger"});
constexpr std::array kOnADag = std::to_array<Word>(
    {"late_answers", "malformed_bytes", "frontier_liar", "silent_validator", "equivocator",
     "vertex_equivocator", "balance_attacker", "parasite_chain", "conflict_flooder",
     "cut_withholder", "late_vertex", "orphan_maker", "vertex_forger"});
constexpr std::array kWhereOneDecides = std::to_array<Word>({"late_answers", "malformed_bytes"});

class Swarm {
public:
    Swarm(const Scenario& scenario, const std::vector<Amount>& stakes, ChoiceSource& choices)
        : s_(scenario),
          stakes_(stakes),
          choices_(choices),
          byzantine_(byzantine_validators(scenario)),
          budget_(scenario.run.beyond_f ? Amount() : fault_budget(scenario, stakes)) {
        const ValidatorNames names(s_);
        for (const FaultPlan& plan : s_.faults) {
            if (auto outage = outage_of(plan, s_.chain, names.hit_by(plan)))
                outages_.push_back(*std::move(outage));
        }
    }

    std::vector<FaultPlan> draw() {
        std::vector<FaultPlan> plans = draw_plans();
        std::vector<bool> fits(plans.size());
        for (const std::size_t i : by_begin(plans)) fits[i] = fit(plans[i]);
        std::vector<FaultPlan> out;
        for (std::size_t i = 0; i < plans.size(); ++i) {
            if (fits[i]) out.push_back(std::move(plans[i]));
        }
        return out;
    }

private:
    // Those of each kind after those of the kind before, whatever the budget.
    std::vector<FaultPlan> draw_plans() {
        std::vector<FaultPlan> out;
        for (const FaultTraits& traits : kFaultTraits) {
            if (!draws_kind(s_, traits.kind)) continue;
            if (traits.deviates && has_no_budget()) continue;
            actor_ = static_cast<std::uint32_t>(traits.kind);
            if (!choices_.chance(ChoiceKind::kSwarmPresent, actor_, s_.swarm.presence_ppm))
                continue;
            const std::uint32_t count = 1 + pick(ChoiceKind::kSwarmCount, s_.swarm.faults_per_kind);
            for (std::uint32_t i = 0; i < count; ++i) out.push_back(draw_plan(traits));
        }
        return out;
    }
    // The order in which the plans have the budget: if kinds had it one after the other, the last
    // ones would find nothing left of it in most runs.
    static std::vector<std::size_t> by_begin(const std::vector<FaultPlan>& plans) {
        std::vector<std::size_t> order(plans.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t i) { return plans[i].at_ns; });
        return order;
    }
    // Whether no validator may be faulty.
    [[nodiscard]] bool has_no_budget() const {
        return !s_.run.beyond_f && budget_ < *std::ranges::min_element(stakes_);
    }
    std::uint32_t pick(ChoiceKind kind, std::uint32_t options) {
        return choices_.pick(kind, actor_, options);
    }

    FaultPlan draw_plan(const FaultTraits& traits) {
        FaultPlan plan;
        plan.kind = traits.kind;
        const std::uint64_t window = s_.swarm.until_ns - s_.swarm.from_ns;
        const std::uint64_t duration = kDurationLeast
                                       << pick(ChoiceKind::kSwarmDuration, kDurationSteps);
        plan.duration_ns = std::min(duration, std::max<std::uint64_t>(window / 2, 1));
        plan.at_ns = s_.swarm.from_ns + (window - plan.duration_ns) / kBeginSteps *
                                            pick(ChoiceKind::kSwarmBegin, kBeginSteps);
        draw_strength(traits, plan);
        if (traits.kind == FaultKind::kPartition) {
            draw_sides(plan);
        } else {
            draw_targets(plan);
        }
        return plan;
    }

    void draw_strength(const FaultTraits& traits, FaultPlan& plan) {
        if (traits.quantity == FaultQuantity::kNone) return;
        if (traits.quantity == FaultQuantity::kStrategy) {
            const auto words = deviations_drawn(s_.chain);
            const auto options = static_cast<std::uint32_t>(words.size());
            plan.strategy = words[pick(ChoiceKind::kSwarmStrength, options)];
            return;
        }
        const std::uint32_t step = pick(ChoiceKind::kSwarmStrength, traits.strength.steps);
        const std::uint64_t strength = traits.strength.least << step;
        switch (traits.quantity) {
            case FaultQuantity::kDelay:
                plan.delay_ns = strength;
                break;
            case FaultQuantity::kPeriod:
                plan.period_ns = strength;
                break;
            case FaultQuantity::kBandwidth:
                plan.bandwidth_bps = traits.strength.least >> step;
                break;
            case FaultQuantity::kRate:
                plan.rate_ppm = static_cast<std::uint32_t>(strength);
                break;
            default:  // of a clock
                plan.skew_ns = strength;
                plan.behind = pick(ChoiceKind::kSwarmStrength, 2) != 0;
                if (traits.kind == FaultKind::kClock)
                    plan.drift_ppm = kDriftLeastPpm
                                     << pick(ChoiceKind::kSwarmStrength, kDriftSteps);
        }
        if (traits.second_quantity == FaultQuantity::kPeriod) plan.period_ns = kJumpPeriod;
    }

    // One validator, or two, four, ..., at most all.
    void draw_targets(FaultPlan& plan) {
        std::uint32_t doublings = 1;
        while (1U << doublings <= s_.chain.validators) ++doublings;
        const std::uint32_t count = 1U << pick(ChoiceKind::kSwarmTarget, doublings);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t one = pick(ChoiceKind::kSwarmTarget, s_.chain.validators);
            if (std::ranges::find(plan.validators, one) == plan.validators.end())
                plan.validators.push_back(one);
        }
    }

    // Each validator stands on one of two or three sides; those on the first are in no group.
    void draw_sides(FaultPlan& plan) {
        const std::uint32_t sides = 2 + pick(ChoiceKind::kSwarmTarget, kSidesMax - 1);
        std::vector<std::vector<std::string>> groups(sides);
        for (std::uint32_t one = 0; one < s_.chain.validators; ++one)
            groups[pick(ChoiceKind::kSwarmTarget, sides)].push_back(std::to_string(one));
        if (groups[0].empty()) return;
        for (std::uint32_t side = 1; side < sides; ++side) {
            if (!groups[side].empty()) plan.groups.push_back(std::move(groups[side]));
        }
    }

    // Takes targets away until the fault budget holds. Returns whether any are left.
    bool fit(FaultPlan& plan) {
        if (plan.kind == FaultKind::kPartition) return !plan.groups.empty();
        std::erase_if(plan.validators, [&](std::uint32_t one) {
            if (traits_of(plan.kind).deviates) return is_sole_proposer(s_.chain, one);
            return !s_.run.beyond_f && may_lose_the_only_copy(plan, s_.chain, one);
        });
        while (!plan.validators.empty()) {
            auto outage = outage_of(plan, s_.chain, plan.validators);
            if (!outage) return true;
            outages_.push_back(*std::move(outage));
            if (s_.run.beyond_f || !find_excess(outages_, byzantine_, stakes_, budget_))
                return true;
            outages_.pop_back();
            plan.validators.pop_back();
        }
        return false;
    }

    const Scenario& s_;
    const std::vector<Amount>& stakes_;
    ChoiceSource& choices_;
    std::vector<bool> byzantine_;
    Amount budget_;
    std::vector<Outage> outages_;  // of the faults that have their part of the budget
    std::uint32_t actor_ = 0;      // the kind being drawn
};

}  // namespace

bool draws_kind(const Scenario& scenario, FaultKind kind) {
    const std::vector<std::string>& kinds = scenario.swarm.kinds;
    if (kind == FaultKind::kPartition || kind == FaultKind::kOneWay) {
        if (scenario.chain.validators < 2) return false;
    }
    return kinds.empty() || std::ranges::find(kinds, word(kind)) != kinds.end();
}

std::span<const std::string_view> deviations_drawn(const ChainSettings& chain) {
    const EngineRow& engine = engine_row(chain.consensus);
    if (engine.of_dag) return kOnADag;
    if (engine.polls) return kWherePollsDecide;
    return engine.voting != nullptr ? std::span<const std::string_view>(kWhereVotesAreSigned)
                                    : kWhereOneDecides;
}

std::vector<FaultPlan> draw_faults(const Scenario& scenario, const std::vector<Amount>& stakes,
                                   ChoiceSource& choices) {
    if (!scenario.swarm.enabled) return {};
    return Swarm(scenario, stakes, choices).draw();
}

}  // namespace aivm::sim
