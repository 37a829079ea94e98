// Attestation evidence: what it scores, when it verifies, and that nothing declared counts.
#include <gtest/gtest.h>

#include "core/registry/trust_points.h"
#include "core/testing/test_evidence.h"

namespace aivm::test {
namespace {

constexpr TimestampNs kNow = 10 * kEvidenceAgeNsMax;
const TestAuthorizer kIdeal;
const AttestationCheck kCheck{
    .authorizer = &kIdeal, .vendor_root = address_of("vendor"), .now_ns = kNow};

GpuEvidence at(GpuEvidence evidence, TimestampNs when) {
    evidence.timestamp_ns = when;
    return signed_evidence(std::move(evidence), "p-1");
}

std::uint8_t hardware_points(std::string model, bool cc, bool tee_io, bool rim,
                             std::size_t report = 256) {
    GpuEvidence e = hardware_evidence();
    e.model = std::move(model);
    e.cc_enabled = cc;
    e.tee_io_enabled = tee_io;
    e.rim_verified = rim;
    e.spdm_report.resize(report);
    return trust_points(e);
}

std::uint8_t software_points(std::string model) {
    GpuEvidence e;
    e.mode = AttestationMode::kSoftware;
    e.model = std::move(model);
    return trust_points(e);
}

TEST(TrustPoints, OfTheHardwarePathAreThoseOfTheTable) {
    EXPECT_EQ(hardware_points("NVIDIA RTX PRO 6000 Blackwell", false, false, false), 75);
    EXPECT_EQ(hardware_points("H100", false, false, false), 78);
    EXPECT_EQ(hardware_points("H200", true, false, false), 93);
    EXPECT_EQ(hardware_points("B100", false, true, false), 85);
    EXPECT_EQ(hardware_points("B200", false, false, true), 85);
    EXPECT_EQ(hardware_points("NVIDIA GB200 NVL72", true, true, true), 100);
    EXPECT_EQ(hardware_points("H100", true, true, true), 100);
    EXPECT_EQ(hardware_points("RTX PRO 6000", true, true, true), 100);
}

TEST(TrustPoints, OfTheHardwarePathNeedAModelWithConfidentialComputingAndAReportOf256Bytes) {
    EXPECT_EQ(hardware_points("RTX 4090", true, true, true), 0);
    EXPECT_EQ(hardware_points("H100", true, true, true, 255), 0);
    EXPECT_EQ(hardware_points("XH100", true, true, true), 0);
    EXPECT_FALSE(is_cc_capable("RTX 5090"));
    EXPECT_FALSE(is_cc_capable("GB2000"));
}

TEST(TrustPoints, OfTheSoftwarePathAreThoseOfTheTableAndNeverAbove60) {
    EXPECT_EQ(software_points("NVIDIA GeForce RTX 5080"), 35);
    EXPECT_EQ(software_points("GB10"), 32);
    EXPECT_EQ(software_points("RTX 4090"), 30);
    EXPECT_EQ(software_points("RTX 3080"), 28);
    EXPECT_EQ(software_points("Voodoo 2"), 25);
    GpuEvidence e = software_evidence();
    EXPECT_EQ(trust_points(e), 60);
    e.provider_signature.resize(63);
    EXPECT_EQ(trust_points(e), 50);
    e.benchmark_time_ms = 0;
    EXPECT_EQ(trust_points(e), 40);
    e.driver_version.clear();
    EXPECT_EQ(trust_points(e), 35);
}

TEST(Attestation, VerifiesWithTheVendorsSignatureAndReportsTheDevice) {
    const DeviceStatus status =
        verify_gpu_attestation(at(hardware_evidence(), kNow), "p-1", kCheck);
    EXPECT_TRUE(status.attested);
    EXPECT_EQ(status.trust_score, 100);
    EXPECT_TRUE(status.hardware_cc);
    EXPECT_EQ(status.last_seen_ns, kNow);
    EXPECT_FALSE(verify_gpu_attestation(at(software_evidence(), kNow), "p-1", kCheck).hardware_cc);
}

// D35: the trust score believes what the provider declares.
TEST(Attestation, D35ScoresNothingForWhatAProviderDeclaresByItself) {
    GpuEvidence unsigned_evidence = hardware_evidence();
    unsigned_evidence.timestamp_ns = kNow;
    EXPECT_EQ(verify_gpu_attestation(unsigned_evidence, "p-1", kCheck).trust_score, 0);
    unsigned_evidence.vendor_signature = Bytes(96, 7);
    EXPECT_FALSE(verify_gpu_attestation(unsigned_evidence, "p-1", kCheck).attested);

    GpuEvidence embellished = hardware_evidence();
    embellished.cc_enabled = false;
    embellished = at(embellished, kNow);
    embellished.cc_enabled = true;
    EXPECT_EQ(check_evidence(embellished, "p-1", kCheck).error().code, ErrorCode::kNotAuthorized);
}

TEST(Attestation, IsForOneProviderAndOneNonceOnly) {
    GpuEvidence evidence = at(hardware_evidence(), kNow);
    EXPECT_EQ(check_evidence(evidence, "p-2", kCheck).error().code, ErrorCode::kNotAuthorized);
    evidence.nonce = salt_of("other");
    EXPECT_EQ(check_evidence(evidence, "p-1", kCheck).error().code, ErrorCode::kNotAuthorized);
}

TEST(Attestation, IsRefusedFromTheFutureAndWhenOlderThanAnHour) {
    EXPECT_TRUE(check_evidence(at(software_evidence(), kNow - kEvidenceAgeNsMax), "p-1", kCheck));
    EXPECT_FALSE(
        check_evidence(at(software_evidence(), kNow - kEvidenceAgeNsMax - 1), "p-1", kCheck));
    EXPECT_FALSE(check_evidence(at(software_evidence(), kNow + 1), "p-1", kCheck));
    EXPECT_FALSE(check_evidence(at(hardware_evidence(), kNow + 1), "p-1", kCheck));
}

TEST(Attestation, NeverVerifiesOnAChainWithoutAVendorRoot) {
    AttestationCheck nobody = kCheck;
    nobody.vendor_root = {};
    GpuEvidence evidence = hardware_evidence();
    evidence.timestamp_ns = kNow;
    evidence.vendor_signature = TestAuthorizer::sign({}, attestation_message(evidence, "p-1"));
    EXPECT_EQ(check_evidence(evidence, "p-1", nobody).error().code, ErrorCode::kTrustTooLow);
}

TEST(Attestation, EncodesCanonicallyAndRefusesEveryTruncationAndAddition) {
    for (const GpuEvidence& evidence : {hardware_evidence(), software_evidence()}) {
        Bytes bytes = encode_evidence(signed_evidence(evidence, "p-1"));
        const auto decoded = decode_evidence(bytes);
        ASSERT_TRUE(decoded.has_value());
        EXPECT_EQ(encode_evidence(*decoded), bytes);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode_evidence(ByteView(bytes).first(size)));
        }
        bytes.push_back(0);
        EXPECT_FALSE(decode_evidence(bytes));
    }
}

TEST(Attestation, OnChainReplacesTheScoreAndCannotBeReplayed) {
    TestChain chain;
    chain.join("p-1");
    GpuEvidence strong = hardware_evidence();
    strong.timestamp_ns = chain.state().head.timestamp_ns;
    chain.block({chain.by("p-1", attestation("p-1", strong))});
    EXPECT_EQ(chain.provider("p-1").trust_score, 100);
    EXPECT_EQ(chain.last<event::ProviderAttested>().size(), 1u);
    GpuEvidence weak = hardware_evidence();
    weak.cc_enabled = weak.tee_io_enabled = weak.rim_verified = false;
    weak.timestamp_ns = chain.state().head.timestamp_ns;
    chain.block({chain.by("p-1", attestation("p-1", weak))});
    EXPECT_EQ(chain.provider("p-1").trust_score, 78);
    chain.expect_refused(chain.by("p-1", attestation("p-1", strong)), ErrorCode::kDuplicate);
    chain.expect_refused(chain.by("p-1", attestation("p-1", weak)), ErrorCode::kDuplicate);
}

TEST(Attestation, OnChainNeedsTheQuoteDigestToNameTheEvidence) {
    TestChain chain;
    chain.join("p-1");
    GpuEvidence evidence = hardware_evidence();
    evidence.timestamp_ns = chain.state().head.timestamp_ns;
    op::Attest op = attestation("p-1", evidence);
    op.attestation->tee_quote_digest[0] ^= 1;
    chain.expect_refused(chain.by("p-1", op), ErrorCode::kInvalidArgument);
}

// F5: evidence was optional, and the provider could have left with its bond.
TEST(Attestation, OnChainNeedsEvidenceAndALiveProvider) {
    TestChain chain;
    chain.join("p-1");
    op::Attest bare = attestation("p-1", hardware_evidence());
    bare.evidence.clear();
    chain.expect_refused(chain.by("p-1", bare), ErrorCode::kInvalidArgument);
    chain.block({chain.by("p-1", leave("p-1"))});
    chain.advance(8);
    chain.block({chain.by("p-1", withdrawal("p-1"))});
    GpuEvidence evidence = hardware_evidence();
    evidence.timestamp_ns = chain.state().head.timestamp_ns;
    chain.expect_refused(chain.by("p-1", attestation("p-1", evidence)), ErrorCode::kWrongState);
}

std::size_t attestations_in(const State& state) {
    return static_cast<std::size_t>(
        std::ranges::count_if(state.kernels.attestations(),
                              [](const abi::Attestation& slot) { return slot.occupied != 0; }));
}

// An attestation of the device with this key, made now.
op::Attest renewal(const TestChain& chain, std::string_view provider, std::uint8_t device) {
    GpuEvidence evidence = hardware_evidence();
    evidence.timestamp_ns = chain.state().head.timestamp_ns;
    op::Attest out = attestation(provider, evidence);
    out.attestation->attesting_key[0] = device;
    out.attestation->expiry_ns = evidence.timestamp_ns + 30'000'000'000;
    return out;
}

// F6: every renewal took a slot of its own, so that the mode ended by itself after 41 minutes.
TEST(Attestation, F6RenewalsOfOneDeviceShareASlot) {
    TestChain chain;
    chain.join("p-1");
    for (int i = 0; i < 40; ++i) {
        chain.block({chain.by("p-1", renewal(chain, "p-1", 1))});
        ASSERT_EQ(attestations_in(chain.state()), 1U);
    }
}

// F5: one provider could fill the table for everybody.
TEST(Attestation, F5AProviderHasAFewSlotsAndAnEpochFreesThoseThatExpired) {
    TestOptions options;
    options.parameters.policy.attestation_slots_per_provider = 3;
    options.parameters.config.epoch_duration_ns = 20 * kBlockNs;
    TestChain chain(options);
    chain.join("p-1");
    chain.join("p-2");
    for (std::uint8_t device = 1; device <= 3; ++device)
        chain.block({chain.by("p-1", renewal(chain, "p-1", device))});
    chain.expect_refused(chain.by("p-1", renewal(chain, "p-1", 4)), ErrorCode::kLimitReached);
    chain.block({chain.by("p-2", renewal(chain, "p-2", 1))});  // another's device with the same key
    EXPECT_EQ(attestations_in(chain.state()), 4U);
    chain.advance(30);  // the epoch closes after all of them have expired
    EXPECT_EQ(attestations_in(chain.state()), 0U);
    EXPECT_TRUE(chain.provider("p-1").attestation_keys.empty());
    chain.block({chain.by("p-1", renewal(chain, "p-1", 4))});
    EXPECT_EQ(attestations_in(chain.state()), 1U);
    chain.restart();
    EXPECT_EQ(attestations_in(chain.state()), 1U);
}

TEST(Attestation, ThatDoesNotVerifySpoilsARegistrationEvenWhereNoneIsRequired) {
    TestChain chain;
    op::RegisterProvider joining = registration("p-1", lux(1000));
    joining.evidence = Bytes(300, 1);
    chain.expect_refused(chain.by("p-1", joining), ErrorCode::kMalformed);
}

}  // namespace
}  // namespace aivm::test
