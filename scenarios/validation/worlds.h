// Builds and runs the worlds of the cases: the economic fidelity as users run it, built in code
// instead of read from a file.
#pragma once

#include <initializer_list>
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
    kSwappedFraction,  // the share of censoring or grinding proposers is taken for that of honest
                       // ones
    kWithReplacement,  // the proposers of a round are drawn with replacement
    kForgottenBurn,    // the burned share of a slash goes to the challenger
    kFreeFees,         // nothing of a fee is burned
    kSlowDisputes,    // every reveal and every move of a dispute may be one block later than stated
    kLateCuts,        // a cut is due half an interval later than stated
    kKeyByOperation,  // what touches a job does not conflict with another operation on it
};

// The input of one run of a case.
struct RunContext {
    std::uint64_t seed = 1;
    Fault fault = Fault::kNone;
    bool watched = false;        // whether invariants are checked
    Kernels* kernels = nullptr;  // null: the fastest CPU kernels
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

// Runs the scenario to its end. Groups without members are left out. Errors: a scenario that
// cannot be set up or has values that do not go together, a run that is not clean, tasks that are
// not final, since their outcome would be missing from the sample. `strategies` replaces the table
// of strategies.
Result<std::unique_ptr<Played>> play(const RunContext& context, sim::Scenario scenario,
                                     sim::Probe* probe = nullptr,
                                     const sim::StrategyFactory* strategies = nullptr);

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

// The answers of a run, and how many of them are by the principal with this label.
Sample answers_of(const Played& played, std::string_view label);

// The most blocks from an answer to its settlement.
double longest_settlement(const Played& played);

// Blocks of a window of a case, at most.
constexpr std::uint32_t kSimulatedBlocksMax = 100'000;

// The number of tasks that a sample of the wanted size needs. Throws ParameterError above
// kTasksMax: such a case would run for hours.
constexpr double kTasksMax = 500'000;
std::uint32_t tasks_for(double wanted);

// Amounts of a case have no unit of their own; in LUX the largest of them is as large as the market
// can lock many times over, and so large that fees are nothing beside it.
class Money {
public:
    static constexpr double kLargestLux = 100;

    // `largest` is that of the amounts of the case. Requires largest > 0.
    explicit Money(double largest) : lux_per_unit_(kLargestLux / largest) {}
    // At least one nLUX, since amounts of 0 have other meanings in the VM.
    [[nodiscard]] Amount amount(double units) const;
    [[nodiscard]] double units(double lux) const { return lux / lux_per_unit_; }

private:
    double lux_per_unit_;
};

// Times of a case are in blocks, and where only their ratios matter a block of the case may be
// several of the simulation: as few as make every time a whole number, and the first at least
// `least`. Throws ParameterError if a time needs more than a thousand.
std::uint32_t blocks_per_unit(std::initializer_list<double> times, double least = 1);

}  // namespace aivm::scenarios
