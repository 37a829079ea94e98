// Builds and runs the worlds of the cases: the economic fidelity as users run it, built in code
// instead of read from a file.
#pragma once

#include <functional>
#include <memory>

#include "core/base/error.h"
#include "scenarios/validation/statistics.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"
#include "sim/world/world.h"

namespace aivm::scenarios {

// Mutants of the simulator: deliberate mistakes. With each of them the suite must miss at least one
// case.
enum class Fault {
    kNone,
    kWindowOffByOne,   // every challenge window is one block longer than stated
    kSwappedFraction,  // the share of censoring proposers is taken for the share of honest ones
    kWithReplacement,  // the proposers of a round are drawn with replacement
    kForgottenBurn,    // the burned share of a slash goes to the challenger
};

// The input of one run of a case.
struct RunContext {
    std::uint64_t seed = 1;
    Fault fault = Fault::kNone;
    bool watched = false;  // whether invariants are checked
};

struct Played {
    sim::Outcome outcome;
    sim::VectorSink rows;

    [[nodiscard]] const std::vector<sim::TaskRow>& tasks() const {
        return rows.rows<sim::TaskRow>();
    }
    [[nodiscard]] const std::vector<sim::ResultRow>& results() const {
        return rows.rows<sim::ResultRow>();
    }
    // The net payoff of the principal with this label, in LUX.
    [[nodiscard]] double net_lux(std::string_view label) const;
};

// Runs the scenario to its end. Errors: a scenario that cannot be set up, a run that is not clean,
// tasks that are not final, since their outcome would be missing from the sample.
Result<std::unique_ptr<Played>> play(const RunContext& context, sim::Scenario scenario,
                                     sim::Probe* probe = nullptr);

// A market in the economic fidelity: one virtual validator, a requester, negligible minted rewards,
// the lowest fee, room for any number of tasks, and one assignment per task, so that a caught
// provider is not replaced. It has no participants yet.
sim::Scenario market(std::uint32_t tasks, std::uint32_t tasks_per_block);

constexpr double kNluxOfLux = 1e9;

using Settings = std::map<std::string, std::int64_t>;
// Participants of a role with ample money.
sim::ActorGroup members(sim::Role role, std::string name, std::uint32_t count, std::string strategy,
                        Settings parameters = {});
// Providers whose answers are wrong with this probability; a wrong answer is never right by
// accident.
sim::ActorGroup liars(std::uint32_t count, std::uint32_t wrong_ppm = 1'000'000);

// The wrong answers of a run, and how many of them became final.
Sample missed_frauds(const Played& played);

// The root of `value` in [low, high], where its sign must change, to the relative tolerance: regula
// falsi, with each step confirmed from the other side. Errors: those of `value`; the same sign at
// both ends.
Result<double> sign_change(double low, double high, double tolerance,
                           const std::function<Result<double>(double)>& value);

}  // namespace aivm::scenarios
