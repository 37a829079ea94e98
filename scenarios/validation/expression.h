// Evaluates the expressions of the case file, a small subset of Python: numbers, parameters by
// name, + - * / **, parentheses, the functions of theory.h, exp, ceil and round, and sum(TERM for
// NAME in range(A, B)).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace aivm::scenarios {

using Bindings = std::map<std::string, double, std::less<>>;

struct Evaluation {
    double value = 0;
    // The largest absolute value of a term of the sum that the expression is: of 75, 100 and 1 in
    // "(1-p)*G-p*S-c". A sum in parentheses is one term.
    double largest_term = 0;
};

// The value of `text`. Errors: kInvalidArgument, one sentence that names the column.
Result<Evaluation> evaluate(std::string_view text, const Bindings& parameters);

}  // namespace aivm::scenarios
