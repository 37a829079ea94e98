// finding.json: a finding without its larger files, whose digests it holds.
#pragma once

#include <map>

#include "scenarios/campaign/finding.h"

namespace aivm::scenarios {

using FileDigests =
    std::map<std::string, std::string>;  // name in the folder -> SHA-256 in hexadecimal

std::string finding_to_json(const SavedFinding& finding, const FileDigests& files);

// Everything but the folder. Errors: not JSON, another format or version, a key that is missing or
// has another type.
struct ParsedFinding {
    SavedFinding finding;
    FileDigests files;
};
Result<ParsedFinding> finding_from_json(std::string_view text);

}  // namespace aivm::scenarios
