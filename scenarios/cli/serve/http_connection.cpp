#include "scenarios/cli/serve/http_connection.h"

#include <fmt/format.h>

#include <boost/asio/write.hpp>

#include "core/base/check.h"
#include "core/service/service.h"
#include "scenarios/cli/serve/http_limits.h"
#include "scenarios/cli/serve/http_response.h"

namespace aivm::scenarios::cli {
namespace {

using boost::system::error_code;
constexpr std::size_t kReadBytes = 8 << 10;

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, ConnectionOwner& owner)
    : socket_(std::move(socket)), deadline_(socket_.get_executor()), owner_(owner) {}

void Connection::start() {
    error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    await_request();
}

// ---- reading ------------------------------------------------------------------------------------

void Connection::await_request() {
    parser_ = HttpParser();
    late_ = has_head_ = false;
    phase_ = Phase::kIdle;
    owner_.begins_request(*this);
    if (!received_.empty()) return begin_request();
    set_deadline(kIdleTime);
    read_more();
}

void Connection::begin_request() {
    phase_ = Phase::kReading;
    set_deadline(kRequestTime);
    parse();
}

void Connection::read_more() {
    const std::size_t before = received_.size();
    received_.resize(before + kReadBytes);
    socket_.async_read_some(
        boost::asio::buffer(received_.data() + before, kReadBytes),
        [self = shared_from_this(), this, before](error_code error, std::size_t count) {
            if (phase_ == Phase::kClosed) return;
            received_.resize(before + count);
            if (late_) {
                return send(error_response(408, {ErrorCode::kLimitReached,
                                                 fmt::format("a request takes at most {} seconds",
                                                             kRequestTime.count())}),
                            false);
            }
            if (error == boost::asio::error::eof && phase_ == Phase::kReading) {
                return send(error_response(400, {ErrorCode::kMalformed,
                                                 "the request ended before it was complete"}),
                            false);
            }
            if (error) return close();
            phase_ == Phase::kIdle ? begin_request() : parse();
        });
}

void Connection::parse() {
    while (!received_.empty()) {
        received_.erase(0, parser_.put(received_));
        switch (parser_.state()) {
            case HttpParser::State::kHead:
                return read_more();
            case HttpParser::State::kRefused:
                return send(parser_.refusal(), false);
            case HttpParser::State::kBody:
                if (!has_head_ && !accept_head()) return;
                break;
            case HttpParser::State::kDone:
                if (has_head_ || accept_head()) answer();
                return;
        }
    }
    read_more();
}

// Returns false if the request has been answered, or is read on elsewhere.
bool Connection::accept_head() {
    const HttpHead& head = parser_.head();
    if (const auto refusal = check_head(head)) {
        send(*refusal, false);  // a body of unknown length may follow
        return false;
    }
    has_head_ = true;
    if (parser_.state() == HttpParser::State::kDone) return true;
    if (!head.takes_body()) {
        answer();
        return false;
    }
    if (!head.expects_continue || !received_.empty()) return true;
    sending_ = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                             [self = shared_from_this(), this](error_code error, std::size_t) {
                                 if (phase_ == Phase::kClosed) return;
                                 error ? close() : read_more();
                             });
    return false;
}

// ---- answering ----------------------------------------------------------------------------------

void Connection::answer() {
    // A body that is not read would be taken for the next request.
    const bool keep_alive =
        parser_.head().keep_alive && parser_.state() == HttpParser::State::kDone;
    send(owner_.answer(parser_.take_request()), keep_alive);
}

void Connection::send(const Response& response, bool keep_alive) {
    phase_ = Phase::kWriting;
    const bool again = keep_alive && !stopping_ && !late_;
    sending_ = http_text(response, again, parser_.head().method != "HEAD");
    boost::asio::async_write(
        socket_, boost::asio::buffer(sending_),
        [self = shared_from_this(), this, again](error_code error, std::size_t) {
            if (phase_ == Phase::kClosed) return;
            error ? close() : sent(again);
        });
}

void Connection::sent(bool keep_alive) {
    if (keep_alive && !stopping_) return await_request();
    error_code error;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
    if (error) return close();
    set_deadline(kGoodbyeTime);
    leave();
}

// Drops what the client still sends. Closing a socket with unread bytes would reset the connection,
// and the client might lose the response.
void Connection::leave() {
    phase_ = Phase::kLeaving;
    received_.resize(kReadBytes);
    socket_.async_read_some(boost::asio::buffer(received_),
                            [self = shared_from_this(), this](error_code error, std::size_t) {
                                if (phase_ == Phase::kClosed) return;
                                error ? close() : leave();
                            });
}

// ---- the end ------------------------------------------------------------------------------------

void Connection::stop() {
    stopping_ = true;
    if (phase_ != Phase::kWriting) close();
}

void Connection::close() {
    if (phase_ == Phase::kClosed) return;
    phase_ = Phase::kClosed;
    error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
    owner_.ended(*this);
}

void Connection::set_deadline(std::chrono::seconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this(), this](error_code error) {
        // The deadline may have moved while this call waited for its turn.
        const bool moved = deadline_.expiry() > boost::asio::steady_timer::clock_type::now();
        if (!error && !moved && phase_ != Phase::kClosed) missed_deadline();
    });
}

void Connection::missed_deadline() {
    if (phase_ != Phase::kReading || late_) return close();
    late_ = true;
    set_deadline(kGoodbyeTime);
    error_code ignored;
    socket_.cancel(ignored);
}

}  // namespace aivm::scenarios::cli
