#include "core/service/genesis_json.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "core/config/limits.h"
#include "core/execution/authorizer.h"
#include "core/service/default_models.h"
#include "core/service/json.h"

namespace aivm {
namespace {

constexpr std::uint64_t kSecondsMax = kDurationNsMax / kNsPerSecond;

Address read_owner(ObjectReader& in) {
    return in.has("key") ? address_of(in.hash("key")) : in.address("address");
}

Result<GenesisAllocation> read_allocation(const Json& json, const std::string& where) {
    ObjectReader in(json, where);
    GenesisAllocation allocation;
    allocation.address = read_owner(in);
    allocation.balance = in.amount("balance");
    AIVM_TRY(in.finish());
    return allocation;
}

Result<GenesisValidator> read_validator(const Json& json, const std::string& where) {
    ObjectReader in(json, where);
    GenesisValidator validator;
    validator.address = read_owner(in);
    validator.stake = in.amount("stake");
    validator.beacon_commitment = in.hash("beacon_commitment");
    AIVM_TRY(in.finish());
    return validator;
}

// The list under `key` of the document, each element read by `read`.
template <class T>
Result<std::vector<T>> read_list(const Json& json, std::string_view key,
                                 Result<T> (*read)(const Json&, const std::string&)) {
    if (!json.is_array())
        return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be a list", key));
    std::vector<T> out;
    for (std::size_t i = 0; i < json.size(); ++i) {
        AIVM_ASSIGN(T one, read(json[i], fmt::format("{}[{}]", key, i)));
        out.push_back(std::move(one));
    }
    return out;
}

Result<std::string> read_model_id(const Json& json, const std::string& where) {
    if (!json.is_string())
        return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be text", where));
    return json.get<std::string>();
}

Result<GenesisProvider> read_provider(const Json& json, const std::string& where) {
    ObjectReader in(json, where);
    GenesisProvider provider;
    provider.id = in.string("id");
    provider.owner = read_owner(in);
    provider.bond = in.amount("bond");
    const Json& models = in.any("models");
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(provider.models, read_list(models, where + ".models", read_model_id));
    return provider;
}

Result<Model> read_model(const Json& json, const std::string& where) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    ObjectReader in(json, where);
    Model model;
    model.id = in.string("id");
    const Bytes weights = in.base64("weights");
    model.rows = in.base64("rows");
    if (in.has("steps")) model.steps = static_cast<std::uint32_t>(in.number("steps", kMost));
    if (in.has("compute_time_ms")) {
        model.compute_time_ms = static_cast<std::uint32_t>(in.number("compute_time_ms", kMost));
    }
    if (weights.size() != sizeof model.weights)
        in.set_fault("weights", "the 672 bytes of InferenceWeights in base64");
    if (model.rows.empty() || model.rows.size() % kInputBytes != 0)
        in.set_fault("rows", "whole rows of 32 bytes");
    AIVM_TRY(in.finish());
    std::memcpy(&model.weights, weights.data(), sizeof model.weights);
    const Hash32 digest = weights_digest(model.weights);
    std::memcpy(model.weights.model_hash, digest.data(), digest.size());
    return model;
}

Result<Hash32> read_measurement(const Json& json, const std::string& where) {
    const Json holder{{"measurement", json}};
    ObjectReader in(holder, where);
    const Hash32 measurement = in.hash("measurement");
    AIVM_TRY(in.finish());
    return measurement;
}

Result<KernelTableSizes> read_table_sizes(const Json& json) {
    constexpr std::uint64_t kMost = 1U << 20U;
    ObjectReader in(json, "table_sizes");
    KernelTableSizes sizes;
    sizes.attestations = static_cast<std::uint32_t>(in.number("attestations", kMost));
    sizes.models = static_cast<std::uint32_t>(in.number("models", kMost));
    sizes.anchors = static_cast<std::uint32_t>(in.number("anchors", kMost));
    AIVM_TRY(in.finish());
    return sizes;
}

}  // namespace

GenesisFile default_genesis() {
    GenesisFile file;
    file.genesis.message = "aivmsim node";
    file.genesis.models = default_models();
    return file;
}

Result<GenesisFile> genesis_from_json(std::string_view text) {
    AIVM_ASSIGN(const Json json, parse_json(text));
    GenesisFile file = default_genesis();
    ObjectReader in(json, "");
    file.genesis.version = static_cast<int>(in.number("version", std::numeric_limits<int>::max()));
    file.genesis.message = in.string("message");
    file.genesis.timestamp_ns = in.number("timestamp", kSecondsMax) * kNsPerSecond;
    if (in.has("chain_id"))
        file.genesis.chain_id = in.number("chain_id", std::numeric_limits<std::uint64_t>::max());
    if (in.has("vendor_root")) file.vendor_root = in.address("vendor_root");
    const auto optional = [&in](const char* key) { return in.has(key) ? &in.any(key) : nullptr; };
    const Json* allocations = optional("allocations");
    const Json* validators = optional("validators");
    const Json* models = optional("models");
    const Json* providers = optional("providers");
    const Json* sizes = optional("table_sizes");
    const Json* measurements = optional("quote_measurements");
    AIVM_TRY(in.finish());
    Genesis& genesis = file.genesis;
    if (allocations != nullptr) {
        AIVM_ASSIGN(genesis.allocations, read_list(*allocations, "allocations", read_allocation));
    }
    if (validators != nullptr) {
        AIVM_ASSIGN(genesis.validators, read_list(*validators, "validators", read_validator));
    }
    if (models != nullptr) {
        AIVM_ASSIGN(genesis.models, read_list(*models, "models", read_model));
    }
    if (providers != nullptr) {
        AIVM_ASSIGN(genesis.providers, read_list(*providers, "providers", read_provider));
    }
    if (measurements != nullptr) {
        AIVM_ASSIGN(file.quote_measurements,
                    read_list(*measurements, "quote_measurements", read_measurement));
    }
    if (sizes != nullptr) {
        AIVM_ASSIGN(genesis.table_sizes, read_table_sizes(*sizes));
    }
    return file;
}

}  // namespace aivm
