#include "scenarios/validation/worlds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config/check_parameters.h"
#include "scenarios/run/setting.h"
#include "scenarios/validation/case_file.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kYearNs = 365ULL * 24 * 3600 * 1'000'000'000;
constexpr std::uint64_t kEventsMax = 200'000'000;

void inject(Fault fault, sim::Scenario& scenario) {
    Policy& policy = scenario.vm.policy;
    switch (fault) {
        case Fault::kNone:
            break;
        case Fault::kWindowOffByOne:
            scenario.vm.config.challenge_window_blocks += 1;
            break;
        case Fault::kSwappedFraction:
            if (scenario.chain.censorship != sim::CensorshipModel::kNone)
                scenario.chain.censoring_ppm = 1'000'000 - scenario.chain.censoring_ppm;
            for (sim::ActorGroup& group : scenario.actors) {
                if (group.role == sim::Role::kValidator)
                    group.count = scenario.chain.validators - group.count;
            }
            break;
        case Fault::kWithReplacement:
            if (scenario.chain.censorship == sim::CensorshipModel::kPermuted) {
                scenario.chain.censorship = sim::CensorshipModel::kIid;
            }
            break;
        case Fault::kForgottenBurn:
            policy.challenger_share_bps = 10'000 - policy.requester_share_bps;
            break;
        case Fault::kFreeFees:
            policy.fee_burn_bps = 0;
            break;
        case Fault::kSlowDisputes:
            policy.challenge_reveal_blocks += 1;
            policy.dispute_move_blocks += 1;
            break;
        case Fault::kLateCuts:
            scenario.chain.block_interval_ns += scenario.chain.block_interval_ns / 2;
            break;
        case Fault::kKeyByOperation:
            scenario.chain.conflict_key = ConflictKeyPolicy::kOperation;
            break;
    }
}

Status check_whole(const Played& played, std::uint64_t seed) {
    const sim::Outcome& outcome = played.outcome;
    if (!outcome.violations.empty()) {
        return fail(ErrorCode::kWrongState,
                    fmt::format("invariant {}: {}", outcome.violations[0].invariant,
                                outcome.violations[0].message));
    }
    if (!outcome.clean())
        return fail(ErrorCode::kLimitReached,
                    fmt::format("the run of seed {} did not come to its end", seed));
    for (const sim::TaskRow& task : played.tasks()) {
        if (task.outcome == sim::TaskOutcome::kPending)
            return fail(ErrorCode::kWrongState, "a task is not final");
    }
    return {};
}

// A file's scenario has passed these rules before a world is made of it; one made in code has not.
// A task that is lost if it has no provider at its one draw is a model of theory (V52); only files
// are kept from a timeout that short.
Status check_sound(const sim::Scenario& scenario) {
    for (const sim::ScenarioProblem& problem : sim::check_scenario(scenario)) {
        if (problem.kind == sim::ProblemKind::kNote) continue;
        if (problem.keys.front() == "vm.task_timeout") continue;
        return fail(ErrorCode::kConfig,
                    fmt::format("{}: {}", problem.keys.front(), problem.message));
    }
    return check_parameters(scenario.vm);
}

}  // namespace

double Played::net_lux(std::string_view label) const {
    const auto& principals = rows.rows<sim::PrincipalRow>();
    const auto& payoffs = rows.rows<sim::PayoffRow>();
    double net = 0;
    for (std::size_t i = 0; i < principals.size(); ++i) {
        if (principals[i].label == label)
            net += static_cast<double>(payoffs[i].net_nlux) / kNluxOfLux;
    }
    return net;
}

Result<std::unique_ptr<Played>> play(const RunContext& context, sim::Scenario scenario,
                                     sim::Probe* probe, const sim::StrategyFactory* strategies) {
    inject(context.fault, scenario);
    std::erase_if(scenario.actors, [](const sim::ActorGroup& group) { return group.count == 0; });
    AIVM_TRY(check_sound(scenario));
    AIVM_ASSIGN(const sim::Setting setting, make_setting(scenario, strategies));
    sim::WorldOptions options;
    options.seed = context.seed;
    options.invariants = context.watched;
    options.trace = context.watched;
    options.kernels = context.kernels;
    options.probe = probe;
    AIVM_ASSIGN(const std::unique_ptr<sim::World> world, sim::World::make(setting, options));
    auto played = std::make_unique<Played>();
    played->outcome = world->run();
    world->write_results(played->rows, 0, played->outcome);
    AIVM_TRY(check_whole(*played, context.seed));
    return played;
}

sim::Scenario market(std::uint32_t tasks, std::uint32_t tasks_per_block) {
    sim::Scenario s;
    s.name = "validation";
    s.run.fidelity = sim::Fidelity::kEconomic;
    s.run.max_time_ns = kYearNs;
    s.run.max_events = kEventsMax;
    s.chain.consensus = sim::ConsensusKind::kSequencer;
    s.chain.validators = 1;
    s.chain.max_block_ops = 1'000'000;
    s.chain.mempool_limit = s.chain.mempool_per_sender = 1'000'000;
    s.workload.tasks = tasks;
    s.workload.tasks_per_block = tasks_per_block;
    s.workload.requesters = 1;
    s.workload.fee = millilux(1);
    s.workload.feature_rows = 64;
    s.workload.step_time_ns = 0;
    s.workload.check_time_ns = 0;
    s.vm.config.challenge_window_blocks = 3;
    s.vm.config.max_tasks_per_provider = 10'000;
    s.vm.config.max_task_queue_size = 1'000'000;
    s.vm.policy.result_bond = lux(10);
    s.vm.policy.reassignments_max = 0;
    // The first tasks come in the block after the registrations, and are like all others.
    s.vm.policy.activation_delay_blocks = 0;
    return s;
}

sim::ActorGroup members(sim::Role role, std::string name, std::uint32_t count, std::string strategy,
                        Settings parameters) {
    sim::ActorGroup group;
    group.role = role;
    group.name = std::move(name);
    group.count = count;
    group.strategy = std::move(strategy);
    group.shared_principal = true;
    group.stake = lux(20'000'000);
    group.bond = lux(10'000'000);
    group.parameters = std::move(parameters);
    return group;
}

sim::ActorGroup liars(std::uint32_t count, std::uint32_t wrong_ppm) {
    return members(sim::Role::kProvider, "liars", count, "nondeterministic",
                   {{"error_ppm", wrong_ppm}});
}

Sample missed_frauds(const Played& played) {
    Sample sample;
    for (const sim::ResultRow& result : played.results()) {
        if (result.correct) continue;
        sample.whole += 1;
        if (played.tasks().at(result.task).outcome == sim::TaskOutcome::kFinalCorrupt)
            sample.part += 1;
    }
    return sample;
}

Sample answers_of(const Played& played, std::string_view label) {
    const auto& principals = played.rows.rows<sim::PrincipalRow>();
    Sample sample;
    for (const sim::ResultRow& result : played.results()) {
        const sim::AgentRow& agent = played.rows.rows<sim::AgentRow>().at(result.provider);
        sample.whole += 1;
        if (principals.at(agent.principal).label == label) sample.part += 1;
    }
    return sample;
}

double longest_settlement(const Played& played) {
    double longest = 0;
    for (const sim::ResultRow& result : played.results()) {
        const Height done = played.tasks().at(result.task).final_block.value();
        longest = std::max(longest, static_cast<double>(done - result.reveal_block.value()));
    }
    return longest;
}

std::uint32_t tasks_for(double wanted) {
    if (!(wanted <= kTasksMax)) {
        throw ParameterError(fmt::format(
            "a sample that tells 10 % needs {:.3g} tasks in a run; at most {:.0f} are simulated",
            wanted, kTasksMax));
    }
    return static_cast<std::uint32_t>(std::max(1.0, std::ceil(wanted)));
}

Amount Money::amount(double units) const {
    const double nlux = std::round(units * lux_per_unit_ * kNluxOfLux);
    return Amount(static_cast<std::uint64_t>(std::max(1.0, nlux)));
}

std::uint32_t blocks_per_unit(std::initializer_list<double> times, double least) {
    constexpr double kRounding = 1e-9;
    const auto is_whole = [](double blocks) {
        return std::abs(blocks - std::round(blocks)) <= kRounding * std::max(1.0, blocks);
    };
    for (const std::uint32_t blocks : {1, 2, 4, 5, 8, 10, 20, 25, 50, 100, 200, 500, 1000}) {
        const bool whole =
            std::ranges::all_of(times, [&](double time) { return is_whole(time * blocks); });
        if (whole && *times.begin() * blocks >= least) return blocks;
    }
    throw ParameterError(
        fmt::format("times such as {} need more than 1000 simulated blocks each", *times.begin()));
}

}  // namespace aivm::scenarios
