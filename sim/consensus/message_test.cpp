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

TEST(SharedVote, IsOneObjectForAllEqualVotesAndAnotherForOthers) {
    const SharedVote first = Vote{kSomeBlock, kSomeBlock.id, kSomeBlock};
    const SharedVote same = Vote{kSomeBlock, kSomeBlock.id, kSomeBlock};
    EXPECT_EQ(&*first, &*same);
    for (Height height = 0; height < 1000; ++height) {
        const Vote vote{{kSomeBlock.id, height}, kSomeBlock.id, kSomeBlock};
        EXPECT_EQ(*SharedVote(vote), vote);
    }
    EXPECT_EQ(*first, (Vote{kSomeBlock, kSomeBlock.id, kSomeBlock}));
}

TEST(Message, NamesTheBlockWhoseBodyGoesWithIt) {
    EXPECT_EQ(Message(Query{1, {kSomeBlock, 8}, true}).attached_item(), kSomeBlock.id);
    EXPECT_EQ(Message(Query{1, {kSomeBlock, 8}, false}).attached_item(), std::nullopt);
    EXPECT_EQ(Message(Frontier{1, kSomeBlock}).attached_item(), std::nullopt);
}

TEST(Message, OfDifferentTypesWithTheSameContentsHaveDifferentDigests) {
    const std::set<std::uint64_t> digests{
        Message(Query{}).digest(),           Message(Chits{}).digest(),
        Message(FrontierRequest{}).digest(), Message(Frontier{}).digest(),
        Message(ConfirmRequest{}).digest(),  Message(Confirm{}).digest()};
    EXPECT_EQ(digests.size(), 6U);
}

const std::vector<Message>& one_of_each() {
    static const std::vector<Message> messages{Query{1, {kSomeBlock, 8}, true},
                                               Chits{1, {kSomeBlock, kSomeBlock.id, kSomeBlock}},
                                               FrontierRequest{1},
                                               Frontier{1, kSomeBlock},
                                               ConfirmRequest{1, {kSomeBlock}},
                                               Confirm{1, 1}};
    return messages;
}

Bytes bytes_of(const Message& message) {
    Writer out;
    message.encode(out);
    return out.take();
}

// Part of every trace digest: if one changes, old seeds no longer mean the same runs.
TEST(Message, HasThePinnedDigestsAndSizes) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const Message& message : one_of_each()) {
        const Packet packet = ConsensusPacket{message, nullptr};
        seen.emplace_back(packet_digest(packet), packet_bytes(packet));
    }
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{
        {700350304071489956U, 107}, {10218063576575622258U, 170}, {5009259514076872327U, 58},
        {8843640391297023141U, 98}, {10183645591451133430U, 102}, {10251280847983154568U, 66}};
    EXPECT_EQ(seen, expected);
}

TEST(Message, DecodesToItself) {
    for (const Message& message : one_of_each()) {
        const Bytes bytes = bytes_of(message);
        EXPECT_EQ(bytes.size(), message.bytes());
        EXPECT_EQ(digest_of_bytes(bytes), message.digest());
        const auto decoded = decode_snowman_message(bytes);
        ASSERT_TRUE(decoded.has_value());
        EXPECT_EQ(bytes_of(*decoded), bytes);
    }
}

TEST(Message, IsRefusedCutShortTooLongAndOfAnUnknownKind) {
    for (const Message& message : one_of_each()) {
        Bytes bytes = bytes_of(message);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode_snowman_message(ByteView(bytes).first(size)).has_value());
        bytes.push_back(0);
        EXPECT_FALSE(decode_snowman_message(bytes).has_value());
    }
    EXPECT_FALSE(decode_snowman_message(Bytes{99}).has_value());
    EXPECT_FALSE(
        decode_snowman_message(bytes_of(ConfirmRequest{1, std::vector<BlockRef>(kConfirmMax + 1)}))
            .has_value());
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
