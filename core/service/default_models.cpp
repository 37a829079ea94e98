#include "core/service/default_models.h"

#include <array>
#include <cstring>

#include "core/base/digest.h"

namespace aivm {
namespace {

constexpr std::array kDescriptions{
    ModelDescription{"zen-coder-1.5b", 32'768, 1'500'000'000},
    ModelDescription{"zen-mini-0.5b", 8'192, 500'000'000},
    ModelDescription{"qwen3-8b", 131'072, 8'000'000'000},
};
constexpr std::size_t kRows = 256;
constexpr std::int8_t kShift = 8;

// A stream of bytes: a chain of digests that starts with that of the name.
class Noise {
public:
    explicit Noise(std::string_view name) : block_(keccak256(as_bytes(name))) {}
    std::uint8_t operator()() {
        if (used_ == block_.size()) block_ = keccak256(block_.view()), used_ = 0;
        return block_.bytes[used_++];
    }

private:
    Hash32 block_;
    std::size_t used_ = 0;
};

Model model_of(const ModelDescription& description) {
    Model model;
    model.id = description.id;
    Noise noise(description.id);
    for (auto& weight : model.weights.w1) weight = static_cast<std::int8_t>(noise());
    for (auto& weight : model.weights.w2) weight = static_cast<std::int8_t>(noise());
    model.weights.shift1 = model.weights.shift2 = kShift;
    const Hash32 digest = weights_digest(model.weights);
    std::memcpy(model.weights.model_hash, digest.data(), digest.size());
    for (std::size_t i = 0; i < kRows * kInputBytes; ++i) model.rows.push_back(noise());
    return model;
}

}  // namespace

std::span<const ModelDescription> default_model_descriptions() { return kDescriptions; }

std::vector<Model> default_models() {
    std::vector<Model> models;
    for (const ModelDescription& description : kDescriptions)
        models.push_back(model_of(description));
    return models;
}

}  // namespace aivm
