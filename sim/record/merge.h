// Adding one study file to another.
#pragma once

#include <string>

#include "core/base/error.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {

// Copies every row of the study file at `other_path` into `target`, in one transaction; keys come
// from contents, so nothing is renumbered. Estimates and contrasts are not copied: they were made
// from one file's runs, and have to be made again from all. Nothing changes on an error: as
// open_study(); kDuplicate when a run is in both; kConflict when equal runs have different digests,
// different things the same key, or the files were written by different code versions. `target`
// must not be within a transaction.
Status merge_study(Database& target, const std::string& other_path);

}  // namespace aivm::sim
