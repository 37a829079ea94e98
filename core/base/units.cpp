#include "core/base/units.h"

#include <fmt/format.h>

namespace aivm {

std::string print_in_units(std::uint64_t value, std::span<const Unit> units,
                           std::string_view separator) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.size == 0)
            return fmt::format("{}{}{}", value / unit.size, separator, unit.name);
    }
    return fmt::format("{}{}{}", value, separator, units.back().name);
}

std::string exact_duration(std::uint64_t nanoseconds) {
    return nanoseconds == 0 ? "0s" : print_in_units(nanoseconds, kDurationUnits, "");
}

std::string exact_amount(Amount amount) {
    return amount.is_zero() ? "0 LUX" : print_in_units(amount.nlux(), kAmountUnits, " ");
}

}  // namespace aivm
