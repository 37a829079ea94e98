#include "scenarios/adversaries/strategy_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr std::array kLazyParameters{
    StrategyParameter{"guess_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of tasks that are guessed, not computed"},
    StrategyParameter{"sample", 1, 4096, 256, "rows",
                      "rows computed once, to learn the most common answer"},
};
constexpr std::array kSilentParameters{
    StrategyParameter{"silent_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its tasks on which it says nothing"},
};
constexpr std::array kCrashParameters{
    StrategyParameter{"silent_ppm", 0, 1'000'000, 100'000, "ppm",
                      "share of its tasks on which it is down"},
};
constexpr std::array kSlowParameters{
    StrategyParameter{"factor", 1, 1'000'000, 10, "times",
                      "how often it computes what one computation would give"},
};
constexpr std::array kNoiseParameters{
    StrategyParameter{"error_ppm", 0, 1'000'000, 20'000, "ppm",
                      "share of its answers that are off by one"},
};
constexpr std::array kThresholdParameters{
    StrategyParameter{"full_mlux", 1, 1'000'000'000, 1000, "mLUX",
                      "the fee from which on it checks everything"},
};
constexpr std::array kLateParameters{
    StrategyParameter{"tasks_seen", 1, 1'000'000, 1, "tasks",
                      "tasks on chain when it joins the pool"},
};
constexpr std::array kEpsilonParameters{
    StrategyParameter{"bribe_mlux", 0, 1'000'000'000, 100, "mLUX",
                      "the briber's offer for a lie that wins"},
    StrategyParameter{"accept_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the offers that a provider takes"},
};
constexpr std::array kFarmParameters{
    StrategyParameter{"farm", 0, 1'000'000, 10, "tasks", "tasks answered truly before the lies"},
};
constexpr std::array kEscapeParameters{
    StrategyParameter{"cheat_at", 0, 1'000'000, 0, "tasks",
                      "tasks answered honestly before the wrong one"},
    StrategyParameter{"committee", 0, 1, 0, "",
                      "1: leaves in the block of its draw, commits and never reveals"},
};
constexpr std::array kFrivolousParameters{
    StrategyParameter{"attack_ppm", 0, 1'000'000, 50'000, "ppm",
                      "share of posted results that are attacked"},
};
constexpr std::array kCensorParameters{
    StrategyParameter{"censor_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks that leave fraud proofs out"},
};
constexpr std::int64_t kAnyAmount = 1'000'000'000'000'000'000;
constexpr std::array kSilenceParameters{
    StrategyParameter{"lie_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "provider: share of its answers that are wrong"},
    StrategyParameter{"price", 1, kAnyAmount, 1'000'000'000, "nLUX",
                      "provider: paid for one block's silence"},
    StrategyParameter{"budget", 0, kAnyAmount, 100'000'000'000, "nLUX",
                      "provider: paid in all, at most"},
    StrategyParameter{"reserve", 0, kAnyAmount, 0, "nLUX", "validator: sells no block for less"},
};
constexpr std::int64_t kAnyTime = 1'000'000'000'000'000'000;
constexpr std::array kOutageParameters{
    StrategyParameter{"from", 0, kAnyTime, 0, "ns", "when the checkers are cut off"},
    StrategyParameter{"until", 0, kAnyTime, kAnyTime, "ns", "and when they are not any more"},
    StrategyParameter{"hold", 0, kAnyTime, 20'000'000'000, "ns",
                      "answers ready so shortly before are held back"},
};
constexpr std::array kEclipseParameters{
    StrategyParameter{"victims", 0, 10'000, 1, "challengers", "the first so many are told nothing"},
};
constexpr std::array kEquivocatorParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks that it builds twice"},
};

constexpr StrategyParameter kCheat{
    "cheat_ppm", 0, 1'000'000, 1'000'000, "ppm", "share of its answers that are wrong on purpose"};
constexpr StrategyParameter kAttack{"attack_ppm", 0,     1'000'000,
                                    1'000'000,    "ppm", "share of results it attacks"};

constexpr std::array kDowngradeParameters{
    StrategyParameter{"kept_bits", 1, 8, 4, "bits", "of every weight; 8 is the model itself"},
    StrategyParameter{"cost_ppm", 0, 1'000'000, 250'000, "ppm",
                      "of the model's steps, computed for an answer"},
};
constexpr std::array kCheatParameters{kCheat};
constexpr std::array kBribeParameters{
    StrategyParameter{"bribe", 0, 1'000'000'000'000'000, 45'000'000'000, "nLUX",
                      "offered to each checker, for each answer"},
};
constexpr std::array kBribableParameters{
    StrategyParameter{"price_ppm", 0, 1'000'000'000, 1'000'000, "ppm",
                      "of the proof's reward, for which it is silent"},
};
constexpr std::array kLastBlockParameters{
    StrategyParameter{"answer_late", 0, 1000, 0, "blocks",
                      "after the last block before the timeout"},
    StrategyParameter{"commit_late", 0, 1000, 0, "blocks",
                      "after the last block of the challenge window"},
    StrategyParameter{"reveal_late", 0, 1000, 0, "blocks",
                      "after the last block of the reveal window"},
};
constexpr std::array kWaiterParameters{kCheat, kAttack};
constexpr std::array kReuseParameters{
    StrategyParameter{"burst", 1, 10'000, 10, "tasks", "gathered before it answers them all"},
};
constexpr std::array kRestakerParameters{
    StrategyParameter{"names", 1, 1000, 8, "names", "it stands under, one after the other"},
    StrategyParameter{"results_each", 1, 10'000, 2, "results", "sold under each before it leaves"},
};
constexpr std::array kDelayParameters{
    kAttack,
    StrategyParameter{"reveal", 0, 1, 0, "",
                      "1: reveals its false claim in the last block; 0: never"},
};
constexpr std::array kGrieferParameters{
    kAttack,
    StrategyParameter{"rounds", 1, 64, 3, "challenges", "lost on a result before it lets go"},
};
constexpr std::array kDustParameters{
    StrategyParameter{"per_block", 1, 100'000, 10, "tasks", "submitted in every block interval"},
    StrategyParameter{"count", 0, 10'000'000, 1000, "tasks",
                      "in all; at least its share of the workload"},
};
constexpr std::array kInflatorParameters{
    StrategyParameter{"reported_ms", 0, 4'000'000'000, 10'000, "ms", "reported for every answer"},
};
constexpr std::array kWashParameters{
    StrategyParameter{"fee", 0, 1'000'000'000'000'000, 1'000'000, "nLUX",
                      "paid for a task; at least the fee floor"},
    StrategyParameter{"per_block", 1, 100'000, 10, "tasks", "submitted in every block interval"},
    StrategyParameter{"count", 0, 10'000'000, 1000, "tasks",
                      "in all; at least its share of the workload"},
};
constexpr std::array kShieldParameters{
    kCheat,
    StrategyParameter{"hold", 0, 1, 0, "",
                      "1: reveals in the last block, to stay open; 0: at once, to be lost"},
};
constexpr std::array kLazyCheckerParameters{
    StrategyParameter{"check_ppm", 0, 1'000'000, 250'000, "ppm",
                      "probability that it checks a result"},
    StrategyParameter{"power_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "probability that it sees what it checks is wrong"},
    StrategyParameter{"outage_ppm", 0, 1'000'000, 0, "ppm",
                      "share of the results that all such checkers miss together"},
    StrategyParameter{"cut_off_blocks", 0, 1'000'000, 0, "blocks",
                      "mean time for which an attacker cuts it off when a result is posted"},
    StrategyParameter{"latency_blocks", 0, 1'000'000, 0, "blocks",
                      "from hearing of a result to being able to object"},
    StrategyParameter{"per_block_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "probability in each block from then on that it gets round to it"},
};
constexpr std::array kCollusionParameters{
    StrategyParameter{"bad_ppm", 0, 1'000'000, 0, "ppm",
                      "probability that a seat lies, as if drawn from a pool without end; 0: its "
                      "accomplices decide"},
};
constexpr std::array kNondeterministicParameters{
    StrategyParameter{"error_ppm", 0, 1'000'000, 10'000, "ppm",
                      "share of the tasks on which its machine errs"},
};

// Rows name only the roles that they play.
constexpr std::array kStrategies{
    StrategyRow{.name = "honest",
                .honest = true,
                .doc = "computes and answers truly; checks every answer; submits its share; "
                       "includes everything",
                .provider = make_honest_provider,
                .challenger = make_always_check,
                .requester = make_honest_requester,
                .validator = make_honest_validator},
    StrategyRow{.name = "always_check",
                .honest = true,
                .doc = "re-runs every posted result and challenges the wrong ones",
                .challenger = make_always_check},
    StrategyRow{.name = "threshold_check",
                .honest = true,
                .doc = "re-runs a posted result the more often the more is at stake",
                .parameters = kThresholdParameters,
                .challenger = make_threshold_check},
    StrategyRow{.name = "slow",
                .honest = true,
                .doc = "computes everything several times over before it answers",
                .parameters = kSlowParameters,
                .provider = make_slow},
    StrategyRow{.name = "crash_faulty",
                .honest = true,
                .doc = "answers truly, and now and then not at all",
                .parameters = kCrashParameters,
                .provider = make_silent_selected},
    StrategyRow{.name = "nondeterministic",
                .honest = true,
                .doc = "computes, and errs now and then",
                .parameters = kNondeterministicParameters,
                .provider = make_nondeterministic},
    StrategyRow{.name = "lazy_guess",
                .id = "A01",
                .doc = "returns the most common answer without computing",
                .parameters = kLazyParameters,
                .provider = make_lazy_guess},
    StrategyRow{.name = "free_rider",
                .id = "A03",
                .doc = "posts the first answer that it sees",
                .provider = make_free_rider,
                .watches_pending = true},
    StrategyRow{.name = "silent_selected",
                .id = "A05",
                .doc = "takes a seat and says nothing",
                .parameters = kSilentParameters,
                .provider = make_silent_selected},
    StrategyRow{.name = "last_revealer",
                .id = "A06",
                .doc = "commits to a guess and reveals it only if it turned out right",
                .provider = make_last_revealer},
    StrategyRow{.name = "quorum_collusion",
                .id = "A07",
                .doc = "gives one agreed wrong answer where its accomplices decide the quorum",
                .parameters = kCollusionParameters,
                .provider = make_quorum_collusion},
    StrategyRow{.name = "cartel",
                .id = "A08",
                .doc = "agrees with other owners on a cheap answer where they decide the quorum",
                .provider = make_cartel},
    StrategyRow{.name = "sybil",
                .id = "A09",
                .doc = "works honestly under many identities, to be drawn more often",
                .provider = make_honest_provider},
    StrategyRow{
        .name = "selection_grinder",
        .id = "A10",
        .doc = "passes its turn to propose when the draw would not favour its own providers",
        .validator = make_selection_grinder},
    StrategyRow{.name = "late_joiner",
                .id = "A11",
                .doc = "joins the pool when there are tasks, and colludes",
                .parameters = kLateParameters,
                .provider = make_late_joiner},
    StrategyRow{.name = "frivolous_challenger",
                .id = "A12",
                .doc = "challenges correct results",
                .parameters = kFrivolousParameters,
                .challenger = make_frivolous_challenger},
    StrategyRow{.name = "p_plus_epsilon",
                .id = "A16",
                .doc = "bribes a committee, as a requester, or takes the bribe, as a provider; "
                       "paid only if the lie wins",
                .parameters = kEpsilonParameters,
                .provider = make_bribable,
                .requester = make_briber},
    StrategyRow{.name = "censoring_proposer",
                .id = "A17",
                .doc = "leaves fraud proofs out of its blocks",
                .parameters = kCensorParameters,
                .validator = make_censoring_proposer},
    StrategyRow{
        .name = "economic_censor",
        .id = "A18",
        .doc =
            "lies, and buys every block that could carry the proof; validators: sells its blocks",
        .parameters = kSilenceParameters,
        .provider = make_economic_censor,
        .validator = make_silence_seller},
    StrategyRow{.name = "orphaning_majority",
                .id = "A19",
                .doc = "votes against every block that carries a fraud proof, and builds beside it",
                .validator = make_orphaning_majority,
                .polled = true},
    StrategyRow{.name = "budget_splitter",
                .id = "A20",
                .doc = "lies, and buys only the few blocks in which a challenge must be revealed; "
                       "validators: sells them",
                .parameters = kSilenceParameters,
                .provider = make_budget_splitter,
                .validator = make_silence_seller},
    StrategyRow{.name = "partition_timed_fraud",
                .id = "A21",
                .doc = "lies while the checkers are cut off",
                .parameters = kOutageParameters,
                .provider = make_partition_timed_fraud},
    StrategyRow{.name = "eclipse",
                .id = "A22",
                .doc = "tells some of the challengers that follow it nothing",
                .parameters = kEclipseParameters,
                .validator = make_eclipse,
                .polled = true},
    StrategyRow{.name = "unbond_escape",
                .id = "A25",
                .doc = "posts a wrong result and asks to leave at once",
                .parameters = kEscapeParameters,
                .provider = make_unbond_escape},
    StrategyRow{.name = "model_downgrade",
                .id = "A02",
                .doc = "serves a coarser copy of the model",
                .parameters = kDowngradeParameters,
                .provider = make_model_downgrade},
    StrategyRow{.name = "lazy_checker",
                .id = "A04",
                .honest = true,
                .doc = "checks a share of the results, and sees a share of what is wrong",
                .parameters = kLazyCheckerParameters,
                .challenger = make_lazy_checker},
    StrategyRow{.name = "self_challenger",
                .id = "A13",
                .doc = "proves its own wrong answers wrong, before others can",
                .parameters = kCheatParameters,
                .provider = make_self_challenged_provider,
                .challenger = make_self_challenger},
    StrategyRow{.name = "challenge_frontrunner",
                .id = "A14",
                .doc = "copies fraud proofs from the queue, and leaves the originals out",
                .challenger = make_challenge_frontrunner,
                .validator = make_frontrunning_proposer,
                .watches_pending = true},
    StrategyRow{.name = "checker_briber",
                .id = "A15",
                .doc = "posts wrong answers and pays checkers to stay silent",
                .parameters = kBribeParameters,
                .provider = make_checker_briber},
    StrategyRow{.name = "bribable_checker",
                .id = "A15",
                .doc = "checks everything, and stays silent for money",
                .parameters = kBribableParameters,
                .challenger = make_bribable_checker},
    StrategyRow{.name = "last_block",
                .id = "A23",
                .honest = true,
                .doc = "acts in the last block of every window",
                .parameters = kLastBlockParameters,
                .provider = make_last_minute_provider,
                .challenger = make_last_block_challenger},
    StrategyRow{.name = "clock_waiter",
                .id = "A24",
                .doc = "makes every move of a dispute at the last moment",
                .parameters = kWaiterParameters,
                .provider = make_waiting_provider,
                .challenger = make_waiting_challenger},
    StrategyRow{.name = "bond_reuse",
                .id = "A26",
                .doc = "gathers tasks and answers all of them wrongly at once",
                .parameters = kReuseParameters,
                .provider = make_bond_reuse},
    StrategyRow{.name = "restaker",
                .id = "A27",
                .doc = "puts one stake behind one name after the other",
                .parameters = kRestakerParameters,
                .provider = make_restaker},
    StrategyRow{.name = "delay_attacker",
                .id = "A30",
                .doc = "challenges correct results falsely in the last block",
                .parameters = kDelayParameters,
                .challenger = make_delay_attacker},
    StrategyRow{.name = "restart_griefer",
                .id = "A31",
                .doc = "challenges a correct result again and again",
                .parameters = kGrieferParameters,
                .challenger = make_restart_griefer},
    StrategyRow{.name = "dust_spammer",
                .id = "A32",
                .doc = "floods the chain with tasks at the fee floor",
                .parameters = kDustParameters,
                .requester = make_dust_spammer},
    StrategyRow{.name = "compute_time_inflator",
                .id = "A38",
                .doc = "reports more computing time than it used",
                .parameters = kInflatorParameters,
                .provider = make_compute_time_inflator},
    StrategyRow{.name = "wash_trader",
                .id = "A39",
                .doc = "buys work for what is minted for it",
                .parameters = kWashParameters,
                .requester = make_wash_trader},
    StrategyRow{.name = "shield_challenger",
                .id = "A40",
                .doc = "challenges its own wrong answers badly, to keep others out",
                .parameters = kShieldParameters,
                .provider = make_shielded_provider,
                .challenger = make_shield_challenger},
    StrategyRow{.name = "trust_farmer",
                .id = "A33",
                .doc = "earns trust with true answers, and then lies",
                .parameters = kFarmParameters,
                .provider = make_trust_farmer},
    StrategyRow{.name = "tee_key_thief",
                .id = "A34",
                .doc = "forges evidence with a stolen key and makes its answers up",
                .provider = make_tee_key_thief},
    StrategyRow{.name = "stale_attester",
                .id = "A35",
                .doc = "shows the same old quote again and again",
                .provider = make_stale_attester},
    StrategyRow{.name = "noise_gamer",
                .id = "A36",
                .doc = "is off by one now and then, and calls it noise",
                .parameters = kNoiseParameters,
                .provider = make_noise_gamer},
    StrategyRow{.name = "equivocator",
                .id = "A28",
                .doc = "signs two blocks for one slot and shows each to half of the others",
                .parameters = kEquivocatorParameters,
                .validator = make_equivocator,
                .polled = true},
    StrategyRow{.name = "nothing_at_stake",
                .id = "A29",
                .doc = "votes for whatever the asker prefers",
                .validator = make_nothing_at_stake,
                .polled = true},
    StrategyRow{.name = "minority_keeper",
                .id = "A37",
                .doc = "votes for a sibling of what the asker prefers",
                .validator = make_minority_keeper,
                .polled = true},
};

bool plays(const StrategyRow& row, sim::Role role) {
    switch (role) {
        case sim::Role::kProvider:
            return row.provider != nullptr;
        case sim::Role::kChallenger:
            return row.challenger != nullptr;
        case sim::Role::kValidator:
            return row.validator != nullptr;
        case sim::Role::kRequester:
            return row.requester != nullptr;
    }
    return false;
}

std::string names_for(sim::Role role) {
    std::string out;
    for (const StrategyRow& row : kStrategies) {
        if (plays(row, role)) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
    }
    return out;
}

// What is wrong with one group, or nothing.
std::vector<std::string> check_group(const sim::ActorGroup& group) {
    const std::string where = fmt::format("{}.{}", word(group.role), group.name);
    const StrategyRow* row = find_strategy(group.strategy);
    if (row == nullptr || !plays(*row, group.role)) {
        return {fmt::format("{}: no {} strategy is called '{}'; there are {}", where,
                            word(group.role), group.strategy, names_for(group.role))};
    }
    std::vector<std::string> faults;
    for (const auto& [name, value] : group.parameters) {
        const auto known = std::ranges::find(row->parameters, name, &StrategyParameter::name);
        if (known == row->parameters.end()) {
            faults.push_back(fmt::format("{}: {} has no parameter '{}'", where, row->name, name));
        } else if (value < known->minimum || value > known->maximum) {
            faults.push_back(fmt::format("{}: {} = {} is outside {} to {} {}", where, name, value,
                                         known->minimum, known->maximum, known->unit));
        }
    }
    return faults;
}

template <class Strategy>
Result<std::unique_ptr<Strategy>> make(const sim::ActorGroup& group,
                                       const sim::StrategyContext& part,
                                       Maker<Strategy> StrategyRow::* maker) {
    if (const auto faults = check_group(group); !faults.empty())
        return fail(ErrorCode::kConfig, faults.front());
    const StrategyRow& row = *find_strategy(group.strategy);
    return (row.*maker)(Parameters(row.parameters, group.parameters), part);
}

}  // namespace

std::int64_t Parameters::get(std::string_view name) const {
    if (const auto given = given_.find(std::string(name)); given != given_.end())
        return given->second;
    const auto known = std::ranges::find(known_, name, &StrategyParameter::name);
    AIVM_CHECK(known != known_.end());
    return known->default_value;
}

std::span<const StrategyRow> strategies() { return kStrategies; }

const StrategyRow* find_strategy(std::string_view name) {
    const auto found = std::ranges::find(kStrategies, name, &StrategyRow::name);
    return found == kStrategies.end() ? nullptr : &*found;
}

Result<std::unique_ptr<sim::ProviderStrategy>> StrategyTable::provider(
    const sim::ActorGroup& group, const sim::StrategyContext& part) const {
    return make(group, part, &StrategyRow::provider);
}

Result<std::unique_ptr<sim::ChallengerStrategy>> StrategyTable::challenger(
    const sim::ActorGroup& group, const sim::StrategyContext& part) const {
    return make(group, part, &StrategyRow::challenger);
}

Result<std::unique_ptr<sim::RequesterStrategy>> StrategyTable::requester(
    const sim::ActorGroup& group, const sim::StrategyContext& part) const {
    return make(group, part, &StrategyRow::requester);
}

Result<std::unique_ptr<sim::ValidatorStrategy>> StrategyTable::validator(
    const sim::ActorGroup& group, const sim::StrategyContext& part) const {
    return make(group, part, &StrategyRow::validator);
}

bool StrategyTable::is_honest(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->honest;
}

bool StrategyTable::watches_pending(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->watches_pending;
}

std::vector<std::string> check_strategies(const sim::Scenario& scenario) {
    std::vector<std::string> faults;
    for (const sim::ActorGroup& group : scenario.actors) {
        const auto of_group = check_group(group);
        faults.insert(faults.end(), of_group.begin(), of_group.end());
        const StrategyRow* row = find_strategy(group.strategy);
        const bool polls = scenario.run.fidelity == sim::Fidelity::kFull &&
                           scenario.chain.consensus == sim::ConsensusKind::kSnowman;
        if (of_group.empty() && row->polled && !polls) {
            faults.push_back(fmt::format(
                "{}.{}: {} does something only where validators vote; set run.fidelity to full "
                "and chain.consensus to snowman",
                word(group.role), group.name, row->name));
        }
    }
    return faults;
}

}  // namespace aivm::scenarios
