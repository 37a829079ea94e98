// Times as the service writes them: RFC 3339 in UTC, "2026-11-22T10:00:00.25Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/amount.h"

namespace aivm {

// With as many decimals of a second as it takes, at most nine.
std::string print_time(TimestampNs ns);

// Nothing for text of another form, another zone than Z, a date that does not exist, or a time
// outside the years 1970 to 2554, which is what nanoseconds in 64 bits can say.
std::optional<TimestampNs> parse_time(std::string_view text);

}  // namespace aivm
