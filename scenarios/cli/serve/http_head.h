// The request line and headers of a request, as far as the service uses them, and the checks that
// need nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/service/http.h"

namespace aivm::scenarios::cli {

struct HttpHead {
    std::string method;
    std::string path;   // as sent, without the query
    std::string query;  // as sent, without the question mark
    std::string authorization;
    std::string content_encoding;
    std::optional<std::uint64_t> content_length;
    bool has_transfer_encoding = false;
    bool expects_continue = false;
    bool keep_alive = false;

    // Only the bodies of these requests are read.
    [[nodiscard]] bool takes_body() const { return method == "POST"; }
};

// Sets path and query from a request target: "/path?query", or "http://host/path?query" as clients
// write it to a proxy.
void set_target(HttpHead& head, std::string_view target);

// The refusal of a request that need not be read any further, in the order of the checks: path,
// method, length of the body, its size, its encoding.
std::optional<Response> check_head(const HttpHead& head);

}  // namespace aivm::scenarios::cli
