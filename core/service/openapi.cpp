#include "core/service/openapi.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/execution/genesis.h"
#include "core/service/route_table.h"
#include "core/service/task_words.h"

namespace aivm {
namespace {

Json text_schema(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

// The schemas that rows of the table name.
Json schemas() {
    const Json byte{{"type", "integer"}, {"minimum", 0}, {"maximum", 255}};
    Json answer{{"type", "object"},
                {"required", {"answer"}},
                {"properties", {{"answer", byte}}},
                {"additionalProperties", false}};
    const Json nlux{{"type", "integer"}, {"minimum", 0}};
    Json gpu{
        {"type", "object"},
        {"required", {"model", "available", "memory_gb", "tflops", "temperature", "utilization"}},
        {"properties", {{"model", {{"type", "string"}}}, {"available", {{"type", "boolean"}}}}},
        {"additionalProperties", {{"type", "number"}}}};
    const Json hash = text_schema("^0x[0-9a-fA-F]{64}$");
    return {{"text", {{"type", "string"}}},
            {"any", Json::object()},
            {"object", {{"type", "object"}}},
            {"flag", {{"type", "boolean"}}},
            {"count", {{"type", "integer"}, {"minimum", 0}, {"maximum", 4294967295U}}},
            {"address", text_schema("^0x[0-9a-fA-F]{40}$")},
            {"hash", hash},
            {"hashes", {{"type", "array"}, {"items", hash}}},
            {"base64", {{"type", "string"}, {"format", "byte"}}},
            {"amount", {{"description", "nLUX"}, {"oneOf", {nlux, text_schema("^[0-9]+$")}}}},
            {"answer", {{"oneOf", {byte, std::move(answer)}}}},
            {"task_type", {{"type", "string"}, {"enum", words<TaskType>}}},
            {"gpus", {{"type", "array"}, {"maxItems", 64}, {"items", std::move(gpu)}}},
            {"error",
             {{"type", "object"},
              {"required", {"error"}},
              {"properties",
               {{"error",
                 {{"type", "object"},
                  {"required", {"code", "message"}},
                  {"properties",
                   {{"code", {{"type", "string"}}}, {"message", {{"type", "string"}}}}}}}}}}}};
}

Json reference_to(std::string_view schema) {
    return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

Json body_of(const Route& route) {
    Json required = Json::array();
    Json properties = Json::object();
    for (const BodyField& field : route.body) {
        properties[std::string(field.name)] = {{"allOf", Json::array({reference_to(field.type)})},
                                               {"description", field.doc}};
        if (field.required) required.push_back(field.name);
    }
    Json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return {{"required", true}, {"content", {{"application/json", {{"schema", schema}}}}}};
}

Json answer_of(const Route& route) {
    Json required = Json::array();
    for (std::string_view rest = route.members; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        required.push_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    Json schema{{"type", "object"}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"description", "done"}, {"content", {{"application/json", {{"schema", schema}}}}}};
}

Json error_answer(const char* description) {
    return {{"description", description},
            {"content", {{"application/json", {{"schema", reference_to("error")}}}}}};
}

Json responses_of(const Route& route) {
    Json out{{"200", answer_of(route)},
             {"400", error_answer("the request is wrong, or the VM refuses the operation")}};
    if (route.moves_value) out["401"] = error_answer("the request is not signed as it must be");
    out["404"] = error_answer("an id is not known");
    if (route.method == "POST") {
        out["408"] = error_answer("the body did not come in time");
        out["411"] = error_answer("the body has no length");
        out["413"] = error_answer("the body is too long");
        out["415"] = error_answer("the body is encoded");
    }
    out["503"] = error_answer("the store has failed");
    return out;
}

// "post_tasks_submit".
std::string operation_id(const Route& route) {
    std::string out = route.method == "GET" ? "get" : "post";
    for (const char c : route.path) out += c == '/' || c == '.' ? '_' : c;
    return out;
}

Json operation_of(const Route& route) {
    Json out{{"operationId", operation_id(route)}, {"summary", route.doc}};
    if (!route.query.empty()) {
        out["parameters"] = Json::array({{{"name", route.query},
                                          {"in", "query"},
                                          {"required", route.query_required},
                                          {"schema", {{"type", "string"}}}}});
    }
    if (route.method == "POST") out["requestBody"] = body_of(route);
    out["responses"] = responses_of(route);
    if (route.moves_value) out["security"] = Json::array({{{"signature", Json::array()}}});
    return out;
}

Json document() {
    Json paths = Json::object();
    for (const Route& route : service_routes()) {
        const std::string method = route.method == "GET" ? "get" : "post";
        paths[std::string(route.path)][method] = operation_of(route);
    }
    const Json signature{
        {"type", "apiKey"},
        {"in", "header"},
        {"name", "Authorization"},
        {"description",
         "Ed25519 <key>:<nonce>:<signature>, over method, path, chain id, nonce and body, each but "
         "the last followed by a line break; `aivmsim sign` makes it. A node started with --dev "
         "needs none."}};
    return {
        {"openapi", "3.0.3"},
        {"info", {{"title", "aivmsim serve"}, {"version", kVmVersion}}},
        {"paths", std::move(paths)},
        {"components", {{"schemas", schemas()}, {"securitySchemes", {{"signature", signature}}}}}};
}

}  // namespace

std::string service_routes_text() {
    std::string out;
    for (const Route& route : service_routes()) {
        std::string path(route.path);
        if (!route.query.empty())
            path +=
                fmt::format(fmt::runtime(route.query_required ? "?{}=" : "[?{}=]"), route.query);
        out += fmt::format("  {:<4} {:<28} {}{}\n", route.method, path, route.doc,
                           route.moves_value ? " (signed)" : "");
    }
    return out;
}

std::string openapi_text() { return document().dump(1) + "\n"; }

// GET /
Result<Json> service_index(Call&) {
    Json routes = Json::array();
    for (const Route& route : service_routes()) {
        routes.push_back({{"method", route.method},
                          {"path", route.path},
                          {"signed", route.moves_value},
                          {"doc", route.doc}});
    }
    return Json{{"routes", std::move(routes)}, {"openapi", "/openapi.json"}};
}

// GET /openapi.json
Result<Json> openapi_document(Call&) { return document(); }

}  // namespace aivm
