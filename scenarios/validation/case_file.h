// The validation cases as data: the claim, its parameters, and the number predicted by theory or
// published in the literature. CASES.md describes the file.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/describe.h"
#include "core/base/error.h"
#include "scenarios/validation/expression.h"

namespace aivm::scenarios {

enum class CaseKind { kFrequency, kMean, kThreshold, kExact };
constexpr auto enum_words(CaseKind) {
    return std::to_array<std::string_view>({"frequency", "mean", "threshold", "exact"});
}

// A parameter that is missing, or that the case cannot be simulated with. validate() turns it into
// the verdict of the case.
class ParameterError : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

struct ValidationCase {
    std::string id;  // "#3" if the third case of the file has no id that can be read
    std::string quantity;
    std::string expression;  // empty: the number was published or computed elsewhere
    Bindings parameters;
    double expected = 0;
    CaseKind kind = CaseKind::kMean;
    // The case's own absolute margin at kQuickMargin, in the unit of the quantity.
    std::optional<double> margin;
    // Why the case cannot be simulated, in one sentence; empty if it was read well.
    std::string problem;

    // A parameter by name: any number, a number above 0 or at least 0, or one from 0 to 1. These
    // and the following throw ParameterError, naming the parameter and what it must be.
    [[nodiscard]] double get(std::string_view name) const;
    [[nodiscard]] double positive(std::string_view name) const;
    [[nodiscard]] double not_negative(std::string_view name) const;
    [[nodiscard]] double share(std::string_view name) const;
    // A share in whole parts per million, to 0.1 %.
    [[nodiscard]] std::uint32_t ppm(std::string_view name) const;
    [[nodiscard]] std::uint32_t whole(std::string_view name, std::uint32_t least,
                                      std::uint32_t most) const;
    [[noreturn]] void refuse(std::string_view name, std::string_view what) const;
};

// Reads a case file. A case that is not sound is kept with its `problem`: a member that is missing,
// unknown, there twice or of another type, an id that is none or is taken, an `expected` that is
// not the value of the expression to the digits it is written with. Errors: kInvalidArgument, one
// sentence: text that is not JSON or not a list of cases.
Result<std::vector<ValidationCase>> parse_cases(std::string_view text);

// The same from a file. Errors: also kNotFound and kStorage.
Result<std::vector<ValidationCase>> load_cases(const std::string& path);

// The cases with these ids, in the order of the file; all of them if `ids` is empty. Errors:
// kNotFound, one sentence that lists the known ids.
Result<std::vector<ValidationCase>> choose_cases(const std::vector<ValidationCase>& cases,
                                                 const std::vector<std::string>& ids);

}  // namespace aivm::scenarios
