// The routes as a client meets them: what they answer, and how they refuse.
#include "core/service/service.h"
#include "core/service/openapi.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_node.h"
#include "core/verification/bisection_play.h"
#include "core/verification/dispute.h"
#include "core/verification/reexecution.h"

namespace aivm::test {
namespace {

using testing::HasSubstr;

struct RouteCase {
    const char* path;
    bool posts;
    bool moves_value;
};
constexpr RouteCase kRoutes[] = {
    {"/", false, false},
    {"/openapi.json", false, false},
    {"/providers", false, false},
    {"/providers/register", true, true},
    {"/providers/bond", true, true},
    {"/providers/leave", true, true},
    {"/providers/withdraw", true, true},
    {"/tasks", false, false},
    {"/tasks/submit", true, true},
    {"/tasks/result", true, true},
    {"/tasks/commit", true, true},
    {"/tasks/reveal", true, true},
    {"/challenges", false, false},
    {"/challenges", true, true},
    {"/challenges/reveal", true, true},
    {"/disputes/move", true, true},
    {"/models", false, false},
    {"/attestation/verify", true, false},
    {"/attestation/renew", true, true},
    {"/rewards/claim", true, true},
    {"/rewards/stats", false, false},
    {"/stats", false, false},
    {"/merkle", false, false},
    {"/health", false, false},
};

bool is_route(std::string_view method, std::string_view path) {
    return std::any_of(std::begin(kRoutes), std::end(kRoutes), [&](const RouteCase& route) {
        return path == route.path && method == (route.posts ? "POST" : "GET");
    });
}

constexpr const char* kZeros = "0x0000000000000000000000000000000000000000000000000000000000000000";

// A good body for each route that takes one.
std::string good_body(std::string_view path) {
    if (path == "/providers/register") return registration_body("p-1");
    if (path == "/tasks/submit") return task_body("t-1");
    if (path == "/tasks/result") {
        return R"({"task_id": "t-1", "provider_id": "p-1", "output": 7, "compute_time_ms": 5,
                   "proof": ""})";
    }
    if (path == "/rewards/claim" || path == "/providers/leave" || path == "/providers/withdraw")
        return R"({"provider_id": "p-1"})";
    if (path == "/providers/bond") return R"({"provider_id": "p-1", "amount": 5})";
    if (path == "/tasks/commit") {
        return fmt::format(R"({{"task_id": "t-1", "provider_id": "p-1", "commitment": "{}"}})",
                           kZeros);
    }
    if (path == "/tasks/reveal") {
        return fmt::format(
            R"({{"task_id": "t-1", "provider_id": "p-1", "output": 7, "nonce": "{}"}})", kZeros);
    }
    if (path == "/challenges")
        return fmt::format(R"({{"task_id": "t-1", "commitment": "{}"}})", kZeros);
    if (path == "/challenges/reveal")
        return fmt::format(R"({{"task_id": "t-1", "claim": 7, "salt": "{}"}})", kZeros);
    if (path == "/disputes/move") {
        return fmt::format(R"({{"task_id": "t-1", "challenger": "{}", "input": "{}", "output": 7,
                               "proof": []}})",
                           std::string(kZeros).substr(0, 42), kZeros);
    }
    std::string evidence =
        R"({"gpu_attestation": {"device_id": "p-1", "model": "NVIDIA H100", "cc_enabled": true,
      "tee_io_enabled": true, "driver_version": "1", "vbios_version": "1", "mode": 0,
      "timestamp": "2027-01-15T08:00:00Z",
      "local_evidence": {"spdm_report": "AAAA", "cert_chain": "", "rim_verified": true,
      "driver_report": "",
      "nonce": "0x0000000000000000000000000000000000000000000000000000000000000000"}}})";
    if (path == "/attestation/renew") evidence.insert(1, R"("provider_id": "p-1", )");
    return evidence;
}

Answer truth(TestNode& t, std::uint32_t row) {
    CpuKernels kernels;
    const State& state = t.node().state();
    return run_model(kernels, state.model(*state.find_model("zen-mini-0.5b")), row);
}

std::string result_body(std::string_view task, std::string_view provider, Answer answer) {
    return fmt::format(
        R"({{"task_id": "{}", "provider_id": "{}", "output": {{"answer": {}}},
            "compute_time_ms": 40, "proof": ""}})",
        task, provider, answer);
}

TestNode::Options with_a_provider() {
    TestNode::Options options;
    options.served = true;
    return options;
}

// A task by alice, assigned to bob's provider.
void assign(TestNode& t) {
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    t.blocks(4);
    ASSERT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "assigned");
}

TEST(Service, EveryRouteAnswers405ToTheOtherMethodsAndSaysWhichOnesItTakes) {
    TestNode t;
    for (const RouteCase& route : kRoutes) {
        const std::string path = route.path;
        const std::string right =
            path == "/challenges" ? "GET, POST" : (route.posts ? "POST" : "GET");
        for (const char* method : {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS",
                                   "TRACE", "CONNECT", "BREW", "get", ""}) {
            if (is_route(method, path)) continue;
            const Response r = t.send(
                {.method = method, .path = path, .query = {}, .authorization = {}, .body = {}});
            EXPECT_EQ(r.status, 405) << method << " " << path;
            EXPECT_EQ(r.allow, right);
            EXPECT_THAT(body_of(r).at("error").at("message").get<std::string>(), HasSubstr(path));
        }
    }
}

TEST(Service, ChecksPathMethodAuthorisationAndFieldsInThisOrder) {
    TestNode t;
    Request request{.method = "PUT",
                    .path = "/none",
                    .query = "unknown=1",
                    .authorization = "nonsense",
                    .body = "{"};
    EXPECT_EQ(t.send(request).status, 404);
    request.path = "/tasks/submit";
    EXPECT_EQ(t.send(request).status, 405);
    request.method = "POST";
    EXPECT_EQ(t.send(request).status, 401);
    Request authorised = t.signed_request(t.alice, t.next_nonce++, "/tasks/submit", "{");
    authorised.query = "unknown=1";
    const Response fields = t.send(authorised);
    EXPECT_EQ(fields.status, 400);
    EXPECT_THAT(fields.body, HasSubstr("unknown"));
    EXPECT_EQ(error_code(t.post(t.alice, "/tasks/submit", "{")), "malformed");
    EXPECT_EQ(error_code(t.post(t.alice, "/tasks/submit", task_body("t", "1", "0"))),
              "fee_too_low");
}

TEST(Service, SaysInPlainWordsWhatIsWrongWithARequest) {
    TestNode t;
    const auto message = [](const Response& r) {
        return body_of(r).at("error").at("message").get<std::string>();
    };
    EXPECT_EQ(message(t.post(t.alice, "/tasks/submit", "{")), "not JSON at byte 2");
    EXPECT_EQ(message(t.post(t.alice, "/tasks/submit", "\xef\xbb\xbf{}")),
              "JSON must not begin with a byte order mark");
    EXPECT_EQ(message(t.post(t.alice, "/rewards/claim", "{}")), "provider_id is missing");
    EXPECT_EQ(message(t.get("/stats", "x=1")), "/stats takes no \"x\" in its query");
    EXPECT_EQ(message(t.get("/tasks", "id=none")), "not found: task none");
    Json body = parse_json(registration_body("p-1")).value();
    body["wallet_address"] = std::string(kZeros).substr(0, 42);
    EXPECT_EQ(message(t.post(t.bob, "/providers/register", body.dump())),
              "an argument is out of range: wallet");
}

TEST(Service, APathThatIsNotExactlyARouteIs404) {
    TestNode t;
    for (const char* path : {"", "/task", "/openapi", "/tasks/", "/tasks/submit/x", "/Providers",
                             "//tasks", "/../stats"}) {
        EXPECT_EQ(t.get(path).status, 404) << path;
    }
}

TEST(Service, TheIndexAndTheOpenApiDocumentNameEveryRoute) {
    TestNode t;
    const Json index = body_of(t.get("/"));
    const Json document = body_of(t.get("/openapi.json"));
    EXPECT_EQ(index.at("routes").size(), std::size(kRoutes));
    EXPECT_EQ(document.at("openapi"), "3.0.3");
    std::size_t operations = 0;
    for (const auto& [path, methods] : document.at("paths").items()) operations += methods.size();
    EXPECT_EQ(operations, std::size(kRoutes));
    for (const RouteCase& route : kRoutes) {
        const Json& operation =
            document.at("paths").at(route.path).at(route.posts ? "post" : "get");
        EXPECT_EQ(operation.contains("requestBody"), route.posts) << route.path;
        EXPECT_EQ(operation.contains("security"), route.moves_value) << route.path;
        EXPECT_THAT(service_routes_text(), HasSubstr(std::string(" ") + route.path));
    }
    EXPECT_EQ(parse_json(openapi_text()).value(), document);
}

// Every schema that the document refers to is in it, and a good body has the members it demands.
TEST(Service, TheOpenApiDocumentIsWholeAndAgreesWithTheRoutes) {
    TestNode t;
    const Json document = parse_json(openapi_text()).value();
    const Json& schemas = document.at("components").at("schemas");
    const std::string text = openapi_text();
    constexpr std::string_view kReference = "#/components/schemas/";
    std::size_t references = 0;
    for (std::size_t at = text.find(kReference); at != std::string::npos;
         at = text.find(kReference, at + 1)) {
        const std::size_t begin = at + kReference.size();
        EXPECT_TRUE(schemas.contains(text.substr(begin, text.find('"', begin) - begin)));
        ++references;
    }
    EXPECT_GT(references, 60U);
    for (const RouteCase& route : kRoutes) {
        const Json& operation =
            document.at("paths").at(route.path).at(route.posts ? "post" : "get");
        if (route.posts) {
            const Json& schema =
                operation.at("requestBody").at("content").at("application/json").at("schema");
            const Json body = parse_json(good_body(route.path)).value();
            for (const auto& [name, value] : body.items())
                EXPECT_TRUE(schema.at("properties").contains(name)) << route.path << " " << name;
            for (const Json& name : schema.value("required", Json::array()))
                EXPECT_TRUE(body.contains(name.get<std::string>())) << route.path << " " << name;
            continue;
        }
        const Response answer = t.get(route.path);
        if (answer.status != 200) continue;  // it needs a query
        const Json& schema = operation.at("responses").at("200").at("content");
        for (const Json& name :
             schema.at("application/json").at("schema").value("required", Json::array()))
            EXPECT_TRUE(body_of(answer).contains(name.get<std::string>())) << route.path << name;
    }
}

TEST(Service, SaysEverythingThatIsWrongWithABodyAtOnce) {
    TestNode t;
    const Response r = t.post(t.alice, "/tasks/submit", R"({"id": 1, "fee": "x", "also": 2})");
    EXPECT_EQ(body_of(r).at("error").at("message"),
              "id must be a string; type is missing; model is missing; input is missing; fee must "
              "be a whole number of nLUX; unknown field also");
}

TEST(Service, EveryPostingRouteRefusesWhatIsNoJsonOrNotItsObject) {
    TestNode t;
    for (const RouteCase& route : kRoutes) {
        if (!route.posts) continue;
        for (const std::string body : {"", "{", "[]", "null", "{\"a\": 1, \"a\": 2}", "{}x",
                                       "\"x\"", "{\"x\": 1e999}", "{\"id\": \"\xff\"}"}) {
            const Response r =
                route.moves_value ? t.post(t.alice, route.path, body) : t.post(route.path, body);
            EXPECT_EQ(r.status, 400) << route.path << " " << body;
            EXPECT_FALSE(body_of(r).at("error").at("message").get<std::string>().empty());
        }
        const std::string deep(100'000, '[');
        EXPECT_EQ((route.moves_value ? t.post(t.alice, route.path, deep) : t.post(route.path, deep))
                      .status,
                  400);
    }
}

TEST(Service, EveryPostingRouteRefusesAFieldItDoesNotKnowAndNamesIt) {
    TestNode t;
    for (const RouteCase& route : kRoutes) {
        if (!route.posts) continue;
        std::string body = good_body(route.path);
        body.insert(body.rfind('}'), R"(, "surprise": 1)");
        const Response r =
            route.moves_value ? t.post(t.alice, route.path, body) : t.post(route.path, body);
        EXPECT_EQ(r.status, 400) << route.path;
        EXPECT_THAT(r.body, HasSubstr("surprise"));
    }
}

TEST(Service, EveryPostingRouteRefusesAMissingFieldAndNamesIt) {
    TestNode t;
    for (const RouteCase& route : kRoutes) {
        if (!route.posts) continue;
        const Json whole = parse_json(good_body(route.path)).value();
        for (const auto& [name, value] : whole.items()) {
            Json body = whole;
            body.erase(name);
            const Response r = route.moves_value ? t.post(t.alice, route.path, body.dump())
                                                 : t.post(route.path, body.dump());
            EXPECT_EQ(r.status, 400) << route.path << " without " << name;
            EXPECT_THAT(r.body, HasSubstr(name + " is missing"));
        }
    }
}

TEST(Service, WhatMovesValueNeedsASignatureThatHolds) {
    TestNode t;
    for (const RouteCase& route : kRoutes) {
        if (!route.moves_value) continue;
        const std::string body = good_body(route.path);
        EXPECT_EQ(t.post(route.path, body).status, 401) << route.path;
        const Request good = t.signed_request(t.alice, 1'000, route.path, body);
        const auto refused = [&](auto&& spoil) {
            Request bad = good;
            spoil(bad);
            const Response r = t.send(bad);
            EXPECT_EQ(r.status, 401) << route.path << " " << bad.authorization;
            EXPECT_EQ(error_code(r), "not_authorized");
        };
        refused([](Request& r) { r.body += " "; });
        refused([](Request& r) {
            r.path = r.path == "/tasks/submit" ? "/tasks/result" : "/tasks/submit";
        });
        refused(
            [](Request& r) { r.authorization.back() = r.authorization.back() == '0' ? '1' : '0'; });
        refused([](Request& r) {
            r.authorization.replace(r.authorization.find(":1000:"), 6, ":1001:");
        });
        refused([](Request& r) {
            r.authorization.replace(r.authorization.find(":1000:"), 6, ":01000:");
        });
        refused([](Request& r) { r.authorization.replace(0, 7, "Bearer "); });
        refused([](Request& r) { r.authorization.resize(40); });
    }
    EXPECT_EQ(t.node().state().nonce(t.alice.account), 0U);
}

TEST(Service, ANonceCountsOnceEvenOverARestartAndWhenItsRequestWasRefused) {
    TestNode t(with_a_provider());
    const Request first = t.signed_request(t.alice, 5, "/tasks/submit", task_body("t-1"));
    const Request refused =
        t.signed_request(t.alice, 6, "/tasks/submit", task_body("t-2", "1", "\"99999999999999\""));
    EXPECT_EQ(t.send(first).status, 200);
    EXPECT_EQ(t.send(refused).status, 400);
    for (int round = 0; round < 2; ++round) {
        for (const Request& again : {first, refused}) {
            const Response r = t.send(again);
            EXPECT_EQ(r.status, 401);
            EXPECT_EQ(error_code(r), "bad_nonce");
        }
        EXPECT_EQ(t.send(t.signed_request(t.alice, 4, "/tasks/submit", task_body("t-4"))).status,
                  401);
        t.restart();
    }
    EXPECT_EQ(t.send(t.signed_request(t.alice, 7, "/tasks/submit", task_body("t-7"))).status, 200);
}

TEST(Service, NobodyMovesWhatAnotherOwns) {
    TestNode t;
    assign(t);
    const Response r = t.post(t.alice, "/tasks/result", result_body("t-1", "p-1", truth(t, 3)));
    EXPECT_EQ(r.status, 400);
    EXPECT_EQ(error_code(r), "not_authorized");
    EXPECT_EQ(t.post(t.alice, "/rewards/claim", R"({"provider_id": "p-1"})").status, 400);
    EXPECT_EQ(t.post(t.nobody, "/tasks/submit", task_body("t-9")).status, 400);
    EXPECT_EQ(t.audit(), "");
}

TEST(Service, ATaskGoesFromSubmissionToAClaimedRewardOverHttp) {
    TestNode t;
    EXPECT_EQ(body_of(t.post(t.bob, "/providers/register", registration_body("p-1"))),
              (Json{{"success", true}, {"providerId", "p-1"}}));
    EXPECT_EQ(body_of(t.post(t.alice, "/tasks/submit", task_body("t-1"))),
              (Json{{"success", true}, {"taskId", "t-1"}}));
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "pending")
        << "before any block was built";
    t.blocks(4);
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("assigned_to"), "p-1");
    EXPECT_EQ(body_of(t.post(t.bob, "/tasks/result", result_body("t-1", "p-1", truth(t, 3)))),
              (Json{{"success", true}, {"taskId", "t-1"}}));
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "processing");
    t.blocks(5);
    const Json task = body_of(t.get("/tasks", "id=t-1"));
    EXPECT_EQ(task.at("status"), "completed");
    EXPECT_EQ(task.at("output"), (Json{{"answer", truth(t, 3)}}));
    EXPECT_EQ(task.at("input"), (Json{{"row", 3}}));
    EXPECT_EQ(task.at("fee"), "1000000000");
    EXPECT_EQ(task.at("created_at"), "2027-01-15T08:00:04Z");
    EXPECT_EQ(task.at("compute_time_ms"), 40);

    const Json before = body_of(t.get("/rewards/stats", "provider_id=p-1"));
    EXPECT_EQ(before.at("tasks_completed"), 1);
    EXPECT_EQ(before.at("avg_latency_ms"), 40);
    EXPECT_EQ(body_of(t.post(t.bob, "/rewards/claim", R"({"provider_id": "p-1"})")),
              (Json{{"success", true}, {"claimed", before.at("pending_rewards")}}));
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/rewards/stats", "provider_id=p-1")).at("pending_rewards"), "0");
    const auto wallet = fixed_from_hex<20>("00000000000000000000000000000000000000aa");
    EXPECT_EQ(to_text(t.node().state().balance(*wallet)),
              before.at("pending_rewards").get<std::string>());
    const Json stats = body_of(t.get("/stats"));
    EXPECT_EQ(stats.at("tasks_completed"), 1);
    EXPECT_EQ(stats.at("receipts_processed"), 1);
    EXPECT_EQ(stats.at("epoch_rewards"), before.at("total_rewards"));
    EXPECT_EQ(t.audit(), "");
}

TEST(Service, ProvidersAreListedWithWhatTheChainAndTheyThemselvesSay) {
    TestNode t;
    EXPECT_EQ(body_of(t.get("/providers")), (Json{{"providers", Json::array()}, {"count", 0}}));
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    t.blocks(1);
    const Json list = body_of(t.get("/providers"));
    EXPECT_EQ(list.at("count"), 1);
    const Json& p = list.at("providers").at(0);
    EXPECT_EQ(p.at("wallet_address"), "0x00000000000000000000000000000000000000aa");
    EXPECT_EQ(p.at("gpus").at(0).at("tflops"), 60.5);
    EXPECT_EQ(p.at("bond"), "1000000000000");
    EXPECT_EQ(p.at("locked"), "0");
    EXPECT_EQ(p.at("unbonding"), false);
    EXPECT_EQ(p.at("joined_at"), "2027-01-15T08:00:04Z");
    EXPECT_EQ(p.at("status").at("online"), true);
    EXPECT_EQ(p.at("status").at("max_tasks"), 10);
    EXPECT_EQ(error_code(t.post(t.alice, "/providers/register", registration_body("p-1"))),
              "duplicate");
}

TEST(Service, ThePublishedModelsAreThereUnderTheirPublishedHashes) {
    TestNode t;
    const Json list = body_of(t.get("/models"));
    EXPECT_EQ(list.at("count"), 3);
    const Json& first = list.at("models").at(0);
    EXPECT_EQ(first.at("id"), "zen-coder-1.5b");
    EXPECT_EQ(first.at("context_size"), 32768);
    EXPECT_EQ(first.at("hash"), "0x" + to_hex(sha256(as_bytes("zen-coder-1.5b")).view()));
    EXPECT_EQ(list.at("models").at(1).at("context_size"), 8192);
    EXPECT_EQ(list.at("models").at(2).at("context_size"), 131072);
}

TEST(Service, UnknownIdsAre404Everywhere) {
    TestNode t;
    EXPECT_EQ(t.get("/tasks", "id=none").status, 404);
    EXPECT_EQ(t.get("/rewards/stats", "provider_id=none").status, 404);
    EXPECT_EQ(t.post(t.alice, "/rewards/claim", R"({"provider_id": "none"})").status, 404);
    EXPECT_EQ(t.post(t.alice, "/tasks/result", good_body("/tasks/result")).status, 404);
    EXPECT_EQ(t.get("/rewards/stats").status, 400) << "no id at all";
    EXPECT_EQ(t.get("/stats", "id=1").status, 400) << "a query it does not know";
    EXPECT_EQ(t.get("/tasks", "id=%zz").status, 400);
    EXPECT_EQ(t.get("/tasks", "id=a&id=b").status, 400);
}

TEST(Service, ATaskIsRefusedWithTheReasonBeforeItIsQueued) {
    TestNode t(with_a_provider());
    const auto code = [&](const std::string& body) {
        return error_code(t.post(t.alice, "/tasks/submit", body));
    };
    EXPECT_EQ(code(task_body("t", "1", "0")), "fee_too_low");
    EXPECT_EQ(code(task_body("t", R"({"row": 256})")), "invalid_task");
    EXPECT_EQ(code(task_body("t", R"({"row": 1, "and": 2})")), "invalid_task");
    EXPECT_EQ(code(task_body("", "1")), "invalid_task");
    EXPECT_EQ(code(task_body("t", "1", "-5")), "invalid_argument");
    EXPECT_EQ(code(task_body("t", "1", "1.5")), "invalid_argument");
    EXPECT_EQ(code(task_body("t", "1", "\"20000000000000\"")), "insufficient_funds");
    EXPECT_EQ(t.node().vm().mempool().size(), 0U);
    EXPECT_EQ(t.post(t.alice, "/tasks/submit", task_body("t")).status, 200);
    EXPECT_EQ(code(task_body("t")), "duplicate") << "the first one still waits for its block";
}

// Both wait for one block: the queue of operations must not ask for a provider that is accepted
// already.
TEST(Service, ATaskMayBeSubmittedInTheBlockOfItsFirstProvider) {
    TestNode t;
    ASSERT_EQ(t.post(t.alice, "/providers/register", registration_body("p-0")).status, 200);
    t.blocks(1);
    ASSERT_EQ(t.post(t.alice, "/providers/leave", R"({"provider_id": "p-0"})").status, 200);
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    EXPECT_EQ(t.node().vm().mempool().size(), 3U);
    t.blocks(2);  // its fee may put the task before the registration, and then it waits
    EXPECT_TRUE(t.node().state().find_task("t-1"));
}

TEST(Service, AnyJsonIsAnInputAndEqualJsonNamesTheSameRow) {
    TestNode t(with_a_provider());
    ASSERT_EQ(
        t.post(t.alice, "/tasks/submit", task_body("a", R"({"prompt": "hi", "n": [1, null]})"))
            .status,
        200);
    ASSERT_EQ(
        t.post(t.alice, "/tasks/submit", task_body("b", R"({"n":[1,null],"prompt":"hi"})")).status,
        200);
    EXPECT_EQ(body_of(t.get("/tasks", "id=a")).at("input"),
              body_of(t.get("/tasks", "id=b")).at("input"));
}

TEST(Service, AResultMustBeAByteWithAProofOfTheRightLengthAndNoError) {
    TestNode t;
    assign(t);
    const auto post = [&](std::string_view output, std::string_view rest) {
        return t.post(t.bob, "/tasks/result",
                      fmt::format(
                          R"({{"task_id": "t-1", "provider_id": "p-1", "output": {},
                    "compute_time_ms": 1, {}}})",
                          output, rest));
    };
    EXPECT_EQ(post("256", R"("proof": "")").status, 400);
    EXPECT_EQ(post("\"x\"", R"("proof": "")").status, 400);
    EXPECT_EQ(post("1", R"("proof": "AAAA")").status, 400);
    EXPECT_EQ(post("1", R"("proof": "no base64")").status, 400);
    EXPECT_EQ(post("1", R"("proof": "", "error": "out of memory")").status, 400);
    EXPECT_EQ(post("1", R"("proof": "", "error": "")").status, 200);
    EXPECT_EQ(post("1", R"("proof": "")").status, 400) << "one answer per task";
}

std::string claim_hash(Answer claim, const Hash32& salt, const Address& challenger) {
    return to_text(claim_commitment(claim, salt, challenger));
}

TEST(Service, AWrongAnswerIsChallengedAndProvenWrongOverHttp) {
    TestNode t;
    assign(t);
    const Answer right = truth(t, 3);
    const Answer wrong = static_cast<Answer>(right + 1);
    ASSERT_EQ(t.post(t.bob, "/tasks/result", result_body("t-1", "p-1", wrong)).status, 200);
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/challenges", "task_id=t-1")),
              (Json{{"challenges", Json::array()}, {"count", 0}}));
    const Hash32 salt = keccak256(as_bytes("salt"));
    const std::string challenge = fmt::format(R"({{"task_id": "t-1", "commitment": "{}"}})",
                                              claim_hash(right, salt, t.alice.account));
    EXPECT_EQ(body_of(t.post(t.alice, "/challenges", challenge)),
              (Json{{"success", true}, {"taskId", "t-1"}}));
    t.blocks(1);
    const Json open = body_of(t.get("/challenges", "task_id=t-1")).at("challenges").at(0);
    EXPECT_EQ(open.at("status"), "committed");
    EXPECT_EQ(open.at("challenger"), to_text(t.alice.account));
    EXPECT_EQ(open.at("bond"), "10000000000");
    EXPECT_FALSE(open.contains("claim"));
    const auto reveal = [&](Answer claim) {
        return fmt::format(R"({{"task_id": "t-1", "claim": {}, "salt": "{}"}})", claim,
                           to_text(salt));
    };
    EXPECT_EQ(error_code(t.post(t.alice, "/challenges/reveal", reveal(wrong))), "invalid_argument");
    EXPECT_EQ(t.post(t.alice, "/challenges/reveal", reveal(right)).status, 200);
    t.blocks(6);
    const Json closed = body_of(t.get("/challenges", "task_id=t-1")).at("challenges").at(0);
    EXPECT_EQ(closed.at("status"), "won");
    EXPECT_EQ(closed.at("claim"), (Json{{"answer", right}}));
    EXPECT_TRUE(closed.contains("closed_at"));
    EXPECT_EQ(body_of(t.get("/rewards/stats", "provider_id=p-1")).at("slashed"), "100000000000");
    EXPECT_EQ(t.get("/challenges").status, 400);
    EXPECT_EQ(t.get("/challenges", "task_id=none").status, 404);
    EXPECT_EQ(t.audit(), "");
}

Hash32 hash_in(const Json& json, const char* key) {
    return *fixed_from_hex<32>(json.at(key).get<std::string>());
}

// The dispute as a client knows it, from what GET /challenges shows of the game.
Dispute shown_dispute(const Json& json) {
    Dispute out;
    out.status = DisputeStatus::kPlaying;
    out.challenger = *fixed_from_hex<20>(json.at("challenger").get<std::string>());
    const Json& game = json.at("game");
    out.low = game.at("low").get<std::uint32_t>();
    out.high = game.at("high").get<std::uint32_t>();
    out.middle = game.at("middle").get<std::uint32_t>();
    out.provider_to_move = game.at("provider_to_move").get<bool>();
    if (!out.provider_to_move) {
        const Json& opened = game.at("opened");
        out.opened_input = hash_in(opened, "input");
        out.opened_output = opened.at("output").at("answer").get<Answer>();
    }
    return out;
}

Json move_body(const op::DisputeMove& move) {
    Json body{{"task_id", move.job_id}, {"challenger", to_text(move.challenger)}};
    if (!move.opens) {
        body["agrees"] = move.agrees;
        return body;
    }
    body["input"] = to_text(move.input);
    body["output"] = move.output;
    body["proof"] = Json::array();
    for (const Hash32& node : move.proof) body["proof"].push_back(to_text(node));
    return body;
}

using Steps = std::vector<InferenceTraceStep>;

// The trace of a provider who computed one step wrongly and went on from there.
Steps wrong_from(std::size_t step, Steps trace, const Model& model) {
    CpuKernels kernels;
    const Answer answer = trace.back().output;
    trace[step].output = static_cast<Answer>(trace[step].output + 1);
    for (std::size_t i = step + 1; i < trace.size(); ++i) {
        trace[i].input = next_input(trace[i - 1].input, trace[i - 1].output);
        trace[i].output = run_step(kernels, model, trace[i].input);
    }
    trace.back().output = static_cast<Answer>(answer + 1);
    return trace;
}

Json only_challenge(TestNode& t) {
    return body_of(t.get("/challenges", "task_id=t-1")).at("challenges").at(0);
}

// Both sides' moves, each in a block of its own, while the only challenge of t-1 is played.
std::vector<op::DisputeMove> play_game(TestNode& t, const Steps& of_provider,
                                       const Steps& of_challenger) {
    std::vector<op::DisputeMove> moves;
    while (only_challenge(t).at("status") == "playing" && moves.size() < 40) {
        const Dispute game = shown_dispute(only_challenge(t));
        const auto opens = next_provider_move(of_provider, game, "t-1");
        const auto move = opens ? opens : next_challenger_move(of_challenger, game, "t-1");
        moves.push_back(*move);
        const Response r =
            t.post(opens ? t.bob : t.alice, "/disputes/move", move_body(*move).dump());
        EXPECT_EQ(r.status, 200) << r.body;
        t.blocks(1);
    }
    return moves;
}

// A model of more steps than a dispute may run again, so that disputes are played.
TEST(Service, AGameOfBisectionIsPlayedToItsEndOverHttp) {
    TestNode::Options options;
    options.models = {small_model("deep", 100)};
    TestNode t(options);
    for (const char* id : {"p-1", "p-2"})
        ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body(id)).status, 200);
    Json task = parse_json(task_body("t-1")).value();
    task["model"] = "deep";
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task.dump()).status, 200);
    const auto answer = [&](const Steps& trace) {
        const auto provider =
            body_of(t.get("/tasks", "id=t-1")).at("assigned_to").get<std::string>();
        Json body = parse_json(result_body("t-1", provider, trace.back().output)).value();
        body["proof"] = to_base64(trace_root(trace).view());
        ASSERT_EQ(t.post(t.bob, "/tasks/result", body.dump()).status, 200);
        t.blocks(1);
    };
    t.blocks(4);
    CpuKernels kernels;
    const Steps right = trace_model(kernels, options.models[0], 3);
    const Steps wrong = wrong_from(60, right, options.models[0]);
    const Hash32 salt = keccak256(as_bytes("salt"));
    answer(wrong);
    const std::string commitment = claim_hash(right.back().output, salt, t.alice.account);
    ASSERT_EQ(
        t.post(t.alice, "/challenges", Json{{"task_id", "t-1"}, {"commitment", commitment}}.dump())
            .status,
        200);
    t.blocks(1);
    const Json claim{{"task_id", "t-1"}, {"claim", right.back().output}, {"salt", to_text(salt)}};
    ASSERT_EQ(t.post(t.alice, "/challenges/reveal", claim.dump()).status, 200);
    t.blocks(1);

    const auto moves = play_game(t, wrong, right);
    EXPECT_EQ(only_challenge(t).at("status"), "waiting") << "the claim, for the job's final answer";
    EXPECT_LE(moves.size(), 15U) << "2 ceil(log2 100) + 1";
    const auto verdicts = [&](bool agrees) {
        return std::ranges::count_if(
            moves, [&](const op::DisputeMove& m) { return !m.opens && m.agrees == agrees; });
    };
    EXPECT_GT(verdicts(true), 0);
    EXPECT_GT(verdicts(false), 0);

    // The loser's bond is below the minimum, so the other provider is drawn.
    t.blocks(4);
    ASSERT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "assigned");
    answer(right);
    t.blocks(6);
    EXPECT_EQ(only_challenge(t).at("status"), "won");
    const Json done = body_of(t.get("/tasks", "id=t-1"));
    EXPECT_EQ(done.at("status"), "completed");
    EXPECT_EQ(done.at("output"), (Json{{"answer", right.back().output}}));
    const auto slashed = [&](const std::string& id) {
        return body_of(t.get("/rewards/stats", "provider_id=" + id)).at("slashed");
    };
    EXPECT_EQ(slashed("p-1") == "0", slashed("p-2") != "0") << "one of them";
    EXPECT_EQ(t.audit(), "");
}

// A node in redundant mode with five providers of bob's, and a task by alice for all of them.
TestNode::Options redundant_options() {
    TestNode::Options options;
    options.config.verification_mode = VerificationMode::kRedundant;
    return options;
}

Json assign_committee(TestNode& t) {
    for (int i = 1; i <= 5; ++i) {
        const std::string id = fmt::format("p-{}", i);
        EXPECT_EQ(t.post(t.bob, "/providers/register", registration_body(id)).status, 200);
    }
    EXPECT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    t.blocks(4);
    return body_of(t.get("/tasks", "id=t-1")).at("committee");
}

// The commitment as a client computes it from what the task shows.
Hash32 client_commitment(const Json& committee, Answer answer, const Address& account,
                         const Hash32& nonce) {
    Writer out;
    out.fixed(hash_in(committee, "task_key")).fixed(hash_in(committee, "model_digest"));
    out.fixed(hash_in(committee, "input_digest")).fixed(keccak256({&answer, 1}));
    out.fixed(keccak256(ByteView{})).fixed(FixedBytes<12>{}).fixed(account).fixed(nonce);
    return keccak256(out.view());
}

TEST(Service, ACommitteeCommitsRevealsAndCompletesItsTaskOverHttp) {
    TestNode t(redundant_options());
    const Json committee = assign_committee(t);
    const Answer answer = truth(t, 3);
    const Hash32 nonce = keccak256(as_bytes("nonce"));
    const std::string commitment =
        to_text(client_commitment(committee, answer, t.bob.account, nonce));
    ASSERT_EQ(committee.at("members").size(), 5U);
    EXPECT_EQ(committee.at("members").at(0).at("operator"), to_text(t.bob.account));
    const auto post = [&](const char* path, const Json& member, const Json& more) {
        Json body{{"task_id", "t-1"}, {"provider_id", member.at("provider_id")}};
        body.update(more);
        return t.post(t.bob, path, body.dump());
    };
    for (const Json& member : committee.at("members")) {
        EXPECT_EQ(error_code(post("/tasks/reveal", member,
                                  {{"output", answer}, {"nonce", to_text(nonce)}})),
                  "wrong_state")
            << "nothing to reveal yet";
        EXPECT_EQ(post("/tasks/commit", member, {{"commitment", commitment}}).status, 200);
    }
    while (t.node().state().head.height < committee.at("commit_until").get<Height>()) t.blocks(1);
    for (const Json& member : committee.at("members")) {
        EXPECT_EQ(
            post("/tasks/reveal", member, {{"output", answer}, {"nonce", to_text(nonce)}}).status,
            200);
    }
    while (t.node().state().head.height < committee.at("reveal_until").get<Height>()) t.blocks(1);
    t.blocks(5);
    const Json task = body_of(t.get("/tasks", "id=t-1"));
    EXPECT_EQ(task.at("status"), "completed");
    EXPECT_EQ(task.at("output"), (Json{{"answer", answer}}));
    EXPECT_EQ(t.audit(), "");
}

TEST(Service, AProviderLeavesAndTakesItsBondOnceTheCooldownIsOver) {
    TestNode t;
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    t.blocks(1);
    const std::string body = R"({"provider_id": "p-1"})";
    EXPECT_EQ(error_code(t.post(t.alice, "/providers/leave", body)), "not_authorized");
    EXPECT_EQ(body_of(t.post(t.bob, "/providers/leave", body)),
              (Json{{"success", true}, {"providerId", "p-1"}}));
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/providers")).at("providers").at(0).at("unbonding"), true);
    EXPECT_EQ(body_of(t.get("/stats")).at("providers_active"), 0);
    EXPECT_EQ(error_code(t.post(t.bob, "/providers/withdraw", body)), "bond_locked");
    EXPECT_EQ(t.post(t.bob, "/providers/leave", R"({"provider_id": "none"})").status, 404);
}

TEST(Service, AnOwnerAddsToTheBondOfItsProvider) {
    TestNode t;
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    t.blocks(1);
    const auto body = [](std::string_view amount) {
        return fmt::format(R"({{"provider_id": "p-1", "amount": {}}})", amount);
    };
    EXPECT_EQ(error_code(t.post(t.alice, "/providers/bond", body("5"))), "not_authorized");
    EXPECT_EQ(error_code(t.post(t.bob, "/providers/bond", body("0"))), "invalid_argument");
    EXPECT_EQ(error_code(t.post(t.bob, "/providers/bond", body("\"9000000000001\""))),
              "insufficient_funds");
    EXPECT_EQ(body_of(t.post(t.bob, "/providers/bond", body("5000000000"))),
              (Json{{"success", true}, {"providerId", "p-1"}}));
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/providers")).at("providers").at(0).at("bond"), "1005000000000");
    EXPECT_EQ(t.post(t.bob, "/providers/bond", R"({"provider_id": "none", "amount": 5})").status,
              404);
    EXPECT_EQ(t.audit(), "");
}

TEST(Service, AnIdleChainStandsStillAndHealthAndMerkleAnswer) {
    TestNode t;
    t.blocks(10);
    EXPECT_EQ(t.node().state().head.height, 0U);
    EXPECT_EQ(body_of(t.get("/health")), (Json{{"healthy", true}, {"version", "1.0.0"}}));
    EXPECT_EQ(body_of(t.get("/merkle")).at("merkleRoot").get<std::string>().size(), 66U);
    EXPECT_EQ(body_of(t.get("/tasks")), body_of(t.get("/stats")));
}

// A store that counts what is read.
class CountingStore final : public KeyValueStore {
public:
    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
        ++reads;
        return memory_.get(key);
    }
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override {
        return memory_.write(std::move(batch));
    }
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override {
        return memory_.scan(prefix, [&](ByteView key, ByteView value) {
            ++reads;
            return visit(key, value);
        });
    }
    mutable std::uint64_t reads = 0;

private:
    MemoryStore memory_;
};

// What makes a history: a task whose answer becomes final after a lost challenge, a provider that
// joins and leaves, and a model that gets new weights.
void live_a_while(TestNode& t, int round) {
    const std::string provider = fmt::format("p-{}", round);
    const std::string task = fmt::format("t-{}", round);
    const std::string body = fmt::format(R"({{"provider_id": "{}"}})", provider);
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body(provider)).status, 200);
    t.blocks(1);
    ASSERT_EQ(t.post(t.bob, "/providers/leave", body).status, 200);
    t.blocks(1);
    ASSERT_EQ(t.post(t.bob, "/providers/withdraw", body).status, 200);
    t.blocks(1);
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body(task)).status, 200);
    t.blocks(4);
    ASSERT_EQ(t.post(t.bob, "/tasks/result", result_body(task, "served", truth(t, 3))).status, 200);
    t.blocks(1);
    const Hash32 salt = keccak256(as_bytes("salt"));
    const Json challenge{{"task_id", task}, {"commitment", claim_hash(0, salt, t.alice.account)}};
    ASSERT_EQ(t.post(t.alice, "/challenges", challenge.dump()).status, 200);
    t.blocks(12);
    ASSERT_EQ(body_of(t.get("/tasks", "id=" + task)).at("status"), "completed");

    const State& state = t.node().state();
    const ModelIndex first = *state.find_model("mine");
    abi::InferenceWeights weights = state.model(state.status_of_model(first).newest).weights;
    weights.b2 += 1;
    op::ModelUpdate update;
    update.update->kind = 1;
    update.weights.resize(sizeof weights);
    std::memcpy(update.weights.data(), &weights, sizeof weights);
    const Hash32 digest = weights_digest(weights);
    const Hash32 root = state.status_of_model(first).root;
    std::memcpy(update.update->weight_hash, digest.data(), digest.size());
    std::memcpy(update.update->model_root, root.data(), root.size());
    const Operation operation{t.alice.account, t.next_nonce++, update};
    const Ed25519Key key(keccak256(as_bytes("alice")));
    ASSERT_TRUE(t.node().submit(std::make_shared<const SignedOperation>(
                                    operation, key.sign(SignedOperation(operation, {}).id())),
                                t.now_ns));
    t.blocks(1);
}

// The reads of the store that each GET makes, for the task and the provider of the first round.
std::map<std::string, std::uint64_t> reads_per_route(TestNode& t, const CountingStore& store) {
    std::map<std::string, std::uint64_t> out;
    const auto count = [&](const std::string& path, const std::string& query) {
        const std::uint64_t before = store.reads;
        const Response r = t.get(path, query);
        EXPECT_EQ(r.status, 200) << path << " " << query << " " << r.body;
        out[path + "?" + query] = store.reads - before;
    };
    for (const RouteCase& route : kRoutes) {
        const std::string path = route.path;
        if (route.posts) continue;
        if (path == "/challenges") {
            count(path, "task_id=t-1");
        } else if (path == "/rewards/stats") {
            count(path, "provider_id=served");
        } else {
            count(path, "");
        }
    }
    count("/tasks", "id=t-1");
    return out;
}

// Tasks, departed providers, versions of models, disputes, receipts and blocks are history. What a
// GET walks in memory is not seen here: the lists that it shows come from ChainSummary.
TEST(Service, AGetReadsNoMoreOfTheStoreHoweverLongTheHistoryIs) {
    CountingStore store;
    TestNode::Options options = with_a_provider();
    options.store = &store;
    options.unbond_cooldown_blocks = 1;
    options.models = {small_model("mine")};
    options.models[0].owner = Ed25519Key(keccak256(as_bytes("alice"))).address();
    TestNode t(options);
    live_a_while(t, 1);
    const auto young = reads_per_route(t, store);
    for (int round = 2; round <= 8; ++round) live_a_while(t, round);
    const State& state = t.node().state();
    ASSERT_EQ(state.providers.size(), 9U);
    ASSERT_EQ(state.receipts.size(), 8U);
    ASSERT_EQ(state.disputes.size(), 8U);
    ASSERT_GE(state.model_status.size(), 12U);
    EXPECT_EQ(reads_per_route(t, store), young);
    EXPECT_EQ(body_of(t.get("/providers")).at("count"), 1) << "those that have not left";
    EXPECT_EQ(body_of(t.get("/stats")).at("providers_total"), 9);
    EXPECT_EQ(body_of(t.get("/models")).at("count"), 4) << "each once, whatever its version";
}

TEST(Service, AThrowAwayNodeAsksNobodyAndActsForItsOneAccount) {
    TestNode t(
        TestNode::Options{.access = Service::Access::kThrowAway, .config = {}, .vendor_root = {}});
    EXPECT_EQ(t.post("/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(t.post("/tasks/submit", task_body("t-1")).status, 200);
    t.blocks(4);
    EXPECT_EQ(t.post("/tasks/result", result_body("t-1", "p-1", truth(t, 3))).status, 200);
    t.blocks(6);
    EXPECT_EQ(t.post("/rewards/claim", R"({"provider_id": "p-1"})").status, 200);
    t.blocks(1);
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "completed");
    EXPECT_EQ(t.node().state().balance(t.alice.account), lux(10'000))
        << "keys of others are out of its reach";
    EXPECT_EQ(t.audit(), "");
}

}  // namespace
}  // namespace aivm::test
