#include "core/state/model.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/digest.h"

namespace aivm {

InputRow Model::row(std::uint32_t index) const {
    AIVM_CHECK(index < row_count());
    InputRow out;
    std::memcpy(out.data(), rows.data() + std::size_t{index} * kInputBytes, kInputBytes);
    return out;
}

void Model::encode(Writer& out) const {
    out.string(id).fixed(owner);
    out.raw({reinterpret_cast<const std::uint8_t*>(&weights), sizeof weights});
    out.bytes(rows).u32(steps).u32(compute_time_ms);
}

Model Model::decode(Reader& in) {
    Model m;
    m.id = in.string(kModelIdBytesMax);
    m.owner = in.fixed<20>();
    const auto raw = in.fixed<sizeof(abi::InferenceWeights)>();
    std::memcpy(&m.weights, raw.data(), sizeof m.weights);
    m.rows = in.bytes(kFeatureRowsMax * kInputBytes);
    m.steps = in.u32();
    m.compute_time_ms = in.u32();
    if (m.rows.size() % kInputBytes != 0) in.set_fault("the feature rows are not whole rows");
    return m;
}

Hash32 weights_digest(const abi::InferenceWeights& weights) {
    abi::InferenceWeights blank = weights;
    std::fill(std::begin(blank.model_hash), std::end(blank.model_hash), std::uint8_t{0});
    std::fill(std::begin(blank.model_config_hash), std::end(blank.model_config_hash),
              std::uint8_t{0});
    return keccak256({{reinterpret_cast<const std::uint8_t*>(&blank), sizeof blank}});
}

}  // namespace aivm
