// The folder of a finding on disk: written whole or not at all, read with every file checked
// against its digest.
#pragma once

#include "core/base/bytes.h"
#include "scenarios/campaign/finding.h"

namespace aivm::scenarios {

// The files beside finding.json and report.txt.
struct FindingFiles {
    std::string scenario;  // canonical text
    Bytes choices;         // encoded
    Bytes history;         // of Reproducer::kHistory
    std::string shrunk;  // a scenario with its seed and choices; empty in older findings without it
};

// The smallest run so far of a finding that is being shrunk, beside its other files.
inline constexpr const char* kReproducerName = "repro.toml";

// The id of a finding: 8 hexadecimal digits of a digest of everything that determines it.
std::string finding_id(std::string_view scenario_text, std::uint64_t seed,
                       std::string_view invariant, std::string_view digest);

// Writes finding.folder, replacing an earlier finding of the same id.
Status write_finding(const SavedFinding& finding, const FindingFiles& files);

// Writes repro.toml into the folder of a finding: whole, or as before.
Status write_reproducer(const std::string& folder, const std::string& text);

struct StoredFinding {
    SavedFinding finding;
    FindingFiles files;
};
// Errors name the file and what is wrong with it.
Result<StoredFinding> read_finding(const std::string& folder);

}  // namespace aivm::scenarios
