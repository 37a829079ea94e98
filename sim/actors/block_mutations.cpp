#include "sim/actors/block_mutations.h"

#include <array>
#include <limits>
#include <utility>

#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"

namespace aivm::sim {
namespace {

using Operations = std::vector<OperationPtr>;

BlockPtr signed_block(const OwnBlock& own, const BlockHeader& header, Operations operations) {
    const Block block(header, std::move(operations), {});
    Bytes authorization = own.sign(block.slot_message(own.rules.chain_id));
    return std::make_shared<const Block>(block.with_authorization(std::move(authorization)));
}

// With the roots that the operations lead to, as far as they can be applied. Null if `all` of them
// should be and one is not.
enum class Apply : bool { kWhatCanBe, kAll };
BlockPtr executed_again(const OwnBlock& own, BlockHeader header, Operations operations,
                        Apply apply = Apply::kWhatCanBe) {
    BlockRun run(own.parent.state, context_of(own.parent.state, header), own.rules);
    for (const OperationPtr& operation : operations) {
        if (!run.apply(*operation) && apply == Apply::kAll) return nullptr;
    }
    if (const auto finished = std::move(run).finish()) {
        header.state_root = finished->state.state_root;
        header.receipt_root = receipt_root(finished->state);
    }
    return signed_block(own, header, std::move(operations));
}

// Changes the header of the block and keeps everything else.
template <class Change>
BlockPtr with_header(const OwnBlock& own, const Change& change) {
    BlockHeader header = own.built.block->header();
    change(header);
    return signed_block(own, header, own.built.block->operations());
}
template <class Change>
BlockPtr with_header_and_roots(const OwnBlock& own, const Change& change,
                               Apply apply = Apply::kWhatCanBe) {
    BlockHeader header = own.built.block->header();
    change(header);
    return executed_again(own, header, own.built.block->operations(), apply);
}

void flip(Hash32& hash) { hash.bytes[0] ^= 1U; }

Operations all_but_the_last(const OwnBlock& own) {
    Operations operations = own.built.block->operations();
    operations.pop_back();
    return operations;
}
bool has_operations(const OwnBlock& own) { return !own.built.block->operations().empty(); }

BlockPtr repeat_operation(const OwnBlock& own) {
    if (!has_operations(own)) return nullptr;
    Operations operations = own.built.block->operations();
    operations.push_back(operations.back());
    return executed_again(own, own.built.block->header(), std::move(operations));
}

// An operation of somebody else, changed under its old signature.
BlockPtr forge_operation(const OwnBlock& own) {
    if (!has_operations(own)) return nullptr;
    Operations operations = own.built.block->operations();
    const SignedOperation& last = *operations.back();
    Operation changed = last.operation();
    changed.nonce += 1;
    operations.back() =
        std::make_shared<const SignedOperation>(std::move(changed), last.authorization());
    return signed_block(own, own.built.block->header(), std::move(operations));
}

using Own = const OwnBlock&;
using Header = BlockHeader&;

constexpr std::array kMutations{
    BlockMutation{"height_up", ErrorCode::kBadHeight,
                  [](Own o) { return with_header(o, [](Header h) { h.height += 1; }); }},
    BlockMutation{"height_of_the_parent", ErrorCode::kBadHeight,
                  [](Own o) { return with_header(o, [](Header h) { h.height -= 1; }); }},
    BlockMutation{"time_before_the_parent", ErrorCode::kBadTimestamp,
                  [](Own o) {
                      return with_header(o, [&](Header h) {
                          h.timestamp_ns = o.parent.state.head.timestamp_ns - 1;
                      });
                  }},
    BlockMutation{"time_far_ahead", ErrorCode::kTooEarly,
                  [](Own o) {
                      return with_header(o, [](Header h) {
                          h.timestamp_ns = std::numeric_limits<TimestampNs>::max();
                      });
                  }},
    BlockMutation{"unknown_parent", ErrorCode::kBadParent,
                  [](Own o) { return with_header(o, [](Header h) { flip(h.parent); }); }},
    BlockMutation{
        "another_secret", ErrorCode::kInvalidArgument,
        [](Own o) { return with_header_and_roots(o, [](Header h) { flip(h.beacon_secret); }); }},
    BlockMutation{
        "another_commitment", ErrorCode::kBadRoot,
        [](Own o) { return with_header(o, [](Header h) { flip(h.beacon_commitment); }); }},
    BlockMutation{
        "another_kernel_root", ErrorCode::kBadRoot,
        [](Own o) { return with_header_and_roots(o, [](Header h) { flip(h.parent_aivm_root); }); }},
    BlockMutation{"another_state_root", ErrorCode::kBadRoot,
                  [](Own o) { return with_header(o, [](Header h) { flip(h.state_root); }); }},
    BlockMutation{"no_state_root", ErrorCode::kBadRoot,
                  [](Own o) { return with_header(o, [](Header h) { h.state_root = Hash32(); }); }},
    BlockMutation{"another_receipt_root", ErrorCode::kBadRoot,
                  [](Own o) { return with_header(o, [](Header h) { flip(h.receipt_root); }); }},
    BlockMutation{"operation_dropped", ErrorCode::kBadRoot,
                  [](Own o) {
                      if (!has_operations(o)) return BlockPtr();
                      return signed_block(o, o.built.block->header(), all_but_the_last(o));
                  }},
    BlockMutation{"operation_repeated", ErrorCode::kBadNonce, repeat_operation},
    BlockMutation{"operation_forged", ErrorCode::kNotAuthorized, forge_operation},
    BlockMutation{"not_signed", ErrorCode::kNotAuthorized,
                  [](Own o) {
                      return std::make_shared<const Block>(
                          signed_block(o, o.built.block->header(), o.built.block->operations())
                              ->with_authorization({}));
                  }},
    BlockMutation{"time_later", std::nullopt,
                  [](Own o) {
                      return with_header_and_roots(
                          o, [](Header h) { h.timestamp_ns += 1; }, Apply::kAll);
                  }},
    BlockMutation{"fewer_operations", std::nullopt,
                  [](Own o) {
                      if (!has_operations(o)) return BlockPtr();
                      return executed_again(o, o.built.block->header(), all_but_the_last(o),
                                            Apply::kAll);
                  }},
};

}  // namespace

std::span<const BlockMutation> block_mutations() { return kMutations; }

}  // namespace aivm::sim
