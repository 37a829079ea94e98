#include "core/rewards/receipt_proof.h"

#include <gtest/gtest.h>

#include "core/rewards/rewards.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

// A chain on which `count` jobs have been paid for.
TestChain with_receipts(std::uint32_t count) {
    TestChain chain;
    chain.join("p-1");
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string job = "job-" + std::to_string(i);
        chain.assign(job);
        chain.post(job, chain.truth(job));
        chain.advance(6);
    }
    return chain;
}

TEST(ReceiptProof, EveryReceiptIsProvenUnderTheRootThatTheBlockCarries) {
    for (const std::uint32_t count : {1u, 2u, 3u, 5u, 8u}) {
        TestChain chain = with_receipts(count);
        const Hash32 root =
            (*chain.vm().get_block(chain.vm().last_accepted()))->header().receipt_root;
        ASSERT_EQ(root, receipt_root(chain.state()));
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto proof = prove_receipt(chain.state(), i);
            ASSERT_TRUE(proof.has_value());
            EXPECT_EQ(proof->receipt.task, TaskIndex{i});
            EXPECT_TRUE(verify_receipt(root, *proof)) << i << " of " << count;
        }
        EXPECT_EQ(prove_receipt(chain.state(), count).error().code, ErrorCode::kNotFound);
    }
}

TEST(ReceiptProof, AnotherReceiptPlaceCountRootOrPathIsNotProven) {
    TestChain chain = with_receipts(5);
    const Hash32 root = receipt_root(chain.state());
    const ReceiptProof good = *prove_receipt(chain.state(), 2);
    const auto refused = [&](auto&& change) {
        ReceiptProof proof = good;
        change(proof);
        return !verify_receipt(root, proof);
    };
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.receipt.paid += Amount(1); }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.receipt.height += 1; }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.index = 3; }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.count = 6; }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.siblings.pop_back(); }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.siblings.push_back(p.siblings[0]); }));
    EXPECT_TRUE(refused([](ReceiptProof& p) { p.siblings[0].bytes[0] ^= 1; }));
    Hash32 other = root;
    other.bytes[31] ^= 1;
    EXPECT_FALSE(verify_receipt(other, good));
}

}  // namespace
}  // namespace aivm::test
