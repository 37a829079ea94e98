// The validation cases as data: the claim, its parameters, and the number predicted by theory or
// published in the literature.
#pragma once

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

struct ValidationCase {
    std::string id;
    std::string quantity;
    std::string expression;  // empty: the number was published or computed elsewhere
    Bindings parameters;
    double expected = 0;
    CaseKind kind = CaseKind::kMean;

    // A parameter by name. Throws std::out_of_range, naming the case and the parameter, if the file
    // lacks it; validate() turns that into the verdict of the case.
    [[nodiscard]] double get(std::string_view name) const;
    // The parameter in parts per million, as a whole number.
    [[nodiscard]] std::uint32_t ppm(std::string_view name) const;
    [[nodiscard]] std::int64_t whole(std::string_view name) const;
};

// Reads a case file, strictly: every key known and there, ids and kinds sound, no id twice, and
// `expected` equal to the value of the expression to the digits it is written with. Errors:
// kInvalidArgument, one sentence that names the case.
Result<std::vector<ValidationCase>> parse_cases(std::string_view text);

// The same from a file. Errors: also kNotFound and kStorage.
Result<std::vector<ValidationCase>> load_cases(const std::string& path);

// The cases with these ids, in the order of the file; all of them if `ids` is empty. Errors:
// kNotFound, one sentence that lists the known ids.
Result<std::vector<ValidationCase>> choose_cases(const std::vector<ValidationCase>& cases,
                                                 const std::vector<std::string>& ids);

}  // namespace aivm::scenarios
