#include "sim/actors/chain_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/testing/test_environment.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SimTime kBlockInterval = 4 * kSecond;

class RecordingClient final : public ChainClient {
public:
    using ChainClient::ChainClient;
    using ChainClient::pending_operations;
    using ChainClient::state;
    using ChainClient::submit;

    std::vector<Height> heights;
    std::vector<bool> complete;
    std::vector<std::string> given_up;
    std::string over;  // claims of this provider have no effect any more

protected:
    void on_block(const Executed& block, bool is_complete) override {
        heights.push_back(block.state.head.height);
        complete.push_back(is_complete);
    }
    void on_timer(std::uint64_t) override {}
    void on_given_up(const OperationBody& body) override {
        given_up.emplace_back(operation_name(body));
    }
    bool is_over(const OperationBody& body) const override {
        const auto* claim = std::get_if<op::ClaimRewards>(&body);
        return claim != nullptr && claim->provider_id == over;
    }
};

// A client named alice who follows validators 0 and 1 of three; the chain is played by hand.
class Client : public ::testing::Test {
protected:
    Client() {
        for (int i = 0; i < 90; ++i) {
            chain.advance(1);
            blocks.push_back(chain.vm().executed(chain.vm().last_accepted()));
        }
        client.start();
    }
    void receive_block(Height height, ActorId from = 0) {
        client.receive(from, AcceptedPacket{blocks.at(height - 1)});
    }
    // A block at the height after the last one received, whose state knows `nonce` of alice, with
    // these operations in it.
    void hear_of(std::uint64_t nonce, std::vector<OperationPtr> operations = {}) {
        const Height height = client.heights.empty() ? 1 : client.heights.back() + 1;
        auto made = std::make_shared<Executed>(*blocks.at(height - 1));
        made->state.accounts.insert_or_edit(aivm::test::address_of("alice")).nonces.rest = nonce;
        made->block =
            std::make_shared<const Block>(made->block->header(), std::move(operations), Bytes{});
        client.receive(0, AcceptedPacket{made});
    }

    TestChain chain;
    std::vector<ExecutedPtr> blocks;
    FakeEnvironment environment;
    IdealAuthorizer authority{1};
    RecordingClient client{{.self = 9,
                            .sources = {0, 1},
                            .validators = {0, 1, 2},
                            .block_interval = kBlockInterval,
                            .environment = &environment},
                           Signer(authority, aivm::test::address_of("alice"))};
};

TEST_F(Client, TakesEveryBlockOnceFromTheFirstSenderOfIt) {
    receive_block(1);
    receive_block(1, 1);
    receive_block(2, 1);
    receive_block(2);
    receive_block(1);
    EXPECT_THAT(client.heights, ElementsAre(1, 2));
}

TEST_F(Client, DoesNotBelieveStrangers) {
    receive_block(1, 2);
    EXPECT_THAT(client.heights, IsEmpty());
}

TEST_F(Client, KeepsEarlyBlocksAndAsksOnceForWhatIsMissing) {
    receive_block(1);
    receive_block(4);
    receive_block(3);
    EXPECT_THAT(client.heights, ElementsAre(1));
    const auto asked = environment.packets<FollowRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].first, 0U);
    EXPECT_EQ(asked[0].second.from, 2U);
    receive_block(2, 1);
    EXPECT_THAT(client.heights, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(client.complete, ElementsAre(true, true, true, true));
}

// After a fork its two validators show it different blocks of each height.
TEST_F(Client, StaysOnTheChainWhoseFirstBlockItTook) {
    TestChain other({.parameters = aivm::test::short_parameters(), .validators = 3});
    const auto receive_other = [&](Height height) {
        while (other.height() < height) other.advance(1);
        ASSERT_EQ(other.tip()->state.head.height, height);
        client.receive(1, AcceptedPacket{other.tip()});
    };
    receive_block(1);
    receive_other(2);
    EXPECT_THAT(client.heights, ElementsAre(1));
    receive_block(2);
    receive_other(4);  // early: it cannot be told yet
    receive_block(3);
    EXPECT_THAT(client.heights, ElementsAre(1, 2, 3));
    receive_block(4);
    EXPECT_EQ(client.state()->state_root, blocks.at(3)->state.state_root);
    receive_block(5);
    EXPECT_THAT(client.heights, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(Client, AsksOthersWhenItsValidatorHasOnlyBlocksOfAnotherChain) {
    TestChain other({.parameters = aivm::test::short_parameters(), .validators = 3});
    other.advance(2);
    receive_block(1);
    environment.pass(client, 3 * kBlockInterval - 1);
    client.receive(0, AcceptedPacket{other.tip()});
    environment.pass(client, 3 * kBlockInterval + 1);
    EXPECT_THAT(environment.packets<FollowRequest>(), ::testing::SizeIs(1)) << "that is no news";
}

TEST_F(Client, GoesOnFromTheNewestBlockWhenAGapWillNotClose) {
    receive_block(1);
    for (Height height = 3; height <= 66; ++height) receive_block(height);
    EXPECT_THAT(client.heights, ElementsAre(1)) << "64 blocks wait";
    receive_block(67);
    EXPECT_THAT(client.heights, ElementsAre(1, 67));
    EXPECT_THAT(client.complete, ElementsAre(true, false));
    receive_block(68);
    EXPECT_EQ(client.heights.back(), 68U);
    EXPECT_TRUE(client.complete.back());
}

TEST_F(Client, AsksItsSourcesInTurnAfterThreeIntervalsWithoutABlock) {
    receive_block(1);
    environment.pass(client, 9 * kBlockInterval + 1);
    std::vector<ActorId> asked;
    for (const auto& [to, request] : environment.packets<FollowRequest>()) {
        asked.push_back(to);
        EXPECT_EQ(request.from, 2U);
    }
    EXPECT_THAT(asked, ElementsAre(0, 1, 0));
}

TEST_F(Client, SendsAnOperationToAllValidatorsAndForgetsItOnceItIsInABlock) {
    receive_block(1);
    client.submit(op::ClaimRewards{"p"});
    const auto sent = environment.packets<OperationPacket>();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(client.pending_operations(), 1U);
    hear_of(1, {sent[0].second.operation});
    EXPECT_EQ(client.pending_operations(), 0U);
    EXPECT_THAT(client.given_up, IsEmpty());
}

TEST_F(Client, SendsAgainEveryThreeBlocksAndGivesUpAfterTwelveTries) {
    receive_block(1);
    client.submit(op::ClaimRewards{"p"});
    const auto tries = [&] { return environment.operations<op::ClaimRewards>().size(); };
    for (Height height = 2; height <= 3; ++height) receive_block(height);
    EXPECT_EQ(tries(), 1U);
    receive_block(4);
    EXPECT_EQ(tries(), 2U);
    for (Height height = 5; height <= 36; ++height) receive_block(height);
    EXPECT_EQ(tries(), 12U);
    EXPECT_THAT(client.given_up, IsEmpty());
    receive_block(37);
    EXPECT_THAT(client.given_up, ElementsAre("ClaimRewards"));
    EXPECT_EQ(client.pending_operations(), 0U);
}

TEST_F(Client, SignsAnOvertakenOperationAgainWithTheNextNonce) {
    receive_block(1);
    client.submit(op::ClaimRewards{"first"});
    client.submit(op::ClaimRewards{"second"});
    const auto sent = environment.packets<OperationPacket>();
    ASSERT_EQ(sent.at(0).second.operation->nonce(), 1U);
    ASSERT_EQ(sent.at(3).second.operation->nonce(), 2U);
    environment.sent.clear();
    hear_of(2, {sent[3].second.operation});  // the later one came first
    const auto again = environment.packets<OperationPacket>();
    ASSERT_EQ(again.size(), 3U);
    EXPECT_EQ(again[0].second.operation->nonce(), 3U);
    EXPECT_EQ(std::get<op::ClaimRewards>(again[0].second.operation->body()).provider_id, "first");
    EXPECT_EQ(client.pending_operations(), 1U);
}

TEST_F(Client, DoesNotSignForEverWhatIsAlwaysOvertaken) {
    receive_block(1);
    client.submit(op::ClaimRewards{"refused"});
    std::uint64_t signed_anew = 0;
    for (std::uint64_t nonce = 2; client.given_up.empty(); nonce += 2) {
        client.submit(op::ClaimRewards{"included"});
        const OperationPtr included =
            environment.packets<OperationPacket>().back().second.operation;
        ASSERT_EQ(included->nonce(), nonce);
        hear_of(nonce, {included});
        ++signed_anew;
    }
    EXPECT_EQ(signed_anew, 12U);
    EXPECT_EQ(client.pending_operations(), 0U);
}

TEST_F(Client, GivesUpWhatIsOverAndNeitherSendsNorSignsItOnceMore) {
    receive_block(1);
    client.submit(op::ClaimRewards{"over"});
    client.submit(op::ClaimRewards{"waiting"});
    client.over = "over";
    environment.sent.clear();
    for (Height height = 2; height <= 4; ++height) receive_block(height);
    EXPECT_THAT(client.given_up, ElementsAre("ClaimRewards"));
    const auto again = environment.operations<op::ClaimRewards>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].provider_id, "waiting");
    client.over = "waiting";
    client.submit(op::ClaimRewards{"later"});
    const OperationPtr later = environment.packets<OperationPacket>().back().second.operation;
    hear_of(later->nonce(), {later});
    EXPECT_EQ(client.given_up.size(), 2U);
    EXPECT_EQ(client.pending_operations(), 0U);
}

class Bidder final : public ClientStrategy {
public:
    Amount inclusion_fee(const State& state, const OperationBody&) override {
        return Amount(state.head.height);
    }
};

TEST_F(Client, PaysTheFeeThatItsStrategyNamesForEachSignature) {
    Bidder bidder;
    RecordingClient bidding({.self = 9,
                             .sources = {0},
                             .validators = {0},
                             .block_interval = kBlockInterval,
                             .environment = &environment},
                            Signer(authority, aivm::test::address_of("alice")), &bidder);
    const auto fee_of_next = [&] {
        bidding.submit(op::ClaimRewards{"p"});
        return environment.packets<OperationPacket>().back().second.operation->inclusion_fee();
    };
    EXPECT_EQ(fee_of_next(), Amount()) << "before it knows a block";
    bidding.receive(0, AcceptedPacket{blocks.at(0)});
    EXPECT_EQ(fee_of_next(), Amount(1));
    client.submit(op::ClaimRewards{"p"});
    EXPECT_EQ(environment.packets<OperationPacket>().back().second.operation->inclusion_fee(),
              Amount())
        << "without a strategy";
}

TEST_F(Client, SendsEverythingAgainWhenTheNewsStops) {
    receive_block(1);
    client.submit(op::ClaimRewards{"p"});
    environment.pass(client, 3 * kBlockInterval + 1);
    EXPECT_EQ(environment.operations<op::ClaimRewards>().size(), 2U);
}

}  // namespace
}  // namespace aivm::sim::test
