#include "core/testing/test_node.h"

#include <fmt/format.h>
#include <sodium.h>

#include "core/audit/audit.h"
#include "core/base/digest.h"
#include "core/service/genesis_json.h"

namespace aivm::test {

TestNode::Key::Key(std::string_view name) {
    const Hash32 seed = keccak256(as_bytes(name));
    AIVM_CHECK(crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data()) == 0);
    account = address_of(public_key);
}

TestNode::TestNode(Options options) : options_(std::move(options)) { restart(); }

void TestNode::restart() {
    static const Genesis kDefault = default_genesis().genesis;  // its hashes take most of a start
    NodeSetup setup;
    setup.parameters.config = options_.config;
    setup.parameters.config.challenge_window_blocks = 3;
    setup.parameters.policy.activation_delay_blocks = options_.activation_delay_blocks;
    setup.parameters.policy.unbond_cooldown_blocks = options_.unbond_cooldown_blocks;
    setup.genesis = kDefault;
    setup.genesis.models.insert(setup.genesis.models.end(), options_.models.begin(),
                                options_.models.end());
    setup.genesis.allocations = {{alice.account, lux(10'000)},
                                 {bob.account, lux(10'000)},
                                 {dev_key().address(), lux(10'000)}};
    if (options_.served) {
        std::vector<std::string> models;
        for (const Model& model : setup.genesis.models) models.push_back(model.id);
        setup.genesis.providers = {{"served", bob.account, models, lux(1000)}};
    }
    setup.genesis.table_sizes = {8, 8, 8};
    setup.vendor_root = options_.vendor_root;
    setup.parameters.quote_measurements = options_.quote_measurements;
    setup.seed = keccak256(as_bytes("node"));
    setup.store = options_.store != nullptr ? options_.store : &own_store_;
    service_.reset();
    node_.reset();
    node_ = Node::open(setup).value();
    service_ = std::make_unique<Service>(*node_, options_.access);
}

Response TestNode::send(Request request) {
    request.now_ns = now_ns;
    return service_->handle(request);
}

Response TestNode::get(std::string_view path, std::string_view query) {
    return send({.method = "GET",
                 .path = std::string(path),
                 .query = std::string(query),
                 .authorization = {},
                 .body = {}});
}

Response TestNode::post(std::string_view path, std::string_view body) {
    return send({.method = "POST",
                 .path = std::string(path),
                 .query = {},
                 .authorization = {},
                 .body = std::string(body)});
}

Response TestNode::post(const Key& key, std::string_view path, std::string_view body) {
    return send(signed_request(key, next_nonce++, path, body));
}

Request TestNode::signed_request(const Key& key, std::uint64_t nonce, std::string_view path,
                                 std::string_view body) const {
    Request request{.method = "POST",
                    .path = std::string(path),
                    .query = {},
                    .authorization = {},
                    .body = std::string(body)};
    const std::string text = signed_text(request, node_->rules().chain_id, nonce);
    FixedBytes<64> signature;
    crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                         key.secret.data());
    request.authorization = fmt::format("Ed25519 {}:{}:{}", to_hex(key.public_key.view()), nonce,
                                        to_hex(signature.view()));
    return request;
}

void TestNode::blocks(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        now_ns += NodeSetup{}.block_interval_ns;
        AIVM_CHECK(node_->advance(now_ns).has_value());
    }
}

std::string TestNode::audit() const {
    std::string findings;
    for (const AuditFinding& finding : audit_state(node_->state(), node_->rules().parameters)) {
        findings += fmt::format("{} {}\n", finding.invariant, finding.message);
    }
    return findings;
}

Json body_of(const Response& response) { return parse_json(response.body).value(); }

std::string error_code(const Response& response) {
    return body_of(response).at("error").at("code").get<std::string>();
}

std::string registration_body(std::string_view id) {
    return fmt::format(
        R"({{"id": "{}", "wallet_address": "0x00000000000000000000000000000000000000aa",
            "endpoint": "http://p",
            "gpus": [{{"model": "NVIDIA H100", "memory_gb": 80, "tflops": 60.5, "available": true,
                      "temperature": 40, "utilization": 0.5}}]}})",
        id);
}

std::string task_body(std::string_view id, std::string_view input, std::string_view fee) {
    return fmt::format(
        R"({{"id": "{}", "type": "inference", "model": "zen-mini-0.5b", "input": {}, "fee": {}}})",
        id, input, fee);
}

}  // namespace aivm::test
