// The part of an address behind the question mark.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace aivm {

using Query = std::map<std::string, std::string, std::less<>>;

// "a=1&b=x%20y" to names and values, percent signs and plus signs decoded. Refuses a name that is
// there twice, a broken percent sign, and a piece without "=".
Result<Query> parse_query(std::string_view text);

}  // namespace aivm
