#include "core/config/config_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/config/check_parameters.h"

namespace aivm {
namespace {

using OrderedJson = nlohmann::ordered_json;

Status wrong(std::string_view key, const OrderedJson& value, std::string_view wanted) {
    return fail(ErrorCode::kConfig,
                fmt::format("{} is {}; it must be {}", key, value.dump(), wanted));
}

// Reads one value into a field, by the field's type.

template <class Integer>
Status read_number(std::string_view key, const OrderedJson& value, Integer& field) {
    constexpr std::uint64_t kMost = std::numeric_limits<Integer>::max();
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
        return wrong(key, value, fmt::format("a whole number from 0 to {}", kMost));
    }
    field = static_cast<Integer>(value.get<std::uint64_t>());
    return {};
}
Status read(std::string_view key, const OrderedJson& value, std::uint8_t& field) {
    return read_number(key, value, field);
}
Status read(std::string_view key, const OrderedJson& value, std::uint32_t& field) {
    return read_number(key, value, field);
}
Status read(std::string_view key, const OrderedJson& value, std::uint64_t& field) {
    return read_number(key, value, field);
}
Status read(std::string_view key, const OrderedJson& value, Amount& field) {
    std::uint64_t nlux = 0;
    AIVM_TRY(read_number(key, value, nlux));
    field = Amount(nlux);
    return {};
}
Status read(std::string_view key, const OrderedJson& value, VerificationMode& field) {
    std::uint8_t mode = 0;
    constexpr auto kModes = enum_count<VerificationMode>;
    if (!read_number(key, value, mode) || mode >= kModes) {
        return wrong(key, value, "0 (optimistic), 1 (redundant) or 2 (TEE)");
    }
    field = static_cast<VerificationMode>(mode);
    return {};
}
Status read(std::string_view key, const OrderedJson& value, bool& field) {
    if (!value.is_boolean()) return wrong(key, value, "true or false");
    field = value.get<bool>();
    return {};
}
Status read(std::string_view key, const OrderedJson& value, std::string& field) {
    if (!value.is_string()) return wrong(key, value, "a string");
    field = value.get<std::string>();
    return {};
}

// A duration is a string in JSON and a number of nanoseconds here; a separate type distinguishes it
// from a plain number.
template <class Nanoseconds>
struct Duration {
    Nanoseconds& nanoseconds;
};
Status read(std::string_view key, const OrderedJson& value, const Duration<std::uint64_t>& field) {
    const auto parsed =
        value.is_string() ? parse_duration(value.get<std::string>()) : fail(ErrorCode::kConfig);
    if (!parsed) return wrong(key, value, "a duration such as \"30s\", \"5m\" or \"1h\"");
    field.nanoseconds = *parsed;
    return {};
}

template <class T>
OrderedJson written(const T& field) {
    return field;
}
OrderedJson written(const Amount& field) { return field.nlux(); }
OrderedJson written(const VerificationMode& field) { return static_cast<std::uint64_t>(field); }
OrderedJson written(const Duration<const std::uint64_t>& field) {
    return print_duration(field.nanoseconds);
}

// The table of tags and fields, in the published order: calls visit(tag, field) until it returns
// false.
template <class AnyConfig, class Visit>
void for_each_tag(AnyConfig& c, Visit&& visit) {
    using Time = std::conditional_t<std::is_const_v<AnyConfig>, const std::uint64_t, std::uint64_t>;
    static_cast<void>(visit("maxProvidersPerNode", c.max_providers_per_node) &&
                      visit("maxTasksPerProvider", c.max_tasks_per_provider) &&
                      visit("hostChainID", c.host_chain_id) &&
                      visit("verificationMode", c.verification_mode) &&
                      visit("challengeWindowBlocks", c.challenge_window_blocks) &&
                      visit("redundancyFactor", c.redundancy_factor) &&
                      visit("minProviderBond", c.min_provider_bond) &&
                      visit("requireTEEAttestation", c.require_tee_attestation) &&
                      visit("minTrustScore", c.min_trust_score) &&
                      visit("attestationTimeout", Duration<Time>{c.attestation_timeout_ns}) &&
                      visit("maxTaskQueueSize", c.max_task_queue_size) &&
                      visit("taskTimeout", Duration<Time>{c.task_timeout_ns}) &&
                      visit("baseReward", c.base_reward) &&
                      visit("epochDuration", Duration<Time>{c.epoch_duration_ns}) &&
                      visit("merkleAnchorFreq", c.merkle_anchor_freq));
}

Status set_field(Config& config, const std::string& key, const OrderedJson& value) {
    bool known = false;
    Status status;
    for_each_tag(config, [&](std::string_view tag, auto&& field) {
        known = tag == key;
        if (known) status = read(key, value, field);
        return !known;
    });
    if (!known) return fail(ErrorCode::kConfig, fmt::format("unknown key \"{}\"", key));
    return status;
}

// Parses the text, and fails on a repeated key, of which the parser alone would keep the last.
Result<OrderedJson> parse_object(std::string_view text) {
    std::set<std::string> seen;
    std::string repeated;
    const auto watch = [&](int depth, OrderedJson::parse_event_t event, OrderedJson& parsed) {
        if (event == OrderedJson::parse_event_t::key && depth == 1 &&
            !seen.insert(parsed.get<std::string>()).second) {
            repeated = parsed.get<std::string>();
        }
        return true;
    };
    OrderedJson json;
    try {
        json = OrderedJson::parse(text, watch);
    } catch (const OrderedJson::parse_error& e) {
        return fail(ErrorCode::kConfig, fmt::format("not JSON at byte {}", e.byte));
    } catch (const OrderedJson::out_of_range&) {  // 1e999: valid JSON, but too large for a double
        return fail(ErrorCode::kConfig, "a number is out of range");
    }
    if (!json.is_object())
        return fail(ErrorCode::kConfig, "a configuration is a JSON object, {...}");
    if (!repeated.empty())
        return fail(ErrorCode::kConfig, fmt::format("the key \"{}\" is there twice", repeated));
    return json;
}

}  // namespace

std::string to_json(const Config& config) {
    OrderedJson json = OrderedJson::object();
    for_each_tag(config, [&](std::string_view tag, const auto& field) {
        json[std::string(tag)] = written(field);
        return true;
    });
    return json.dump(2);
}

Result<Config> config_from_json(std::string_view text) {
    AIVM_ASSIGN(const OrderedJson json, parse_object(text));
    Config config;
    for (const auto& [key, value] : json.items()) AIVM_TRY(set_field(config, key, value));
    AIVM_TRY(check_config(config));
    return config;
}

}  // namespace aivm
