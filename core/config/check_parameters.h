// The rules for the parameters of a chain, in one place: a genesis, a configuration in JSON and a
// scenario file are all checked by them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/config/config.h"

namespace aivm {

// A parameter by its two names: the tag of the published JSON configuration (for a policy, which
// has none, the same as the key), and the key of a scenario's [vm] table.
struct ParameterName {
    std::string_view tag;
    std::string_view key;
};
// How the reader of a message knows the parameters.
using PrintParameterName = std::function<std::string(const ParameterName&)>;

struct ParameterProblem {
    std::vector<std::string> names;  // of the parameters in conflict, as printed
    std::string message;
    std::string remedy;
};

// Every value out of its range, and every relation between parameters that does not hold:
// - the shares of a slash add up to at most the whole;
// - redundancyFactor is a strict majority of redundancy_providers;
// - a result bond is above zero and at most the minimum bond, which is above zero too;
// - modes 0 and 2 have a challenge window.
// The ranges also keep every deadline from overflowing. Empty for parameters that a chain may have.
std::vector<ParameterProblem> find_problems(const VmParameters& parameters,
                                            const PrintParameterName& print);

// Fails with the first problem of a published field's range; the error names it by its JSON tag.
Status check_config(const Config& config);

// Fails with the first of find_problems(), which names fields by their JSON tags.
Status check_parameters(const VmParameters& parameters);

}  // namespace aivm
