#include "core/state/receipt_tree.h"

#include <gtest/gtest.h>

#include "core/base/merkle.h"

namespace aivm {
namespace {

Receipt receipt_of(std::uint32_t number) {
    Receipt receipt;
    receipt.task.value = number;
    receipt.answer = static_cast<Answer>(number);
    receipt.paid = Amount(number * 1000);
    receipt.height = number / 3;
    return receipt;
}

// The expected root: the one over the list of leaves.
Hash32 plain_root(const Receipts& receipts) {
    std::vector<Hash32> leaves;
    receipts.for_each(
        [&](std::size_t, const Receipt& receipt) { leaves.push_back(receipt.leaf()); });
    return merkle::root(leaves);
}

TEST(ReceiptTree, HasTheRootOfTheListWhetherItWasHashedInOneGoInStepsOrNotAtAll) {
    for (std::uint32_t step = 1; step <= 33; ++step) {
        Receipts receipts;
        ReceiptTree hashed;
        const ReceiptTree never_hashed;
        for (std::uint32_t i = 0; i < 140; ++i) {
            receipts.push_back(receipt_of(i));
            if (i % step != step / 2) continue;
            hashed.hash_new(receipts, scalar_hasher());
            ASSERT_EQ(hashed.root(receipts), plain_root(receipts)) << step << " " << i;
            ASSERT_EQ(never_hashed.root(receipts), plain_root(receipts)) << step << " " << i;
        }
        ASSERT_EQ(hashed.root(receipts), plain_root(receipts)) << step;
    }
}

TEST(ReceiptTree, OfNoReceiptsHasTheRootOfTheEmptyList) {
    EXPECT_EQ(ReceiptTree().root({}), plain_root({}));
}

TEST(ReceiptTree, CopiesGrowApart) {
    Receipts receipts;
    for (std::uint32_t i = 0; i < 5; ++i) receipts.push_back(receipt_of(i));
    ReceiptTree tree;
    tree.hash_new(receipts, scalar_hasher());
    Receipts other = receipts;
    ReceiptTree copy = tree;
    receipts.push_back(receipt_of(5));
    other.push_back(receipt_of(6));
    tree.hash_new(receipts, scalar_hasher());
    copy.hash_new(other, scalar_hasher());
    EXPECT_EQ(tree.root(receipts), plain_root(receipts));
    EXPECT_EQ(copy.root(other), plain_root(other));
    EXPECT_NE(tree.root(receipts), copy.root(other));
}

}  // namespace
}  // namespace aivm
