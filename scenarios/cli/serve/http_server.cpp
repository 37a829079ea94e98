#include "scenarios/cli/serve/http_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "core/service/service.h"
#include "scenarios/cli/serve/bounded_queue.h"

namespace aivm::scenarios::cli {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kEverything = R"([\s\S]*)";

void put(httplib::Response& out, const Response& response) {
    out.status = response.status;
    if (!response.allow.empty()) out.set_header("Allow", response.allow);
    out.set_content(response.body, kJson);
}

Request to_request(const httplib::Request& in, std::string body) {
    Request request;
    request.method = in.method;
    request.path = in.path;
    if (const std::size_t mark = in.target.find('?'); mark != std::string::npos) {
        request.query = in.target.substr(mark + 1, in.target.find('#', mark) - mark - 1);
    }
    request.authorization = in.get_header_value("Authorization");
    request.body = std::move(body);
    return request;
}

// Reads the body in pieces, since the limit also applies to bodies that do not announce their
// length or decompress to more. Returns the status to refuse it with, 0 if the body is complete.
int read_body(const httplib::ContentReader& reader, const httplib::Response& out,
              std::string& body) {
    bool too_long = false;
    const bool whole = reader([&](const char* data, std::size_t size) {
        too_long = size > kBodyBytesMax - body.size();
        if (!too_long) body.append(data, size);
        return !too_long;
    });
    if (whole) return 0;
    return too_long || out.status == 413 ? 413 : 400;
}

// Errors of the transport, in the form of the service's errors.
Error transport_error(int status) {
    if (status == 413)
        return {ErrorCode::kLimitReached,
                fmt::format("a body has at most {} bytes", kBodyBytesMax)};
    if (status == 414) return {ErrorCode::kLimitReached, "the address is too long"};
    return {ErrorCode::kMalformed, "not an HTTP/1.1 request that this service takes"};
}

}  // namespace

struct HttpServer::Inside {
    std::function<Response(Request)> answer;
    std::mutex mutex;  // the service belongs to one thread at a time
    httplib::Server server;
    std::thread acceptor;

    void serve(const httplib::Request& in, httplib::Response& out, std::string body) {
        const std::lock_guard lock(mutex);
        put(out, answer(to_request(in, std::move(body))));
    }
    void set_limits();
    void set_handlers();
};

void HttpServer::Inside::set_limits() {
    server.set_payload_max_length(kBodyBytesMax);
    server.set_keep_alive_max_count(1);
    server.set_read_timeout(kSilenceSecondsMax);
    server.set_write_timeout(kSilenceSecondsMax);
    server.new_task_queue = [] { return new BoundedQueue(kThreads, kWaitingConnectionsMax); };
}

void HttpServer::Inside::set_handlers() {
    const auto without_body = [this](const httplib::Request& in, httplib::Response& out) {
        serve(in, out, {});
    };
    const auto with_body = [this](const httplib::Request& in, httplib::Response& out,
                                  const httplib::ContentReader& reader) {
        std::string body;
        const int refused = in.is_multipart_form_data() ? 400 : read_body(reader, out, body);
        if (refused == 0) return serve(in, out, std::move(body));
        put(out, error_response(refused, transport_error(refused)));
    };
    // No route accepts these methods, so their bodies are not read.
    const auto body_unread = [this](const httplib::Request& in, httplib::Response& out,
                                    const httplib::ContentReader&) { serve(in, out, {}); };
    server.Post(kEverything, with_body);
    server.Get(kEverything, without_body)
        .Options(kEverything, without_body)
        .Delete(kEverything, without_body);
    server.Put(kEverything, body_unread)
        .Patch(kEverything, body_unread)
        .Delete(kEverything, body_unread);
    server.set_error_handler([](const httplib::Request&, httplib::Response& out) {
        if (out.body.empty()) put(out, error_response(out.status, transport_error(out.status)));
    });
    server.set_exception_handler(
        [](const httplib::Request&, httplib::Response& out, std::exception_ptr) {
            put(out, error_response(500, {ErrorCode::kWrongState,
                                          "a failed internal check of aivmsim; please report it"}));
        });
}

HttpServer::HttpServer(std::function<Response(Request)> answer)
    : inside_(std::make_unique<Inside>()) {
    inside_->answer = std::move(answer);
    inside_->set_limits();
    inside_->set_handlers();
}

HttpServer::~HttpServer() { stop(); }

Status HttpServer::bind(ListenAddress& address) {
    errno = 0;
    bool bound = true;
    if (address.port == 0) {
        address.port = inside_->server.bind_to_any_port(address.host);
        bound = address.port > 0;
    } else {
        bound = inside_->server.bind_to_port(address.host, address.port);
    }
    if (bound) return {};
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot listen on {}: {}", address.text(), std::strerror(errno)));
}

void HttpServer::start() {
    inside_->acceptor = std::thread([this] { inside_->server.listen_after_bind(); });
    while (!inside_->server.is_running())
        std::this_thread::yield();  // an earlier stop() would be lost
}

void HttpServer::stop() {
    if (!inside_->acceptor.joinable()) return;
    inside_->server.stop();
    inside_->acceptor.join();
}

}  // namespace aivm::scenarios::cli
