#include "core/chain/block.h"

#include <string_view>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/chain/sealed.h"
#include "core/config/limits.h"

namespace aivm {
namespace {

constexpr std::uint8_t kBlockKind = 1;

Bytes encode_block(const BlockHeader& h, const std::vector<OperationPtr>& operations) {
    Writer out;
    out.reserve(256 + operations.size() * 200);
    out.u8(kBlockKind);
    encode(out, h);
    encode_operations(out, operations);
    return out.take();
}

}  // namespace

Hash32 slot_message(std::uint64_t chain_id, const ProposalSlot& slot, const Hash32& block_id) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-slot"))).u64(chain_id).u64(slot.number);
    out.fixed(slot.parent).fixed(block_id);
    return keccak256(out.view());
}

Block::Block(BlockHeader header, std::vector<OperationPtr> operations, Bytes authorization)
    : header_(header),
      operations_(std::move(operations)),
      authorization_(std::move(authorization)),
      body_(encode_block(header_, operations_)),
      id_(sha256(body_)) {}

BlockPtr Block::unsealed(BlockHeader header, std::vector<OperationPtr> operations, Hash32 id) {
    Block block;
    block.header_ = header;
    block.operations_ = std::move(operations);
    block.id_ = id;
    return std::make_shared<const Block>(std::move(block));
}

Block Block::with_authorization(Bytes authorization) const {
    Block copy = *this;
    copy.authorization_ = std::move(authorization);
    return copy;
}

Bytes Block::encode() const { return seal(body_, authorization_); }

Result<BlockPtr> Block::decode(ByteView sealed) {
    AIVM_ASSIGN(Sealed opened, open_sealed(sealed, kBlockBytesMax));
    Reader in(opened.body);
    if (in.u8() != kBlockKind) in.set_fault("not a block");
    const auto header = aivm::decode<BlockHeader>(in);
    AIVM_ASSIGN(std::vector<OperationPtr> operations, decode_operations(in, kBlockOpsMax));
    AIVM_TRY(in.finish());
    auto block = std::make_shared<const Block>(header, std::move(operations),
                                               std::move(opened.authorization));
    if (block->body_ != opened.body)
        return fail(ErrorCode::kMalformed, "a block is not in canonical form");
    return block;
}

}  // namespace aivm
