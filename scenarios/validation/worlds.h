// Running the worlds of the cases: the economic fidelity as users run it, built here in code
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

// Mistakes that a simulator could make, done on purpose. The suite must miss at least one case with
// each of them.
enum class Fault {
    kNone,
    kWindowOffByOne,   // every challenge window is a block longer than it is said to be
    kSwappedFraction,  // the share of the proposers that censor is taken for the share that do not
    kWithReplacement,  // the proposers of a round are drawn with replacement
    kForgottenBurn,    // the burned share of a slash goes to the challenger
};

// What one run of a case is told.
struct RunContext {
    std::uint64_t seed = 1;
    Fault fault = Fault::kNone;
    bool watched = false;  // by the invariants
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
    // What the owner with this label ended with beyond what it began with, in LUX.
    [[nodiscard]] double net_lux(std::string_view label) const;
};

// Runs the scenario to its end. Errors: a scenario that cannot be set up, a run that is not clean,
// tasks that are not final: whatever happened to them would be missing from the sample.
Result<std::unique_ptr<Played>> play(const RunContext& context, sim::Scenario scenario,
                                     sim::Probe* probe = nullptr);

// A market in the economic fidelity: one virtual validator, a requester, no minted rewards to speak
// of, the lowest fee, room for any number of tasks, and one assignment a task: who is caught is not
// replaced. Nobody in it yet.
sim::Scenario market(std::uint32_t tasks, std::uint32_t tasks_per_block);

constexpr double kNluxOfLux = 1e9;

using Settings = std::map<std::string, std::int64_t>;
// Rich members of a role.
sim::ActorGroup members(std::string role, std::string name, std::uint32_t count,
                        std::string strategy, Settings parameters = {});
// Providers whose answers are wrong with this probability, and never right by accident then.
sim::ActorGroup liars(std::uint32_t count, std::uint32_t wrong_ppm = 1'000'000);

// The wrong answers of a run, and of them those that became final.
Sample missed_frauds(const Played& played);

// The place in [low, high] where `value`, which must change its sign there, does so, within the
// relative tolerance: regula falsi, each step confirmed from the other side. Errors: those of
// `value`; the same sign at both ends.
Result<double> sign_change(double low, double high, double tolerance,
                           const std::function<Result<double>(double)>& value);

}  // namespace aivm::scenarios
