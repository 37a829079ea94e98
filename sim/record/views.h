// The views of the outcome database: the standing questions, kept in every file so that sqlite3,
// pandas and Datasette find them there.
#pragma once

#include <span>
#include <string_view>

namespace aivm::sim {

struct ViewInfo {
    std::string_view name;
    std::string_view doc;
    std::string_view sql;  // the SELECT
};

// In the order of creation: each uses only tables and the views before it.
std::span<const ViewInfo> schema_views();

}  // namespace aivm::sim
