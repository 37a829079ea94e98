#include "scenarios/profit/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/run/counterfactual.h"
#include "scenarios/run/setting.h"

namespace aivm::scenarios {
namespace {

constexpr std::int64_t kLux = 1'000'000'000;
// Of a ladder, in the first candidates: on its own, and of a condition with what it is for.
constexpr std::size_t kLevelsAlone = 2;
constexpr std::size_t kLevelsOfCondition = 3;
constexpr std::string_view kIdentities = "identities";
constexpr std::string_view kCensorship = "censorship";

constexpr std::array<std::int64_t, 1> kSwitch{1};
constexpr std::array<std::int64_t, 5> kShareLevels{1'000'000, 500'000, 200'000, 100'000, 50'000};
constexpr std::array<std::int64_t, 7> kBitLevels{4, 1, 6, 2, 3, 5, 7};
constexpr std::array<std::int64_t, 5> kSeatLevels{3, 2, 4, 5, 1};
constexpr std::array<std::int64_t, 6> kAnswerLevels{5, 20, 2, 1, 10, 50};
constexpr std::array<std::int64_t, 7> kPriceLevels{600'000, 800'000, 400'000, 500'000,
                                                   700'000, 900'000, 300'000};
constexpr std::array<std::int64_t, 6> kOpenResultLevels{100, 400, 50, 200, 20, 800};
constexpr std::array<std::int64_t, 4> kProofLevels{1, 5, 2, 20};
constexpr std::array<std::int64_t, 5> kQuietLevels{10, 40, 5, 20, 2};
constexpr std::array<std::int64_t, 4> kBatchLevels{10, 5, 20, 2};
constexpr std::array<std::int64_t, 4> kJoinLevels{40, 10, 20, 80};
constexpr std::array<std::int64_t, 6> kLeaveLevels{2, 10, 50, 1, 5, 20};
constexpr std::array<std::int64_t, 8> kBribeLevels{50 * kLux, 20 * kLux, 100 * kLux, 5 * kLux,
                                                   10 * kLux, 40 * kLux, 200 * kLux, kLux};
constexpr std::array<std::int64_t, 5> kBlockPriceLevels{1'000 * kLux, 100 * kLux, 10'000 * kLux,
                                                        300 * kLux, 10 * kLux};
constexpr std::array<std::int64_t, 5> kTimeLevels{10'000, 1'000, 1'000'000, 100'000, 100};
constexpr std::array<std::int64_t, 6> kTasksPerBlockLevels{5, 20, 1, 10, 2, 50};
constexpr std::array<std::int64_t, 5> kTaskLevels{600, 100, 1'000, 50, 2'000};
constexpr std::array<std::int64_t, 5> kFeeLevels{kLux / 10, kLux / 100, kLux / 2, kLux, 10 * kLux};
constexpr std::array<std::int64_t, 5> kPartLevels{2, 4, 3, 8, 16};

bool has_committees(const sim::Scenario& s) {
    return s.vm.config.verification_mode == VerificationMode::kRedundant;
}
bool has_attestation(const sim::Scenario& s) {
    return s.vm.config.verification_mode == VerificationMode::kTee;
}
bool has_moving_price(const sim::Scenario& s) { return s.price.law != sim::PriceSettings{}.law; }
bool has_long_tasks(const sim::Scenario& s) {
    return s.workload.steps > 1 || s.workload.models > 1 || !s.workload.trace.empty();
}
bool believes_reports(const sim::Scenario& s) { return s.vm.policy.self_reported_compute; }
// Somebody in this role takes money for what it may do or leave undone.
bool sells(const sim::Scenario& s, sim::Role role) {
    return std::ranges::any_of(s.actors, [&](const sim::ActorGroup& group) {
        const StrategyRow* row = find_strategy(group.strategy);
        return group.role == role && row != nullptr && row->honest_as == role;
    });
}
bool has_checkers_for_sale(const sim::Scenario& s) { return sells(s, sim::Role::kChallenger); }
bool has_blocks_for_sale(const sim::Scenario& s) { return sells(s, sim::Role::kValidator); }

constexpr std::string_view kComposedProvider = "composed_provider";
constexpr std::string_view kComposedChallenger = "composed_challenger";
constexpr std::string_view kComposedRequester = "composed_requester";
constexpr std::string_view kComposedValidator = "composed_validator";

using Kind = PrimitiveKind;
constexpr std::array kLadders{
    Ladder{kComposedProvider, "wrong_ppm", Kind::kAnswer, kShareLevels},
    Ladder{kComposedProvider, "invented_ppm", Kind::kAnswer, kShareLevels},
    Ladder{kComposedProvider, "guess_ppm", Kind::kAnswer, kShareLevels},
    Ladder{kComposedProvider, "copy_ppm", Kind::kAnswer, kShareLevels, has_committees},
    Ladder{kComposedProvider, "silent_ppm", Kind::kAnswer, kShareLevels},
    Ladder{kComposedProvider, "bits_dropped", Kind::kAnswer, kBitLevels},
    Ladder{kComposedProvider, "seats_min", Kind::kCondition, kSeatLevels, has_committees},
    Ladder{kComposedProvider, "allied", Kind::kCondition, kSwitch, has_committees},
    Ladder{kComposedProvider, "after_answers", Kind::kCondition, kAnswerLevels},
    Ladder{kComposedProvider, "used_at_once", Kind::kCondition, kSwitch, has_attestation},
    Ladder{kComposedProvider, "price_below_ppm", Kind::kCondition, kPriceLevels, has_moving_price},
    Ladder{kComposedProvider, "open_results_min", Kind::kCondition, kOpenResultLevels},
    Ladder{kComposedProvider, "proofs_max", Kind::kCondition, kProofLevels},
    Ladder{kComposedProvider, "quiet_blocks", Kind::kCondition, kQuietLevels},
    Ladder{kComposedProvider, "last_moment", Kind::kOther, kSwitch},
    Ladder{kComposedProvider, "batch", Kind::kOther, kBatchLevels},
    Ladder{kComposedProvider, "joins_at_tasks", Kind::kOther, kJoinLevels},
    Ladder{kComposedProvider, "leaves_after", Kind::kOther, kLeaveLevels},
    Ladder{kComposedProvider, "unrevealed_ppm", Kind::kOther, kShareLevels, has_committees},
    Ladder{kComposedProvider, "reveals_last", Kind::kOther, kSwitch, has_committees},
    Ladder{kComposedProvider, "moves_late", Kind::kOther, kSwitch, has_long_tasks},
    Ladder{kComposedProvider, "bribe", Kind::kOther, kBribeLevels, has_checkers_for_sale},
    Ladder{kComposedProvider, "block_price", Kind::kOther, kBlockPriceLevels, has_blocks_for_sale},
    Ladder{kComposedProvider, "buys_reveals", Kind::kOther, kSwitch, has_blocks_for_sale},
    Ladder{kComposedProvider, "steals_key", Kind::kOther, kSwitch, has_attestation},
    Ladder{kComposedProvider, "reported_ms", Kind::kOther, kTimeLevels, believes_reports},
    Ladder{kComposedProvider, kIdentities, Kind::kOther, kPartLevels},
    Ladder{kComposedChallenger, "unchecked_ppm", Kind::kOther, kShareLevels},
    Ladder{kComposedChallenger, "false_ppm", Kind::kOther, kShareLevels},
    Ladder{kComposedChallenger, "spares_own", Kind::kOther, kSwitch},
    Ladder{kComposedChallenger, "proves_own", Kind::kOther, kSwitch},
    Ladder{kComposedChallenger, "shields_own", Kind::kOther, kSwitch},
    Ladder{kComposedChallenger, "copies_proofs", Kind::kOther, kSwitch},
    Ladder{kComposedChallenger, "last_block", Kind::kOther, kSwitch},
    Ladder{kComposedChallenger, "unrevealed_ppm", Kind::kOther, kShareLevels},
    Ladder{kComposedChallenger, "moves_late", Kind::kOther, kSwitch, has_long_tasks},
    Ladder{kComposedRequester, "tasks_per_block", Kind::kOther, kTasksPerBlockLevels},
    Ladder{kComposedRequester, "tasks", Kind::kOther, kTaskLevels},
    Ladder{kComposedRequester, "fee", Kind::kOther, kFeeLevels},
    Ladder{kComposedValidator, "passes_turns", Kind::kOther, kSwitch},
    Ladder{kComposedValidator, "omits_proofs", Kind::kOther, kSwitch},
    Ladder{kComposedValidator, "omits_answers", Kind::kOther, kSwitch},
};

// The strategy that a group of the owner plays in the search; empty: it stays honest, because it
// has demand of its own.
std::string_view composed_for(const sim::ActorGroup& honest) {
    switch (honest.role) {
        case sim::Role::kProvider:
            return kComposedProvider;
        case sim::Role::kChallenger:
            return kComposedChallenger;
        case sim::Role::kValidator:
            return kComposedValidator;
        case sim::Role::kRequester:
            return honest.strategy == "absent" ? kComposedRequester : std::string_view();
    }
    return {};
}

// One principal has all members of the group, or would have if there were more.
bool may_split(const sim::ActorGroup& group) {
    return group.count == 1 || group.shared_principal || !group.principal.empty();
}

void split_group(sim::ActorGroup& group, std::uint64_t parts) {
    if (group.count == 1 && group.principal.empty()) group.shared_principal = true;
    group.count *= static_cast<std::uint32_t>(parts);
    group.stake = Amount(group.stake.nlux() / parts);
    group.bond = Amount(group.bond.nlux() / parts);
}

const StrategyParameter& parameter_of(const Ladder& ladder) {
    return *std::ranges::find(find_strategy(ladder.strategy)->parameters, ladder.parameter,
                              &StrategyParameter::name);
}

Result<sim::Owner> owner_in(const sim::Scenario& scenario, const std::string& label) {
    AIVM_ASSIGN(const sim::Setting setting, make_setting(scenario));
    const std::vector<sim::Owner> owners = owners_of(setting);
    if (!label.empty()) {
        const auto named = std::ranges::find(owners, label, &sim::Owner::label);
        if (named != owners.end()) return *named;
        std::string all;
        for (const sim::Owner& owner : owners) all += (all.empty() ? "" : ", ") + owner.label;
        return fail(ErrorCode::kNotFound, fmt::format("{} has no owner called '{}'; there are {}",
                                                      scenario.name, label, all));
    }
    if (const sim::Owner* attacker = sim::find_attacker(scenario, owners)) return *attacker;
    const auto first =
        std::ranges::find(scenario.actors, sim::Role::kProvider, &sim::ActorGroup::role);
    if (first == scenario.actors.end())
        return fail(ErrorCode::kConfig,
                    scenario.name + " has no provider whose owner could search");
    return *std::ranges::find(owners, sim::owner_label(*first), &sim::Owner::label);
}

// Half, double, a fifth less or a quarter more.
std::int64_t nudged(std::int64_t level, std::int64_t maximum, sim::RandomStream& random) {
    switch (random.below(4)) {
        case 0:
            level /= 2;
            break;
        case 1:
            level = level > maximum / 2 ? maximum : level * 2;
            break;
        case 2:
            level -= std::max<std::int64_t>(1, level / 5);
            break;
        default:
            level += std::max<std::int64_t>(1, level / 4);
    }
    return std::clamp<std::int64_t>(level, 1, maximum);
}

Status check_without(const std::vector<std::string>& without) {
    for (const std::string& name : without) {
        if (name == kCensorship ||
            std::ranges::find(kLadders, name, &Ladder::parameter) != std::ranges::end(kLadders))
            continue;
        return fail(ErrorCode::kNotFound,
                    fmt::format("no primitive action is called '{}'; aivmsim profit --list names "
                                "them",
                                name));
    }
    return {};
}

}  // namespace

std::span<const Ladder> ladders() { return kLadders; }

Result<SearchSpace> SearchSpace::make(const sim::Scenario& scenario, const std::string& owner,
                                      const std::vector<std::string>& without) {
    if (scenario.run.fidelity != sim::Fidelity::kEconomic) {
        return fail(ErrorCode::kConfig,
                    fmt::format("{} is of the full fidelity, and a profit search needs the "
                                "economic one; add --set run.fidelity=economic",
                                scenario.name));
    }
    AIVM_TRY(check_without(without));
    AIVM_ASSIGN(const sim::Owner of, owner_in(scenario, owner));
    SearchSpace out;
    out.owner_ = of.label;
    out.honest_ = with_honest(scenario, of);
    out.honest_.attacker = of.label;
    out.composed_ = out.honest_;
    for (std::size_t i = 0; i < out.composed_.actors.size(); ++i) {
        if (sim::owner_label(out.composed_.actors[i]) == of.label)
            out.add_group(scenario, i, without);
    }
    const bool pays = scenario.chain.censorship != out.honest_.chain.censorship;
    if (pays && std::ranges::find(without, kCensorship) == without.end()) {
        out.censorship_ = scenario.chain.censorship;
        out.primitives_.push_back({"chain.censorship",
                                   "pays for the censorship of fraud proofs",
                                   std::string(kCensorship),
                                   {},
                                   Kind::kOther,
                                   {1}});
    }
    if (out.primitives_.empty())
        return fail(ErrorCode::kConfig, of.label + " has no group that could deviate");
    return out;
}

void SearchSpace::add_group(const sim::Scenario& scenario, std::size_t group,
                            const std::vector<std::string>& without) {
    sim::ActorGroup& played = composed_.actors[group];
    const std::string_view strategy = composed_for(played);
    if (strategy.empty()) return;
    played.strategy = strategy;
    played.parameters.clear();
    for (const Ladder& ladder : kLadders) {
        const bool is_off = std::ranges::find(without, ladder.parameter) != without.end();
        if (ladder.strategy != strategy || is_off) continue;
        if (ladder.matters != nullptr && !ladder.matters(scenario)) continue;
        if (ladder.parameter == kIdentities && !may_split(played)) continue;
        primitives_.push_back(
            {fmt::format("{}.{}.parameters.{}", word(played.role), played.name, ladder.parameter),
             std::string(parameter_of(ladder).doc),
             std::string(ladder.parameter),
             group,
             ladder.kind,
             {ladder.levels.begin(), ladder.levels.end()}});
    }
}

sim::Scenario SearchSpace::scenario_of(const Candidate& candidate) const {
    sim::Scenario out = composed_;
    for (const auto& [index, level] : candidate) {
        const Primitive& primitive = primitives_.at(index);
        if (!primitive.group) {
            out.chain.censorship = censorship_;
            continue;
        }
        sim::ActorGroup& group = out.actors[*primitive.group];
        group.parameters[primitive.parameter] = level;
        if (primitive.parameter == kIdentities)
            split_group(group, static_cast<std::uint64_t>(level));
    }
    return out;
}

std::string SearchSpace::name_of(const Candidate& candidate) const {
    if (candidate.empty()) return "honest play";
    std::string out;
    for (const auto& [index, level] : candidate)
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", primitives_.at(index).key, level);
    return out;
}

std::vector<Candidate> SearchSpace::first() const {
    std::vector<Candidate> out;
    const auto levels_of = [&](std::size_t i, std::size_t most) {
        const auto& all = primitives_[i].levels;
        return std::span(all).first(std::min(most, all.size()));
    };
    const std::size_t count = primitives_.size();
    for (std::size_t i = 0; i < count; ++i)
        for (const std::int64_t level : levels_of(i, kLevelsAlone)) out.push_back({{i, level}});
    // What it answers, with whatever else it does and with when it does so; then the rest.
    for (const auto& [of, with] :
         {std::pair{Kind::kAnswer, Kind::kOther}, std::pair{Kind::kAnswer, Kind::kCondition},
          std::pair{Kind::kOther, Kind::kOther}}) {
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < count; ++j) {
                if (primitives_[i].kind != of || primitives_[j].kind != with) continue;
                if (of == with && j <= i) continue;
                const std::size_t most = with == Kind::kCondition ? kLevelsOfCondition : 1;
                for (const std::int64_t level : levels_of(j, most))
                    out.push_back({{i, primitives_[i].levels.front()}, {j, level}});
            }
        }
    }
    return out;
}

Candidate SearchSpace::mutate(Candidate candidate, sim::RandomStream& random) const {
    const std::uint64_t changes = random.below(3) == 0 ? 2 : 1;
    for (std::uint64_t i = 0; i < changes; ++i) {
        std::size_t primitive = random.below(primitives_.size());
        if (!candidate.empty() && random.below(2) == 0) {
            primitive = std::next(candidate.begin(),
                                  static_cast<std::ptrdiff_t>(random.below(candidate.size())))
                            ->first;
            if (random.below(3) == 0) {
                candidate.erase(primitive);
                continue;
            }
        }
        const Primitive& changed = primitives_[primitive];
        const auto present = candidate.find(primitive);
        if (present != candidate.end() && random.below(2) == 0) {
            present->second = nudged(present->second, changed.maximum, random);
        } else {
            candidate[primitive] = changed.levels[random.below(changed.levels.size())];
        }
    }
    return candidate;
}

Candidate SearchSpace::cross(const Candidate& a, const Candidate& b, sim::RandomStream& random) {
    Candidate out;
    for (const Candidate* one : {&a, &b}) {
        for (const auto& [index, level] : *one)
            if (random.below(4) != 0) out[index] = level;
    }
    return out;
}

}  // namespace aivm::scenarios
