#include "scenarios/cli/serve/http_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/service/service.h"
#include "scenarios/cli/serve/http_limits.h"

namespace aivm::scenarios::cli {

void set_target(HttpHead& head, std::string_view target) {
    target = target.substr(0, target.find('#'));
    if (target.starts_with("http://")) {
        target.remove_prefix(std::string_view("http://").size());
        target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
        if (!target.starts_with('/')) head.path = "/";
    }
    const std::size_t mark = target.find('?');
    head.path += target.substr(0, mark);
    if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
}

std::optional<Response> check_head(const HttpHead& head) {
    // CONNECT names a host and "OPTIONS *" the server, where others name a path.
    if (!head.path.starts_with('/') && (head.method == "CONNECT" || head.path == "*")) {
        Response refusal = error_response(
            405, {ErrorCode::kInvalidArgument, head.method + " is no method of this service"});
        refusal.allow = "GET, POST";
        return refusal;
    }
    if (auto refusal = Service::check_route(head.method, head.path)) return refusal;
    if (!head.takes_body()) return std::nullopt;
    if (!head.content_length || head.has_transfer_encoding) {
        return error_response(411, {ErrorCode::kInvalidArgument,
                                    "a POST needs the header Content-Length; chunked bodies are "
                                    "not accepted"});
    }
    if (*head.content_length > kBodyBytesMax) {
        return error_response(413, {ErrorCode::kLimitReached,
                                    fmt::format("a body has at most {} bytes", kBodyBytesMax)});
    }
    if (!head.content_encoding.empty() && head.content_encoding != "identity") {
        return error_response(
            415, {ErrorCode::kInvalidArgument, "send the body without a Content-Encoding"});
    }
    return std::nullopt;
}

}  // namespace aivm::scenarios::cli
