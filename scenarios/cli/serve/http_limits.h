// What a client of the HTTP server may use.
#pragma once

#include <chrono>
#include <cstddef>

namespace aivm::scenarios::cli {

constexpr std::size_t kHeadBytesMax = 16 << 10;  // request line and headers
constexpr std::size_t kTargetBytesMax = 8 << 10;
constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kBodyBytesMax = 1 << 20;
// Beyond this the connection whose request began first is closed for a new one.
constexpr std::size_t kConnectionsMax = 4096;

// From a request's first byte to the last byte of its response.
constexpr std::chrono::seconds kRequestTime{10};
// From one response to the first byte of the next request.
constexpr std::chrono::seconds kIdleTime{30};
// For reading and dropping what a client still sends after the last response, and for telling a
// client that it was too slow.
constexpr std::chrono::seconds kGoodbyeTime{1};

}  // namespace aivm::scenarios::cli
