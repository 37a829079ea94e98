#include "scenarios/cli/payoffs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

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
                                 0, 0, 0, 0});
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

std::string result_of(std::int64_t net, bool each) {
    if (net == 0) return "neither earned nor lost anything";
    return fmt::format("{} {} LUX{}", net > 0 ? "earned" : "lost", lux_text(net > 0 ? net : -net),
                       each ? " each" : "");
}

// The mean net payoff of the honest participants of a role; empty if there are none.
std::optional<PayoffLine> honest_of(const std::vector<PayoffLine>& lines, std::string_view role) {
    PayoffLine sum;
    for (const PayoffLine& line : lines) {
        if (!line.honest || line.role != role) continue;
        sum.agents += line.agents;
        sum.net += line.net;
    }
    return sum.agents == 0 ? std::nullopt : std::optional(sum);
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

std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome) {
    const std::vector<PayoffLine> lines = payoffs_by_group(scenario, outcome);
    std::vector<std::string> clauses;
    bool paid = false;
    for (const PayoffLine& line : lines) {
        if (line.honest) continue;
        std::string clause =
            fmt::format("{} {}", subject_of(line), result_of(line.net_each(), line.agents > 1));
        const auto honest = honest_of(lines, line.role);
        if (honest)
            clause += fmt::format(" while an honest one {}", result_of(honest->net_each(), false));
        paid = paid || line.net_each() > (honest ? honest->net_each() : 0);
        clauses.push_back(std::move(clause));
    }
    if (clauses.empty()) return "Nobody cheated.";
    const std::string answer =
        outcome.clean() ? (paid ? "Yes" : "No") : (paid ? "So far yes" : "So far no");
    std::string text = fmt::format("{}: {}.", answer, fmt::join(clauses, "; "));
    const auto missed = std::get<std::int64_t>(outcome.metric("n_fraud_missed"));
    if (missed > 0) {
        const auto worth = missed * signed_nlux(scenario.workload.value_at_risk);
        text += fmt::format(" But {} became final, worth up to {} LUX to whoever wanted {}.",
                            counted(static_cast<std::uint64_t>(missed), "wrong answer"),
                            lux_text(worth), missed == 1 ? "it" : "them");
    }
    return text;
}

}  // namespace aivm::scenarios::cli
