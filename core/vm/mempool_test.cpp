#include "core/vm/mempool.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/vm/mempool_selection.h"

namespace aivm::queue_tests {
namespace {

using enum ErrorCode;

Address queue_sender(std::uint32_t number) {
    Address out;
    for (std::size_t i = 0; i < sizeof number; ++i)
        out.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return out;
}

OperationPtr made(std::uint32_t sender, std::uint64_t nonce, OperationBody body, Amount fee = {}) {
    return SignedOperation::unsealed({queue_sender(sender), nonce, std::move(body), fee});
}
OperationPtr of_rest(std::uint32_t sender, std::uint64_t nonce, Amount fee = {}) {
    return made(sender, nonce, op::DeregisterProvider{"p"}, fee);
}
OperationPtr a_proof(std::uint32_t sender, std::uint64_t nonce, const std::string& job) {
    return made(sender, nonce, op::Challenge{job, {}, {}});
}
OperationPtr some_work(std::uint32_t sender, std::uint64_t nonce) {
    return made(sender, nonce, op::SubmitResult{"job", "p", 0, {}, 0});
}

Status add(Mempool& mempool, const OperationPtr& operation) {
    return mempool.add(operation, {}, State());
}

void must_add(Mempool& mempool, const std::vector<OperationPtr>& operations) {
    for (const OperationPtr& operation : operations) {
        const Status status = add(mempool, operation);
        ASSERT_TRUE(status.has_value()) << status.error().text();
    }
}

State state_at(Height height) {
    State state;
    state.head.height = height;
    return state;
}

State state_with(std::uint32_t sender, Nonces nonces) {
    State state;
    state.accounts.insert_or_edit(queue_sender(sender)).nonces = nonces;
    return state;
}

std::vector<OperationPtr> everything(const Mempool& mempool) {
    return mempool.candidates(1'000'000, {});
}

// --- What is taken ---

TEST(Mempool, TakesWhatTheSenderCanPayWithEverythingThatWaits) {
    Mempool mempool;
    Mempool::Offer offer;
    offer.cost = lux(4);
    offer.balance = lux(10);
    EXPECT_TRUE(mempool.add(of_rest(1, 1), offer, State()).has_value());
    EXPECT_TRUE(mempool.add(a_proof(1, 1, "job"), offer, State()).has_value());
    EXPECT_EQ(mempool.add(of_rest(1, 3), offer, State()).error().code, kInsufficientFunds);
    EXPECT_TRUE(mempool.add(of_rest(2, 1), offer, State()).has_value());
    // The preferred tip has included the first: its cost is no longer in the balance.
    offer.nonces.rest = 1;
    offer.balance = lux(8);
    EXPECT_TRUE(mempool.add(of_rest(1, 3), offer, State()).has_value());
}

TEST(Mempool, OneSenderHasALimitInTheRestOnly) {
    Mempool mempool({.lane = 1000, .per_sender = 3});
    must_add(mempool, {of_rest(1, 1), of_rest(1, 2), of_rest(1, 3)});
    EXPECT_EQ(add(mempool, of_rest(1, 4)).error().code, kLimitReached);
    EXPECT_TRUE(add(mempool, of_rest(2, 1)).has_value());
    for (std::uint64_t i = 1; i <= 100; ++i)
        ASSERT_TRUE(add(mempool, a_proof(1, i, "job-" + std::to_string(i))).has_value());
    EXPECT_EQ(mempool.size(Lane::kProofs), 100U);
}

TEST(Mempool, AFullRestDropsWhatPaysLeastPerByte) {
    Mempool mempool({.lane = 3, .per_sender = 3});
    must_add(mempool,
             {of_rest(1, 1, Amount(30)), of_rest(2, 1, Amount(10)), of_rest(3, 1, Amount(20))});
    EXPECT_EQ(add(mempool, of_rest(4, 1, Amount(10))).error().code, kQueueFull)
        << "as much as the least came later";
    ASSERT_TRUE(add(mempool, of_rest(4, 1, Amount(11))).has_value());
    EXPECT_FALSE(mempool.contains(*of_rest(2, 1)));
    EXPECT_EQ(everything(mempool).front()->sender(), queue_sender(1));
    EXPECT_EQ(everything(mempool).back()->sender(), queue_sender(4));
}

TEST(Mempool, NoLaneTakesRoomOfAnother) {
    Mempool mempool({.lane = 2, .per_sender = 3});
    must_add(mempool, {a_proof(1, 1, "a"), a_proof(1, 2, "b"), some_work(1, 1), some_work(2, 1),
                       of_rest(1, 1), of_rest(2, 1)});
    EXPECT_EQ(add(mempool, a_proof(1, 3, "c")).error().code, kQueueFull);
    EXPECT_EQ(add(mempool, some_work(3, 1)).error().code, kQueueFull);
    EXPECT_EQ(mempool.size(), 6U);
}

TEST(Mempool, ASecondProofOfAKindOnOneResultWaitsUntilTheFirstIsGone) {
    Mempool mempool;
    must_add(mempool, {a_proof(1, 1, "job"), a_proof(1, 2, "job"), a_proof(2, 1, "job")});
    EXPECT_EQ(mempool.size(Lane::kProofs), 2U);
    EXPECT_EQ(mempool.size(Lane::kRest), 1U);
    mempool.remove_stale(state_with(1, {.proofs = 1}), {a_proof(1, 1, "job")});
    mempool.refresh(state_at(1), [](const SignedOperation&) { return Fitness(); });
    EXPECT_EQ(mempool.size(Lane::kProofs), 2U);
    EXPECT_EQ(mempool.size(Lane::kRest), 0U);
}

// However long it takes to decide the block.
TEST(Mempool, AProofThatThePreferredBlockHasIncludedKeepsNoOtherOut) {
    Mempool mempool;
    must_add(mempool, {a_proof(1, 1, "job"), some_work(1, 1)});
    const State preferred = state_with(1, {.proofs = 1, .work = 1});
    must_add(mempool, {a_proof(1, 2, "job"), some_work(1, 2)});
    EXPECT_EQ(mempool.size(Lane::kRest), 2U) << "offered on another branch";
    mempool.note_changed("job");
    mempool.refresh(preferred, [](const SignedOperation&) { return Fitness(); });
    EXPECT_EQ(mempool.size(Lane::kProofs), 2U);
    EXPECT_EQ(mempool.size(Lane::kWork), 2U);
    ASSERT_TRUE(mempool.add(a_proof(1, 3, "job"), {}, preferred).has_value());
    EXPECT_EQ(mempool.size(Lane::kRest), 1U) << "the second one has the claim";
    mempool.remove_stale(preferred, {a_proof(1, 1, "job")});
    EXPECT_EQ(mempool.size(Lane::kProofs), 1U);
    mempool.remove(*a_proof(1, 2, "job"));
    mempool.refresh(preferred, [](const SignedOperation&) { return Fitness(); });
    EXPECT_TRUE(mempool.contains(*a_proof(1, 3, "job")));
    EXPECT_EQ(mempool.size(Lane::kProofs), 1U);
}

TEST(Mempool, WhatIsNotFitWaitsInTheRestUntilItsTaskChanges) {
    Mempool mempool;
    Mempool::Offer offer;
    offer.fitness = Fitness::waits();
    ASSERT_TRUE(mempool.add(a_proof(1, 1, "job"), offer, State()).has_value());
    EXPECT_EQ(mempool.size(Lane::kRest), 1U);
    EXPECT_TRUE(everything(mempool).empty());
    EXPECT_FALSE(mempool.has_work());
    const auto fit = [](const SignedOperation&) { return Fitness(); };
    mempool.refresh(state_at(1), fit);
    EXPECT_EQ(mempool.size(Lane::kProofs), 0U);
    mempool.note_changed("another");
    mempool.note_changed("job");
    mempool.refresh(state_at(2), fit);
    EXPECT_EQ(everything(mempool).size(), 1U);
    offer.fitness = Fitness::never(kWindowClosed);
    EXPECT_EQ(mempool.add(a_proof(1, 2, "job"), offer, State()).error().code, kWindowClosed);
}

TEST(Mempool, WhatIsFitFromAHeightOnMovesThen) {
    Mempool mempool;
    Mempool::Offer offer;
    offer.fitness = Fitness::waits(10);
    ASSERT_TRUE(mempool.add(some_work(1, 1), offer, State()).has_value());
    const auto fit = [](const SignedOperation&) { return Fitness(); };
    mempool.refresh(state_at(8), fit);
    EXPECT_TRUE(everything(mempool).empty());
    mempool.refresh(state_at(9), fit);
    EXPECT_EQ(everything(mempool).size(), 1U);
}

// --- What stays and what leaves ---

TEST(Mempool, APassingRefusalKeepsAnOperationUntilItExpires) {
    Mempool mempool({.ttl_blocks = 200});
    must_add(mempool, {of_rest(1, 1)});
    Height tries = 0;
    const auto judge = [](const SignedOperation&) { return Fitness(); };
    for (Height height = 1; height < 200; ++height) {
        if (!everything(mempool).empty()) ++tries;
        mempool.note_refused(*of_rest(1, 1), kQueueFull, height);
        mempool.refresh(state_at(height), judge);
        ASSERT_TRUE(mempool.contains(*of_rest(1, 1))) << height;
    }
    EXPECT_GT(tries, 20U);
    EXPECT_LT(tries, 40U) << "it is not tried in every block";
    mempool.refresh(state_at(200), judge);
    EXPECT_EQ(mempool.size(), 0U);
}

TEST(Mempool, AFinalRefusalRemovesAnOperation) {
    Mempool mempool;
    must_add(mempool, {of_rest(1, 1), of_rest(1, 2)});
    mempool.note_refused(*of_rest(1, 1), kWrongState, 1);
    EXPECT_EQ(everything(mempool).size(), 1U);
    EXPECT_EQ(everything(mempool).front()->nonce(), 2U);
}

TEST(Mempool, AnOperationThatIsHeldBackHoldsBackItsSendersLaterOnes) {
    Mempool mempool;
    must_add(mempool, {of_rest(1, 1), of_rest(1, 2), of_rest(2, 1)});
    mempool.note_refused(*of_rest(1, 1), kQueueFull, 1);
    ASSERT_EQ(everything(mempool).size(), 1U);
    EXPECT_EQ(everything(mempool).front()->sender(), queue_sender(2));
    mempool.refresh(state_at(1), [](const SignedOperation&) { return Fitness(); });
    EXPECT_EQ(everything(mempool).size(), 3U);
}

TEST(Mempool, AnOperationInOneLaneMakesNoneInAnotherStale) {
    Mempool mempool;
    must_add(mempool, {of_rest(1, 1), a_proof(1, 2, "job"), some_work(1, 3)});
    mempool.remove_stale(state_with(1, {.work = 3}), {some_work(1, 3)});
    EXPECT_TRUE(mempool.contains(*of_rest(1, 1)));
    EXPECT_TRUE(mempool.contains(*a_proof(1, 2, "job")));
    EXPECT_EQ(mempool.size(), 2U);
}

TEST(Mempool, ManySendersThatComeOnceAreForgotten) {
    Mempool mempool({.lane = 10});
    must_add(mempool, {a_proof(1'000'000, 1, "job"), some_work(1'000'001, 1)});
    for (std::uint32_t i = 0; i < 5000; ++i) {
        must_add(mempool, {of_rest(i, 1)});
        mempool.remove_stale(state_with(i, {.rest = 1}), {of_rest(i, 1)});
        EXPECT_FALSE(mempool.contains(*of_rest(i, 1)));
    }
    EXPECT_EQ(everything(mempool).size(), 2U);
    mempool.remove(*a_proof(1'000'000, 1, "job"));
    mempool.remove(*some_work(1'000'001, 1));
    EXPECT_EQ(mempool.size(), 0U);
}

// --- Order and space ---

TEST(Mempool, TheRestIsOfferedByFeePerByteAndATasksFeeCounts) {
    Mempool mempool;
    op::SubmitTask task;
    task.job_id = "job";
    task.fee = lux(3);
    must_add(mempool, {of_rest(1, 1), of_rest(2, 1, lux(1)), made(3, 1, task),
                       of_rest(4, 1, lux(1)), of_rest(5, 1, Amount(1)), of_rest(5, 2, lux(9))});
    std::vector<std::uint8_t> senders;
    for (const OperationPtr& operation : everything(mempool))
        senders.push_back(operation->sender().bytes[0]);
    EXPECT_EQ(senders, (std::vector<std::uint8_t>{3, 2, 4, 5, 5, 1}))
        << "the last one of sender 5 waits for its first";
}

TEST(Mempool, ProofsTakeTurnsOverResultsAndSenders) {
    Mempool mempool;
    op::DisputeMove move;
    move.job_id = "a";
    must_add(mempool, {a_proof(1, 1, "a"), made(1, 2, op::ChallengeReveal{"a", 0, {}}),
                       made(1, 3, move), a_proof(2, 1, "a"), a_proof(3, 1, "b")});
    std::vector<std::uint8_t> senders;
    for (const OperationPtr& operation : everything(mempool))
        senders.push_back(operation->sender().bytes[0]);
    EXPECT_EQ(senders, (std::vector<std::uint8_t>{1, 2, 3, 1, 1}));
}

// How many operations of each lane a block of this space gets when all succeed.
std::array<std::size_t, 3> shares(const Mempool& mempool, const BlockSpace& space) {
    MempoolSelection selection(mempool, space, {});
    std::array<std::size_t, 3> out{};
    for (auto batch = selection.next_batch(); !batch.empty(); batch = selection.next_batch()) {
        for (const OperationPtr& operation : batch)
            out[static_cast<std::size_t>(operation->lane())] += 1;
    }
    return out;
}

TEST(MempoolSelection, EachLaneHasItsShareAndWhatIsUnusedGoesToTheOthers) {
    Mempool mempool;
    for (std::uint32_t i = 0; i < 100; ++i) must_add(mempool, {of_rest(i, 1, lux(1))});
    using Counts = std::array<std::size_t, 3>;
    EXPECT_EQ(shares(mempool, {.operations = 40}), (Counts{0, 0, 40}));
    for (std::uint32_t i = 0; i < 100; ++i) must_add(mempool, {some_work(i, 1)});
    EXPECT_EQ(shares(mempool, {.operations = 40}), (Counts{0, 30, 10}));
    for (std::uint32_t i = 0; i < 15; ++i) must_add(mempool, {a_proof(i, 1, "job")});
    EXPECT_EQ(shares(mempool, {.operations = 40}), (Counts{10, 20, 10}));
    EXPECT_EQ(shares(mempool, {.operations = 80}), (Counts{15, 45, 20}));
    const std::size_t bytes = 40 * a_proof(1, 1, "job")->size_bytes();
    const Counts by_bytes = shares(mempool, {.bytes = bytes});
    EXPECT_EQ(by_bytes[0], 10U);
    EXPECT_GT(by_bytes[1], 15U);
    EXPECT_GT(by_bytes[2], 8U);
}

TEST(MempoolSelection, AnOperationLargerThanABlockKeepsNobodyOut) {
    Mempool mempool;
    op::RegisterProvider large;
    large.evidence = Bytes(4000);
    must_add(mempool, {made(1, 1, large, lux(1000)), of_rest(1, 2), of_rest(2, 1)});
    MempoolSelection selection(mempool, {.bytes = 2000}, {});
    const auto batch = selection.next_batch();
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch.front()->sender(), queue_sender(2));
}

TEST(MempoolSelection, SpaceOfRefusedOperationsIsOfferedAgain) {
    Mempool mempool;
    for (std::uint32_t i = 0; i < 50; ++i) must_add(mempool, {of_rest(i, 1), of_rest(i, 2)});
    MempoolSelection selection(mempool, {.operations = 10}, {});
    std::size_t tried = 0;
    for (auto batch = selection.next_batch(); !batch.empty(); batch = selection.next_batch()) {
        for (const OperationPtr& operation : batch) {
            if (!selection.is_due(*operation)) continue;
            ++tried;
            selection.note_refused(*operation, kQueueFull);
        }
    }
    EXPECT_EQ(tried, 50U) << "the second one of a sender waits for its first";
}

}  // namespace
}  // namespace aivm::queue_tests
