// The keys of studies, points and runs. They are derived from contents, not from a counter,
// so files written by different workers merge by plain INSERT ... SELECT. Each is 63 bits of a
// SHA-256 over the canonical encoding: two of a million runs collide with probability below 10^-7,
// and recorder and merge notice it, since the full identity is stored beside the key.
#pragma once

#include <cstdint>
#include <string>

#include "sim/record/row_sink.h"
#include "sim/record/rows.h"

namespace aivm::sim {

// Fills study_id from the other columns.
StudyRow with_study_id(StudyRow study);

// The point of a run: config_hash, point_id and texts.
PointRow point_of(const RunInfo& info);

std::int64_t run_id_of(const std::string& code_version, const PointRow& point,
                       const std::string& seed, std::uint32_t replicate);

}  // namespace aivm::sim
