// Attestation evidence of both kinds: any bytes are refused or are the one encoding of what they
// decode to, and without the vendor's signature they earn nothing.
#include <algorithm>
#include <cstdint>

#include "core/base/check.h"
#include "core/registry/quote.h"

namespace {

using namespace aivm;

class NobodySigned final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address&, const Hash32&, ByteView) const override {
        return false;
    }
};

class EverybodySigned final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address&, const Hash32&, ByteView) const override {
        return true;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    const auto gpu = decode_evidence(bytes);
    const auto quote = decode_quote(bytes);
    AIVM_CHECK(!gpu || !quote);
    if (gpu) AIVM_CHECK(std::ranges::equal(encode_evidence(*gpu), bytes));
    if (quote) AIVM_CHECK(std::ranges::equal(encode_evidence(*quote), bytes));

    const NobodySigned nobody;
    const EverybodySigned everybody;
    const std::vector<Hash32> measurements{quote ? quote->measurement : Hash32{}};
    AttestationCheck check{.authorizer = &nobody,
                           .vendor_root = Address{{1}},
                           .now_ns = kEvidenceAgeNsMax,
                           .measurements = measurements};
    AIVM_CHECK(!check_encoded_evidence(bytes, "p", check));
    check.authorizer = &everybody;
    const auto status = check_encoded_evidence(bytes, "p", check);
    AIVM_CHECK(!status || (status->attested && status->trust_score <= 100));
    AIVM_CHECK(!status || gpu || quote);
    return 0;
}
