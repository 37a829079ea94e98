// Known answers: SHA-256 from FIPS 180-4's examples, Keccak-256 as Ethereum publishes it for "" and
// "abc".
#include "core/base/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/keccak.h"

namespace aivm {
namespace {

std::string sha(std::string_view text) { return to_hex(sha256(as_bytes(text)).view()); }
std::string keccak(std::string_view text) { return to_hex(keccak256(as_bytes(text)).view()); }

TEST(Digest, Sha256KnownAnswers) {
    EXPECT_EQ(sha(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, Keccak256KnownAnswers) {
    EXPECT_EQ(keccak(""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    EXPECT_EQ(keccak("abc"), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

RC_GTEST_PROP(Digest, PartsHashAsTheirConcatenation,
              (const Bytes& a, const Bytes& b, const Bytes& c)) {
    Bytes whole = a;
    whole.insert(whole.end(), b.begin(), b.end());
    whole.insert(whole.end(), c.begin(), c.end());
    RC_ASSERT(sha256({a, b, c}) == sha256(whole));
    RC_ASSERT(keccak256({a, b, c}) == keccak256(whole));
}

// The block is 136 bytes: one less leaves one byte for both padding bits, one full needs a block of
// padding, one more begins the next.
TEST(Digest, KeccakDoesNotCareWhereAMessageIsCut) {
    for (const std::size_t size : {135U, 136U, 137U, 271U, 272U, 273U}) {
        Bytes message(size);
        for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(i * 31 + 7);
        const Hash32 whole = keccak256(message);
        for (std::size_t cut = 0; cut <= size; ++cut) {
            Keccak256 sponge;
            sponge.update(ByteView(message).first(cut));
            sponge.update(ByteView(message).subspan(cut));
            ASSERT_EQ(sponge.finish(), whole) << size << " bytes cut at " << cut;
        }
        Keccak256 bytewise;
        for (const std::uint8_t byte : message) bytewise.update(ByteView(&byte, 1));
        EXPECT_EQ(bytewise.finish(), whole) << size;
    }
}

}  // namespace
}  // namespace aivm
