// Whether a database holds rows as its schema has them, so that every reader may rely on it.
#pragma once

#include <cstdint>

#include "core/base/error.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {

// Checks the pages of the file, every value against its column, and that what rows refer to is
// there. SQLite leaves the values out when it checks a file that it may only read, and a file whose
// schema was changed allows any. `version`: the schema version of the file. Errors: kStorage, one
// sentence that names the file and the table.
Status check_rows(Database& database, std::int64_t version);

}  // namespace aivm::sim
