#include "scenarios/campaign/finding_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "scenarios/file/units.h"

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "aivmsim-finding";
constexpr std::uint64_t kVersion = 2;
constexpr std::uint64_t kMostTime = std::numeric_limits<sim::SimTime>::max();
constexpr std::array<std::string_view, 3> kReproducers{"none", "history", "run"};

Json violation_json(const sim::Violation& v) {
    return {{"invariant", v.invariant}, {"name", v.name},     {"message", v.message},
            {"time_ns", v.time},        {"block", v.block},   {"event", v.event},
            {"actors", v.actors},       {"owners", v.owners}, {"liveness", v.liveness}};
}

// Reads the keys of one object; the first error is kept.
class Keys {
public:
    Keys(const Json& object, std::string where, std::string& fault)
        : object_(object), where_(std::move(where)), fault_(fault) {
        if (!object_.is_object()) set_fault(where_ + " is not an object");
    }

    template <class T>
    void read(const char* key, T& out) {
        if (const Json* value = find(key)) read_value(key, *value, out);
    }
    // A key that older files lack; `out` stays as it is without it.
    template <class T>
    void read_if_there(const char* key, T& out) {
        if (fault_.empty() && object_.contains(key)) read(key, out);
    }
    // A string of digits: 64 bits are more than a number of JSON holds in many readers. Older files
    // have a number.
    void read_seed(const char* key, std::uint64_t& out) {
        const Json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_string()) return read_value(key, *value, out);
        const auto number = parse_integer(value->get<std::string>());
        if (!number) return expected(key, "a whole number, not negative");
        out = *number;
    }
    [[nodiscard]] Keys inside(const char* key) {
        static const Json kNothing = Json::object();
        const Json* value = find(key);
        return {value != nullptr ? *value : kNothing, where_ + "." + key, fault_};
    }

private:
    const Json* find(const char* key) {
        if (!fault_.empty()) return nullptr;
        const auto found = object_.find(key);
        if (found == object_.end()) set_fault(fmt::format("{} has no \"{}\"", where_, key));
        return found == object_.end() ? nullptr : &*found;
    }
    void read_value(const char* key, const Json& value, std::string& out) {
        if (!value.is_string()) return expected(key, "a string");
        out = value.get<std::string>();
    }
    void read_value(const char* key, const Json& value, bool& out) {
        if (!value.is_boolean()) return expected(key, "true or false");
        out = value.get<bool>();
    }
    void read_value(const char* key, const Json& value, std::uint64_t& out) {
        if (!value.is_number_unsigned()) return expected(key, "a whole number, not negative");
        out = value.get<std::uint64_t>();
    }
    void read_value(const char* key, const Json& value, sim::SimTime& out) {
        if (!value.is_number_integer() ||
            (value.is_number_unsigned() && value.get<std::uint64_t>() > kMostTime))
            return expected(key, "a whole number that 64 bits with a sign can hold");
        out = value.get<sim::SimTime>();
    }
    void read_value(const char* key, const Json& value, std::vector<std::string>& out) {
        if (!value.is_array()) return expected(key, "a list of strings");
        for (const Json& element : value) {
            out.emplace_back();
            read_value(key, element, out.back());
        }
    }
    void read_value(const char* key, const Json& value, FileDigests& out) {
        if (!value.is_object()) return expected(key, "an object");
        for (const auto& [name, digest] : value.items()) read_value(key, digest, out[name]);
    }
    void expected(const char* key, const char* what) {
        set_fault(fmt::format("{}.{} must be {}", where_, key, what));
    }
    void set_fault(std::string fault) {
        if (fault_.empty()) fault_ = std::move(fault);
    }

    const Json& object_;
    std::string where_;
    std::string& fault_;
};

void read_violation(Keys keys, sim::Violation& out) {
    keys.read("invariant", out.invariant);
    keys.read("name", out.name);
    keys.read("message", out.message);
    keys.read("time_ns", out.time);
    keys.read("block", out.block);
    keys.read("event", out.event);
    keys.read("actors", out.actors);
    keys.read_if_there("owners", out.owners);
    keys.read("liveness", out.liveness);
}

void read_shrunk(Keys keys, SavedFinding& out, std::string& fault) {
    std::string reproducer;
    keys.read("reproducer", reproducer);
    keys.read("actions", out.actions);
    keys.read("actions_before", out.actions_before);
    keys.read("actions_after", out.actions_after);
    keys.read("tries", out.tries);
    keys.read("time_ms", out.shrink_time_ms);
    keys.read("message", out.shrunk_message);
    keys.read("digest", out.shrunk_digest);
    keys.read("note", out.note);
    const auto known = std::ranges::find(kReproducers, reproducer);
    if (known == kReproducers.end()) {
        if (fault.empty())
            fault = fmt::format("a reproducer of the unknown kind \"{}\"", reproducer);
        return;
    }
    out.reproducer = static_cast<Reproducer>(known - kReproducers.begin());
}

}  // namespace

std::string finding_to_json(const SavedFinding& f, const FileDigests& files) {
    const Json shrunk{{"reproducer", kReproducers.at(static_cast<std::size_t>(f.reproducer))},
                      {"actions", f.actions},
                      {"actions_before", f.actions_before},
                      {"actions_after", f.actions_after},
                      {"tries", f.tries},
                      {"time_ms", f.shrink_time_ms},
                      {"message", f.shrunk_message},
                      {"digest", f.shrunk_digest},
                      {"note", f.note}};
    const Json out{{"format", kFormat},
                   {"version", kVersion},
                   {"id", f.id},
                   {"scenario", f.scenario_name},
                   {"seed", std::to_string(f.seed)},
                   {"digest", f.digest},
                   {"code_version", f.code_version},
                   {"paranoid", f.paranoid},
                   {"violation", violation_json(f.violation)},
                   {"shrunk", shrunk},
                   {"files", files}};
    // Messages may quote a scenario's bytes, which need not be UTF-8.
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ParsedFinding> finding_from_json(std::string_view text) {
    const Json document = Json::parse(text, nullptr, false);
    if (document.is_discarded())
        return fail(ErrorCode::kMalformed, "not a JSON document, or cut short");
    std::string fault;
    std::string format;
    std::uint64_t version = 0;
    Keys keys(document, "the document", fault);
    keys.read("format", format);
    keys.read("version", version);
    if (fault.empty() && format != kFormat)
        fault = fmt::format("its format is \"{}\", not \"{}\"", format, kFormat);
    if (fault.empty() && version != kVersion) {
        fault =
            fmt::format("its version is {}, and this program reads version {}", version, kVersion);
    }
    ParsedFinding out;
    keys.read("id", out.finding.id);
    keys.read("scenario", out.finding.scenario_name);
    keys.read_seed("seed", out.finding.seed);
    keys.read("digest", out.finding.digest);
    keys.read_if_there("code_version", out.finding.code_version);
    keys.read("paranoid", out.finding.paranoid);
    read_violation(keys.inside("violation"), out.finding.violation);
    read_shrunk(keys.inside("shrunk"), out.finding, fault);
    keys.read("files", out.files);
    if (!fault.empty()) return fail(ErrorCode::kMalformed, fault);
    return out;
}

}  // namespace aivm::scenarios
