// Tables in text form (CSV): a header and rows of numbers, as traces and price paths are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace aivm::sim {

// The cells of a table as text, without blanks at their ends. Lines that are empty, or begin with
// #, are left out.
struct CsvTable {
    struct Row {
        std::size_t line = 0;  // in the text, from 1
        std::vector<std::string_view> cells;
    };
    std::vector<std::string_view> header;
    std::vector<Row> rows;

    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
};

// Fails on a text without a header and on rows that have not as many cells as it. The result refers
// to the text.
Result<CsvTable> read_csv(std::string_view text);

// "12.34" with three digits after the point is 12340; further digits are dropped. Nothing if it is
// no decimal number or does not fit.
std::optional<std::uint64_t> parse_decimal(std::string_view text, unsigned digits);

// The number in decimal, without zeros at its end.
std::string decimal_text(std::uint64_t scaled, unsigned digits);

}  // namespace aivm::sim
