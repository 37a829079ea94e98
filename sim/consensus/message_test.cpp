#include "sim/consensus/message.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/digest.h"
#include "sim/actors/packet.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/consensus/snowman/snowman.h"
#include "sim/engine/random_stream.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

const BlockRef kSomeBlock{sha256(as_bytes("block")), 7};

TEST(Message, IsFoundByItsTypeAlone) {
    const Message message = FrontierRequest{3};
    ASSERT_NE(message.get_if<FrontierRequest>(), nullptr);
    EXPECT_EQ(message.get_if<FrontierRequest>()->request, 3U);
    EXPECT_EQ(message.get_if<Frontier>(), nullptr);
}

TEST(Message, CopiesShareTheContents) {
    const Message first = Confirm{1, 2};
    const Message second = first;
    EXPECT_EQ(first.get_if<Confirm>(), second.get_if<Confirm>());
}

TEST(Message, NamesTheBlockWhoseBodyGoesWithIt) {
    EXPECT_EQ(Message(Query{1, {kSomeBlock, 8}, true}).attached_block(), kSomeBlock.id);
    EXPECT_EQ(Message(Query{1, {kSomeBlock, 8}, false}).attached_block(), std::nullopt);
    EXPECT_EQ(Message(Frontier{1, kSomeBlock}).attached_block(), std::nullopt);
}

TEST(Message, OfDifferentTypesWithTheSameContentsHaveDifferentDigests) {
    const std::set<std::uint64_t> digests{
        Message(Query{}).digest(),           Message(Chits{}).digest(),
        Message(FrontierRequest{}).digest(), Message(Frontier{}).digest(),
        Message(ConfirmRequest{}).digest(),  Message(Confirm{}).digest()};
    EXPECT_EQ(digests.size(), 6U);
}

// Part of every trace digest: if one changes, old seeds no longer mean the same runs.
TEST(Message, HasThePinnedDigestsAndSizes) {
    const Message messages[] = {Query{1, {kSomeBlock, 8}, true},
                                Chits{1, {kSomeBlock, kSomeBlock.id, kSomeBlock}},
                                FrontierRequest{1},
                                Frontier{1, kSomeBlock},
                                ConfirmRequest{1, {kSomeBlock}},
                                Confirm{1, 1}};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const Message& message : messages) {
        const Packet packet = ConsensusPacket{message, nullptr};
        seen.emplace_back(packet_digest(packet), packet_bytes(packet));
    }
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{
        {8501547374472985348U, 80},  {4622335583579581078U, 160}, {7823992943990334456U, 80},
        {16696429911188949763U, 80}, {6871331146479109839U, 88},  {13252209461323927570U, 80}};
    EXPECT_EQ(seen, expected);
}

TEST(EngineTable, WordsAndRowsAreInTheOrderOfTheEnum) {
    EXPECT_EQ(word(ConsensusKind::kSequencer), "sequencer");
    EXPECT_EQ(word(ConsensusKind::kSnowman), "snowman");
    EXPECT_TRUE(engine_row(ConsensusKind::kSequencer).sole_proposer);
    EXPECT_TRUE(engine_row(ConsensusKind::kSnowman).polls);
}

TEST(EngineTable, MakeRefusesWhatCheckReports) {
    struct Host final : EngineHost {
        [[nodiscard]] std::optional<Hash32> accepted_at(Height) const override { return {}; }
    } host;
    RandomStream random({1, 0, 0});
    const std::vector<std::uint64_t> stakes(21, 1);
    const EngineRow& row = engine_row(ConsensusKind::kSnowman);
    ChainSettings chain;
    EXPECT_TRUE(row.check(chain).empty());
    EXPECT_TRUE(row.make({chain, stakes, 0, host, random}).has_value());
    chain.alpha_preference = 5;
    ASSERT_EQ(row.check(chain).size(), 1U);
    EXPECT_EQ(row.check(chain).front().keys.front(), "chain.alpha_preference");
    EXPECT_FALSE(row.make({chain, stakes, 0, host, random}).has_value());
}

}  // namespace
}  // namespace aivm::sim
