// V05-V08, V16, V18, V43, V62: the profit of cheating and of checking. The VM moves slashes and
// rewards; gains and losses of a wrong answer outside the chain are added to the recorded payoff of
// each principal.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "scenarios/validation/case_table.h"
#include "scenarios/validation/search.h"

namespace aivm::scenarios {
namespace {

constexpr double kSearchTolerance = 2e-3;
constexpr std::uint32_t kPerBlock = 100;
constexpr double kSharesMost = 1 - 1e-6;  // of a searched share
constexpr double kSharesLeast = 1e-6;
constexpr double kAmountsMost = 1e9;  // of a searched amount, in units of another

// Liars whose wrong answers are caught with this probability and then slashed by `slash`, no part
// of which returns to an accomplice.
sim::Scenario fraud(std::uint32_t answers, Amount slash, std::uint32_t caught_ppm) {
    sim::Scenario s = market(answers, kPerBlock);
    s.vm.config.min_provider_bond = std::max(lux(10'000), slash);
    s.vm.policy.result_bond = slash;
    s.actors = {liars(1), members(sim::Role::kChallenger, "checker", 1, "lazy_checker",
                                  {{"check_ppm", caught_ppm}})};
    return s;
}

// The mean profit of one wrong answer; each wrong answer that becomes final gains `gain`.
Result<Sample> mean_value(const RunContext& context, const sim::Scenario& scenario,
                          const Money& money, double gain) {
    AIVM_ASSIGN(const auto played, play(context, scenario));
    const Sample missed = missed_frauds(*played);
    return Sample{gain * missed.part + money.units(played->net_lux("liars")), missed.whole};
}

// The rarer outcomes of a run in a search. The point at which a noisy sum changes its sign has a
// relative bias of about 1 / (number of rarer outcomes), which more runs do not reduce.
constexpr double kOfTheRarer = 480;

// The number of answers with which both outcomes of this probability are frequent.
std::uint32_t answers_with_both(double probability) {
    const double rarer = std::max(kSharesLeast, std::min(probability, 1 - probability));
    return tasks_for(std::max(2400.0, kOfTheRarer / rarer));
}

// Campaigns of one liar that continues after each catch: the number of wrong answers before it. A
// run with too few answers for all campaigns is an error, since its unfinished campaign must be
// neither counted nor dropped.
Result<Sample> uncaught_before_catches(const Played& played, std::uint32_t campaigns) {
    Sample sample;
    std::uint32_t uncaught = 0;
    for (const sim::ResultRow& result : played.results()) {
        if (sample.whole == campaigns) break;
        if (played.tasks().at(result.task).outcome == sim::TaskOutcome::kFinalCorrupt) {
            ++uncaught;
        } else {
            sample.part += uncaught;
            sample.whole += 1;
            uncaught = 0;
        }
    }
    if (sample.whole < campaigns)
        return fail(ErrorCode::kLimitReached, "too few answers for all campaigns");
    return sample;
}

// The mean number of answers that this many campaigns take, plus eight standard deviations.
std::uint32_t answers_for(std::uint32_t campaigns, double caught) {
    const double mean = campaigns / caught;
    return tasks_for(mean * (1 + 8 / std::sqrt(campaigns)));
}

class EarlyUses final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        for (const VmEvent& e : block.events) {
            if (const auto* used = std::get_if<event::UsableEarly>(&e)) tasks_.insert(used->task);
        }
    }
    [[nodiscard]] bool contain(std::uint64_t task) const {
        return tasks_.contains(TaskIndex{static_cast<std::uint32_t>(task)});
    }

private:
    std::set<TaskIndex> tasks_;
};

}  // namespace

Result<Sample> value_of_a_fraud(const ValidationCase& c, const RunContext& context) {
    const double gain = c.not_negative("G");
    const double slash = c.not_negative("S");
    const double cost = c.not_negative("c");
    const double largest = std::max({gain, slash, cost});
    if (largest == 0) c.refuse("G", "all amounts are 0");
    const Money money(largest);
    sim::Scenario s = fraud(4000, money.amount(slash), c.ppm("p"));
    if (cost > 0) s.workload.step_cost = money.amount(cost);
    return mean_value(context, s, money, gain);
}

Result<Sample> deterring_slash(const ValidationCase& c, const RunContext& context) {
    const double gain = c.positive("G");
    const double caught = c.positive("p");
    const std::uint32_t caught_ppm = c.ppm("p");
    const std::uint32_t answers = answers_with_both(caught);
    const Money money(gain / caught);
    const auto value = [&](double slash) -> Result<double> {
        AIVM_ASSIGN(
            const Sample sample,
            mean_value(context, fraud(answers, money.amount(slash), caught_ppm), money, gain));
        return sample.part;
    };
    const Bracket bracket{
        .low = gain, .high = 16 * gain, .least = gain / kAmountsMost, .most = gain * kAmountsMost};
    AIVM_ASSIGN(const double found, sign_change(bracket, kSearchTolerance, value));
    return Sample{found, 1};
}

Result<Sample> indifferent_cheater(const ValidationCase& c, const RunContext& context) {
    const double gain = c.positive("G");
    const double slash = c.positive("S");
    const std::uint32_t answers = answers_with_both(gain / (gain + slash));
    const Money money(std::max(gain, slash));
    const auto value = [&](double checked) -> Result<double> {
        const auto ppm = static_cast<std::uint32_t>(checked * 1e6);
        AIVM_ASSIGN(const Sample sample,
                    mean_value(context, fraud(answers, money.amount(slash), ppm), money, gain));
        return sample.part;
    };
    const Bracket bracket{.low = 0.05, .high = 0.8, .least = kSharesLeast, .most = kSharesMost};
    AIVM_ASSIGN(const double found, sign_change(bracket, kSearchTolerance, value));
    return Sample{found, 1};
}

// Compares checking everything with checking nothing, at a rate of wrong answers: a check costs C,
// a detected fraud earns R, an undetected one loses L.
Result<Sample> indifferent_checker(const ValidationCase& c, const RunContext& context) {
    constexpr double kChallengerShare = 0.4;
    const double cost = c.positive("C");
    const double reward = c.positive("R");
    const double loss = c.not_negative("L");
    const Money money(std::max({cost, reward, loss}));
    const std::uint32_t answers = tasks_for(std::max(2400.0, kOfTheRarer * (reward + loss) / cost));
    const auto net = [&](double wrong, std::uint32_t check_ppm) -> Result<double> {
        sim::Scenario s = market(answers, kPerBlock);
        s.vm.policy.challenger_share_bps = static_cast<std::uint32_t>(kChallengerShare * 10'000);
        s.vm.policy.result_bond = money.amount(reward / kChallengerShare);
        s.workload.check_cost = money.amount(cost);
        s.actors = {liars(1, static_cast<std::uint32_t>(wrong * 1e6)),
                    members(sim::Role::kChallenger, "checker", 1, "lazy_checker",
                            {{"check_ppm", check_ppm}})};
        AIVM_ASSIGN(const auto played, play(context, s));
        return money.units(played->net_lux("checker")) - loss * missed_frauds(*played).part;
    };
    const auto advantage = [&](double wrong) -> Result<double> {
        AIVM_ASSIGN(const double with, net(wrong, 1'000'000));
        AIVM_ASSIGN(const double without, net(wrong, 0));
        return with - without;
    };
    const Bracket bracket{.low = 0.01, .high = 0.25, .least = kSharesLeast, .most = 1};
    AIVM_ASSIGN(const double found, sign_change(bracket, kSearchTolerance, advantage));
    return Sample{found, 1};
}

Result<Sample> frauds_before_the_first_catch(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kCampaigns = 100;
    const std::uint32_t caught_ppm = c.ppm("p");
    AIVM_ASSIGN(const auto played, play(context, fraud(answers_for(kCampaigns, c.positive("p")),
                                                       lux(10), caught_ppm)));
    return uncaught_before_catches(*played, kCampaigns);
}

// Liars whose machines are attested, so that their answers are used at once until the first one is
// proven wrong and their trust with it; random re-executions catch them. The mean of a geometric
// distribution is estimated as misses over catches, so that liars who are never caught count too.
Result<Sample> corrupt_attested_results(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kLiars = 50;
    constexpr double kAnswersEach = 4;  // in means; one in 55 liars is not caught
    const std::uint32_t answers = tasks_for(kLiars * kAnswersEach / c.positive("a"));
    sim::Scenario s = fraud(answers, lux(10), c.ppm("a"));
    s.vm.config.verification_mode = VerificationMode::kTee;
    s.vm.config.require_tee_attestation = true;
    s.vm.config.attestation_timeout_ns = 1'000'000'000'000'000;  // one attestation for the run
    s.actors.front().hardware = "H100";
    s.actors.front().count = kLiars;
    EarlyUses used;
    AIVM_ASSIGN(const auto played, play(context, s, &used));
    Sample sample;
    std::set<std::uint32_t> caught;
    for (const sim::ResultRow& result : played->results()) {
        if (caught.contains(result.provider)) continue;
        if (!used.contain(result.task))
            return fail(ErrorCode::kWrongState, "an answer before the catch was not used at once");
        if (played->tasks().at(result.task).outcome == sim::TaskOutcome::kFinalCorrupt) {
            sample.part += 1;
        } else {
            sample.whole += 1;
            caught.insert(result.provider);
        }
    }
    return sample;
}

// A campaign ends when it is caught, or when it has gained more than a slash can take; then the
// next one begins.
Result<Sample> profitable_campaigns(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kCampaigns = 40;
    constexpr double kRounding = 1e-6;              // of nLUX, in units of the gain
    const double slash = c.whole("m", 0, 100'000);  // in units of the gain
    const Money money(std::max(1.0, slash));
    const std::uint32_t answers = tasks_for(kCampaigns * (slash + 1));
    AIVM_ASSIGN(const auto played, play(context, fraud(answers, money.amount(slash), c.ppm("p"))));
    std::map<std::uint64_t, double> taken;  // by task
    for (const sim::SlashRow& row : played->rows.rows<sim::SlashRow>()) {
        taken[row.task.value()] += money.units(static_cast<double>(row.taken.nlux()) / kNluxOfLux);
    }
    Sample sample;
    double gained = 0;
    for (const sim::ResultRow& result : played->results()) {
        if (sample.whole == kCampaigns) break;
        const bool caught =
            played->tasks().at(result.task).outcome != sim::TaskOutcome::kFinalCorrupt;
        gained += caught ? 0 : 1;
        if (!caught && gained <= slash) continue;
        if (gained - (caught ? taken[result.task] : 0) > kRounding) sample.part += 1;
        sample.whole += 1;
        gained = 0;
    }
    if (sample.whole < kCampaigns)
        return fail(ErrorCode::kLimitReached, "too few answers for all campaigns");
    return sample;
}

// The smallest gain, to the nLUX, at which an owner that challenges its own wrong answers loses
// nothing.
Result<Sample> cost_of_self_challenge(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint64_t kAll = 10'000;  // basis points
    const double bond = c.positive("B");
    const double share = c.share("rho");
    const Money money(bond);
    sim::Scenario s = market(20, 5);
    s.vm.policy.result_bond = money.amount(bond);
    s.vm.policy.challenger_share_bps = static_cast<std::uint32_t>(std::llround(share * kAll));
    if (std::abs(share * kAll - s.vm.policy.challenger_share_bps) > 1e-6)
        c.refuse("rho", "the VM has it in whole basis points");
    s.vm.policy.requester_share_bps = 0;
    s.actors = {liars(1), members(sim::Role::kChallenger, "its own", 1, "always_check")};
    const auto loses_nothing = [&](std::uint64_t gain_nlux) -> Result<bool> {
        s.workload.value_at_risk = Amount(gain_nlux);
        AIVM_ASSIGN(const auto played, play(context, s));
        const double gained = static_cast<double>(gain_nlux) / kNluxOfLux *
                              static_cast<double>(played->results().size());
        return gained + played->net_lux("liars") + played->net_lux("its own") >= -0.5 / kNluxOfLux;
    };
    const std::uint64_t guess = money.amount(bond).nlux();
    AIVM_ASSIGN(const std::uint64_t found, smallest_that(guess, 4 * guess, loses_nothing));
    return Sample{money.units(static_cast<double>(found) / kNluxOfLux), 1};
}

}  // namespace aivm::scenarios
