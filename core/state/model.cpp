#include "core/state/model.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/encode.h"

namespace aivm {

InputRow Model::row(std::uint32_t index) const {
    AIVM_CHECK(index < row_count());
    InputRow out;
    std::memcpy(out.data(), rows.data() + std::size_t{index} * kInputBytes, kInputBytes);
    return out;
}

Model Model::decode(Reader& in) {
    auto model = decode_fields<Model>(in);
    if (model.rows.size() % kInputBytes != 0) in.set_fault("the feature rows are not whole rows");
    return model;
}

Hash32 weights_digest(const abi::InferenceWeights& weights) {
    abi::InferenceWeights blank = weights;
    std::fill(std::begin(blank.model_hash), std::end(blank.model_hash), std::uint8_t{0});
    std::fill(std::begin(blank.model_config_hash), std::end(blank.model_config_hash),
              std::uint8_t{0});
    return keccak256({{reinterpret_cast<const std::uint8_t*>(&blank), sizeof blank}});
}

}  // namespace aivm
