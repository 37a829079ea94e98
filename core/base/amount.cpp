#include "core/base/amount.h"

#include <fmt/format.h>

namespace aivm {

std::string exact_lux(WideNlux nlux) {
    const auto whole = static_cast<std::uint64_t>(nlux / kNluxPerLux);
    const auto rest = static_cast<std::uint64_t>(nlux % kNluxPerLux);
    return rest == 0 ? fmt::format("{} LUX", whole) : fmt::format("{}.{:09} LUX", whole, rest);
}

}  // namespace aivm
