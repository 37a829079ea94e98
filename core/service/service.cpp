#include "core/service/service.h"

#include <fmt/format.h>

#include "core/service/route_table.h"

namespace aivm {
namespace {

// The methods that the path takes, as the header Allow lists them; empty if it is no route.
std::string methods_of(std::string_view path) {
    std::string methods;
    for (const Route& route : service_routes()) {
        if (route.path != path) continue;
        if (!methods.empty()) methods += ", ";
        methods += route.method;
    }
    return methods;
}

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNotFound:
        case ErrorCode::kProviderNotFound:
            return 404;
        case ErrorCode::kStorage:
            return 503;
        default:
            return 400;
    }
}

// An operation made from a request is valid only on the node that vouched for it (authorization.h).
constexpr std::string_view kVouchedAlone =
    "this chain has other validators, who could not check a request's signature; hand the node a "
    "signed operation";

Result<Query> read_query(const Route& route, const Request& request) {
    AIVM_ASSIGN(Query query, parse_query(request.query));
    for (const auto& [name, value] : query) {
        if (name != route.query)
            return fail(ErrorCode::kInvalidArgument,
                        fmt::format("{} takes no \"{}\" in its query", route.path, name));
    }
    return query;
}

Result<Caller> authorise(NodeBase& node, const Request& request) {
    AIVM_ASSIGN(RequestProof proof, check_request(request, node.rules().chain_id));
    AIVM_TRY(node.use_nonce(proof.account, proof.nonce));
    return Caller{proof.account, proof.nonce, std::move(proof.authorization)};
}

Response to_response(const Result<Json>& answer) {
    if (!answer) return error_response(status_of(answer.error().code), answer.error());
    return {.status = 200, .body = print_json(*answer), .allow = {}};
}

bool is_about_request(const Error& error) {
    return error.code == ErrorCode::kMalformed || error.code == ErrorCode::kInvalidArgument;
}

// What the service or its transport found wrong with a request is said by the context alone. The
// fixed sentences of these two codes are about encodings and arguments of the VM.
std::string words_of(const Error& error) {
    return is_about_request(error) && !error.context.empty() ? error.context : error.text();
}

}  // namespace

Response error_response(int status, const Error& error) {
    const Json body{{"error", {{"code", error_name(error.code)}, {"message", words_of(error)}}}};
    return {.status = status, .body = print_json(body), .allow = {}};
}

std::optional<Response> Service::check_route(std::string_view method, std::string_view path) {
    if (find_route(method, path) != nullptr) return std::nullopt;
    std::string methods = methods_of(path);
    if (methods.empty())
        return error_response(404, {ErrorCode::kNotFound, fmt::format("there is no {}", path)});
    Response response = error_response(
        405, {ErrorCode::kInvalidArgument, fmt::format("{} takes {} only", path, methods)});
    response.allow = std::move(methods);
    return response;
}

Response Service::handle(const Request& request) {
    // A failure shows in /health, and in whatever needs to write.
    static_cast<void>(node_.advance(request.now_ns));
    if (auto refused = check_route(request.method, request.path)) return std::move(*refused);
    const Route& route = *find_route(request.method, request.path);
    Call call{.node = node_, .now_ns = request.now_ns, .query = {}, .body = {}, .caller = {}};
    if (route.moves_value && access_ == Access::kAuthorized) {
        if (!node_.alone())
            return error_response(400, {ErrorCode::kNotAuthorized, std::string(kVouchedAlone)});
        auto caller = authorise(node_, request);
        if (!caller)
            return error_response(caller.error().code == ErrorCode::kStorage ? 503 : 401,
                                  caller.error());
        call.caller = std::move(*caller);
    } else if (route.moves_value) {
        call.caller = {
            dev_key().address(), node_.next_nonce(dev_key().address(), request.now_ns), {}};
    }
    auto query = read_query(route, request);
    if (!query) return error_response(400, query.error());
    call.query = std::move(*query);
    if (route.method == "POST") {
        auto body = parse_json(request.body);
        if (!body) return error_response(400, body.error());
        call.body = std::move(*body);
    }
    return to_response(route.answer(call));
}

Status submit(Call& call, OperationBody body, const WriteBatch* note) {
    const Operation operation{call.caller.account, call.caller.nonce, std::move(body)};
    Bytes authorization = call.caller.authorization;
    if (authorization.empty()) authorization = dev_key().sign(SignedOperation(operation, {}).id());
    Status status = call.node.submit(
        std::make_shared<const SignedOperation>(operation, std::move(authorization)), call.now_ns,
        note);
    // What the VM says about an argument, such as "wallet", needs the code's sentence before it.
    if (!status && is_about_request(status.error())) status.error().context = status.error().text();
    return status;
}

Result<const Provider*> find_provider(const State& state, std::string_view id) {
    const auto index = state.find_provider(id);
    if (!index) return fail(ErrorCode::kProviderNotFound, std::string(id));
    return &state.provider(*index);
}

}  // namespace aivm
