#include "sim/scenario/csv.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

TEST(Csv, ReadsAHeaderAndRowsWithoutBlanksQuotesCommentsAndEmptyLines) {
    const auto table = read_csv("# a comment\na, \"b\"\r\n\n1 ,2\n# another\n3,4");
    ASSERT_TRUE(table);
    EXPECT_EQ(table->column("b"), 1U);
    EXPECT_EQ(table->column("c"), std::nullopt);
    ASSERT_EQ(table->rows.size(), 2U);
    EXPECT_EQ(table->rows[0].cells[0], "1");
    EXPECT_EQ(table->rows[1].cells[1], "4");
    EXPECT_EQ(table->rows[1].line, 6U);
}

TEST(Csv, NamesTheLineOfARowWithoutAllItsCells) {
    EXPECT_EQ(read_csv("a,b\n1,2\n3\n").error().context, "line 3 has 1 cells; the header has 2");
    EXPECT_EQ(read_csv("").error().context, "there is no header");
    EXPECT_EQ(read_csv("a,b\n").error().context, "there are no rows after the header");
}

TEST(Csv, ReadsAndWritesDecimals) {
    EXPECT_EQ(parse_decimal("12", 3), 12'000U);
    EXPECT_EQ(parse_decimal("12.5", 3), 12'500U);
    EXPECT_EQ(parse_decimal("0.0019", 3), 1U) << "further digits are dropped";
    for (const char* text : {"", "-1", "1.", ".5", "1.5.2", "1e3", "1.x", "99999999999999999999"})
        EXPECT_EQ(parse_decimal(text, 3), std::nullopt) << text;
    EXPECT_EQ(decimal_text(12'500, 3), "12.5");
    EXPECT_EQ(decimal_text(12'000, 3), "12");
    EXPECT_EQ(decimal_text(1, 9), "0.000000001");
}

}  // namespace
}  // namespace aivm::sim
