#include "scenarios/cli/serve/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace aivm::scenarios::cli {
namespace {

bool is_loopback(const std::string& host) {
    if (host == "localhost") return true;
    in_addr v4{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

std::string ListenAddress::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return fail(ErrorCode::kInvalidArgument, fmt::format("--listen {}: {}", text, why));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong("write HOST:PORT, such as 127.0.0.1:8080");
    ListenAddress address;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != std::string_view::npos)
        return wrong("write IPv6 as [::1]:PORT");
    address.host = host;
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (error != std::errc() || end != digits.data() + digits.size() || address.port < 0 ||
        address.port > 65'535) {
        return wrong("the port must be a number from 0 to 65535");
    }
    if (!is_loopback(address.host)) {
        return wrong(
            "not a loopback address; the service is for this machine only: 127.0.0.1, localhost or "
            "[::1]");
    }
    return address;
}

}  // namespace aivm::scenarios::cli
