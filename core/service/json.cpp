#include "core/service/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/service/time_text.h"

namespace aivm {
namespace {

const Json kNull;

// The greatest number of open brackets outside strings. Computed before parsing, because parsing
// and destroying a document that is too deep would overflow the stack.
std::size_t depth_of(std::string_view text) {
    std::size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') ++i;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    return deepest;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

template <std::size_t N>
std::optional<FixedBytes<N>> prefixed_hex(const Json& json) {
    if (!json.is_string()) return std::nullopt;
    const std::string& text = json.get_ref<const std::string&>();
    return text.starts_with("0x") ? fixed_from_hex<N>(text) : std::nullopt;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf"))
        return fail(ErrorCode::kMalformed, "JSON must not begin with a byte order mark");
    if (depth_of(text) > kJsonDepthMax) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("JSON nested deeper than {}", kJsonDepthMax));
    }
    std::vector<std::set<std::string>> names;  // of the objects that are open
    std::string repeated;
    const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) names.emplace_back();
        if (event == Json::parse_event_t::object_end) names.pop_back();
        if (event == Json::parse_event_t::key &&
            !names.back().insert(parsed.get<std::string>()).second) {
            repeated = parsed.get<std::string>();
        }
        return true;
    };
    Json json;
    try {
        json = Json::parse(text, watch);
    } catch (const Json::exception& e) {  // a syntax error, or a number that no double can hold
        const auto* syntax = dynamic_cast<const Json::parse_error*>(&e);
        return fail(ErrorCode::kMalformed, syntax ? fmt::format("not JSON at byte {}", syntax->byte)
                                                  : "a number out of range");
    }
    if (!repeated.empty())
        return fail(ErrorCode::kMalformed, fmt::format("\"{}\" is there twice", repeated));
    return json;
}

std::string print_json(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(Amount amount) { return std::to_string(amount.nlux()); }
std::string to_text(const Hash32& hash) { return "0x" + to_hex(hash.view()); }
std::string to_text(const Address& address) { return "0x" + to_hex(address.view()); }

std::string to_base64(ByteView bytes) {
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();  // the terminator that libsodium counts
    return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
    Bytes out(text.size() / 4 * 3 + 3);
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    out.resize(size);
    return out;
}

ObjectReader::ObjectReader(const Json& json, std::string_view where) : json_(json), where_(where) {
    if (!json.is_object())
        faults_.push_back(where_.empty() ? "the body must be a JSON object"
                                         : where_ + " must be an object");
}

bool ObjectReader::has(std::string_view key) const {
    return json_.is_object() && json_.contains(key);
}

void ObjectReader::set_fault(std::string_view key, std::string_view wanted) {
    if (!json_.is_object() || !faulty_.emplace(key).second) return;
    const std::string name = where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
    faults_.push_back(has(key) ? fmt::format("{} must be {}", name, wanted)
                               : fmt::format("{} is missing", name));
}

const Json& ObjectReader::any(std::string_view key) {
    read_.emplace(key);
    if (!has(key)) {
        set_fault(key, "");
        return kNull;
    }
    return *json_.find(key);
}

template <class T>
T ObjectReader::parsed(std::string_view key, std::optional<T> value, std::string_view wanted) {
    if (value) return std::move(*value);
    set_fault(key, wanted);
    return T{};
}

std::string ObjectReader::string(std::string_view key) {
    const Json& json = any(key);
    return parsed(key, json.is_string() ? std::optional(json.get<std::string>()) : std::nullopt,
                  "a string");
}

bool ObjectReader::boolean(std::string_view key) {
    const Json& json = any(key);
    return parsed(key, json.is_boolean() ? std::optional(json.get<bool>()) : std::nullopt,
                  "true or false");
}

std::uint64_t ObjectReader::number(std::string_view key, std::uint64_t most) {
    const Json& json = any(key);
    const bool fits = json.is_number_unsigned() && json.get<std::uint64_t>() <= most;
    return parsed(key, fits ? std::optional(json.get<std::uint64_t>()) : std::nullopt,
                  fmt::format("a whole number from 0 to {}", most));
}

void ObjectReader::any_number(std::string_view key) {
    if (!any(key).is_number()) set_fault(key, "a number");
}

Amount ObjectReader::amount(std::string_view key) {
    const Json& json = any(key);
    std::optional<std::uint64_t> nlux;
    if (json.is_number_unsigned()) nlux = json.get<std::uint64_t>();
    if (json.is_string()) nlux = whole_number(json.get_ref<const std::string&>());
    return Amount(parsed(key, nlux, "a whole number of nLUX"));
}

Bytes ObjectReader::base64(std::string_view key) {
    const Json& json = any(key);
    return parsed(key,
                  json.is_string() ? from_base64(json.get_ref<const std::string&>()) : std::nullopt,
                  "base64");
}

Hash32 ObjectReader::hash(std::string_view key) {
    return parsed(key, prefixed_hex<32>(any(key)), "0x and 64 hex digits");
}

Address ObjectReader::address(std::string_view key) {
    return parsed(key, prefixed_hex<20>(any(key)), "an address: 0x and 40 hex digits");
}

TimestampNs ObjectReader::time(std::string_view key) {
    const Json& json = any(key);
    return parsed(key,
                  json.is_string() ? parse_time(json.get_ref<const std::string&>()) : std::nullopt,
                  "a time such as 2026-01-31T12:00:00Z");
}

Status ObjectReader::finish() const {
    std::vector<std::string> faults = faults_;
    if (json_.is_object()) {
        for (const auto& [key, value] : json_.items()) {
            if (read_.contains(key)) continue;
            faults.push_back(
                fmt::format("unknown field {}{}{}", where_, where_.empty() ? "" : ".", key));
        }
    }
    if (faults.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}", fmt::join(faults, "; ")));
}

}  // namespace aivm
