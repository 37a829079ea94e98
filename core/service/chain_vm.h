// The VM of a chain as a consensus host sees it: blocks, over a Node, with the life cycle of
// hosted_vm.h. `aivmsim serve` is such a host, for a chain with one validator. The VM of a DAG:
// vertex_vm.h.
//
//   1. Blocks go Unknown -> Processing -> {Accepted, Rejected}: verify after the parent was
//      verified, accept after the parent was accepted, and each verified block is decided once.
#pragma once

#include "core/service/hosted_vm.h"
#include "core/service/node.h"

namespace aivm {

class ChainVm;

// A block as the host handles it: its contents, and the calls by which the host decides it. The VM
// must outlive it.
class ChainBlock {
public:
    [[nodiscard]] const Hash32& id() const { return id_; }
    [[nodiscard]] const Hash32& parent() const { return parent_; }  // zero for genesis
    [[nodiscard]] Height height() const { return height_; }
    [[nodiscard]] TimestampNs timestamp_ns() const { return timestamp_ns_; }
    // The canonical encoding, which parse_block accepts. For genesis it is genesis_bytes() of
    // core/execution/genesis.h.
    [[nodiscard]] Bytes bytes() const;
    // The published form; genesis has no payload.
    [[nodiscard]] std::string json() const;
    [[nodiscard]] Result<BlockStatus> status() const;

    Status verify(TimestampNs now_ns) const;
    Status accept() const;
    Status reject() const;

private:
    friend class ChainVm;
    ChainBlock(ChainVm& vm, BlockPtr block);
    static ChainBlock genesis(ChainVm& vm);
    explicit ChainBlock(ChainVm& vm) : vm_(&vm) {}

    ChainVm* vm_;
    BlockPtr block_;  // null for genesis
    Hash32 id_;
    Hash32 parent_;
    Height height_ = 0;
    TimestampNs timestamp_ns_ = 0;
};

class ChainVm final : public HostedVm {
public:
    // Builds on the preferred block. Errors: wrong_state outside normal operation; conflict if a
    // block on that parent was signed before; not_found if no block is wanted.
    Result<ChainBlock> build_block(TimestampNs now_ns);
    // For a host that is the only validator of the chain: builds the next block and accepts it in
    // one atomic write, so that a crash in between cannot leave a signature without its block.
    // Errors: as build_block, and wrong_state if there are other validators.
    Status decide_next_block(TimestampNs now_ns);
    Result<ChainBlock> parse_block(ByteView bytes);
    // Verified and accepted blocks, genesis included; not_found for all others.
    Result<ChainBlock> get_block(const Hash32& id);
    [[nodiscard]] Result<Hash32> block_id_at_height(Height height) const;
    [[nodiscard]] Result<Hash32> last_accepted() const;
    Status set_preference(const Hash32& id);

    Result<TimestampNs> decide_if_due(TimestampNs now_ns, std::uint64_t block_interval_ns) override;
    Status flush(TimestampNs now_ns) override;

    // The underlying node; null before initialize and after shutdown.
    [[nodiscard]] Node* node() { return node_.get(); }

private:
    friend class ChainBlock;
    Result<NodeBase*> open_node(const NodeSetup& setup) override;
    void close_node() override { node_.reset(); }
    [[nodiscard]] bool wants_work() const override { return node_->vm().wants_block(); }

    std::unique_ptr<Node> node_;
};

// Makes VMs for the host's registry, in which their name is vm_id() of core/execution/genesis.h.
struct Factory {
    [[nodiscard]] static std::unique_ptr<ChainVm> new_vm() { return std::make_unique<ChainVm>(); }
};

}  // namespace aivm
