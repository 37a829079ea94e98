// HTTP/1.1 for a service: a thin layer that translates requests and responses. One request per
// connection.
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
    5;  // a client that neither sends nor receives for this long is dropped

class HttpServer {
public:
    // `answer` is called from several threads, one at a time. It reads the clock itself.
    explicit HttpServer(std::function<Response(Request)> answer);
    ~HttpServer();

    // Binds the address; the error says why it cannot. Sets the port if it was 0.
    Status bind(ListenAddress& address);
    // Serves on its own threads until stop(). Call bind() first, and each function once.
    void start();
    // Stops accepting connections and returns when the accepted ones are answered.
    void stop();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace aivm::scenarios::cli
