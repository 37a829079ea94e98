// The server over real connections, with a service that repeats what it was sent.
#include "scenarios/cli/serve/http_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace aivm::scenarios::cli {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

class RunningServer {
public:
    RunningServer() : server(io, [this](Request request) { return answer(std::move(request)); }) {
        const Status listening = server.listen(address);
        if (!listening) throw std::runtime_error(listening.error().text());
        thread = std::thread([this] { io.run(); });
    }
    ~RunningServer() {
        boost::asio::post(io, [this] { server.stop(); });
        thread.join();
    }
    Response answer(Request request) {
        ++answered;
        if (request.body == "fail") throw std::logic_error("planted");
        return {
            .status = 200, .body = fmt::format("[{} {}]", request.path, request.body), .allow = {}};
    }

    boost::asio::io_context io{1};
    std::atomic<int> answered = 0;
    ListenAddress address{"127.0.0.1", 0};
    HttpServer server;
    std::thread thread;
};

class Client {
public:
    explicit Client(const RunningServer& server) : socket_(io_) {
        socket_.connect({boost::asio::ip::make_address(server.address.host),
                         static_cast<unsigned short>(server.address.port)});
    }
    void send(std::string_view text) {
        boost::asio::write(socket_, boost::asio::buffer(text.data(), text.size()));
    }
    void end() { socket_.shutdown(tcp::socket::shutdown_send); }
    // Everything until the server closes.
    std::string rest() {
        std::string text;
        boost::system::error_code error;
        boost::asio::read(socket_, boost::asio::dynamic_buffer(text), error);
        return error == boost::asio::error::eof ? text : text + " and then " + error.message();
    }

private:
    boost::asio::io_context io_;
    tcp::socket socket_;
};

std::string post_of(std::string_view body, std::string_view more = "") {
    return fmt::format("POST /tasks/submit HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", more,
                       body.size(), body);
}
constexpr std::string_view kClose = "Connection: close\r\n";

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrderAndClosesWhenAsked) {
    RunningServer server;
    Client client(server);
    client.send(post_of("one") + post_of("two") + "GET /stats HTTP/1.1\r\n\r\n" +
                post_of("last", kClose) + post_of("never"));
    const std::string text = client.rest();
    std::size_t from = 0;
    for (const char* part : {"submit one]", "submit two]", "[/stats ]", "submit last]"}) {
        const std::size_t found = text.find(part, from);
        ASSERT_NE(found, std::string::npos) << part << " in " << text;
        from = found;
    }
    EXPECT_EQ(server.answered, 4);
}

TEST(HttpServer, SubmitsNothingFromABodyThatIsCutShortOrHasNoLength) {
    RunningServer server;
    for (const auto& [text, status] :
         {std::pair{"POST /tasks/submit HTTP/1.1\r\nContent-Length: 10\r\n\r\n{\"id\"", "400"},
          std::pair{"POST /tasks/submit HTTP/1.1\r\n\r\n{\"id\": \"t\"}", "411"},
          std::pair{"POST /tasks/submit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\n{}\r\n0\r\n\r\n",
                    "411"},
          std::pair{"POST /tasks/submit HTTP/1.1\r\nContent-Le", "400"}}) {
        Client client(server);
        client.send(text);
        client.end();
        const std::string answer = client.rest();
        EXPECT_THAT(answer, StartsWith(fmt::format("HTTP/1.1 {}", status))) << text;
        EXPECT_THAT(answer, HasSubstr("Connection: close"));
    }
    EXPECT_EQ(server.answered, 0);
}

TEST(HttpServer, AHalfClosedClientGetsTheAnswerToACompleteRequest) {
    RunningServer server;
    Client client(server);
    client.send(post_of("whole"));
    client.end();
    EXPECT_THAT(client.rest(), HasSubstr("whole]"));
}

TEST(HttpServer, IgnoresRangesAndDoesNotReadTheBodyOfAGet) {
    RunningServer server;
    Client client(server);
    client.send("GET /stats HTTP/1.1\r\nRange: bytes=0-3\r\nContent-Length: 5\r\n\r\nGET /health");
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("[/stats ]"));
    EXPECT_EQ(server.answered, 1) << "the body is no request";
}

TEST(HttpServer, TellsAClientThatAsksWhetherItsBodyIsWelcome) {
    RunningServer server;
    Client welcome(server);
    welcome.send(
        "POST /tasks/submit HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    welcome.send("{}");
    EXPECT_THAT(welcome.rest(), StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
    Client refused(server);
    refused.send(
        "POST /tasks/submit HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n");
    refused.end();
    EXPECT_THAT(refused.rest(), StartsWith("HTTP/1.1 413"));
}

TEST(HttpServer, RepliesToHeadWithoutABody) {
    RunningServer server;
    Client client(server);
    client.send("HEAD /stats HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST(HttpServer, AFailedCheckIsAnsweredAndTheServerGoesOn) {
    RunningServer server;
    Client client(server);
    client.send(post_of("fail") + post_of("next", kClose));
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
    EXPECT_THAT(answer, HasSubstr("planted"));
    EXPECT_THAT(answer, HasSubstr("next]"));
}

TEST(HttpServer, SharesItsPortWithNobody) {
    RunningServer server;
    boost::asio::io_context io;
    HttpServer second(io, [](const Request&) { return Response{}; });
    ListenAddress same = server.address;
    const Status listening = second.listen(same);
    ASSERT_FALSE(listening);
    EXPECT_THAT(listening.error().context, HasSubstr("Address already in use"));
}

TEST(HttpServer, StoppingClosesIdleAndUnfinishedConnections) {
    auto server = std::make_unique<RunningServer>();
    Client idle(*server);
    Client unfinished(*server);
    unfinished.send("POST /tasks/submit HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
    Client kept(*server);
    kept.send("GET /stats HTTP/1.1\r\n\r\n");
    while (server->answered == 0) std::this_thread::yield();
    server.reset();
    EXPECT_EQ(idle.rest(), "");
    EXPECT_THAT(kept.rest(), HasSubstr("[/stats ]"));
}

}  // namespace
}  // namespace aivm::scenarios::cli
