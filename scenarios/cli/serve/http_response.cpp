#include "scenarios/cli/serve/http_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace aivm::scenarios::cli {
namespace {

struct Reason {
    int status;
    std::string_view words;
};
constexpr std::array kReasons{
    Reason{200, "OK"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{408, "Request Timeout"},
    Reason{411, "Length Required"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{503, "Service Unavailable"},
};

std::string_view reason_of(int status) {
    const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                    [&](const Reason& reason) { return reason.status == status; });
    return found == kReasons.end() ? "Unknown" : found->words;
}

}  // namespace

std::string http_text(const Response& response, bool keep_alive, bool with_body) {
    std::string text = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "Accept-Ranges: none\r\nConnection: {}\r\n",
        response.status, reason_of(response.status), response.body.size(),
        keep_alive ? "keep-alive" : "close");
    if (!response.allow.empty()) text += fmt::format("Allow: {}\r\n", response.allow);
    if (response.status == 401) text += "WWW-Authenticate: Ed25519\r\n";
    text += "\r\n";
    if (with_body) text += response.body;
    return text;
}

}  // namespace aivm::scenarios::cli
