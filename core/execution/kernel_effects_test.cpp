// The effects of a block through the kernels: models, attestations, anchors and epochs.
#include <gtest/gtest.h>

#include <cstring>

#include "core/registry/kernel_operations.h"
#include "core/rewards/rewards.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

op::RegisterModel registering(std::string_view id) { return {small_model(id), salt_of("license")}; }

Hash32 root_of(std::string_view id, std::string_view owner) {
    Model model = small_model(id);
    model.owner = address_of(owner);
    return model_root(model);
}

op::ModelUpdate transfer(const Hash32& root, std::string_view to) {
    op::ModelUpdate out;
    std::memcpy(out.update->model_root, root.data(), root.size());
    std::memcpy(out.update->weight_hash, root.data(), root.size());
    std::memcpy(out.update->license_root, root.data(), root.size());
    std::memcpy(out.update->owner_addr, address_of(to).data(), Address::size());
    out.update->kind = abi::kTransfer;
    return out;
}

std::size_t anchors_taken(const TestChain& chain) {
    std::size_t count = 0;
    for (const abi::AuditAnchor& slot : chain.state().kernels.anchors()) count += slot.occupied;
    return count;
}

TEST(KernelEffects, ARegisteredModelCanBeAskedForAndStandsInTheRegistry) {
    TestChain chain;
    chain.block({chain.by("bob", registering("new"))});
    const auto* entry = chain.state().kernels.find_model(root_of("new", "bob"));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(std::memcmp(entry->owner_addr, address_of("bob").data(), 20), 0);
    chain.block({chain.by("p-1", registration("p-1", lux(1000), "new"))});
    chain.block({chain.by("alice", submission("job", lux(1), 3, "new"))});
    chain.advance(2);
    chain.post("job", chain.truth("job"));
    chain.expect_refused(chain.by("carol", registering("new")), ErrorCode::kDuplicate);
}

TEST(KernelEffects, AModelOfTheGenesisStandsInTheRegistryAndItsOwnerMayPassItOn) {
    TestOptions options;
    options.models = {small_model("old")};
    options.models[0].owner = address_of("alice");
    TestChain chain(options);
    const Hash32 root = root_of("old", "alice");
    ASSERT_NE(chain.state().kernels.find_model(root), nullptr);
    chain.expect_refused(chain.by("bob", transfer(root, "bob")), ErrorCode::kNotAuthorized);
    chain.block({chain.by("alice", transfer(root, "bob"))});
    const auto* entry = chain.state().kernels.find_model(root);
    EXPECT_EQ(std::memcmp(entry->owner_addr, address_of("bob").data(), 20), 0);
}

TEST(KernelEffects, AModelOutOfItsLimitsIsRefused) {
    TestChain chain;
    op::RegisterModel bad = registering("m");
    bad.model->steps = 0;
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kInvalidArgument);
    bad.model->steps = kStepsMax + 1;
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kInvalidArgument);
    bad = registering("m");
    bad.model->rows.clear();
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kInvalidArgument);
    bad.model->rows.resize(33);
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("bob", registering("")), ErrorCode::kInvalidArgument);
}

TEST(KernelEffects, AModelThatAFullTableWouldDropIsARefusedOperation) {
    TestOptions options;
    options.tables.models = 4;  // genesis uses one
    TestChain chain(options);
    for (const std::string_view id : {"a", "b", "c"})
        chain.block({chain.by("bob", registering(id))});
    chain.expect_refused(chain.by("bob", registering("d")), ErrorCode::kTableFull);
}

TEST(KernelEffects, OnlyTheOwnerOfAModelUpdatesOrTransfersIt) {
    TestChain chain;
    chain.block({chain.by("bob", registering("new"))});
    const Hash32 root = root_of("new", "bob");
    chain.expect_refused(chain.by("carol", transfer(root, "carol")), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("bob", transfer(salt_of("other"), "carol")),
                         ErrorCode::kNotFound);
    op::ModelUpdate again = transfer(root, "bob");
    again.update->kind = abi::kRegister;
    chain.expect_refused(chain.by("bob", again), ErrorCode::kInvalidArgument);
    chain.block({chain.by("bob", transfer(root, "carol"))});
    chain.expect_refused(chain.by("bob", transfer(root, "bob")), ErrorCode::kNotAuthorized);
    EXPECT_FALSE(chain.refusal(chain.by("carol", transfer(root, "bob"))));
}

TEST(KernelEffects, EveryMerkleAnchorFreqBlocksTheReceiptRootIsAnchoredOnItsPredecessor) {
    TestChain chain;  // every 7 blocks
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.truth("job"));
    chain.advance_to(6);
    EXPECT_EQ(anchors_taken(chain), 0U);
    chain.block();
    EXPECT_EQ(chain.last<event::Anchored>().size(), 1U);
    const Hash32 empty = receipt_root(chain.state());
    chain.advance_to(14);
    ASSERT_EQ(chain.last<event::Anchored>().size(), 1U);
    const Hash32 full = receipt_root(chain.state());
    EXPECT_NE(full, empty);
    chain.advance_to(21);  // nothing new to anchor, but an anchor is made anyway
    ASSERT_EQ(chain.last<event::Anchored>().size(), 1U);
    const auto anchors = chain.state().kernels.anchors();
    EXPECT_EQ(anchors[0].height, 7U);
    EXPECT_EQ(anchors[1].height, 14U);
    EXPECT_EQ(anchors[2].height, 21U);
    EXPECT_EQ(std::memcmp(anchors[0].commit_root, empty.data(), 32), 0);
    EXPECT_EQ(std::memcmp(anchors[1].commit_root, full.data(), 32), 0);
    EXPECT_EQ(std::memcmp(anchors[1].parent_root, empty.data(), 32), 0);
    EXPECT_EQ(chain.state().head.last_anchor, full);
}

// F9: no rule read the name of the host chain.
TEST(KernelEffects, F9TheHostChainIdChoosesTheTargetOfAnchorsAndReceipts) {
    const auto finished = [](const char* host_chain) {
        TestOptions options;
        options.parameters.config.host_chain_id = host_chain;
        TestChain chain(options);
        chain.join("p-1");
        chain.assign("job");
        chain.post("job", chain.truth("job"));
        chain.advance(7);
        return chain.state();
    };
    const State primary = finished("primary");
    const State zoo = finished("zoo");
    ASSERT_EQ(primary.receipts.size(), 1U);
    ASSERT_EQ(zoo.receipts.size(), 1U);
    EXPECT_EQ(primary.receipts[0].anchor_target, AnchorTarget::kQChain);
    EXPECT_EQ(zoo.receipts[0].anchor_target, AnchorTarget::kHostChain);
    EXPECT_EQ(primary.head.anchor_target, AnchorTarget::kQChain);
    EXPECT_EQ(zoo.head.anchor_target, AnchorTarget::kHostChain);
    EXPECT_NE(contents_digest(primary), contents_digest(zoo));
}

// F28: anchoring stopped without a word when the table was full.
TEST(KernelEffects, F28AFullTableOfAnchorsIsArchivedAndAnchoringGoesOn) {
    MemoryStore disk;
    TestOptions options;
    options.tables.anchors = 2;
    options.store = &disk;
    TestChain chain(options);
    chain.advance_to(14);
    EXPECT_EQ(anchors_taken(chain), 2U);
    const std::vector<abi::AuditAnchor> full(chain.state().kernels.anchors().begin(),
                                             chain.state().kernels.anchors().end());
    const Hash32 last = chain.state().head.last_anchor;
    chain.advance_to(21);
    EXPECT_EQ(chain.last<event::Anchored>().size(), 1U);
    EXPECT_EQ(anchors_taken(chain), 1U);
    EXPECT_EQ(chain.state().head.anchor_archives, 1U);
    EXPECT_FALSE(chain.state().head.anchor_archive_root.is_zero());
    EXPECT_EQ(std::memcmp(chain.state().kernels.anchors()[0].parent_root, last.data(), 32), 0);
    const auto archived = disk.get(keys::indexed(keys::kAnchorArchive, 0)).value();
    ASSERT_TRUE(archived.has_value());
    ASSERT_EQ(archived->size(), full.size() * sizeof(abi::AuditAnchor));
    EXPECT_EQ(std::memcmp(archived->data(), full.data(), archived->size()), 0);

    const Hash32 contents = contents_digest(chain.state());
    chain.restart();
    EXPECT_EQ(contents_digest(chain.state()), contents);
    chain.advance_to(35);
    EXPECT_EQ(chain.state().head.anchor_archives, 2U);
}

TEST(KernelEffects, AnEpochClosesWhenItsDurationHasPassedBetweenTimestamps) {
    TestChain chain;  // 12 intervals
    chain.advance_to(11);
    EXPECT_EQ(chain.state().head.epoch, 0U);
    chain.block();
    EXPECT_EQ(chain.last<event::EpochClosed>().size(), 1U);
    EXPECT_EQ(chain.state().head.epoch, 1U);
    EXPECT_EQ(chain.state().kernels.epoch().next_epoch_height, 13U);
    chain.advance(11);
    EXPECT_EQ(chain.state().head.epoch, 1U);
    chain.block();
    EXPECT_EQ(chain.state().head.epoch, 2U);
}

TEST(KernelEffects, TheRootOfTheRoundGoesIntoTheNextHeader) {
    TestChain chain;
    chain.advance(3);
    Hash32 root;
    std::memcpy(root.data(), chain.state().kernels.epoch().aivm_state_root, 32);
    EXPECT_FALSE(root.is_zero());
    EXPECT_EQ(chain.build({}).executed->block->header().parent_aivm_root, root);
}

}  // namespace
}  // namespace aivm::test
