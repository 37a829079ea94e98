#include "core/service/node.h"

#include <gmock/gmock.h>

#include "core/base/codec.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_node.h"

namespace aivm::test {
namespace {

TestNode::Options with_provider() {
    TestNode::Options options;
    options.served = true;
    return options;
}

TEST(Node, WhatWasQueuedAndWhatWasAcceptedAreThereAfterARestart) {
    TestNode t;
    ASSERT_EQ(t.post(t.bob, "/providers/register", registration_body("p-1")).status, 200);
    t.blocks(1);
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    const Hash32 contents = contents_digest(t.node().state());
    t.restart();
    EXPECT_EQ(contents_digest(t.node().state()), contents);
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "pending");
    t.blocks(4);
    EXPECT_EQ(body_of(t.get("/tasks", "id=t-1")).at("status"), "assigned");
    EXPECT_EQ(body_of(t.get("/providers")).at("providers").at(0).at("gpus").size(), 1U);
    EXPECT_EQ(t.audit(), "");
}

TEST(Node, ABlockComesWhenItsIntervalIsOverAndNotBefore) {
    TestNode t(with_provider());
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    t.blocks(1);
    const Height first = t.node().state().head.height;
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-2")).status, 200);
    t.now_ns += NodeSetup{}.block_interval_ns - 1;
    ASSERT_TRUE(t.node().advance(t.now_ns));
    EXPECT_EQ(t.node().state().head.height, first);
    t.now_ns += 1;
    ASSERT_TRUE(t.node().advance(t.now_ns));
    EXPECT_EQ(t.node().state().head.height, first + 1);
}

TEST(Node, FlushingBuildsForTheQueueAtOnce) {
    TestNode t(with_provider());
    ASSERT_TRUE(t.node().flush(t.now_ns));
    EXPECT_EQ(t.node().state().head.height, 0U);
    ASSERT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-1")).status, 200);
    ASSERT_TRUE(t.node().flush(t.now_ns));
    EXPECT_TRUE(t.node().state().find_task("t-1"));
}

TEST(Node, AnOperationThatNobodyVouchedForDoesNotCount) {
    TestNode t;
    const Request request = t.signed_request(t.alice, 1, "/tasks/submit", task_body("t-1"));
    const RequestProof proof = check_request(request, t.node().rules().chain_id).value();
    const Operation theft{t.alice.account, 1,
                          op::RegisterProvider{"thief", t.bob.account, "", {}, lux(1000), {}}};
    const SignedOperation forged(theft, proof.authorization);
    EXPECT_FALSE(
        t.node().rules().authorizer->verify(forged.sender(), forged.id(), forged.authorization()));
    EXPECT_EQ(
        t.node().rules().authorizer->verify(t.bob.account, forged.id(), forged.authorization()),
        false);
}

TEST(Node, ACrashAtAnyWriteKeepsEveryPromiseAndTheNodeGoesOnAfterwards) {
    for (std::uint64_t at = 1; at < 12; ++at) {
        for (const Failure how :
             {Failure::kRefuses, Failure::kLosesBefore, Failure::kCrashesAfter}) {
            MemoryStore disk;
            FailingStore failing(disk);
            failing.fail_at(at, how);
            bool registered = false;
            bool submitted = false;
            {
                TestNode::Options options = with_provider();
                options.store = &failing;
                TestNode t(options);
                registered =
                    t.post(t.bob, "/providers/register", registration_body("p-1")).status == 200;
                t.now_ns += NodeSetup{}.block_interval_ns;
                submitted = t.post(t.alice, "/tasks/submit", task_body("t-1")).status == 200;
                const bool down = failing.writes() > at;
                EXPECT_EQ(body_of(t.get("/health")).at("healthy"), !down);
                EXPECT_EQ(t.audit(), "");
            }
            TestNode::Options options = with_provider();
            options.store = &disk;
            TestNode t(options);
            t.now_ns += 100'000'000'000;
            t.next_nonce = 10;
            t.blocks(1);
            EXPECT_EQ(t.audit(), "") << at;
            if (registered) {
                EXPECT_EQ(body_of(t.get("/providers")).at("count"), 2) << at;
            }
            EXPECT_EQ(t.get("/tasks", "id=t-1").status == 200 || !submitted, true) << at;
            EXPECT_EQ(t.post(t.alice, "/tasks/submit", task_body("t-2")).status, 200) << at;
            t.blocks(1);
            EXPECT_TRUE(t.node().state().find_task("t-2")) << at;
        }
    }
}

TEST(Node, AStoreOfAnotherChainIsRefused) {
    MemoryStore store;
    NodeSetup setup;
    setup.store = &store;
    setup.genesis.table_sizes = {8, 8, 8};
    ASSERT_TRUE(Node::open(setup));
    setup.genesis.message = "another";
    EXPECT_EQ(Node::open(setup).error().code, ErrorCode::kConfig);
}

TEST(Node, AStoreMadeUnderAnotherVendorRootIsRefusedByName) {
    MemoryStore store;
    NodeSetup setup;
    setup.store = &store;
    setup.genesis.table_sizes = {8, 8, 8};
    setup.vendor_root = Address{{1}};
    const auto first = Node::open(setup);
    ASSERT_TRUE(first);
    setup.vendor_root = Address{{2}};
    const auto refused = Node::open(setup);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConfig);
    EXPECT_NE(refused.error().context.find("vendor_root"), std::string::npos)
        << refused.error().context;
    MemoryStore fresh;
    setup.store = &fresh;
    EXPECT_NE((*Node::open(setup))->genesis_id(), (*first)->genesis_id());
}

// The parameters as versions wrote them that did not bind vendor_root yet.
Bytes without_vendor_root(ByteView record) {
    Reader in(record);
    const std::uint32_t count = in.list(record.size(), 2 * sizeof(std::uint32_t));
    Writer out;
    out.u32(count - 1);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string name = in.string(64);
        const std::string value = in.string(1024);
        if (name != "vendor_root") out.string(name).string(value);
    }
    return out.take();
}

TEST(Node, AStoreFromBeforeTheVendorRootWasAParameterIsRefusedByName) {
    MemoryStore store;
    NodeSetup setup;
    setup.store = &store;
    setup.genesis.table_sizes = {8, 8, 8};
    ASSERT_TRUE(Node::open(setup));
    const Bytes key = keys::single(keys::kParameters);
    const Bytes now = store.get(key).value().value();
    const auto old = std::make_shared<WriteBatch>();
    old->put(key, without_vendor_root(now));
    ASSERT_LT(without_vendor_root(now).size(), now.size());
    ASSERT_TRUE(store.write(old));
    const auto refused = Node::open(setup);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConfig);
    EXPECT_THAT(refused.error().context,
                testing::HasSubstr("made under other rules: it has no parameter vendor_root; start "
                                   "with the parameters of its genesis, or with a new store"));
}

// F3: a settlement that could not be executed left a store that ended every later start. Such a
// store is of the time before its parameters were recorded.
TEST(Node, F3AStoreFromBeforeTheParametersWereRecordedIsRefusedInPlainWords) {
    MemoryStore store;
    NodeSetup setup;
    setup.store = &store;
    setup.genesis.table_sizes = {8, 8, 8};
    ASSERT_TRUE(Node::open(setup));
    const auto old = std::make_shared<WriteBatch>();
    old->erase(keys::single(keys::kParameters));
    ASSERT_TRUE(store.write(old));
    const auto refused = Node::open(setup);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConfig);
    EXPECT_THAT(refused.error().context,
                testing::HasSubstr("made before a chain's parameters were part of its genesis; "
                                   "start with a new one"));
}

TEST(Node, ASeedStaysWithItsStore) {
    MemoryStore store;
    const Ed25519Seed first{{1}};
    EXPECT_EQ(seed_of_store(store, first).value(), first);
    EXPECT_EQ(seed_of_store(store, Ed25519Seed{{2}}).value(), first);
}

}  // namespace
}  // namespace aivm::test
