#include "core/base/describe.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace aivm {
namespace {

enum class Shape : std::uint8_t { kRound, kFlat, kSize20 };
constexpr auto enum_words(Shape) {
    return std::to_array<std::string_view>({"round", "flat", "size 20"});
}
enum class Wordless : std::uint8_t { kOne, kTwo };
enum class Single : std::uint8_t { kOne };

struct Item {
    std::string name;
    Shape shape = Shape::kRound;
    std::vector<std::string> labels;
    static constexpr auto fields() {
        return std::tuple{field<&Item::name, 32>(), field<&Item::shape>(),
                          field<&Item::labels, 4, 16>()};
    }
};

static_assert(HasWords<Shape> && !HasWords<Wordless> && !HasWords<std::uint8_t>);
static_assert(Described<Item> && !Described<Shape>);

TEST(Describe, AnEnumIsCountedWithoutASentinel) {
    EXPECT_EQ(enum_count<Shape>, 3u);
    EXPECT_EQ(enum_count<Wordless>, 2u);
    EXPECT_EQ(enum_count<Single>, 1u);
}

TEST(Describe, AWordAndItsEnumeratorFindEachOther) {
    for (std::size_t i = 0; i < enum_count<Shape>; ++i) {
        const auto shape = static_cast<Shape>(i);
        EXPECT_EQ(from_word<Shape>(word(shape)), shape);
    }
    EXPECT_EQ(word(Shape::kSize20), "size 20");
    EXPECT_EQ(from_word<Shape>("square"), std::nullopt);
}

TEST(Describe, FieldsAreVisitedInOrderWithNamesAndLimits) {
    const Item item{"a", Shape::kFlat, {"x", "y"}};
    std::vector<std::string> seen;
    for_each_field(item, [&](auto field, const auto&) {
        seen.push_back(std::string(field.name) + " " + std::to_string(field.max) + " " +
                       std::to_string(field.element_max));
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"name 32 0", "shape 0 0", "labels 4 16"}));
}

TEST(Describe, AVisitorMayChangeTheMembers) {
    Item item;
    for_each_field(item, [](auto field, auto& member) {
        if constexpr (std::is_same_v<decltype(member), std::string&>) member = field.name;
    });
    EXPECT_EQ(item.name, "name");
}

TEST(Describe, ATypeHasItsNameWithoutTheNamespace) { EXPECT_EQ(type_name<Item>(), "Item"); }

}  // namespace
}  // namespace aivm
