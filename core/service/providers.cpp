#include <algorithm>

#include "core/service/attestation_json.h"
#include "core/service/keys.h"
#include "core/service/routes.h"
#include "core/service/time_text.h"

namespace aivm {
namespace {

constexpr std::size_t kGpusMax = 64;

// A share as a JSON number, truncated to four decimals. For display only.
double ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part * 10'000 / whole) / 10'000;
}

Status check_gpus(const Json& gpus) {
    if (!gpus.is_array() || gpus.size() > kGpusMax) {
        return fail(ErrorCode::kInvalidArgument, "gpus must be a list of at most 64");
    }
    for (std::size_t i = 0; i < gpus.size(); ++i) {
        ObjectReader in(gpus[i], "gpus[" + std::to_string(i) + "]");
        in.string("model");
        in.boolean("available");
        for (const char* key : {"memory_gb", "tflops", "temperature", "utilization"})
            in.any_number(key);
        AIVM_TRY(in.finish());
    }
    return {};
}

// The declaration of the provider when it registered; an empty object if it did not register
// through this node's service.
Result<Json> description_of(const Node& node, const Provider& provider) {
    AIVM_ASSIGN(const auto kept, node.store().get(service_keys::description(provider.id)));
    if (!kept) return Json{{"gpus", Json::array()}};
    return parse_json({reinterpret_cast<const char*>(kept->data()), kept->size()});
}

Json provider_json(const Node& node, const Provider& p, const WorkRecord& work,
                   const Json& description) {
    const TimestampNs joined_ns = node.timestamp_of(p.registered_at);
    Json json{{"id", p.id},
              {"wallet_address", to_text(p.wallet)},
              {"endpoint", p.endpoint},
              {"gpus", description.at("gpus")}};
    if (description.contains("gpu_attestation"))
        json["gpu_attestation"] = description.at("gpu_attestation");
    json["status"] = Json{{"online", p.active()},
                          {"last_seen", print_time(std::max(joined_ns, p.attested_at_ns))},
                          {"uptime", uptime_seconds(node, p)},
                          {"failure_rate", ratio(work.slashed, work.slashed + work.answered)},
                          {"current_tasks", p.open_tasks},
                          {"max_tasks", node.rules().parameters.config.max_tasks_per_provider}};
    json["reputation"] = p.trust_score;
    json["tasks_handled"] = p.tasks_completed;
    json["joined_at"] = print_time(joined_ns);
    json["bond"] = to_text(p.bond);
    json["locked"] = to_text(p.locked);
    json["unbonding"] = p.status == ProviderStatus::kUnbonding;
    return json;
}

std::vector<std::string> every_model(const State& state) {
    std::vector<std::string> ids;
    for (const ModelIndex model : open_models(state)) {
        if (ids.size() < kModelsPerProviderMax) ids.push_back(state.model(model).id);
    }
    return ids;
}

Result<std::string> read_provider_id(const Json& body) {
    ObjectReader in(body, "");
    std::string id = in.string("provider_id");
    AIVM_TRY(in.finish());
    return id;
}

}  // namespace

std::uint64_t uptime_seconds(const Node& node, const Provider& provider) {
    if (!provider.active()) return 0;
    return (node.state().head.timestamp_ns - node.timestamp_of(provider.registered_at)) /
           kNsPerSecond;
}

Result<Json> list_providers(Call& call) {
    const State& state = call.node.state();
    Json providers = Json::array();
    for (std::size_t i = 0; i < state.providers.size(); ++i) {
        AIVM_ASSIGN(const Json description, description_of(call.node, state.providers[i]));
        const ProviderIndex index{static_cast<std::uint32_t>(i)};
        providers.push_back(provider_json(call.node, state.providers[i],
                                          call.node.summary().work_of(index), description));
    }
    const std::size_t count = providers.size();
    return Json{{"providers", std::move(providers)}, {"count", count}};
}

Result<Json> register_provider(Call& call) {
    op::RegisterProvider registration;
    ObjectReader in(call.body, "");
    registration.provider_id = in.string("id");
    registration.wallet = in.address("wallet_address");
    registration.endpoint = in.string("endpoint");
    const Json& gpus = in.any("gpus");
    const Json* attestation = in.has("gpu_attestation") ? &in.any("gpu_attestation") : nullptr;
    AIVM_TRY(in.finish());
    AIVM_TRY(check_gpus(gpus));
    registration.models = every_model(call.node.state());
    registration.bond = call.node.rules().parameters.config.min_provider_bond;
    Json description{{"gpus", gpus}};
    if (attestation != nullptr) {
        AIVM_ASSIGN(const GpuEvidence evidence,
                    read_gpu_attestation(*attestation, "gpu_attestation"));
        registration.evidence = encode_evidence(evidence);
        description["gpu_attestation"] = *attestation;
    }
    WriteBatch note;
    const std::string id = registration.provider_id;
    note.put(service_keys::description(id), as_bytes(print_json(description)));
    AIVM_TRY(submit(call, std::move(registration), &note));
    return Json{{"success", true}, {"providerId", id}};
}

// POST /providers/bond {"provider_id", "amount"}: adds to the bond of an active provider, for
// example after a slash that left it with less than the minimum.
Result<Json> add_bond(Call& call) {
    op::AddBond addition;
    ObjectReader in(call.body, "");
    addition.provider_id = in.string("provider_id");
    addition.amount = in.amount("amount");
    AIVM_TRY(in.finish());
    const std::string id = addition.provider_id;
    AIVM_TRY(submit(call, std::move(addition)));
    return Json{{"success", true}, {"providerId", id}};
}

// POST /providers/leave {"provider_id"}: no new work from the next block on.
Result<Json> leave_providers(Call& call) {
    AIVM_ASSIGN(const std::string id, read_provider_id(call.body));
    AIVM_TRY(submit(call, op::DeregisterProvider{id}));
    return Json{{"success", true}, {"providerId", id}};
}

// POST /providers/withdraw {"provider_id"}: the bond of a provider that has left, once its cooldown
// is over and nothing can be slashed any more.
Result<Json> withdraw_bond(Call& call) {
    AIVM_ASSIGN(const std::string id, read_provider_id(call.body));
    AIVM_TRY(submit(call, op::WithdrawBond{id}));
    return Json{{"success", true}, {"providerId", id}};
}

}  // namespace aivm
