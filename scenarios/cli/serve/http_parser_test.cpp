// What is read from the bytes of a request, and in which order a head is refused.
#include "scenarios/cli/serve/http_parser.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/service/json.h"
#include "scenarios/cli/serve/http_limits.h"

namespace aivm::scenarios::cli {
namespace {

using testing::HasSubstr;
using State = HttpParser::State;

// Parses the text in pieces of `piece` bytes, until the request is complete or refused.
HttpParser parsed(std::string_view text, std::size_t piece) {
    HttpParser parser;
    std::string waiting;
    while (!text.empty() && parser.state() < State::kDone) {
        waiting += text.substr(0, piece);
        text.remove_prefix(std::min(piece, text.size()));
        std::size_t used = 1;
        while (!waiting.empty() && used != 0 && parser.state() < State::kDone) {
            used = parser.put(waiting);
            waiting.erase(0, used);
        }
    }
    return parser;
}

int refusal_status(std::string_view text) {
    const HttpParser parser = parsed(text, text.size());
    if (parser.state() == State::kRefused) return parser.refusal().status;
    if (parser.state() == State::kHead) return 0;
    const auto refusal = check_head(parser.head());
    return refusal ? refusal->status : 0;
}

TEST(HttpParser, ReadsTheSameRequestHoweverItsBytesArrive) {
    const std::string text =
        "POST /tasks/submit?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Ed25519 k\r\n"
        "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
    for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL}) {
        HttpParser parser = parsed(text, piece);
        ASSERT_EQ(parser.state(), State::kDone) << piece;
        EXPECT_EQ(parser.head().content_length, 5U);
        EXPECT_FALSE(parser.head().keep_alive);
        const Request request = parser.take_request();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, "/tasks/submit");
        EXPECT_EQ(request.query, "a=b");
        EXPECT_EQ(request.authorization, "Ed25519 k");
        EXPECT_EQ(request.body, "hello");
    }
}

TEST(HttpParser, LeavesTheBytesOfTheNextRequestAlone) {
    const std::string first = "GET /stats HTTP/1.1\r\n\r\n";
    HttpParser parser;
    EXPECT_EQ(parser.put(first + "GET /health"), first.size());
    EXPECT_EQ(parser.state(), State::kDone);
    EXPECT_TRUE(parser.head().keep_alive);
}

TEST(HttpParser, ABodyThatIsCutShortIsNoRequest) {
    const HttpParser parser =
        parsed("POST /tasks/submit HTTP/1.1\r\nContent-Length: 10\r\n\r\n{", 1000);
    EXPECT_EQ(parser.state(), State::kBody);
}

TEST(HttpParser, TakesAnAddressInTheFormForProxies) {
    for (const auto& [target, path, query] :
         {std::tuple{"http://127.0.0.1:80/stats?a=b", "/stats", "a=b"},
          std::tuple{"http://x", "/", ""}, std::tuple{"http://x?a=b", "/", "a=b"},
          std::tuple{"/tasks?id=x#part", "/tasks", "id=x"}, std::tuple{"*", "*", ""}}) {
        HttpHead head;
        set_target(head, target);
        EXPECT_EQ(head.path, path) << target;
        EXPECT_EQ(head.query, query) << target;
    }
}

TEST(HttpParser, RefusesWhatIsNoHttpOrContradictsItself) {
    for (const std::string& text :
         {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"),
          std::string("GET / HTTP/9.9\r\n\r\n"), std::string("\x00\xff\r\n\r\n", 6),
          std::string("GET /a b HTTP/1.1\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
          std::string("POST /tasks/submit HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
          std::string("POST /tasks/submit HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: "
                      "2\r\n\r\n"),
          std::string("POST /tasks/submit HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n"),
          std::string("POST /tasks/submit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                      "Content-Length: 4\r\n\r\n"),
          std::string("POST /tasks/submit HTTP/1.1\r\nTransfer-Encoding: gzip\r\n"
                      "Content-Length: 4\r\n\r\n"),
          std::string("GET /stats HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n")}) {
        EXPECT_EQ(refusal_status(text), 400) << text;
    }
}

TEST(HttpParser, HasLimitsForTheAddressTheHeadersAndTheirNumber) {
    const auto with_target = [](std::size_t bytes) {
        return fmt::format("GET /{} HTTP/1.1\r\n\r\n", std::string(bytes - 1, 'a'));
    };
    EXPECT_EQ(refusal_status(with_target(kTargetBytesMax)), 404);
    EXPECT_EQ(refusal_status(with_target(kTargetBytesMax + 1)), 414);
    EXPECT_EQ(refusal_status(with_target(kHeadBytesMax * 3)), 414);
    EXPECT_EQ(refusal_status("GET /stats HTTP/1.1\r\nA: " + std::string(kHeadBytesMax, 'a')), 431);
    const auto with_headers = [](std::size_t count) {
        std::string text = "GET /stats HTTP/1.1\r\n";
        for (std::size_t i = 0; i < count; ++i) text += "A: b\r\n";
        return text + "\r\n";
    };
    EXPECT_EQ(refusal_status(with_headers(kHeadersMax)), 0);
    EXPECT_EQ(refusal_status(with_headers(kHeadersMax + 1)), 431);
    EXPECT_EQ(refusal_status(with_headers(10'000)), 431);
}

TEST(HttpHead, IsRefusedInTheOrderPathMethodLengthSizeEncoding) {
    HttpHead head;
    head.method = "BREW";
    head.path = "/none";
    EXPECT_EQ(check_head(head)->status, 404);
    head.path = "/tasks/submit";
    EXPECT_EQ(check_head(head)->status, 405);
    EXPECT_EQ(check_head(head)->allow, "POST");
    head.method = "POST";
    head.content_encoding = "gzip";
    EXPECT_EQ(check_head(head)->status, 411);
    head.has_transfer_encoding = true;
    EXPECT_EQ(check_head(head)->status, 411);
    head.has_transfer_encoding = false;
    head.content_length = kBodyBytesMax + 1;
    EXPECT_EQ(check_head(head)->status, 413);
    head.content_length = kBodyBytesMax;
    EXPECT_EQ(check_head(head)->status, 415);
    head.content_encoding = "identity";
    EXPECT_FALSE(check_head(head));
}

TEST(HttpHead, EveryMethodButItsOwnIs405OnARoute) {
    for (const char* method : {"TRACE", "CONNECT", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH",
                               "BREW", "PROPFIND", "get"}) {
        EXPECT_EQ(refusal_status(fmt::format("{} /stats HTTP/1.1\r\n\r\n", method)), 405) << method;
    }
    EXPECT_EQ(refusal_status("CONNECT example:80 HTTP/1.1\r\n\r\n"), 405);
    EXPECT_EQ(refusal_status("OPTIONS * HTTP/1.1\r\n\r\n"), 405);
}

}  // namespace
}  // namespace aivm::scenarios::cli
