#include "sim/record/identity.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace aivm::sim {
namespace {

// SQLite's integers are signed; the top bit is dropped so that no key is negative.
std::int64_t key_of(const Hash32& hash) {
    const std::uint64_t first = Reader(hash.view()).u64();
    return static_cast<std::int64_t>(first >> 1);
}

}  // namespace

StudyRow with_study_id(StudyRow study) {
    Writer identity;
    identity.string("aivmsim study")
        .string(study.name)
        .string(study.created)
        .string(study.code_version);
    identity.string(study.compiler).string(study.build_flags).u32(study.schema_version);
    study.study_id = key_of(sha256(identity.view()));
    return study;
}

PointRow point_of(const RunInfo& info) {
    PointRow point;
    const Hash32 hash = sha256(as_bytes(info.config));
    point.point_id = key_of(hash);
    point.config_hash = to_hex(hash.view());
    point.config = info.config;
    point.scenario = info.scenario;
    point.scenario_text = info.scenario_text;
    for (const std::string& setting : info.overrides) {
        if (!point.overrides.empty()) point.overrides += '\n';
        point.overrides += setting;
    }
    return point;
}

std::int64_t run_id_of(const std::string& code_version, const PointRow& point,
                       const std::string& seed, std::uint32_t replicate) {
    Writer identity;
    identity.string("aivmsim run")
        .string(code_version)
        .string(point.config_hash)
        .string(seed)
        .u32(replicate);
    return key_of(sha256(identity.view()));
}

}  // namespace aivm::sim
