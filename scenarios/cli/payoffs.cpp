#include "scenarios/cli/payoffs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "scenarios/cli/text.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios::cli {
namespace {

void add_payoff(PayoffLine& line, const sim::PayoffRow& payoff) {
    line.earned +=
        signed_nlux(payoff.revenue) + signed_nlux(payoff.rewards) + signed_nlux(payoff.bribes);
    line.paid += signed_nlux(payoff.cost);
    line.slashed += signed_nlux(payoff.slashed);
    line.net += payoff.net_nlux;
    line.least = std::min(line.least, payoff.net_nlux);
    line.most = std::max(line.most, payoff.net_nlux);
    line.lies += payoff.total_nlux() - payoff.net_nlux;
}

// Principals are in the order of the groups: one for a group with a shared principal, otherwise one
// per member. A principal that owns several groups has one line, at the place of the first of them.
std::vector<PayoffLine> payoffs(const sim::Scenario& scenario, const sim::Outcome& outcome,
                                bool by_group) {
    std::vector<PayoffLine> lines;
    const std::vector<sim::ActorGroup> groups = sim::groups_of(scenario);
    const std::vector<sim::Ownership> owners = sim::ownership_of(groups);
    std::size_t next = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const sim::ActorGroup& group = groups[g];
        if (owners[g].first < next) continue;
        const bool named = !group.principal.empty();
        const std::uint32_t principals = owners[g].shared ? 1 : group.count;
        for (std::uint32_t i = 0; i < principals; ++i, ++next) {
            AIVM_CHECK(next < outcome.principals.size() && next < outcome.payoffs.size());
            const sim::PrincipalRow& principal = outcome.principals[next];
            if (i == 0 || !by_group) {
                lines.push_back({by_group && !named ? group.name : principal.label,
                                 std::string(named ? "principal" : word(group.role)),
                                 principal.strategy, principal.honest,
                                 named      ? 1
                                 : by_group ? group.count
                                            : group.count / principals,
                                 0, 0, 0, 0, outcome.payoffs[next].net_nlux,
                                 outcome.payoffs[next].net_nlux, 0});
            }
            add_payoff(lines.back(), outcome.payoffs[next]);
        }
    }
    return lines;
}

// "the frivolous challenger", "3 lazy providers", "10 censors (validators)".
std::string subject_of(const PayoffLine& line) {
    if (line.agents == 1) return fmt::format("the {} {}", line.who, line.role);
    if (line.who.ends_with('s'))
        return fmt::format("{} {} ({}s)", grouped(line.agents), line.who, line.role);
    return fmt::format("{} {} {}s", grouped(line.agents), line.who, line.role);
}

std::string lux_gained(std::int64_t nlux) {
    if (nlux == 0) return "neither gained nor lost anything";
    return fmt::format("{} {} LUX", nlux > 0 ? "gained" : "lost",
                       lux_text(nlux > 0 ? nlux : -nlux));
}

std::string signed_lux(std::int64_t nlux) { return (nlux > 0 ? "+" : "") + lux_text(nlux); }

// "lost 12 LUX", "gained 3 LUX each", or, where the members of a group differ, "have from -100 to
// +9 LUX each, -33.333 on average".
std::string result_of_members(const PayoffLine& line) {
    if (line.least != line.most) {
        return fmt::format("have from {} to {} LUX each, {} on average", signed_lux(line.least),
                           signed_lux(line.most), signed_lux(line.net_each()));
    }
    const bool each = line.agents > 1 && line.net_each() != 0;
    return lux_gained(line.net_each()) + (each ? " each" : "");
}

// "the liar provider lost 12 LUX, and its lies were worth 100 LUX".
std::string result_of(const PayoffLine& line) {
    const bool many = line.agents > 1;
    std::string text = fmt::format("{} {}", subject_of(line), result_of_members(line));
    if (line.lies > 0)
        text += fmt::format(", and {} lies were worth {} LUX", many ? "their" : "its",
                            lux_text(line.lies));
    if (line.lies < 0)
        text += fmt::format(", and wrong answers cost {} {} LUX", many ? "them" : "it",
                            lux_text(-line.lies));
    return text;
}

std::int64_t whole_nlux(double nlux) { return std::llround(nlux); }

// "the liar gained 207 LUX a run over honest play, from 197 to 216 (16 runs, 95 %)".
std::string gain_of(const CheatingGain& gain) {
    const auto n = gain.gains.n();
    std::string text =
        fmt::format("{} {}{} a run over honest play", gain.label,
                    lux_gained(whole_nlux(gain.gains.mean())), gain.members > 1 ? " each" : "");
    if (n < 2) return text + ", and one run tells nothing";
    return text + fmt::format(", from {} to {} ({}, 95 %)", lux_text(whole_nlux(gain.interval.low)),
                              lux_text(whole_nlux(gain.interval.high)), counted(n, "run"));
}

std::string answer_of(const std::vector<CheatingGain>& gains) {
    const auto any = [&](Pays pays) {
        return std::ranges::find(gains, pays, &CheatingGain::pays) != gains.end();
    };
    return any(Pays::kYes) ? "Yes" : any(Pays::kCannotBeTold) ? "Cannot be told" : "No";
}

}  // namespace

std::int64_t PayoffLine::net_each() const {
    return agents == 0 ? net : net / static_cast<std::int64_t>(agents);
}

std::vector<PayoffLine> payoffs_by_principal(const sim::Scenario& scenario,
                                             const sim::Outcome& outcome) {
    return payoffs(scenario, outcome, false);
}

std::vector<PayoffLine> payoffs_by_group(const sim::Scenario& scenario,
                                         const sim::Outcome& outcome) {
    return payoffs(scenario, outcome, true);
}

std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome,
                             const std::vector<CheatingGain>& gains) {
    std::vector<std::string> clauses;
    if (!gains.empty()) {
        for (const CheatingGain& gain : gains) clauses.push_back(gain_of(gain));
        return fmt::format("{}: {}.", answer_of(gains), fmt::join(clauses, "; "));
    }
    for (const PayoffLine& line : payoffs_by_group(scenario, outcome)) {
        if (!line.honest) clauses.push_back(result_of(line));
    }
    if (clauses.empty()) return "Nobody broke the protocol.";
    return fmt::format("Not compared with honest play (--counterfactual). {}: {}.",
                       outcome.clean() ? "In this run" : "So far", fmt::join(clauses, "; "));
}

}  // namespace aivm::scenarios::cli
