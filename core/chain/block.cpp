#include "core/chain/block.h"

#include <string_view>

#include "core/base/digest.h"
#include "core/state/limits.h"

namespace aivm {
namespace {

constexpr std::uint8_t kBlockKind = 1;
constexpr std::size_t kSignedOperationBytesMin = 4 + 29 + 4;

Bytes encode_body(const BlockHeader& h, const std::vector<OperationPtr>& operations) {
    Writer out;
    out.reserve(256 + operations.size() * 200);
    out.u8(kBlockKind).fixed(h.parent).u64(h.height).u64(h.timestamp_ns).u32(h.proposer.value);
    out.fixed(h.beacon_secret).fixed(h.beacon_commitment);
    out.fixed(h.parent_aivm_root).fixed(h.state_root).fixed(h.receipt_root);
    out.u32(static_cast<std::uint32_t>(operations.size()));
    for (const OperationPtr& operation : operations) operation->encode(out);
    return out.take();
}

BlockHeader decode_header(Reader& in) {
    BlockHeader h;
    if (in.u8() != kBlockKind) in.set_fault("not a block");
    h.parent = in.hash();
    h.height = in.u64();
    h.timestamp_ns = in.u64();
    h.proposer.value = in.u32();
    h.beacon_secret = in.hash();
    h.beacon_commitment = in.hash();
    h.parent_aivm_root = in.hash();
    h.state_root = in.hash();
    h.receipt_root = in.hash();
    return h;
}

}  // namespace

Hash32 slot_message(std::uint64_t chain_id, Height slot, const Hash32& item_id) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-slot"))).u64(chain_id).u64(slot).fixed(item_id);
    return keccak256(out.view());
}

Block::Block(BlockHeader header, std::vector<OperationPtr> operations, Bytes authorization)
    : header_(header),
      operations_(std::move(operations)),
      authorization_(std::move(authorization)),
      body_(encode_body(header_, operations_)),
      id_(sha256(body_)) {}

Block Block::with_authorization(Bytes authorization) const {
    Block copy = *this;
    copy.authorization_ = std::move(authorization);
    return copy;
}

Bytes Block::encode() const { return Writer().bytes(body_).bytes(authorization_).take(); }

Result<BlockPtr> Block::decode(ByteView sealed) {
    Reader outer(sealed);
    const Bytes body = outer.bytes(kBlockBytesMax);
    Bytes authorization = outer.bytes(kAuthorizationBytesMax);
    AIVM_TRY(outer.finish());

    Reader in(body);
    const BlockHeader header = decode_header(in);
    const std::uint32_t count = in.list(kBlockOpsMax, kSignedOperationBytesMin);
    std::vector<OperationPtr> operations;
    operations.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        AIVM_ASSIGN(OperationPtr operation, SignedOperation::decode(in));
        operations.push_back(std::move(operation));
    }
    AIVM_TRY(in.finish());
    auto block = std::make_shared<const Block>(header, std::move(operations), std::move(authorization));
    if (block->body_ != body) return fail(ErrorCode::kMalformed, "a block is not in canonical form");
    return block;
}

}  // namespace aivm
