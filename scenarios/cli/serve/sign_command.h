// `aivmsim sign`: keys of accounts, and the header with which a request moves an account's money
// (core/service/authorization.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace aivm::scenarios::cli {

struct SignRequest {
    std::string key;                  // a file
    bool fresh = false;               // make it
    std::optional<std::string> path;  // of the request; without one the account is printed
    std::optional<std::string> body;  // a file, or "-"
    std::uint64_t nonce = 1;
    std::uint64_t chain_id = 1;
};

int sign_command(const SignRequest& request);

}  // namespace aivm::scenarios::cli
