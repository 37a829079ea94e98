// A node for tests, with two funded keys and a clock: requests are signed, and time passes in whole
// block intervals.
#pragma once

#include <memory>
#include <string>

#include "core/service/json.h"
#include "core/service/node.h"
#include "core/service/service.h"

namespace aivm::test {

class TestNode {
public:
    struct Options {
        Service::Access access = Service::Access::kAuthorized;
        Config config;
        Address vendor_root;
        std::vector<Hash32> quote_measurements = {};
        KeyValueStore* store = nullptr;  // null: one of its own
        // With a provider "served" of bob's in genesis, so that tasks are accepted at once.
        bool served = false;
        std::uint64_t activation_delay_blocks = 0;
        std::uint64_t unbond_cooldown_blocks = Policy{}.unbond_cooldown_blocks;
        std::vector<Model> models = {};  // in genesis, beside the default ones
    };
    TestNode() : TestNode(Options{}) {}
    explicit TestNode(Options options);

    // A signing key and its account.
    struct Key {
        explicit Key(std::string_view name);
        FixedBytes<32> public_key;
        FixedBytes<64> secret;
        Address account;
    };
    Key alice{"alice"};  // 10,000 LUX each
    Key bob{"bob"};
    Key nobody{"nobody"};  // no LUX

    Response get(std::string_view path, std::string_view query = "");
    Response post(std::string_view path, std::string_view body);  // unsigned
    // Signed with the next nonce.
    Response post(const Key& key, std::string_view path, std::string_view body);
    Request signed_request(const Key& key, std::uint64_t nonce, std::string_view path,
                           std::string_view body) const;
    Response send(Request request);

    void blocks(std::uint64_t count);  // lets this many block intervals pass
    void restart();                    // a new node over the same store

    Node& node() { return *node_; }
    // Whether the audit of the state finds no violation.
    [[nodiscard]] std::string audit() const;
    TimestampNs now_ns = 1'800'000'000'000'000'000;
    std::uint64_t next_nonce = 1;

private:
    Options options_;
    MemoryStore own_store_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Service> service_;
};

Json body_of(const Response& response);
std::string error_code(const Response& response);

std::string registration_body(std::string_view id);
std::string task_body(std::string_view id, std::string_view input = R"({"row": 3})",
                      std::string_view fee = "1000000000");

}  // namespace aivm::test
