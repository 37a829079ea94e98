// HTTP/1.1 for a service: connections in, requests out. Everything runs on the one thread that runs
// the io_context, so a connection costs a few kilobytes and no thread, and no client can keep the
// others waiting by being slow.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "core/base/error.h"
#include "scenarios/cli/serve/http_connection.h"
#include "scenarios/cli/serve/listen_address.h"

namespace aivm::scenarios::cli {

class HttpServer final : public ConnectionOwner {
public:
    using Answer = std::function<Response(Request)>;

    // `io` must outlive the server, and the server every call that `io` still has to make for it.
    HttpServer(boost::asio::io_context& io, Answer answer);

    // Binds the address for this server alone and begins to listen; the error says why it cannot.
    // Sets the port if it was 0. Call it once, before io.run().
    Status listen(ListenAddress& address);
    // Accepts no more connections and closes all, after the responses that are being sent.
    void stop();

private:
    Status listen_on(const boost::asio::ip::tcp::endpoint& endpoint);
    void accept_next();
    void accepted(boost::asio::ip::tcp::socket socket);
    void close_oldest();

    Response answer(Request request) override;
    void begins_request(Connection& connection) override;
    void ended(Connection& connection) override;

    boost::asio::io_context& io_;
    Answer answer_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer retry_;
    Connections connections_;  // the one whose present request began first in front
    std::size_t connections_max_;
};

}  // namespace aivm::scenarios::cli
