// One connection of the HTTP server: reads a request, answers it, and reads the next one, all by
// asynchronous calls on the server's thread.
//
//   1. A request has one deadline, from its first byte to the last byte of its response. A client
//      that misses it while sending is answered 408; any other is disconnected.
//   2. A request is answered only when it has arrived completely. A body that ends early submits
//      nothing.
//   3. Pipelined requests are answered one after the other, in their order.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>

#include "scenarios/cli/serve/http_parser.h"

namespace aivm::scenarios::cli {

class Connection;
using Connections = std::list<std::shared_ptr<Connection>>;

// Must outlive its connections.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    virtual Response answer(Request request) = 0;
    virtual void begins_request(Connection& connection) = 0;
    // The last call; the connection does nothing any more.
    virtual void ended(Connection& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(boost::asio::ip::tcp::socket socket, ConnectionOwner& owner);

    void start();
    // Closes at once, or after the response that is being sent.
    void stop();
    // Closes at once.
    void close();

    Connections::iterator place;  // in the owner's list; the owner's to use

private:
    enum class Phase : std::uint8_t { kIdle, kReading, kWriting, kLeaving, kClosed };

    void await_request();
    void begin_request();
    void read_more();
    void parse();
    bool accept_head();
    void answer();
    void send(const Response& response, bool keep_alive);
    void sent(bool keep_alive);
    void leave();
    void set_deadline(std::chrono::seconds time);
    void missed_deadline();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer deadline_;
    ConnectionOwner& owner_;
    Phase phase_ = Phase::kIdle;
    bool late_ = false;      // the present request missed its deadline
    bool has_head_ = false;  // of the present request, and it was accepted
    bool stopping_ = false;
    HttpParser parser_;
    std::string received_;  // and not parsed
    std::string sending_;
};

}  // namespace aivm::scenarios::cli
