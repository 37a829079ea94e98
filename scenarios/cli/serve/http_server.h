// HTTP/1.1 for a service: a thin shell that turns requests into ours and answers back. One request
// a connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/service/http.h"
#include "scenarios/cli/serve/listen_address.h"

namespace aivm::scenarios::cli {

constexpr std::size_t kBodyBytesMax = 1 << 20;
constexpr std::size_t kThreads = 8;
constexpr std::size_t kWaitingConnectionsMax = 64;
constexpr int kSilenceSecondsMax =
    5;  // a client that sends or takes nothing for so long is dropped

class HttpServer {
public:
    // `answer` is called from several threads, one at a time. The time of a request is left to it.
    explicit HttpServer(std::function<Response(Request)> answer);
    ~HttpServer();

    // Takes the address; the error says why it cannot be had. Fills in a port that was left open.
    Status bind(ListenAddress& address);
    // Serves on threads of its own until stop(). Call bind() first, and each once.
    void start();
    // Takes no more connections and returns when those that were taken are answered.
    void stop();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace aivm::scenarios::cli
