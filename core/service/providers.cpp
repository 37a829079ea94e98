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

// The published DeviceStatus: what the provider's last evidence earned it. Its vendor, and whether
// confidential computing is on, are known for evidence that came through this node.
Json device_json(const Provider& p, const Json& description, std::vector<std::string> jobs) {
    std::string_view vendor;
    bool confidential = false;
    if (description.contains("gpu_attestation")) {
        vendor = "NVIDIA";
        confidential = description.at("gpu_attestation").at("cc_enabled").get<bool>();
    } else if (description.contains("cpu_attestation")) {
        const auto type = description.at("cpu_attestation").at("type").get<std::uint8_t>();
        vendor = quote_vendor(static_cast<QuoteType>(type));
        confidential = true;
    }
    const bool counts = !p.trust_lost;
    return {{"attested", counts},
            {"trust_score", counts ? p.trust_score : 0},
            {"last_seen", print_time(p.attested_at_ns)},
            {"operator", p.id},
            {"vendor", vendor},
            {"job_history", std::move(jobs)},
            {"mode", p.hardware_attested ? 0 : 1},
            {"hardware_cc", counts && p.hardware_attested && confidential}};
}

Json provider_json(const NodeBase& node, const Provider& p, ProviderIndex index,
                   const Json& description) {
    const WorkRecord work = node.summary().work_of(index);
    std::vector<std::string> jobs = node.summary().job_history(node.state(), index);
    const TimestampNs joined_ns = node.timestamp_of(p.registered_at);
    Json json{{"id", p.id},
              {"wallet_address", to_text(p.wallet)},
              {"endpoint", p.endpoint},
              {"gpus", description.at("gpus")}};
    for (const char* key : {"cpu_attestation", "gpu_attestation"})
        if (description.contains(key)) json[key] = description.at(key);
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
    if (p.attested_at_ns != 0) json["device"] = device_json(p, description, std::move(jobs));
    return json;
}

// The models that take tasks, as many as a provider may serve.
std::vector<std::string> every_model(const NodeBase& node) {
    std::vector<std::string> ids;
    for (const ModelIndex model : node.summary().open_models()) {
        if (ids.size() == kModelsPerProviderMax) break;
        ids.push_back(node.state().model(model).id);
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

Result<Json> description_of(const NodeBase& node, const Provider& provider) {
    AIVM_ASSIGN(const auto kept, node.store().get(service_keys::description(provider.id)));
    if (!kept) return Json{{"gpus", Json::array()}};
    return parse_json({reinterpret_cast<const char*>(kept->data()), kept->size()});
}

std::uint64_t uptime_seconds(const NodeBase& node, const Provider& provider) {
    if (!provider.active()) return 0;
    return (node.state().head.timestamp_ns - node.timestamp_of(provider.registered_at)) /
           kNsPerSecond;
}

// GET /providers: those that have not left. One that has is known to GET /rewards/stats, and counts
// in GET /stats, so that what this costs does not grow with the history.
Result<Json> list_providers(Call& call) {
    const State& state = call.node.state();
    Json providers = Json::array();
    for (const ProviderIndex index : call.node.summary().present_providers()) {
        const Provider& provider = state.provider(index);
        AIVM_ASSIGN(const Json description, description_of(call.node, provider));
        providers.push_back(provider_json(call.node, provider, index, description));
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
    const auto optional = [&in](const char* key) { return in.has(key) ? &in.any(key) : nullptr; };
    const Json* gpu = optional("gpu_attestation");
    const Json* cpu = optional("cpu_attestation");
    AIVM_TRY(in.finish());
    AIVM_TRY(check_gpus(gpus));
    registration.models = every_model(call.node);
    registration.bond = call.node.rules().parameters.config.min_provider_bond;
    Json description{{"gpus", gpus}};
    if (gpu != nullptr && cpu != nullptr) {
        return fail(ErrorCode::kInvalidArgument,
                    "a provider registers with a gpu_attestation or a cpu_attestation, not both");
    }
    if (gpu != nullptr) {
        AIVM_ASSIGN(const GpuEvidence evidence, read_gpu_attestation(*gpu, "gpu_attestation"));
        registration.evidence = encode_evidence(evidence);
        description["gpu_attestation"] = *gpu;
    }
    if (cpu != nullptr) {
        AIVM_ASSIGN(const AttestationQuote quote, read_quote(*cpu, "cpu_attestation"));
        registration.evidence = encode_evidence(quote);
        description["cpu_attestation"] = *cpu;
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
