#include "scenarios/cli/serve/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "core/service/service.h"
#include "scenarios/cli/serve/http_limits.h"

namespace aivm::scenarios::cli {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr rlim_t kOtherFiles = 64;  // open files that are not connections
constexpr std::chrono::milliseconds kAcceptRetry{10};

// Asks for as many open files as the connections need, and returns how many connections fit.
std::size_t connections_that_fit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kConnectionsMax;
    const rlim_t wanted = kConnectionsMax + kOtherFiles;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = std::min(wanted, files.rlim_max);
        static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
        static_cast<void>(::getrlimit(RLIMIT_NOFILE, &files));
    }
    return std::min<rlim_t>(kConnectionsMax,
                            std::max(files.rlim_cur, kOtherFiles + 1) - kOtherFiles);
}

}  // namespace

HttpServer::HttpServer(boost::asio::io_context& io, Answer answer)
    : io_(io),
      answer_(std::move(answer)),
      acceptor_(io),
      retry_(io),
      connections_max_(connections_that_fit()) {}

// "localhost" may name an address of a protocol that this machine does not have; the next one is
// tried only then.
Status HttpServer::listen(ListenAddress& address) {
    error_code error;
    const auto endpoints =
        tcp::resolver(io_).resolve(address.host, std::to_string(address.port), error);
    Status status = fail(ErrorCode::kInvalidArgument, error.message());
    for (const auto& entry : endpoints) {
        status = listen_on(entry.endpoint());
        if (status || status.error().code != ErrorCode::kNotFound) break;
    }
    if (!status) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("cannot listen on {}: {}", address.text(), status.error().context));
    }
    address.port = acceptor_.local_endpoint().port();
    accept_next();
    return {};
}

// Fails with not_found if the machine has no such address.
Status HttpServer::listen_on(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_ = tcp::acceptor(io_);
    acceptor_.open(endpoint.protocol(), error);
    // Lets a restarted server have its port back at once; another one that listens keeps it.
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) return {};
    const bool absent = error == boost::asio::error::address_family_not_supported ||
                        error == boost::system::errc::address_not_available;
    return fail(absent ? ErrorCode::kNotFound : ErrorCode::kConflict, error.message());
}

void HttpServer::accept_next() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
        if (!acceptor_.is_open()) return;
        if (!error) {
            accepted(std::move(socket));
            return accept_next();
        }
        // Most likely no file is left for the connection.
        close_oldest();
        retry_.expires_after(kAcceptRetry);
        retry_.async_wait([this](error_code cancelled) {
            if (!cancelled && acceptor_.is_open()) accept_next();
        });
    });
}

void HttpServer::accepted(tcp::socket socket) {
    const auto connection = std::make_shared<Connection>(std::move(socket), *this);
    connection->place = connections_.insert(connections_.end(), connection);
    if (connections_.size() > connections_max_) close_oldest();
    connection->start();
}

void HttpServer::close_oldest() {
    if (connections_.empty()) return;
    const std::shared_ptr<Connection> oldest = connections_.front();
    oldest->close();
}

void HttpServer::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    const Connections all = connections_;
    for (const auto& connection : all) connection->stop();
}

Response HttpServer::answer(Request request) {
    try {
        return answer_(std::move(request));
    } catch (const std::exception& failure) {
        return error_response(
            500, {ErrorCode::kWrongState,
                  fmt::format("a failed internal check of aivmsim; please report it: {}",
                              failure.what())});
    }
}

void HttpServer::begins_request(Connection& connection) {
    connections_.splice(connections_.end(), connections_, connection.place);
}

void HttpServer::ended(Connection& connection) { connections_.erase(connection.place); }

}  // namespace aivm::scenarios::cli
