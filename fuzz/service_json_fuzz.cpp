// The service on arbitrary requests: any bytes as path, query, header and body, on a node that
// checks signatures and on one that does not. Every response is JSON with a documented status, and
// the audit finds no violation in the state.
//
//   input := request*      request := choice:u8 length:u8 bytes
//   choice: 4 bits choose the route (12 and above: the bytes are path, query and header), 1 bit the
//   node, 1 bit adds a block interval, 1 bit sends the bytes as a query instead of a body
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/testing/test_node.h"

namespace {

using namespace aivm;
using namespace aivm::test;

constexpr std::array<std::string_view, 12> kPaths{"/providers",     "/providers/register",
                                                  "/tasks",         "/tasks/submit",
                                                  "/tasks/result",  "/models",
                                                  "/stats",         "/attestation/verify",
                                                  "/rewards/claim", "/rewards/stats",
                                                  "/merkle",        "/health"};
constexpr std::array<std::string_view, 5> kPosts{"/providers/register", "/tasks/submit",
                                                 "/tasks/result", "/attestation/verify",
                                                 "/rewards/claim"};
constexpr int kRequestsMax = 40;

Request to_request(std::uint8_t choice, std::string bytes) {
    Request request{
        .method = "GET", .path = bytes, .query = bytes, .authorization = bytes, .body = bytes};
    if (choice % 16 < kPaths.size()) request.path = kPaths[choice % 16];
    const bool posts = std::find(kPosts.begin(), kPosts.end(), request.path) != kPosts.end();
    if (posts) request.method = "POST";
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
