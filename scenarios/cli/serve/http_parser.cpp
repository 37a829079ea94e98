#include "scenarios/cli/serve/http_parser.h"

#include <fmt/format.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <iterator>
#include <limits>

#include "core/base/check.h"
#include "core/service/service.h"
#include "scenarios/cli/serve/http_limits.h"

namespace aivm::scenarios::cli {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

Response too_long(int status, std::string what) {
    return error_response(status, {ErrorCode::kLimitReached, std::move(what)});
}

Response not_http(std::string why) {
    return error_response(400, {ErrorCode::kMalformed, "not an HTTP request: " + std::move(why)});
}

Response refusal_of(boost::system::error_code error, const Parser& parser) {
    if (error != http::error::header_limit) return not_http(error.message());
    // The request line is parsed in one piece, so it is what was too long if nothing is known of
    // it.
    if (parser.get().target().empty())
        return too_long(414, fmt::format("an address has at most {} bytes", kTargetBytesMax));
    return too_long(431, fmt::format("the headers have at most {} bytes", kHeadBytesMax));
}

HttpHead head_of(const Parser& parser) {
    const auto& message = parser.get();
    HttpHead head;
    head.method = text_of(message.method_string());
    set_target(head, text_of(message.target()));
    head.authorization = text_of(message[http::field::authorization]);
    head.content_encoding = text_of(message[http::field::content_encoding]);
    if (const auto length = parser.content_length()) head.content_length = *length;
    head.has_transfer_encoding = message.count(http::field::transfer_encoding) != 0;
    head.expects_continue = message.version() >= 11 &&
                            boost::beast::iequals(message[http::field::expect], "100-continue");
    head.keep_alive = message.keep_alive();
    return head;
}

// What is wrong with a head that the parser accepts.
std::optional<Response> check_fields(const Parser& parser, const HttpHead& head) {
    const auto& message = parser.get();
    if (message.target().size() > kTargetBytesMax)
        return too_long(414, fmt::format("an address has at most {} bytes", kTargetBytesMax));
    if (static_cast<std::size_t>(std::distance(message.begin(), message.end())) > kHeadersMax)
        return too_long(431, fmt::format("a request has at most {} headers", kHeadersMax));
    if (head.content_length && head.has_transfer_encoding)
        return not_http("Content-Length and Transfer-Encoding contradict each other");
    if (message.count(http::field::authorization) > 1) return not_http("Authorization twice");
    return std::nullopt;
}

}  // namespace

struct HttpParser::Inside {
    Parser parser;
    State state = State::kHead;
    HttpHead head;
    std::optional<Response> refusal;

    void refuse(Response response) {
        state = State::kRefused;
        refusal = std::move(response);
    }
    void end_head() {
        head = head_of(parser);
        if (auto response = check_fields(parser, head)) return refuse(std::move(*response));
        state = State::kBody;
    }
};

HttpParser::HttpParser() : inside_(std::make_unique<Inside>()) {
    inside_->parser.header_limit(kHeadBytesMax);
    // None: check_head refuses a body by its length. (boost::none would refuse every body in 1.74.)
    inside_->parser.body_limit(std::numeric_limits<std::uint64_t>::max());
}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;

std::size_t HttpParser::put(std::string_view bytes) {
    AIVM_CHECK(!bytes.empty() && (state() == State::kHead || state() == State::kBody));
    boost::system::error_code error;
    const std::size_t used =
        inside_->parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more) {
        inside_->refuse(refusal_of(error, inside_->parser));
        return used;
    }
    if (state() == State::kHead && inside_->parser.is_header_done()) inside_->end_head();
    if (state() == State::kBody && inside_->parser.is_done()) inside_->state = State::kDone;
    return used;
}

HttpParser::State HttpParser::state() const { return inside_->state; }
const HttpHead& HttpParser::head() const { return inside_->head; }
const Response& HttpParser::refusal() const { return *inside_->refusal; }

Request HttpParser::take_request() {
    Request request;
    request.method = inside_->head.method;
    request.path = std::move(inside_->head.path);
    request.query = std::move(inside_->head.query);
    request.authorization = std::move(inside_->head.authorization);
    request.body = std::move(inside_->parser.get().body());
    return request;
}

}  // namespace aivm::scenarios::cli
