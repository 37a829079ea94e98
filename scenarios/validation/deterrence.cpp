// V05-V08, V16, V18, V43, V62: the profit of cheating and of checking. The VM moves slashes and
// rewards; gains and losses of a wrong answer outside the chain are added to the recorded payoff of
// each principal.
#include <algorithm>
#include <cmath>
#include <map>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr double kSearchTolerance = 2e-3;
constexpr std::uint32_t kPerBlock = 100;

Amount lux_of(double amount) {
    return Amount(static_cast<std::uint64_t>(amount * kNluxOfLux + 0.5));
}

// Liars whose wrong answers are caught with this probability and then slashed by `slash` LUX, no
// part of which returns to an accomplice.
sim::Scenario fraud(std::uint32_t answers, double slash, std::uint32_t caught_ppm) {
    sim::Scenario s = market(answers, kPerBlock);
    s.vm.config.min_provider_bond = lux(10'000);
    s.vm.policy.result_bond = lux_of(slash);
    s.actors = {liars(1), members(sim::Role::kChallenger, "checker", 1, "lazy_checker",
                                  {{"check_ppm", caught_ppm}})};
    return s;
}

// The mean profit of one wrong answer in LUX; each wrong answer that becomes final gains `gain`.
Result<Sample> mean_value(const RunContext& context, const sim::Scenario& scenario, double gain) {
    AIVM_ASSIGN(const auto played, play(context, scenario));
    const Sample missed = missed_frauds(*played);
    return Sample{gain * missed.part + played->net_lux("liars"), missed.whole};
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
    return static_cast<std::uint32_t>(mean * (1 + 8 / std::sqrt(campaigns)));
}

class EarlyUses final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        for (const VmEvent& e : block.events)
            count_ += std::holds_alternative<event::UsableEarly>(e) ? 1 : 0;
    }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    std::size_t count_ = 0;
};

}  // namespace

Result<Sample> value_of_a_fraud(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = fraud(4000, c.get("S"), c.ppm("p"));
    s.workload.step_cost = lux_of(c.get("c"));
    return mean_value(context, s, c.get("G"));
}

Result<Sample> deterring_slash(const ValidationCase& c, const RunContext& context) {
    const auto value = [&](double slash) -> Result<double> {
        AIVM_ASSIGN(const Sample sample,
                    mean_value(context, fraud(600, slash, c.ppm("p")), c.get("G")));
        return sample.part;
    };
    AIVM_ASSIGN(const double found,
                sign_change(c.get("G"), 16 * c.get("G"), kSearchTolerance, value));
    return Sample{found, 1};
}

Result<Sample> indifferent_cheater(const ValidationCase& c, const RunContext& context) {
    const auto value = [&](double checked) -> Result<double> {
        const auto ppm = static_cast<std::uint32_t>(checked * 1e6);
        AIVM_ASSIGN(const Sample sample,
                    mean_value(context, fraud(600, c.get("S"), ppm), c.get("G")));
        return sample.part;
    };
    AIVM_ASSIGN(const double found, sign_change(0.05, 0.8, kSearchTolerance, value));
    return Sample{found, 1};
}

// Compares checking everything with checking nothing, at a rate of wrong answers: a check costs C,
// a detected fraud earns R, an undetected one loses L.
Result<Sample> indifferent_checker(const ValidationCase& c, const RunContext& context) {
    const auto net = [&](double wrong, std::uint32_t check_ppm) -> Result<double> {
        sim::Scenario s = market(1500, kPerBlock);
        s.vm.policy.challenger_share_bps = 4000;
        s.vm.policy.result_bond = lux_of(c.get("R") / 0.4);
        s.workload.check_cost = lux_of(c.get("C"));
        s.actors = {liars(1, static_cast<std::uint32_t>(wrong * 1e6)),
                    members(sim::Role::kChallenger, "checker", 1, "lazy_checker",
                            {{"check_ppm", check_ppm}})};
        AIVM_ASSIGN(const auto played, play(context, s));
        return played->net_lux("checker") - c.get("L") * missed_frauds(*played).part;
    };
    const auto advantage = [&](double wrong) -> Result<double> {
        AIVM_ASSIGN(const double with, net(wrong, 1'000'000));
        AIVM_ASSIGN(const double without, net(wrong, 0));
        return with - without;
    };
    AIVM_ASSIGN(const double found, sign_change(0.01, 0.25, kSearchTolerance, advantage));
    return Sample{found, 1};
}

Result<Sample> frauds_before_the_first_catch(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kCampaigns = 100;
    AIVM_ASSIGN(const auto played,
                play(context, fraud(answers_for(kCampaigns, c.get("p")), 10, c.ppm("p"))));
    return uncaught_before_catches(*played, kCampaigns);
}

// The liar's machine is attested, and its answers are used at once; random re-executions catch it.
Result<Sample> corrupt_attested_results(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kCampaigns = 50;
    sim::Scenario s = fraud(answers_for(kCampaigns, c.get("a")), 10, c.ppm("a"));
    s.vm.config.verification_mode = VerificationMode::kTee;
    s.vm.config.require_tee_attestation = true;
    s.vm.config.attestation_timeout_ns = 1'000'000'000'000'000;  // one attestation for the run
    s.actors.front().hardware = "H100";
    EarlyUses used;
    AIVM_ASSIGN(const auto played, play(context, s, &used));
    if (used.count() != played->results().size())
        return fail(ErrorCode::kWrongState, "not all were used at once");
    return uncaught_before_catches(*played, kCampaigns);
}

// A campaign ends when it is caught, or when it has gained more than a slash can take; then the
// next one begins.
Result<Sample> profitable_campaigns(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kCampaigns = 40;
    const double slash = c.get("m");  // in units of the gain, 1 LUX
    const auto answers = kCampaigns * static_cast<std::uint32_t>(slash + 1);
    AIVM_ASSIGN(const auto played, play(context, fraud(answers, slash, c.ppm("p"))));
    std::map<std::uint64_t, double> taken;  // by task, LUX
    for (const sim::SlashRow& row : played->rows.rows<sim::SlashRow>()) {
        taken[row.task.value()] += static_cast<double>(row.taken.nlux()) / kNluxOfLux;
    }
    Sample sample;
    double gained = 0;
    for (const sim::ResultRow& result : played->results()) {
        if (sample.whole == kCampaigns) break;
        const bool caught =
            played->tasks().at(result.task).outcome != sim::TaskOutcome::kFinalCorrupt;
        gained += caught ? 0 : 1;
        if (!caught && gained <= slash) continue;
        if (gained - (caught ? taken[result.task] : 0) > 0) sample.part += 1;
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
    sim::Scenario s = market(20, 5);
    s.vm.policy.result_bond = lux_of(c.get("B"));
    s.vm.policy.challenger_share_bps = static_cast<std::uint32_t>(c.get("rho") * 10'000 + 0.5);
    s.vm.policy.requester_share_bps = 0;
    s.actors = {liars(1), members(sim::Role::kChallenger, "its own", 1, "always_check")};
    const auto loses = [&](std::uint64_t gain_nlux) -> Result<bool> {
        s.workload.value_at_risk = Amount(gain_nlux);
        AIVM_ASSIGN(const auto played, play(context, s));
        const double gained = static_cast<double>(gain_nlux) / kNluxOfLux *
                              static_cast<double>(played->results().size());
        return gained + played->net_lux("liars") + played->net_lux("its own") < -0.5 / kNluxOfLux;
    };
    std::uint64_t low = 0;
    std::uint64_t high = lux_of(4 * c.get("B")).nlux();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        AIVM_ASSIGN(const bool too_little, loses(middle));
        too_little ? low = middle + 1 : high = middle;
    }
    return Sample{static_cast<double>(low) / kNluxOfLux, 1};
}

}  // namespace aivm::scenarios
