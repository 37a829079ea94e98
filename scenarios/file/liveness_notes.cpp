#include "scenarios/file/liveness_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/config_json.h"

namespace aivm::scenarios {
namespace {

using sim::ProblemKind;
using sim::ScenarioProblem;

bool loses_answers(const sim::Scenario& s) {
    return !s.faults.empty() || s.swarm.enabled || s.network.loss_ppm > 0;
}

void add_unanimous_polls(const sim::Scenario& s, std::vector<ScenarioProblem>& out) {
    if (s.chain.alpha_confidence != s.chain.k || !loses_answers(s)) return;
    out.push_back({ProblemKind::kNote,
                   {"chain.alpha_confidence", "chain.k"},
                   fmt::format("a poll succeeds only if all {} answers agree, and faults take "
                               "answers away: nothing may be decided while they last",
                               s.chain.k),
                   fmt::format("set chain.alpha_confidence below {}", s.chain.k)});
}

void add_short_timeout(const sim::Scenario& s, const Latencies& latencies,
                       std::vector<ScenarioProblem>& out) {
    const auto& means = latencies.network.mean_ns;
    if (means.empty()) return;
    const std::uint64_t round_trip = 2 * std::ranges::max(means);
    if (s.chain.poll_timeout_max_ns >= round_trip) return;
    out.push_back(
        {ProblemKind::kNote,
         {"chain.poll_timeout_max", "network.latency"},
         fmt::format("polls end after at most {}, and a round trip takes {} on average: "
                     "answers come too late",
                     print_duration(s.chain.poll_timeout_max_ns), print_duration(round_trip)),
         fmt::format("set chain.poll_timeout_max to at least {}", print_duration(2 * round_trip))});
}

void add_no_worker(const sim::Scenario& s, std::vector<ScenarioProblem>& out) {
    const auto is_silent = [](const sim::ActorGroup& group) {
        return group.role != sim::Role::kProvider || group.strategy == "silent_selected" ||
               group.strategy == "absent";
    };
    const bool has_provider = std::ranges::any_of(
        s.actors, [](const sim::ActorGroup& g) { return g.role == sim::Role::kProvider; });
    if (!has_provider || !std::ranges::all_of(s.actors, is_silent)) return;
    out.push_back({ProblemKind::kNote,
                   {"provider"},
                   "no provider ever answers, so no task can become final",
                   "add a provider with another strategy"});
}

}  // namespace

std::vector<ScenarioProblem> liveness_notes(const sim::Scenario& scenario,
                                            const Latencies& latencies) {
    std::vector<ScenarioProblem> out;
    const bool polls = scenario.run.fidelity == sim::Fidelity::kFull &&
                       scenario.chain.consensus == sim::ConsensusKind::kSnowman;
    if (polls) {
        add_unanimous_polls(scenario, out);
        add_short_timeout(scenario, latencies, out);
    }
    add_no_worker(scenario, out);
    return out;
}

}  // namespace aivm::scenarios
