// The service on arbitrary requests: any bytes as path, query, header and body, on a node that
// checks signatures and on one that does not. Every response is JSON with a documented status, and
// the audit finds no violation in the state.
//
//   input := request*      request := choice:u8 length:u8 bytes
//   choice: its lowest 4 bits and its highest bit, as the fifth, choose the route (without one in
//   the table the bytes are path, query and header), 1 bit the node, 1 bit adds a block interval, 1
//   bit sends the bytes as a query instead of a body
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/testing/test_node.h"

namespace {

using namespace aivm;
using namespace aivm::test;

struct Route {
    std::string_view method;
    std::string_view path;
};
// By the fifth bit. The order is that of the corpus; new routes go to the end of the second list.
constexpr std::array<Route, 12> kPublished{{{"GET", "/providers"},
                                            {"POST", "/providers/register"},
                                            {"GET", "/tasks"},
                                            {"POST", "/tasks/submit"},
                                            {"POST", "/tasks/result"},
                                            {"GET", "/models"},
                                            {"GET", "/stats"},
                                            {"POST", "/attestation/verify"},
                                            {"POST", "/rewards/claim"},
                                            {"GET", "/rewards/stats"},
                                            {"GET", "/merkle"},
                                            {"GET", "/health"}}};
constexpr std::array<Route, 10> kOthers{{{"GET", "/challenges"},
                                         {"POST", "/challenges"},
                                         {"POST", "/challenges/reveal"},
                                         {"POST", "/disputes/move"},
                                         {"POST", "/tasks/commit"},
                                         {"POST", "/tasks/reveal"},
                                         {"POST", "/providers/leave"},
                                         {"POST", "/providers/withdraw"},
                                         {"POST", "/providers/bond"},
                                         {"POST", "/attestation/renew"}}};
constexpr int kRequestsMax = 40;

Request to_request(std::uint8_t choice, std::string bytes) {
    const bool other = (choice & 128U) != 0;
    const std::span<const Route> routes =
        other ? std::span<const Route>(kOthers) : std::span<const Route>(kPublished);
    Request request{
        .method = "GET", .path = bytes, .query = bytes, .authorization = bytes, .body = bytes};
    if (const std::size_t number = choice % 16; number < routes.size()) {
        request.method = routes[number].method;
        request.path = routes[number].path;
    }
    const bool as_query = (choice & 64U) != 0;
    (as_query ? request.body : request.query).clear();
    return request;
}

void check(const Response& response) {
    static const std::set<int> kStatuses{200, 400, 401, 404, 405};
    AIVM_CHECK(kStatuses.contains(response.status));
    const auto body = parse_json(response.body);
    AIVM_CHECK(body.has_value() && body->is_object());
    AIVM_CHECK((response.status == 200) == !body->contains("error"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    TestNode::Options options;
    options.access = Service::Access::kThrowAway;
    TestNode open(options);
    TestNode guarded;
    for (int i = 0; i < kRequestsMax && size >= 2; ++i) {
        const std::uint8_t choice = data[0];
        const std::size_t length = std::min<std::size_t>(std::size_t{data[1]} * 4, size - 2);
        const std::string bytes(reinterpret_cast<const char*>(data + 2), length);
        data += 2 + length;
        size -= 2 + length;
        TestNode& node = (choice & 16U) != 0 ? guarded : open;
        check(node.send(to_request(choice, bytes)));
        if ((choice & 32U) != 0) node.blocks(1);
    }
    for (TestNode* node : {&open, &guarded}) AIVM_CHECK(node->audit().empty());
    AIVM_CHECK(guarded.node().state().head.height == 0);  // no request was signed
    return 0;
}
