// Where attacks stop to pay, as data: NAME.thresholds.json beside a scenario of the catalogue is a
// list of sweeps of one parameter, each with the result that theory predicts.
//
// Keys of a sweep:
//   name       a word, unique in the file
//   adversary  its id in the catalogue of adversaries, such as "A18"
//   claim      the theory in one sentence
//   set        assignments such as "tasks.count=60"; "{x}" stands for the value of the grid
//   grid       the values of the swept parameter, ascending
//   owner      the owner whose gain over honest play is measured
//   measure    instead of `owner`: a metric of the run, or a ratio of two, "PART/WHOLE"
//   crossing   the value of x at which the mean gain changes its sign, an expression
//   curve      the measured value at each x, an expression in x
//   pays       "never" or "always": the gain has one sign at every value of the grid
//   where      numbers that the expressions name
//   tolerance  of the predicted number, relative
//   runs       seeds per value
//   long       true: takes more than a few seconds, and runs with the tests labelled `long`
// Exactly one of owner and measure, and one of crossing, curve and pays. Expressions are those of
// the validation cases (scenarios/validation/expression.h).
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "core/base/error.h"
#include "scenarios/validation/expression.h"

namespace aivm::scenarios::cli {

enum class Prediction : std::uint8_t { kCrossing, kCurve, kNever, kAlways };

struct Threshold {
    std::string scenario;
    std::string name;
    std::string adversary;
    std::string claim;
    std::vector<std::string> set;
    std::vector<double> grid;
    std::string owner;  // empty: `part` and `whole` are measured
    std::string part;
    std::string whole;  // empty: `part` is the mean of a metric
    Prediction prediction = Prediction::kNever;
    std::string expression;
    Bindings where;
    double tolerance = 0;
    std::uint64_t runs = 0;
    bool is_long = false;

    // The prediction at a value of the grid; a crossing does not depend on it.
    [[nodiscard]] Result<double> predicted(double x) const;
    // The assignments at a value of the grid.
    [[nodiscard]] std::vector<std::string> set_at(double x) const;
    // For the messages of tests.
    friend void PrintTo(const Threshold& one, std::ostream* out) { *out << one.name; }
};

// Reads the text of a file. Errors: kInvalidArgument, one sentence that names the sweep and what is
// wrong with it.
Result<std::vector<Threshold>> parse_thresholds(const std::string& scenario,
                                                const std::string& text);

// Those of the scenario; none if there is no such file. Errors: as for the text, and kStorage.
Result<std::vector<Threshold>> read_thresholds(const std::string& scenario);

}  // namespace aivm::scenarios::cli
