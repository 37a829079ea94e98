// The query of an address: the part after the question mark.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace aivm {

using Query = std::map<std::string, std::string, std::less<>>;

// Splits "a=1&b=x%20y" into names and values, and decodes percent and plus signs. Fails on a
// repeated name, an incomplete percent code, and a part without "=".
Result<Query> parse_query(std::string_view text);

}  // namespace aivm
