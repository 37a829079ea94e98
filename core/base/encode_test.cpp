#include "core/base/encode.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/small_vector.h"

namespace aivm {
namespace {

enum class Cut : std::uint8_t { kRound, kFlat };

struct Piece {
    Index<struct PieceTag> index;
    bool used = false;

    friend bool operator==(const Piece&, const Piece&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Piece::index>(), field<&Piece::used>()};
    }
};

struct InMemory {
    std::uint8_t bytes[3]{};
};

struct Article {
    std::string name;
    Cut shape = Cut::kRound;
    Amount price;
    FixedBytes<3> colour;
    Bytes photo;
    std::optional<std::uint16_t> size;
    std::vector<std::string> labels;
    SmallVector<std::uint32_t, 2> numbers;
    std::vector<Piece> parts;
    ValuePtr<Piece> main_part;
    ValuePtr<InMemory> raw;

    static constexpr auto fields() {
        return std::tuple{field<&Article::name, 4>(),         field<&Article::shape>(),
                          field<&Article::price>(),           field<&Article::colour>(),
                          field<&Article::photo, 2>(),        field<&Article::size>(),
                          field<&Article::labels, 2, 3>(),    field<&Article::numbers, 3>(),
                          field<&Article::parts, 9>(),        field<&Article::main_part>(),
                          field<&Article::raw, kAsInMemory>()};
    }
};

// HalvedEven numbers only, halved in its bytes.
struct HalvedEven {
    std::uint8_t number = 0;

    void encode(Writer& out) const { out.u8(number / 2); }
    static HalvedEven decode(Reader& in) { return {static_cast<std::uint8_t>(in.u8() * 2)}; }
};

Article some_article() {
    Article item;
    item.name = "lamp";
    item.shape = Cut::kFlat;
    item.price = Amount(7);
    item.colour = {{1, 2, 3}};
    item.photo = {9};
    item.size = 0x0102;
    item.labels = {"a", "bcd"};
    item.numbers = {5};
    item.parts = {{{6}, true}};
    item.main_part = Piece{{8}, false};
    item.raw = InMemory{{4, 5, 6}};
    return item;
}

Bytes article_bytes(const Article& item) {
    Writer out;
    encode(out, item);
    return out.take();
}

Status article_from(const Bytes& bytes) {
    Reader in(bytes);
    static_cast<void>(decode<Article>(in));
    return in.finish();
}

TEST(Encode, EveryTypeHasTheBytesOfTheCodec) {
    Writer by_hand;
    by_hand.string("lamp").u8(1).u64(7).raw(Bytes{1, 2, 3}).bytes(Bytes{9}).u8(1).u16(0x0102);
    by_hand.u32(2).string("a").string("bcd").u32(1).u32(5).u32(1).u32(6).u8(1).u32(8).u8(0);
    by_hand.raw(Bytes{4, 5, 6});
    EXPECT_EQ(article_bytes(some_article()), by_hand.take());
}

TEST(Encode, DecodingReturnsWhatWasEncoded) {
    const Bytes bytes = article_bytes(some_article());
    Reader in(bytes);
    const auto item = decode<Article>(in);
    ASSERT_TRUE(in.finish());
    EXPECT_EQ(article_bytes(item), bytes);
    EXPECT_EQ(item.parts, some_article().parts);
    EXPECT_EQ(item.size, some_article().size);
}

TEST(Encode, NoPrefixOfAnEncodingIsOne) {
    const Bytes bytes = article_bytes(some_article());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(article_from(Bytes(bytes.begin(), bytes.begin() + std::ptrdiff_t(size))));
    }
}

TEST(Encode, LimitsOfFieldsAreKept) {
    const auto refused = [](auto change) {
        Article item = some_article();
        change(item);
        return !article_from(article_bytes(item));
    };
    EXPECT_FALSE(refused([](Article&) {}));
    EXPECT_TRUE(refused([](Article& item) { item.name = "lamps"; }));
    EXPECT_TRUE(refused([](Article& item) { item.photo = {1, 2, 3}; }));
    EXPECT_TRUE(refused([](Article& item) { item.labels = {"a", "b", "c"}; }));
    EXPECT_TRUE(refused([](Article& item) { item.labels = {"abcd"}; }));
    EXPECT_TRUE(refused([](Article& item) { item.numbers = {1, 2, 3, 4}; }));
    EXPECT_TRUE(refused([](Article& item) { item.shape = static_cast<Cut>(2); }));
}

TEST(Encode, AListIsNoLongerThanItsBytesCanFill) {
    static_assert(encoded_size_min<Piece>() == 5);
    static_assert(encoded_size_min<std::string>() == 4);
    const Bytes two_and_one_byte_less = Writer().u32(2).raw(Bytes(9, 0)).take();
    Reader in(two_and_one_byte_less);
    const auto parts = decode<std::vector<Piece>, 9>(in);
    EXPECT_TRUE(parts.empty());
    EXPECT_FALSE(in.ok());
}

TEST(Encode, ATypesOwnFunctionsTakePrecedence) {
    Writer out;
    encode(out, HalvedEven{6});
    const Bytes bytes = out.take();
    EXPECT_EQ(bytes, Bytes{3});
    Reader in(bytes);
    EXPECT_EQ(decode<HalvedEven>(in).number, 6);
}

}  // namespace
}  // namespace aivm
