// The address to listen on. Loopback only: the service uses plain HTTP, and its node trusts every
// client that can reach it.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"

namespace aivm::scenarios::cli {

struct ListenAddress {
    std::string host;  // without brackets
    int port = 0;      // 0: any free port
    [[nodiscard]] std::string text() const;
};

// "127.0.0.1:8080", "localhost:8080" or "[::1]:8080".
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace aivm::scenarios::cli
