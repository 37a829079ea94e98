// The small parsers of the service: times, queries, amounts, genesis files, attestations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/registry/quote.h"
#include "core/service/block_json.h"
#include "core/service/genesis_json.h"
#include "core/service/query.h"
#include "core/service/time_text.h"
#include "core/testing/test_evidence.h"
#include "core/testing/test_node.h"

namespace aivm::test {
namespace {

using testing::HasSubstr;

TEST(TimeText, TimesArePrintedAsTheyAreRead) {
    for (const char* text :
         {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2027-01-15T08:00:00.25Z",
          "2554-07-21T23:34:33.709551615Z", "1999-12-31T00:00:00.000000001Z"}) {
        const auto ns = parse_time(text);
        ASSERT_TRUE(ns) << text;
        EXPECT_EQ(print_time(*ns), text);
    }
    EXPECT_EQ(parse_time("1970-01-01T00:00:01.5Z"), 1'500'000'000U);
    EXPECT_EQ(parse_time("1970-01-02T00:00:00Z"), 86'400'000'000'000U);
}

TEST(TimeText, WhatIsNoTimeInUtcIsRefused) {
    for (const char* text :
         {"", "1970-01-01", "1969-12-31T23:59:59Z", "2001-02-29T00:00:00Z", "2001-13-01T00:00:00Z",
          "2001-01-01T24:00:00Z", "2001-01-01T00:60:00Z", "2001-01-01T00:00:60Z",
          "2001-01-01T00:00:00", "2001-01-01T00:00:00+01:00", "2001-01-01T00:00:00.Z",
          "2001-01-01T00:00:00.1234567890Z", "2001-01-01T00:00:00ZZ",
          "2554-07-21T23:34:33.709551616Z", "9999-01-01T00:00:00Z", "+001-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(Query, NamesAndValuesAreDecoded) {
    const Query query = parse_query("a=1&b=x%20y%2f+z&c=").value();
    EXPECT_EQ(query, (Query{{"a", "1"}, {"b", "x y/ z"}, {"c", ""}}));
    EXPECT_TRUE(parse_query("").value().empty());
    for (const char* broken : {"a", "a=1&b", "a=%", "a=%4", "a=%0x", "a=1&a=2", "&&"})
        EXPECT_FALSE(parse_query(broken)) << broken;
}

TEST(GenesisJson, AllocationsMayNameAnAddressOrAKey) {
    const auto file =
        genesis_from_json(R"({"version": 1, "message": "m", "timestamp": 7, "chain_id": 9,
        "vendor_root": "0x00000000000000000000000000000000000000ff",
        "allocations": [{"address": "0x0000000000000000000000000000000000000001", "balance": 5},
                        {"key":
            "0x0000000000000000000000000000000000000000000000000000000000000002",
                         "balance": "6"}]})");
    ASSERT_TRUE(file) << file.error().text();
    EXPECT_EQ(file->genesis.timestamp_ns, 7'000'000'000U);
    EXPECT_EQ(file->genesis.chain_id, 9U);
    EXPECT_EQ(file->genesis.allocations.size(), 2U);
    EXPECT_EQ(file->genesis.allocations[0].balance, Amount(5));
    Ed25519PublicKey key;
    key.bytes.back() = 2;
    EXPECT_EQ(file->genesis.allocations[1].address, address_of(key));
    EXPECT_EQ(file->genesis.models.size(), 3U);
}

TEST(GenesisJson, ValidatorsModelsAndTableSizesCanBeGiven) {
    abi::InferenceWeights weights{};
    weights.w1[3] = 7;
    const std::string raw =
        to_base64({reinterpret_cast<const std::uint8_t*>(&weights), sizeof weights});
    const Bytes rows(2 * kInputBytes, 5);
    const auto file = genesis_from_json(R"({"version": 1, "message": "m", "timestamp": 7,
        "validators": [{"address": "0x0000000000000000000000000000000000000001", "stake": "9",
                        "beacon_commitment":
            "0x0000000000000000000000000000000000000000000000000000000000000003"}],
        "models": [{"id": "mine", "steps": 2, "weights": ")" +
                                        raw + R"(", "rows": ")" + to_base64(rows) + R"("}],
        "table_sizes": {"attestations": 8, "models": 4, "anchors": 16}})");
    ASSERT_TRUE(file) << file.error().text();
    ASSERT_EQ(file->genesis.validators.size(), 1U);
    EXPECT_EQ(file->genesis.validators[0].stake, Amount(9));
    ASSERT_EQ(file->genesis.models.size(), 1U);
    const Model& model = file->genesis.models[0];
    EXPECT_EQ(model.weights.w1[3], 7);
    EXPECT_EQ(model.row_count(), 2U);
    EXPECT_EQ(model.steps, 2U);
    EXPECT_EQ(std::memcmp(model.weights.model_hash, weights_digest(model.weights).data(), 32), 0);
    EXPECT_EQ(file->genesis.table_sizes.anchors, 16U);
}

TEST(GenesisJson, ProvidersCanBeGiven) {
    const auto file = genesis_from_json(R"({"version": 1, "message": "m", "timestamp": 7,
        "providers": [{"id": "p-0", "address": "0x0000000000000000000000000000000000000001",
                       "models": ["a", "b"], "bond": "1000000000000"}]})");
    ASSERT_TRUE(file) << file.error().text();
    ASSERT_EQ(file->genesis.providers.size(), 1U);
    const GenesisProvider& provider = file->genesis.providers[0];
    EXPECT_EQ(provider.id, "p-0");
    Address owner;
    owner.bytes.back() = 1;
    EXPECT_EQ(provider.owner, owner);
    EXPECT_EQ(provider.models, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(provider.bond, lux(1000));
}

TEST(GenesisJson, MistakesAreNamed) {
    const auto error = [](std::string_view text) { return genesis_from_json(text).error().text(); };
    const auto provider_error = [&](std::string_view entry) {
        return error(R"({"version": 1, "message": "", "timestamp": 1, "providers": [)" +
                     std::string(entry) + "]}");
    };
    EXPECT_THAT(provider_error(R"({"id": "p", "models": [], "bond": 1})"),
                HasSubstr("providers[0].address is missing"));
    EXPECT_THAT(
        provider_error(R"({"id": "p", "address": "0x0000000000000000000000000000000000000001",
                           "models": ["a", 2], "bond": 1})"),
        HasSubstr("providers[0].models[1] must be text"));
    EXPECT_THAT(
        provider_error(R"({"id": "p", "address": "0x0000000000000000000000000000000000000001",
                           "models": "a", "bond": 1})"),
        HasSubstr("providers[0].models must be a list"));
    EXPECT_THAT(error("{"), HasSubstr("not JSON at byte"));
    EXPECT_THAT(error(R"({"version": 1, "message": "", "timestamp": 1, "model": 1})"),
                HasSubstr("unknown field model"));
    EXPECT_THAT(error(R"({"version": 1, "message": "", "timestamp": 1, "models": 1})"),
                HasSubstr("models must be a list"));
    EXPECT_THAT(error(R"({"version": 1, "message": "", "timestamp": 1, "models":
                          [{"id": "m", "weights": "AAAA", "rows": ""}]})"),
                HasSubstr("models[0].weights must be the 672 bytes"));
    EXPECT_THAT(
        error(R"({"version": 1, "message": "", "timestamp": 1, "table_sizes": {"models": 4}})"),
        HasSubstr("table_sizes.attestations is missing"));
    EXPECT_THAT(
        error(R"({"version": 1, "message": "", "timestamp": 1, "validators": [{"stake": 1}]})"),
        HasSubstr("validators[0].address is missing"));
    EXPECT_THAT(error(R"({"version": 1, "message": ""})"), HasSubstr("timestamp is missing"));
    EXPECT_THAT(
        error(R"({"version": 1, "message": "", "timestamp": 0, "allocations": [{"balance": 1}]})"),
        HasSubstr("allocations[0].address is missing"));
    EXPECT_THAT(error(R"({"version": 1, "message": "", "timestamp": 0, "allocations":
                          [{"address": "0x0000000000000000000000000000000000000001",
                            "balance": "1 LUX"}]})"),
                HasSubstr("allocations[0].balance must be a whole number of nLUX"));
}

// Evidence as the service reads it, signed with a vendor's key.
std::string attestation_body(const Ed25519Key& vendor, GpuEvidence e, std::string_view provider) {
    e.vendor_signature = vendor.sign(attestation_message(e, provider));
    Json json{{"device_id", e.device_id},
              {"model", e.model},
              {"cc_enabled", e.cc_enabled},
              {"tee_io_enabled", e.tee_io_enabled},
              {"driver_version", e.driver_version},
              {"vbios_version", ""},
              {"timestamp", print_time(e.timestamp_ns)},
              {"mode", static_cast<int>(e.mode)}};
    if (e.mode == AttestationMode::kHardware) {
        json["local_evidence"] = Json{{"spdm_report", to_base64(e.spdm_report)},
                                      {"cert_chain", to_base64(e.vendor_signature)},
                                      {"rim_verified", e.rim_verified},
                                      {"driver_report", ""},
                                      {"nonce", to_text(e.nonce)}};
    } else {
        Bytes signature = e.provider_signature;
        signature.insert(signature.end(), e.vendor_signature.begin(), e.vendor_signature.end());
        json["software_attestation"] = Json{{"gpu_serial", ""},
                                            {"pci_id", ""},
                                            {"board_id", ""},
                                            {"gpu_part_num", ""},
                                            {"compute_caps", ""},
                                            {"driver_version", e.driver_version},
                                            {"cuda_version", ""},
                                            {"vbios_version", ""},
                                            {"benchmark_hash", to_text(e.benchmark_hash)},
                                            {"benchmark_time_ms", e.benchmark_time_ms},
                                            {"provider_pubkey", to_base64(e.provider_key)},
                                            {"signature", to_base64(signature)},
                                            {"timestamp", print_time(e.timestamp_ns)},
                                            {"nonce", to_text(e.nonce)}};
    }
    return Json{{"gpu_attestation", json}}.dump();
}

TEST(Attestation, EvidenceThatTheVendorSignedEarnsItsPointsAndAChangedFlagEarnsNone) {
    const Ed25519Key vendor(Ed25519Seed{{7}});
    TestNode::Options options;
    options.vendor_root = vendor.address();
    TestNode t(options);
    for (GpuEvidence e : {hardware_evidence(), software_evidence()}) {
        e.timestamp_ns = t.now_ns - 1'000'000'000;
        e.device_id = "p-1";
        const bool hardware = e.mode == AttestationMode::kHardware;
        const std::string body = attestation_body(vendor, e, "p-1");
        EXPECT_EQ(body_of(t.post("/attestation/verify", body)),
                  (Json{{"verified", true},
                        {"trustScore", hardware ? 100 : 60},
                        {"mode", hardware ? 0 : 1},
                        {"hardwareCC", hardware}}));
        std::string forged = body;
        const std::string_view place = "\"device_id\":\"p-1\"";
        forged.replace(forged.find(place), place.size(), "\"device_id\":\"p-2\"");
        EXPECT_EQ(body_of(t.post("/attestation/verify", forged)).at("verified"), false);
    }
}

Json quote_body(const Ed25519Key& vendor, AttestationQuote q, std::string_view provider) {
    const Bytes signature = vendor.sign(attestation_message(q, provider));
    Bytes quote = q.quote;
    quote.insert(quote.end(), signature.begin(), signature.end());
    return {{"type", static_cast<int>(q.type)},
            {"version", q.version},
            {"quote", to_base64(quote)},
            {"measurement", to_text(q.measurement)},
            {"report_data", to_base64(q.report_data)},
            {"timestamp", print_time(q.timestamp_ns)},
            {"nonce", to_text(q.nonce)}};
}

TEST(Attestation, AQuoteOfListedCodeVerifiesRegistersAndIsShownInTheBlock) {
    const Ed25519Key vendor(Ed25519Seed{{7}});
    TestNode::Options options;
    options.vendor_root = vendor.address();
    options.quote_measurements = {salt_of("build")};
    TestNode t(options);
    AttestationQuote q;
    q.type = QuoteType::kSevSnp;
    q.version = 2;
    q.quote = Bytes(64, 5);
    q.measurement = salt_of("build");
    q.report_data = Bytes(8, 6);
    q.timestamp_ns = t.now_ns;
    const auto verdict = [&](const AttestationQuote& quote, std::string_view provider) {
        const Json body{{"cpu_attestation", quote_body(vendor, quote, "p-1")},
                        {"provider_id", provider}};
        return body_of(t.post("/attestation/verify", body.dump()));
    };
    EXPECT_EQ(verdict(q, "p-1"),
              (Json{{"verified", true}, {"trustScore", 70}, {"mode", 0}, {"hardwareCC", true}}));
    EXPECT_EQ(verdict(q, "p-2").at("verified"), false);
    AttestationQuote unlisted = q;
    unlisted.measurement = salt_of("another build");
    EXPECT_EQ(verdict(unlisted, "p-1").at("verified"), false);

    Json body = parse_json(registration_body("p-1")).value();
    body["cpu_attestation"] = quote_body(vendor, q, "p-1");
    ASSERT_EQ(t.post(t.bob, "/providers/register", body.dump()).status, 200);
    t.blocks(1);
    const Json provider = body_of(t.get("/providers")).at("providers").at(0);
    EXPECT_EQ(provider.at("cpu_attestation"), body.at("cpu_attestation"));
    EXPECT_EQ(provider.at("reputation"), 70);
    const Json& device = provider.at("device");
    EXPECT_EQ(device.at("vendor"), "AMD");
    EXPECT_EQ(device.at("attested"), true);
    EXPECT_EQ(device.at("operator"), "p-1");
    EXPECT_EQ(device.at("job_history"), Json::array());
    const auto block = t.node().vm().get_block(t.node().vm().last_accepted()).value();
    const Json registered = parse_json(block_json(*block)).value().at("providerRegs").at(0);
    EXPECT_EQ(registered.at("cpuAttestation"), body.at("cpu_attestation"));
    EXPECT_FALSE(registered.contains("gpuAttestation"));
}

TEST(Attestation, AProviderThatRegistersWithEvidenceHasItsReputation) {
    const Ed25519Key vendor(Ed25519Seed{{7}});
    TestNode::Options options;
    options.vendor_root = vendor.address();
    TestNode t(options);
    GpuEvidence e = hardware_evidence();
    e.timestamp_ns = t.now_ns;
    Json body = parse_json(registration_body("p-1")).value();
    body["gpu_attestation"] =
        parse_json(attestation_body(vendor, e, "p-1")).value().at("gpu_attestation");
    ASSERT_EQ(t.post(t.bob, "/providers/register", body.dump()).status, 200);
    body["id"] = "p-2";
    const Response stolen = t.post(t.alice, "/providers/register", body.dump());
    EXPECT_EQ(stolen.status, 400) << "the evidence is for another";
    t.blocks(1);
    const Json provider = body_of(t.get("/providers")).at("providers").at(0);
    EXPECT_EQ(provider.at("reputation"), 100);
    EXPECT_EQ(provider.at("gpu_attestation").at("mode"), 0);
    EXPECT_EQ(provider.at("device").at("vendor"), "NVIDIA");
    EXPECT_EQ(provider.at("device").at("hardware_cc"), true);
    const auto block = t.node().vm().get_block(t.node().vm().last_accepted()).value();
    const Json registered = parse_json(block_json(*block)).value().at("providerRegs").at(0);
    EXPECT_EQ(registered.at("gpuAttestation"), body.at("gpu_attestation"));
}

// A TEE node with a vendor, and the provider p-1 of bob's, whose evidence is of now.
struct TeeNode {
    static TestNode::Options options() {
        TestNode::Options out;
        out.vendor_root = Ed25519Key(Ed25519Seed{{7}}).address();
        out.config.verification_mode = VerificationMode::kTee;
        return out;
    }
    TeeNode() {
        Json body = parse_json(registration_body("p-1")).value();
        body["gpu_attestation"] = evidence();
        EXPECT_EQ(node.post(node.bob, "/providers/register", body.dump()).status, 200);
        node.blocks(1);
    }

    [[nodiscard]] Json evidence() const {
        GpuEvidence e = hardware_evidence();
        e.timestamp_ns = node.now_ns;
        return parse_json(attestation_body(vendor, e, "p-1")).value().at("gpu_attestation");
    }
    [[nodiscard]] static std::string renewal(const Json& evidence) {
        return Json{{"provider_id", "p-1"}, {"gpu_attestation", evidence}}.dump();
    }
    // Whether the answer to a new task can be used in the block in which it is posted. Takes five
    // blocks, 20 seconds.
    bool usable_early(const std::string& task) {
        EXPECT_EQ(node.post(node.alice, "/tasks/submit", task_body(task)).status, 200);
        node.blocks(4);
        const Json result{{"task_id", task},
                          {"provider_id", "p-1"},
                          {"output", 7},
                          {"compute_time_ms", 5},
                          {"proof", ""}};
        EXPECT_EQ(node.post(node.bob, "/tasks/result", result.dump()).status, 200);
        node.blocks(1);
        const Json shown = body_of(node.get("/tasks", "id=" + task));
        EXPECT_EQ(shown.at("status"), "processing");
        return shown.contains("output");
    }

    const Ed25519Key vendor{Ed25519Seed{{7}}};
    TestNode node{options()};
};

// attestationTimeout is 30 seconds, after which early use ended for ever: no route sent an Attest.
TEST(Attestation, EarlyUseGoesOnPastTheTimeoutWhileTheEvidenceIsRenewedOverTheService) {
    for (const bool renews : {true, false}) {
        TeeNode tee;
        EXPECT_TRUE(tee.usable_early("t-0"));
        for (int i = 1; i <= 4; ++i) {
            const Json evidence = tee.evidence();
            if (renews) {
                EXPECT_EQ(body_of(tee.node.post(tee.node.bob, "/attestation/renew",
                                                TeeNode::renewal(evidence))),
                          (Json{{"success", true}, {"providerId", "p-1"}}));
            }
            tee.node.blocks(1);
            EXPECT_EQ(tee.usable_early("t-" + std::to_string(i)), renews) << i;
            if (!renews) continue;
            const Json provider = body_of(tee.node.get("/providers")).at("providers").at(0);
            EXPECT_EQ(provider.at("gpu_attestation"), evidence);
            EXPECT_EQ(provider.at("device").at("last_seen"), evidence.at("timestamp"));
        }
        EXPECT_EQ(tee.node.audit(), "");
    }
}

TEST(Attestation, ARenewalNeedsTheOwnersSignatureAndNewerEvidenceOfAKnownProvider) {
    TeeNode tee;
    TestNode& t = tee.node;
    const Json first = tee.evidence();
    const std::string body = TeeNode::renewal(first);
    EXPECT_EQ(t.post("/attestation/renew", body).status, 401);
    EXPECT_EQ(error_code(t.post(t.alice, "/attestation/renew", body)), "not_authorized");
    Json unknown = parse_json(body).value();
    unknown["provider_id"] = "p-2";
    EXPECT_EQ(t.post(t.bob, "/attestation/renew", unknown.dump()).status, 404);
    Json forged = parse_json(body).value();
    forged["gpu_attestation"]["model"] = "NVIDIA H200";
    EXPECT_EQ(error_code(t.post(t.bob, "/attestation/renew", forged.dump())), "not_authorized");
    EXPECT_EQ(t.post(t.bob, "/attestation/renew", body).status, 200);
    EXPECT_EQ(error_code(t.post(t.bob, "/attestation/renew", body)), "duplicate");
    t.blocks(1);
    EXPECT_EQ(error_code(t.post(t.bob, "/attestation/renew", body)), "duplicate");
    // One device, one slot of the eight that the table has.
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(t.post(t.bob, "/attestation/renew", TeeNode::renewal(tee.evidence())).status,
                  200);
        t.blocks(1);
    }
    EXPECT_EQ(
        t.node().state().provider(*t.node().state().find_provider("p-1")).attestation_keys.size(),
        1U);
}

}  // namespace
}  // namespace aivm::test
