// Blocks: a header, the operations, and the proposer's signature for the slot. (The whole grammar:
// FORMAT.md.)
//
//   block      := kind:u8=1 parent:32 height:u64 timestamp:u64 proposer:u32
//                 beacon_secret:32 beacon_commitment:32
//                 parent_aivm_root:32 state_root:32 receipt_root:32 list(signed operation)
//   block id   := sha256(block), so it covers everything
//   sealed     := bytes(block) bytes(authorisation)
//   the authorisation signs keccak("aivm-slot" || chain_id:u64 || height:u64 || parent:32 ||
//                                  block id)
#pragma once

#include <memory>
#include <vector>

#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/chain/operation.h"
#include "core/state/account.h"

namespace aivm {

struct BlockHeader {
    Hash32 parent;
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;
    Hash32 beacon_secret;      // opens the commitment that the proposer left in its previous block
    Hash32 beacon_commitment;  // keccak of its next secret
    Hash32 parent_aivm_root;   // the kernel round of the parent
    Hash32 state_root;         // after this block
    Hash32 receipt_root;       // after this block

    static constexpr auto fields() {
        return std::tuple{
            field<&BlockHeader::parent>(),           field<&BlockHeader::height>(),
            field<&BlockHeader::timestamp_ns>(),     field<&BlockHeader::proposer>(),
            field<&BlockHeader::beacon_secret>(),    field<&BlockHeader::beacon_commitment>(),
            field<&BlockHeader::parent_aivm_root>(), field<&BlockHeader::state_root>(),
            field<&BlockHeader::receipt_root>()};
    }
};

// The message that the proposer of a block signs for its slot, and that Evidence compares.
Hash32 slot_message(std::uint64_t chain_id, const ProposalSlot& slot, const Hash32& block_id);

// Immutable, and shared by all its holders.
class Block {
public:
    Block(BlockHeader header, std::vector<OperationPtr> operations, Bytes authorization);

    // A block that is never encoded, with an id that the caller chooses.
    static std::shared_ptr<const Block> unsealed(BlockHeader header,
                                                 std::vector<OperationPtr> operations, Hash32 id);

    // The same block with its signature; the id does not change.
    [[nodiscard]] Block with_authorization(Bytes authorization) const;

    // Fails on bytes that are not the canonical encoding of a block.
    static Result<std::shared_ptr<const Block>> decode(ByteView sealed);

    [[nodiscard]] const BlockHeader& header() const { return header_; }
    [[nodiscard]] const std::vector<OperationPtr>& operations() const { return operations_; }
    [[nodiscard]] const Hash32& id() const { return id_; }
    [[nodiscard]] const Hash32& parent() const { return header_.parent; }
    [[nodiscard]] Height height() const { return header_.height; }
    [[nodiscard]] ProposalSlot slot() const { return {header_.height, header_.parent}; }
    [[nodiscard]] Hash32 slot_message(std::uint64_t chain_id) const {
        return aivm::slot_message(chain_id, slot(), id_);
    }
    [[nodiscard]] const Bytes& authorization() const { return authorization_; }
    [[nodiscard]] Bytes encode() const;  // sealed
    [[nodiscard]] std::size_t body_bytes() const { return body_.size(); }
    [[nodiscard]] std::size_t size_bytes() const {
        return body_.size() + authorization_.size() + 8;
    }

private:
    Block() = default;

    BlockHeader header_;
    std::vector<OperationPtr> operations_;
    Bytes authorization_;
    Bytes body_;
    Hash32 id_;
};
using BlockPtr = std::shared_ptr<const Block>;

}  // namespace aivm
