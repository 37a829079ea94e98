#include <algorithm>

#include "core/base/digest.h"
#include "core/service/default_models.h"
#include "core/service/routes.h"

namespace aivm {
namespace {

// A model other than the default ones has no published description; what the chain knows about it
// is shown instead.
constexpr std::uint64_t kNetworkParameters =
    sizeof(abi::InferenceWeights::w1) + sizeof(abi::InferenceWeights::w2);

Json model_json(const Model& model) {
    const auto descriptions = default_model_descriptions();
    const auto known = std::find_if(descriptions.begin(), descriptions.end(),
                                    [&](const ModelDescription& d) { return d.id == model.id; });
    const bool described = known != descriptions.end();
    return Json{
        {"id", model.id},
        {"name", model.id},
        {"type", "inference"},
        {"capabilities", Json::array({"inference"})},
        {"context_size", described ? known->context_size : kInputBytes},
        {"parameters", described ? known->parameters : kNetworkParameters},
        {"hash", to_text(described ? sha256(as_bytes(model.id)) : weights_digest(model.weights))}};
}

}  // namespace

Result<Json> list_models(Call& call) {
    const State& state = call.node.state();
    Json models = Json::array();
    for (const ModelIndex first : call.node.summary().open_models())
        models.push_back(model_json(state.model(state.status_of_model(first).newest)));
    const std::size_t count = models.size();
    return Json{{"models", std::move(models)}, {"count", count}};
}

}  // namespace aivm
