#include "sim/history/history.h"

#include "core/config/limits.h"

namespace aivm::sim {
namespace {

constexpr std::uint8_t kEncodingVersion = 2;  // 2: operations carry an inclusion fee
constexpr std::size_t kRowsMax = 10'000'000;
constexpr std::size_t kRowBytesMin = 8 + 4 + 32 + 32 + 4;
constexpr std::size_t kOperationBytesMin = 4 + 37 + 4;

}  // namespace

History history_of(const std::vector<BlockPtr>& blocks) {
    History history;
    history.reserve(blocks.size());
    for (const BlockPtr& block : blocks) {
        const BlockHeader& h = block->header();
        history.push_back({h.timestamp_ns, h.proposer, h.beacon_secret, h.beacon_commitment,
                           block->operations()});
    }
    return history;
}

std::size_t operation_count(const History& history) {
    std::size_t count = 0;
    for (const HistoryRow& row : history) count += row.operations.size();
    return count;
}

Bytes encode_history(const History& history) {
    Writer out;
    out.u8(kEncodingVersion).u32(static_cast<std::uint32_t>(history.size()));
    for (const HistoryRow& row : history) {
        out.u64(row.timestamp_ns)
            .u32(row.proposer.value)
            .fixed(row.beacon_secret)
            .fixed(row.beacon_commitment);
        out.u32(static_cast<std::uint32_t>(row.operations.size()));
        for (const OperationPtr& operation : row.operations) operation->encode(out);
    }
    return out.take();
}

Result<History> decode_history(ByteView bytes) {
    Reader in(bytes);
    if (in.u8() != kEncodingVersion) in.set_fault("unknown version of a history");
    const std::uint32_t rows = in.list(kRowsMax, kRowBytesMin);
    History history;
    TimestampNs latest = 0;
    for (std::uint32_t i = 0; i < rows && in.ok(); ++i) {
        HistoryRow row;
        row.timestamp_ns = in.u64();
        row.proposer.value = in.u32();
        row.beacon_secret = in.hash();
        row.beacon_commitment = in.hash();
        const std::uint32_t operations = in.list(kBlockOpsMax, kOperationBytesMin);
        for (std::uint32_t n = 0; n < operations && in.ok(); ++n) {
            AIVM_ASSIGN(OperationPtr operation, SignedOperation::decode(in));
            row.operations.push_back(std::move(operation));
        }
        if (row.timestamp_ns < latest) in.set_fault("the timestamps of a history run backwards");
        latest = row.timestamp_ns;
        history.push_back(std::move(row));
    }
    AIVM_TRY(in.finish());
    return history;
}

}  // namespace aivm::sim
