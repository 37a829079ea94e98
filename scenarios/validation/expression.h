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

// The value of `text`. Errors: kInvalidArgument, one sentence that names the column.
Result<double> evaluate(std::string_view text, const Bindings& parameters);

}  // namespace aivm::scenarios
