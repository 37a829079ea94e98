// The codec on a record that uses every construct of the grammar in codec.h.
#include "core/base/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace aivm {
namespace {

enum class Kind : std::uint8_t { kOne, kTwo, kThree };

struct Record {
    std::uint8_t a = 0;
    std::uint16_t b = 0;
    std::uint32_t c = 0;
    std::uint64_t d = 0;
    bool flag = false;
    Kind kind = Kind::kOne;
    Amount fee;
    Address address;
    Bytes payload;
    std::string name;
    std::vector<std::uint16_t> list;

    friend bool operator==(const Record&, const Record&) = default;

    void encode(Writer& out) const {
        out.u8(a)
            .u16(b)
            .u32(c)
            .u64(d)
            .boolean(flag)
            .u8(static_cast<std::uint8_t>(kind))
            .amount(fee)
            .fixed(address);
        out.bytes(payload).string(name).u32(static_cast<std::uint32_t>(list.size()));
        for (const std::uint16_t item : list) out.u16(item);
    }
};

constexpr std::size_t kLimit = 64;

Result<Record> decode(ByteView input) {
    Reader in(input);
    Record out;
    out.a = in.u8();
    out.b = in.u16();
    out.c = in.u32();
    out.d = in.u64();
    out.flag = in.boolean();
    out.kind = in.enumerator<Kind>();
    out.fee = in.amount();
    out.address = in.fixed<20>();
    out.payload = in.bytes(kLimit);
    out.name = in.string(kLimit);
    const std::uint32_t count = in.list(kLimit, 2);
    for (std::uint32_t i = 0; i < count; ++i) out.list.push_back(in.u16());
    AIVM_TRY(in.finish());
    return out;
}

Bytes encoded(const Record& record) {
    Writer out;
    record.encode(out);
    return out.take();
}

Record any_record() {
    Record out;
    out.a = *rc::gen::arbitrary<std::uint8_t>();
    out.b = *rc::gen::arbitrary<std::uint16_t>();
    out.c = *rc::gen::arbitrary<std::uint32_t>();
    out.d = *rc::gen::arbitrary<std::uint64_t>();
    out.flag = *rc::gen::arbitrary<bool>();
    out.kind = static_cast<Kind>(*rc::gen::inRange(0, 3));
    out.fee = Amount(*rc::gen::arbitrary<std::uint64_t>());
    out.address.bytes = *rc::gen::arbitrary<std::array<std::uint8_t, 20>>();
    const auto size = rc::gen::inRange<std::size_t>(0, kLimit + 1);
    out.payload = *rc::gen::container<Bytes>(*size, rc::gen::arbitrary<std::uint8_t>());
    out.name = *rc::gen::container<std::string>(*size, rc::gen::arbitrary<char>());
    out.list =
        *rc::gen::container<std::vector<std::uint16_t>>(*size, rc::gen::arbitrary<std::uint16_t>());
    return out;
}

// The code of the error, which must say where.
void expect_malformed(const Bytes& input, std::string_view what) {
    const auto result = decode(input);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kMalformed);
    EXPECT_NE(result.error().context.find(what), std::string::npos) << result.error().context;
    EXPECT_NE(result.error().context.find("at byte"), std::string::npos) << result.error().context;
}

// Offsets of the fields in an encoded record with an empty payload and name.
constexpr std::size_t kFlagAt = 15;
constexpr std::size_t kKindAt = 16;
constexpr std::size_t kPayloadAt = 45;
constexpr std::size_t kListAt = 53;

TEST(Codec, IntegersAreBigEndianAndLengthsGoFirst) {
    Writer out;
    out.u16(0x0102)
        .u32(0x03040506)
        .u64(0x0708090A0B0C0D0E)
        .boolean(true)
        .string("ab")
        .amount(Amount(1));
    EXPECT_EQ(to_hex(out.view()),
              "0102"
              "03040506"
              "0708090a0b0c0d0e"
              "01"
              "000000026162"
              "0000000000000001");
}

RC_GTEST_PROP(Codec, DecodingGivesBackWhatWasEncoded, ()) {
    const Record record = any_record();
    const auto back = decode(encoded(record));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == record);
}

RC_GTEST_PROP(Codec, AnyBytesFailOrEncodeBackToThemselves, ()) {
    // Random bytes seldom decode, so most inputs are encodings with a few bytes changed.
    Bytes input = *rc::gen::weightedElement<int>({{1, 0}, {4, 1}}) ? encoded(any_record())
                                                                   : *rc::gen::arbitrary<Bytes>();
    const auto changes = *rc::gen::inRange(0, 3);
    for (int i = 0; i < changes && !input.empty(); ++i) {
        input[*rc::gen::inRange<std::size_t>(0, input.size())] =
            *rc::gen::arbitrary<std::uint8_t>();
    }
    const auto record = decode(input);
    RC_CLASSIFY(record.has_value(), "decoded");
    if (record) RC_ASSERT(encoded(*record) == input);
}

RC_GTEST_PROP(Codec, EveryShorterOrLongerInputIsRefused, ()) {
    Bytes input = encoded(any_record());
    for (std::size_t size = 0; size < input.size(); ++size)
        RC_ASSERT(!decode(ByteView(input).first(size)));
    input.push_back(*rc::gen::arbitrary<std::uint8_t>());
    RC_ASSERT(!decode(input));
}

TEST(Codec, BytesLeftOverAreMalformed) {
    Bytes input = encoded(Record());
    input.push_back(0);
    expect_malformed(input, "1 bytes are left over");
}

TEST(Codec, AShortInputIsMalformed) {
    Bytes input = encoded(Record());
    input.pop_back();
    expect_malformed(input, "ends too early");
    expect_malformed({}, "ends too early");
}

TEST(Codec, ABooleanIsZeroOrOne) {
    Bytes input = encoded(Record());
    for (const std::uint8_t bad : {2, 0x80, 0xFF}) {
        input[kFlagAt] = bad;
        expect_malformed(input, "boolean");
    }
}

TEST(Codec, AnUnknownKindIsMalformed) {
    Bytes input = encoded(Record());
    input[kKindAt] = 2;
    EXPECT_TRUE(decode(input).has_value());
    input[kKindAt] = 3;
    expect_malformed(input, "unknown kind");
}

TEST(Codec, ALyingLengthIsMalformedBeforeAnythingIsAllocated) {
    Bytes input = encoded(Record());
    input[kPayloadAt] = 0xFF;
    expect_malformed(input, "byte string");
    input = encoded(Record());
    input[kListAt + 3] = 1;  // one element announced, none there
    expect_malformed(input, "list of 1 elements");
    input[kListAt] = 0xFF;
    expect_malformed(input, "list of 4278190081 elements");
}

TEST(Codec, AListOneBeyondItsLimitIsMalformed) {
    Record record;
    record.list.resize(kLimit);
    EXPECT_TRUE(decode(encoded(record)).has_value());
    record.list.resize(kLimit + 1);
    expect_malformed(encoded(record), "list");
}

TEST(Codec, TheFirstFaultSticksAndLaterReadsGiveZero) {
    const Bytes input{7, 1, 1, 1, 1};
    Reader in(input);
    (void)in.boolean();
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.u32(), 0U);
    EXPECT_EQ(in.list(10), 0U);
    in.set_fault("a later fault");
    EXPECT_NE(in.status().error().context.find("boolean"), std::string::npos);
    EXPECT_NE(in.finish().error().context.find("boolean"), std::string::npos);
}

}  // namespace
}  // namespace aivm
