#include "scenarios/file/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace aivm::scenarios {
namespace {

const std::vector<std::string> kKnown = {"validators", "block_interval", "beta", "k"};

TEST(Names, ANameIsLettersDigitsUnderscoresAndDashes) {
    EXPECT_TRUE(is_name("lazy_guess-2"));
    EXPECT_TRUE(is_name(std::string(kMaxNameBytes, 'x')));
    for (const auto& wrong : {std::string(), std::string("a b"), std::string("a.b"),
                              std::string("é"), std::string(kMaxNameBytes + 1, 'x')})
        EXPECT_FALSE(is_name(wrong)) << wrong;
}

TEST(Names, TheNearestNameForgivesDroppedSwappedAndWrongLettersAndCase) {
    EXPECT_EQ(nearest_name("validtors", kKnown), "validators");
    EXPECT_EQ(nearest_name("vlaidators", kKnown), "validators");
    EXPECT_EQ(nearest_name("Block_Intervall", kKnown), "block_interval");
    EXPECT_EQ(nearest_name("bata", kKnown), "beta");
}

TEST(Names, NothingIsSuggestedWhenNothingIsNear) {
    EXPECT_EQ(nearest_name("colour", kKnown), "");
    EXPECT_EQ(nearest_name("", kKnown), "");
    EXPECT_EQ(nearest_name(std::string(100'000, 'k'), kKnown), "");
    EXPECT_EQ(suggest("colour", kKnown), "one of validators, block_interval, beta, k");
    EXPECT_EQ(suggest("betta", kKnown), "did you mean \"beta\"?");
}

}  // namespace
}  // namespace aivm::scenarios
