// Quotes of a CPU: which count, and that they open the hardware path like a GPU's evidence.
#include "core/registry/quote.h"

#include <gtest/gtest.h>

#include "core/registry/trust_points.h"
#include "core/testing/test_evidence.h"

namespace aivm::test {
namespace {

constexpr TimestampNs kQuoteNow = 10 * kEvidenceAgeNsMax;
const TestAuthorizer kQuoteAuthorizer;
const Hash32 kListed = salt_of("listed build");

AttestationCheck quote_check() {
    return {.authorizer = &kQuoteAuthorizer,
            .vendor_root = address_of("vendor"),
            .now_ns = kQuoteNow,
            .measurements = std::span(&kListed, 1)};
}

AttestationQuote quote_of(QuoteType type, TimestampNs when = kQuoteNow) {
    AttestationQuote q;
    q.type = type;
    q.version = 3;
    q.quote = Bytes(64, 7);
    q.measurement = kListed;
    q.report_data = Bytes(32, 8);
    q.timestamp_ns = when;
    q.nonce = salt_of("nonce");
    return q;
}

AttestationQuote signed_quote(AttestationQuote quote, std::string_view signer = "vendor") {
    quote.vendor_signature =
        TestAuthorizer::sign(address_of(signer), attestation_message(quote, "p-1"));
    return quote;
}

// Nothing for a quote that counts.
std::optional<ErrorCode> quote_refusal(const AttestationQuote& quote,
                                       std::string_view provider = "p-1") {
    const auto status = check_quote(quote, provider, quote_check());
    return status ? std::nullopt : std::optional(status.error().code);
}

TEST(Quote, EarnsTheBaseOfTheHardwarePathUnderItsVendorsName) {
    for (const QuoteType type : {QuoteType::kSgx, QuoteType::kSevSnp, QuoteType::kTdx}) {
        const auto status = check_quote(signed_quote(quote_of(type)), "p-1", quote_check());
        ASSERT_TRUE(status);
        EXPECT_TRUE(status->attested);
        EXPECT_EQ(status->trust_score, 70);
        EXPECT_EQ(status->mode, AttestationMode::kHardware);
        EXPECT_TRUE(status->hardware_cc);
        EXPECT_EQ(status->operator_id, "p-1");
        EXPECT_EQ(status->last_seen_ns, kQuoteNow);
        EXPECT_EQ(status->vendor, type == QuoteType::kSevSnp ? "AMD" : "Intel");
    }
}

TEST(Quote, OfAnotherTypeOrOfUnlistedCodeEarnsNothing) {
    for (const QuoteType type : {QuoteType::kUnknown, QuoteType::kNvidia, QuoteType::kArm})
        EXPECT_EQ(quote_refusal(signed_quote(quote_of(type))), ErrorCode::kTrustTooLow);
    AttestationQuote changed = quote_of(QuoteType::kTdx);
    changed.measurement = salt_of("another build");
    EXPECT_EQ(quote_refusal(signed_quote(changed)), ErrorCode::kTrustTooLow);
    AttestationCheck no_list = quote_check();
    no_list.measurements = {};
    EXPECT_FALSE(check_quote(signed_quote(quote_of(QuoteType::kTdx)), "p-1", no_list));
}

TEST(Quote, NeedsTheVendorsSignatureForThisProvider) {
    EXPECT_EQ(quote_refusal(quote_of(QuoteType::kSgx)), ErrorCode::kNotAuthorized);
    EXPECT_EQ(quote_refusal(signed_quote(quote_of(QuoteType::kSgx), "p-1")),
              ErrorCode::kNotAuthorized);
    EXPECT_EQ(quote_refusal(signed_quote(quote_of(QuoteType::kSgx)), "p-2"),
              ErrorCode::kNotAuthorized);
    AttestationQuote embellished = signed_quote(quote_of(QuoteType::kSgx));
    embellished.report_data[0] ^= 1;
    EXPECT_EQ(quote_refusal(embellished), ErrorCode::kNotAuthorized);
}

TEST(Quote, CountsForAnHourAndNotFromTheFuture) {
    const auto at = [](TimestampNs when) {
        return quote_refusal(signed_quote(quote_of(QuoteType::kSgx, when)));
    };
    EXPECT_EQ(at(kQuoteNow - kEvidenceAgeNsMax), std::nullopt);
    EXPECT_EQ(at(kQuoteNow - kEvidenceAgeNsMax - 1), ErrorCode::kInvalidArgument);
    EXPECT_EQ(at(kQuoteNow + 1), ErrorCode::kInvalidArgument);
}

TEST(Quote, HasOneEncoding) {
    const Bytes bytes = encode_evidence(signed_quote(quote_of(QuoteType::kSevSnp)));
    const auto decoded = decode_quote(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_evidence(*decoded), bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_quote(ByteView(bytes).first(size)));
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_quote(longer));
    Bytes untyped = bytes;
    untyped[1] = 6;
    EXPECT_FALSE(decode_quote(untyped));
    EXPECT_FALSE(decode_evidence(bytes)) << "a quote is no evidence of a GPU";
}

TEST(Quote, RegistersAProviderOnAChainThatRequiresHardware) {
    TestOptions options;
    options.parameters.config.require_tee_attestation = true;
    options.parameters.quote_measurements = {kListed};
    TestChain chain(options);
    op::RegisterProvider joining = registration("p-1", lux(1000));
    EXPECT_TRUE(chain.refusal(chain.by("p-1", joining))) << "no evidence";
    AttestationQuote quote = quote_of(QuoteType::kTdx, chain.state().head.timestamp_ns + kBlockNs);
    joining.evidence = encode_evidence(signed_quote(quote));
    chain.block({chain.by("p-1", joining)});
    EXPECT_EQ(chain.provider("p-1").trust_score, kQuotePoints);
    EXPECT_TRUE(chain.provider("p-1").hardware_attested);

    quote.measurement = salt_of("another build");
    op::RegisterProvider other = registration("p-2", lux(1000));
    other.evidence = encode_evidence(signed_quote(quote));
    EXPECT_TRUE(chain.refusal(chain.by("p-2", other)));
}

TEST(Quote, ChangingTheListOfMeasurementsMakesAnotherChain) {
    TestOptions options;
    const Hash32 without = TestChain(options).tip()->id;
    options.parameters.quote_measurements = {kListed};
    EXPECT_NE(TestChain(options).tip()->id, without);
}

}  // namespace
}  // namespace aivm::test
