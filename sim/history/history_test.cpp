#include "sim/history/history.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

OperationPtr operation(std::uint64_t nonce) {
    Operation claim;
    claim.nonce = nonce;
    claim.body = op::ClaimRewards{"p-7"};
    return std::make_shared<const SignedOperation>(std::move(claim), Bytes{1, 2, 3});
}

History two_rows() {
    HistoryRow first;
    first.timestamp_ns = 5;
    first.proposer = ValidatorIndex{3};
    first.beacon_secret.bytes[0] = 1;
    first.beacon_commitment.bytes[31] = 2;
    first.operations = {operation(1), operation(2)};
    HistoryRow second;
    second.timestamp_ns = 5;
    return {first, second};
}

TEST(History, SurvivesItsEncoding) {
    const History history = two_rows();
    const Bytes bytes = encode_history(history);
    const auto decoded = decode_history(bytes);
    ASSERT_TRUE(decoded) << decoded.error().text();
    ASSERT_EQ(decoded->size(), 2U);
    EXPECT_EQ(operation_count(*decoded), 2U);
    EXPECT_EQ((*decoded)[0].proposer, ValidatorIndex{3});
    EXPECT_EQ((*decoded)[0].operations[1]->id(), history[0].operations[1]->id());
    EXPECT_EQ(encode_history(*decoded), bytes);
}

TEST(History, IsMadeOfBlocksAndKeepsTheirSecrets) {
    BlockHeader header;
    header.height = 1;
    header.timestamp_ns = 9;
    header.beacon_secret.bytes[4] = 4;
    const History history =
        history_of({std::make_shared<const Block>(header, std::vector{operation(1)}, Bytes())});
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].timestamp_ns, 9U);
    EXPECT_EQ(history[0].beacon_secret, header.beacon_secret);
    EXPECT_EQ(history[0].operations.size(), 1U);
}

TEST(History, RefusesEveryTruncationAndForeignBytes) {
    const Bytes bytes = encode_history(two_rows());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_history(ByteView(bytes).first(size))) << size;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_history(longer));
    Bytes other_version = bytes;
    other_version[0] += 1;
    EXPECT_FALSE(decode_history(other_version));
}

TEST(History, RefusesTimeThatRunsBackwards) {
    History history = two_rows();
    history[1].timestamp_ns = 4;
    const auto decoded = decode_history(encode_history(history));
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().text().find("backwards"), std::string::npos);
}

}  // namespace
}  // namespace aivm::sim
