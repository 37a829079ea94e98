#include "sim/record/schema.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "sim/record/metrics.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {
namespace {

// Compares with a file of the repository, or rewrites it when AIVM_UPDATE_GOLDEN is set.
void expect_golden(const std::string& name, const std::string& now) {
    const std::string path = std::string(AIVM_SOURCE_DIR) + "/sim/record/" + name;
    if (std::getenv("AIVM_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << now;
    std::ifstream in(path);
    const std::string stored((std::istreambuf_iterator<char>(in)),
                             std::istreambuf_iterator<char>());
    EXPECT_TRUE(stored == now)
        << path << " is out of date: run this test with AIVM_UPDATE_GOLDEN=1 and review the diff";
}

TEST(Schema, TheStoredSqlIsTheOneTheProgramWrites) {
    expect_golden("schema.sql", create_schema_sql());
}

TEST(Schema, TheReferencePageIsUpToDate) { expect_golden("schema.md", schema_page()); }

TEST(Schema, SqliteAcceptsEveryTableAndEveryInsert) {
    const std::string path = ::testing::TempDir() + "aivm-schema-test.db";
    std::remove(path.c_str());
    auto database = Database::open(path, Database::Mode::kCreate);
    ASSERT_TRUE(database);
    const Status created = database->execute(create_schema_sql());
    EXPECT_TRUE(created) << created.error().text();
    for (const TableInfo& table : schema_tables())
        EXPECT_TRUE(database->prepare(insert_sql(table))) << table.name;
    std::remove(path.c_str());
}

TEST(Schema, EveryTableAndColumnIsNamedOnceAndExplained) {
    std::set<std::string_view> names;
    for (const TableInfo& table : schema_tables()) {
        EXPECT_TRUE(names.insert(table.name).second) << table.name;
        EXPECT_FALSE(table.doc.empty()) << table.name;
        std::set<std::string_view> columns;
        for (const ColumnInfo& column : table.columns) {
            EXPECT_TRUE(columns.insert(column.name).second) << table.name << "." << column.name;
            EXPECT_FALSE(column.doc.empty()) << table.name << "." << column.name;
        }
    }
    EXPECT_EQ(names.size(), 26U);
}

TEST(Schema, MetricNamesAreUniqueAndFound) {
    std::set<std::string_view> names;
    for (const MetricSpec& metric : metric_specs()) {
        EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
        EXPECT_EQ(find_metric(metric.name), &metric);
    }
    EXPECT_EQ(names.size(), 58U);
    EXPECT_EQ(find_metric("ttf_p98"), nullptr);
}

TEST(Schema, AnOlderVersionIsReadWithANoticeAndANewerOneRefused) {
    EXPECT_EQ(schema_notice(3, 2, 3).value(), "");
    EXPECT_NE(schema_notice(2, 2, 3).value().find("opened for reading only"), std::string::npos);
    EXPECT_NE(schema_notice(4, 2, 3).error().context.find("newer one"), std::string::npos);
    EXPECT_NE(schema_notice(1, 2, 3).error().context.find("from 2 on"), std::string::npos);
}

}  // namespace
}  // namespace aivm::sim
