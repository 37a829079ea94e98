// V71-V79: rules beyond a flat share of the result bond. What each policy takes, pays or lets pass
// comes out of runs with the policy on; spec and sources of the formulas are in CASES.md.
#include <cmath>
#include <map>
#include <set>

#include "scenarios/validation/case_table.h"
#include "scenarios/validation/search.h"

namespace aivm::scenarios {
namespace {

constexpr double kBasisPoints = 10'000;
constexpr double kBondLux = 10'000'000;  // of members()

std::uint32_t bps_of(const ValidationCase& c, std::string_view name, double value, double most) {
    const double bps = std::round(value * kBasisPoints);
    if (std::abs(value * kBasisPoints - bps) > 1e-6)
        c.refuse(name, "the VM has it in whole basis points");
    if (bps > most) c.refuse(name, "it is more than the VM takes");
    return static_cast<std::uint32_t>(bps);
}

sim::ActorGroup checkers(std::string name, std::uint32_t count, std::uint32_t check_ppm) {
    return members(sim::Role::kChallenger, std::move(name), count, "lazy_checker",
                   {{"check_ppm", check_ppm}});
}

// What the slashes of a run for this cause took, in LUX.
double taken_for(const Played& played, std::string_view cause) {
    double sum = 0;
    for (const sim::SlashRow& row : played.rows.rows<sim::SlashRow>()) {
        if (row.cause == cause) sum += static_cast<double>(row.taken.nlux()) / kNluxOfLux;
    }
    return sum;
}

// The taken part of one bond in the first correlated penalty of each provider.
Sample first_penalties(const Played& played) {
    std::set<std::uint32_t> seen;
    Sample sample;
    for (const sim::SlashRow& row : played.rows.rows<sim::SlashRow>()) {
        if (row.cause != "correlated" || !seen.insert(row.agent).second) continue;
        sample.part += static_cast<double>(row.taken.nlux()) / kNluxOfLux / kBondLux;
        sample.whole += 1;
    }
    return sample;
}

sim::Scenario lies(std::uint32_t tasks, std::uint32_t per_block, std::uint32_t check_ppm) {
    sim::Scenario s = market(tasks, per_block);
    s.actors = {liars(1), checkers("checkers", 1, check_ppm)};
    return s;
}

}  // namespace

// Every liar is proven wrong within a few blocks, long before the window is over. Enough tasks
// follow that the run reaches the end of the window.
Result<Sample> correlated_penalties(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kProvidersMax = 100;
    constexpr std::uint32_t kPerProvider = 8;  // tasks of a block
    constexpr std::uint32_t kWindow = 25;
    constexpr std::uint32_t kBlocks = 45;
    const std::uint32_t all = c.whole("n", 1, kProvidersMax);
    const std::uint32_t bad = c.whole("c", 1, all);
    const std::uint32_t multiplier = c.whole("k", 1, kProvidersMax);
    if (multiplier * bad > all) c.refuse("k", "at most n / c, above which nothing is left");
    sim::Scenario s = lies(kBlocks * kPerProvider * all, kPerProvider * all, 1'000'000);
    s.vm.policy.result_bond = lux(1);
    s.vm.policy.correlation_multiplier = multiplier;
    s.vm.policy.correlation_window_blocks = kWindow;
    s.actors.front().count = bad;
    s.actors.push_back(members(sim::Role::kProvider, "honest", all - bad, "honest"));
    AIVM_ASSIGN(const auto played, play(context, s));
    const Sample sample = first_penalties(*played);
    if (sample.whole != bad)
        return fail(ErrorCode::kWrongState, "not every liar has paid a penalty");
    return sample;
}

// One liar per run, which tells n lies.
Result<Sample> escalated_total(const ValidationCase& c, const RunContext& context) {
    constexpr double kMost = 100;  // of the escalation, in the VM
    const std::uint32_t n = c.whole("n", 1, 64);
    const double escalation = c.positive("e");
    if (escalation <= 1) c.refuse("e", "above 1");
    const double slash = c.positive("S");
    double worst = slash;
    for (std::uint32_t i = 0; i < n; ++i) worst *= escalation;
    const Money money(slash);
    if (worst / slash * Money::kLargestLux > kBondLux / 2)
        c.refuse("n", "the last slash would be more than the bond");
    sim::Scenario s = lies(n, 1, c.ppm("p"));
    s.vm.policy.result_bond = money.amount(slash);
    s.vm.policy.slash_escalation_bps = bps_of(c, "e", escalation, kMost * kBasisPoints);
    AIVM_ASSIGN(const auto played, play(context, s));
    return Sample{money.units(taken_for(*played, "wrong_answer")), 1};
}

// A challenger that checks everything beside n - 1 others: what it receives of the share.
Result<Sample> halved_reward(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kLies = 400;
    const std::uint32_t n = c.whole("n", 1, 200);
    sim::Scenario s = lies(kLies, 20, 1'000'000);
    s.vm.policy.claim_reward = ClaimReward::kHalving;
    s.vm.policy.result_bond = lux(10);
    s.actors.back().name = "one";
    s.actors.push_back(checkers("others", n - 1, c.ppm("q")));
    AIVM_ASSIGN(const auto played, play(context, s));
    const double share =
        10 * s.vm.policy.challenger_share_bps / kBasisPoints * missed_frauds(*played).whole;
    return Sample{played->net_lux("one"), share};
}

// One provider that errs on purpose, and whose owner proves at the end of the window what nobody
// else has found: what a challenger of everything earns per result, as a part of the jackpot.
Result<Sample> forced_errors(const ValidationCase& c, const RunContext& context) {
    constexpr double kErrors = 400;
    const std::uint32_t n = c.whole("n", 1, 200);
    const std::uint32_t error_ppm = c.ppm("f");
    if (error_ppm == 0) c.refuse("f", "it must be above 0");
    sim::Scenario s = market(tasks_for(kErrors / c.share("f")), 20);
    s.vm.config.challenge_window_blocks = 8;
    s.vm.policy.claim_reward = ClaimReward::kHalving;
    s.actors = {
        members(sim::Role::kProvider, "erring", 1, "forced_error", {{"error_ppm", error_ppm}}),
        members(sim::Role::kChallenger, "disclosing", 1, "forced_error", {{"margin_blocks", 2}}),
        checkers("one", 1, 1'000'000), checkers("others", n - 1, c.ppm("q"))};
    s.actors[0].principal = s.actors[1].principal = "market";
    AIVM_ASSIGN(const auto played, play(context, s));
    const double jackpot = 10 * s.vm.policy.challenger_share_bps / kBasisPoints;
    return Sample{played->net_lux("one"), jackpot * static_cast<double>(played->results().size())};
}

// The check cost at which one that checks everything has as much as one that checks nothing, among
// honest providers: a check finds nothing, and saves the penalty.
Result<Sample> attention(const ValidationCase& c, const RunContext& context) {
    constexpr double kTolerance = 2e-3;
    const double asked = c.share("P");
    const double penalty = c.positive("A");
    const std::uint32_t answers = tasks_for(std::max(2400.0, 480 / std::min(asked, 1 - asked)));
    const Money money(penalty);
    const auto saved = [&](double cost) -> Result<double> {
        sim::Scenario s = market(answers, 100);
        s.workload.check_cost = money.amount(cost);
        const auto amount = static_cast<std::int64_t>(money.amount(penalty).nlux());
        s.actors = {
            members(sim::Role::kProvider, "providers", 1, "honest"),
            members(sim::Role::kChallenger, "auditor", 1, "attention_auditor",
                    {{"ask_ppm", c.ppm("P")}, {"penalty", amount}}),
            members(sim::Role::kChallenger, "busy", 1, "attentive_checker"),
            members(sim::Role::kChallenger, "idle", 1, "attentive_checker", {{"check_ppm", 0}})};
        AIVM_ASSIGN(const auto played, play(context, s));
        return played->net_lux("busy") - played->net_lux("idle");
    };
    const double threshold = asked * penalty;
    const Bracket bracket{.low = threshold / 2, .high = 2 * threshold, .least = 1e-9, .most = 1e9};
    AIVM_ASSIGN(const double found, sign_change(bracket, kTolerance, saved));
    return Sample{found, 1};
}

// As V22, with a least share of the stake: equal bonds are equal votes.
Result<Sample> corrupt_by_stake(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kSeats = 5;
    constexpr std::uint32_t kQuorum = 3;
    const std::uint32_t all = c.whole("n", kSeats, 5000);
    const std::uint32_t bad = c.whole("K", 0, all);
    const double share = c.share("a");
    const double seats = share * kSeats;
    // Slashes of a few nLUX make the bonds unequal.
    if (std::abs(seats - std::round(seats)) < 0.01) c.refuse("a", "not a whole number of fifths");
    if (seats <= kQuorum - 1) c.refuse("a", "above 2/5: three equal answers are needed anyway");
    sim::Scenario s = market(3000, 100);
    s.vm.config.verification_mode = VerificationMode::kRedundant;
    s.vm.config.challenge_window_blocks = 0;
    s.vm.config.redundancy_factor = kQuorum;
    s.vm.policy.redundancy_providers = kSeats;
    s.vm.policy.commit_reveal = false;
    s.vm.policy.commit_window_blocks = 3;
    s.vm.policy.slash_silent_bps = 1;
    s.vm.policy.slash_divergent_bps = 1;
    s.vm.policy.quorum_stake_bps = bps_of(c, "a", share, kBasisPoints);
    s.actors = {
        members(sim::Role::kProvider, "good", all - bad, "honest"),
        members(sim::Role::kProvider, "bad", bad, "quorum_collusion", {{"bad_ppm", 1'000'000}})};
    AIVM_ASSIGN(const auto played, play(context, s));
    Sample sample;
    for (const sim::TaskRow& task : played->tasks()) {
        sample.whole += 1;
        if (task.outcome == sim::TaskOutcome::kFinalCorrupt) sample.part += 1;
    }
    return sample;
}

// The result bond at which an answer without computing pays as much as an honest one, audits being
// all that checks: it saves C, and loses the pay R and the bond where an audit reports it.
Result<Sample> audit_floor(const ValidationCase& c, const RunContext& context) {
    constexpr double kTolerance = 2e-3;
    const double saving = c.positive("C");
    const double pay = c.positive("R");
    const double rate = c.positive("p");
    const double colluding = c.share("r");
    const double heard = rate * (1 - colluding);
    const double floor = saving / heard - pay;
    if (floor <= 0) c.refuse("R", "below C / (p (1 - r)), or no bond is needed");
    const Money money(std::max(floor, pay));
    const std::uint32_t answers = tasks_for(std::max(2400.0, 480 / std::min(heard, 1 - heard)));
    const auto advantage = [&](double bond) -> Result<double> {
        sim::Scenario s = market(answers, 100);
        s.workload.fee = money.amount(pay);
        s.vm.policy.fee_burn_bps = 0;
        s.vm.config.base_reward = Amount();
        s.vm.policy.result_bond = money.amount(bond);
        s.vm.policy.audit_bps = bps_of(c, "p", rate, kBasisPoints);
        s.vm.policy.audit_colluding_bps = bps_of(c, "r", colluding, kBasisPoints - 1);
        s.actors = {liars(1)};
        AIVM_ASSIGN(const auto played, play(context, s));
        const double results = static_cast<double>(played->results().size());
        // Honest work is paid R each time and costs C; this was not computed.
        return money.units(played->net_lux("liars")) - results * (pay - saving);
    };
    const Bracket bracket{.low = floor / 2, .high = 2 * floor, .least = 1e-9, .most = 1e9};
    AIVM_ASSIGN(const double found, sign_change(bracket, kTolerance, advantage));
    return Sample{found, 1};
}

// Attested liars, whose answers are used at once: what their proven lies pay back of the harm.
Result<Sample> insured_harm(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kLiars = 400;
    const double value = c.positive("V");
    const double slash = c.positive("S");
    const double share = c.share("r");
    if (slash * share > value) c.refuse("S", "at most V / r, above which harm is covered whole");
    const Money money(std::max(value, slash));
    sim::Scenario s = lies(kLiars, kLiars, c.ppm("p"));
    s.vm.config.verification_mode = VerificationMode::kTee;
    s.vm.config.require_tee_attestation = true;
    s.vm.config.attestation_timeout_ns = 1'000'000'000'000'000;
    s.vm.policy.result_bond = money.amount(slash);
    s.vm.policy.challenger_share_bps = 0;
    s.vm.policy.requester_share_bps = bps_of(c, "r", share, kBasisPoints);
    s.workload.value_at_risk = money.amount(value);
    s.actors.front().hardware = "H100";
    s.actors.front().count = kLiars;
    AIVM_ASSIGN(const auto played, play(context, s));
    Sample sample;
    for (const sim::MetricRow& metric : played->outcome.metrics) {
        const auto number = [&] {
            return static_cast<double>(std::get<std::int64_t>(metric.value.value()));
        };
        if (metric.name == "harm_early") sample.whole = number();
        if (metric.name == "harm_covered") sample.part = number();
    }
    return sample;
}

// A provider that lies as soon as its bond is worth too little, and one answer in each of n blocks:
// a run is a trial, which it survives without a lie.
Result<Sample> deterred_by_a_price(const ValidationCase& c, const RunContext& context) {
    constexpr double kGain = 100;  // LUX
    const std::uint32_t blocks = c.whole("n", 10, 20'000);
    const double least = c.positive("a");
    if (least >= 1) c.refuse("a", "below 1");
    sim::Scenario s = market(blocks, 1);
    s.vm.config.challenge_window_blocks = 1;
    s.price.law = sim::PriceLaw::kGeometric;
    s.price.volatility_ppm = static_cast<std::uint64_t>(std::llround(c.positive("sigma") * 1e6));
    s.price.growth_ppm = static_cast<std::uint64_t>(std::llround(c.positive("g") * 1e6));
    s.price.step_ns = s.chain.block_interval_ns;
    s.price.period_ns = blocks * s.chain.block_interval_ns;
    s.workload.value_at_risk = Amount(static_cast<std::uint64_t>(kGain * kNluxOfLux));
    // Half of the results are believed to be checked: a lie pays while x S < G.
    s.vm.policy.result_bond =
        Amount(static_cast<std::uint64_t>(std::llround(kGain / least * kNluxOfLux)));
    s.actors = {members(sim::Role::kProvider, "timer", 1, "price_timer",
                        {{"believed_check_ppm", 500'000}})};
    AIVM_ASSIGN(const auto played, play(context, s));
    const bool lied = missed_frauds(*played).whole > 0;
    return Sample{lied ? 0.0 : 1.0, 1};
}

}  // namespace aivm::scenarios
