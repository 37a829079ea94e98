// The editor schema; the only translation unit of this room that includes nlohmann-json.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/file/fields.h"
#include "scenarios/file/names.h"
#include "scenarios/file/reference.h"

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNamePattern = "^[A-Za-z0-9_-]{1,64}$";
static_assert(kMaxNameBytes == 64);

Json integer(const FieldInfo& info) {
    return {{"type", "integer"}, {"minimum", info.min}, {"maximum", info.max}};
}

Json text_like(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json type_schema(const FieldInfo& info) {
    switch (info.type) {
        case FieldType::kInteger:
            return integer(info);
        case FieldType::kDuration:
            return text_like(R"(^\s*\d+(\.\d+)?\s*(ns|us|ms|s|m|h|d)\s*$)");
        case FieldType::kAmount:
            return text_like(R"(^\s*\d+(\.\d+)?\s*[mun]?LUX\s*$)");
        case FieldType::kRatio:
            return text_like(R"(^\s*(\d+\s*/\s*\d+|\d+(\.\d+)?\s*(%|ppm))\s*$)");
        case FieldType::kBandwidth:
            return text_like(R"(^\s*(unlimited|\d+(\.\d+)?\s*[kMG]?bit/s)\s*$)");
        case FieldType::kBoolean:
            return {{"type", "boolean"}};
        case FieldType::kChoice:
            return {{"enum", std::vector<std::string>(info.choices.begin(), info.choices.end())}};
        case FieldType::kName:
            return text_like(kNamePattern);
        case FieldType::kTrace:
        case FieldType::kPrices:
        case FieldType::kText:
            return {{"type", "string"}, {"maxLength", info.max}};
        case FieldType::kNames:
            return {
                {"type", "array"}, {"items", text_like(kNamePattern)}, {"maxItems", kMaxListItems}};
        case FieldType::kNameLists: {
            const Json name = {{"anyOf", {text_like(kNamePattern), {{"type", "integer"}}}}};
            const Json list = {{"type", "array"}, {"items", name}, {"maxItems", kMaxListItems}};
            return {{"type", "array"},
                    {"items", {{"anyOf", {text_like(kNamePattern), {{"type", "integer"}}, list}}}},
                    {"maxItems", kMaxListItems}};
        }
        case FieldType::kIntegers:
            return {{"type", "array"}, {"items", integer(info)}, {"maxItems", kMaxListItems}};
        case FieldType::kParameters:
            return {{"type", "object"},
                    {"maxProperties", kMaxParameters},
                    {"propertyNames", {{"pattern", kNamePattern}}},
                    {"additionalProperties", {{"type", {"integer", "boolean", "string"}}}}};
    }
    return {};
}

template <class Owner>
void add_property(Json& object, const Field<Owner>& field) {
    auto schema = type_schema(field.info);
    schema["description"] = field.info.doc;
    if (field.info.required) {
        object["required"].push_back(field.info.key);
    } else if (field.info.type != FieldType::kParameters && is_set(field.default_value())) {
        // TOML and JSON write these values alike, except for tables.
        schema["default"] = Json::parse(print_value(field.info, field.default_value()));
    }
    object["properties"][std::string(field.info.key)] = std::move(schema);
}

Json table(std::string_view section) {
    return {{"type", "object"},
            {"description", section_doc(section)},
            {"additionalProperties", false},
            {"properties", Json::object()}};
}

template <class Owner>
Json repeated_table(std::string_view section, std::span<const Field<Owner>> fields,
                    std::size_t most) {
    auto item = table(section);
    for (const auto& field : fields) add_property(item, field);
    return {{"type", "array"}, {"maxItems", most}, {"items", std::move(item)}};
}

}  // namespace

std::string json_schema() {
    Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "aivmsim scenario"}};
    root.update(table(""));
    for (const auto* field : fields_of_section("")) add_property(root, *field);
    for (const auto section : kSections) {
        auto object = table(section);
        for (const auto* field : fields_of_section(section)) add_property(object, *field);
        root["properties"][std::string(section)] = std::move(object);
    }
    for (const auto role : kRoles)
        root["properties"][std::string(role)] = repeated_table("group", group_fields(), kMaxGroups);
    root["properties"]["link"] = repeated_table("link", link_fields(), kMaxLinks);
    root["properties"]["fault"] = repeated_table("fault", fault_fields(), kMaxFaults);
    root["required"].push_back("provider");
    return root.dump(2) + "\n";
}

}  // namespace aivm::scenarios
