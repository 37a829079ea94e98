// A model on chain: int8 weights and a table of feature rows, so that the work of a task is real
// and repeatable.
#pragma once

#include <array>
#include <string>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/config/limits.h"
#include "core/kernels/abi.h"

namespace aivm {

using InputRow = std::array<std::uint8_t, kInputBytes>;

struct Model {
    std::string id;
    Address owner;
    abi::InferenceWeights weights{};
    Bytes rows;  // feature rows of kInputBytes each
    std::uint32_t steps = 1;
    // registered time of one answer, read by the tiered reward schedule
    std::uint32_t compute_time_ms = 50;

    [[nodiscard]] std::uint32_t row_count() const {
        return static_cast<std::uint32_t>(rows.size() / kInputBytes);
    }
    [[nodiscard]] InputRow row(std::uint32_t index) const;

    // Also refuses rows that are not whole.
    static Model decode(Reader& in);

    static constexpr auto fields() {
        return std::tuple{field<&Model::id, kModelIdBytesMax>(),
                          field<&Model::owner>(),
                          field<&Model::weights, kAsInMemory>(),
                          field<&Model::rows, kFeatureRowsMax * kInputBytes>(),
                          field<&Model::steps>(),
                          field<&Model::compute_time_ms>()};
    }
};

// What changes about a model after its registration, beside it under the same index. New weights
// are a model of their own with the next version; tasks that were submitted before run the old one.
struct ModelStatus {
    ModelIndex first;  // the model's first version, by which providers offer it
    std::uint64_t version = 1;

    // The rest is kept at the first version only.
    ModelIndex newest;
    Address owner;
    Hash32 root;     // keccak of the registered model: its key in the kernel's table
    Amount deposit;  // returned to the owner when the model is retired
    bool retired = false;

    static constexpr auto fields() {
        return std::tuple{field<&ModelStatus::first>(),  field<&ModelStatus::version>(),
                          field<&ModelStatus::newest>(), field<&ModelStatus::owner>(),
                          field<&ModelStatus::root>(),   field<&ModelStatus::deposit>(),
                          field<&ModelStatus::retired>()};
    }
};

// keccak over the weights as they lie in memory without their two hash fields: the model_hash of
// its kernel operations.
Hash32 weights_digest(const abi::InferenceWeights& weights);

}  // namespace aivm
