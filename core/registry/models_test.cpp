// Models on chain: what registering one costs, its retirement, new weights and a new owner.
#include <gtest/gtest.h>

#include <cstring>

#include "core/registry/kernel_operations.h"
#include "core/testing/test_chain.h"
#include "core/verification/reexecution.h"

namespace aivm::test {
namespace {

op::RegisterModel registration_of(std::string_view id) {
    return {small_model(id), salt_of("license")};
}

const ModelStatus& status_of(const TestChain& chain, std::string_view id) {
    return chain.state().status_of_model(*chain.state().find_model(id));
}

std::size_t models_in_kernel(const TestChain& chain) {
    std::size_t count = 0;
    for (const abi::ModelRegistryEntry& slot : chain.state().kernels.models())
        count += slot.occupied != 0 ? 1 : 0;
    return count;
}

op::ModelUpdate update_of(const TestChain& chain, std::string_view id, std::uint32_t kind) {
    op::ModelUpdate out;
    const Hash32& root = status_of(chain, id).root;
    std::memcpy(out.update->model_root, root.data(), root.size());
    out.update->weight_hash[0] = 1;
    out.update->kind = kind;
    return out;
}

// The model with weights that give other answers.
op::ModelUpdate new_weights(const TestChain& chain, std::string_view id) {
    op::ModelUpdate out = update_of(chain, id, 1);
    abi::InferenceWeights weights = small_model(id).weights;
    for (auto& weight : weights.w2) weight = static_cast<std::int8_t>(-weight - 1);
    out.weights.resize(sizeof weights);
    std::memcpy(out.weights.data(), &weights, sizeof weights);
    const Hash32 digest = weights_digest(weights);
    std::memcpy(out.update->weight_hash, digest.data(), digest.size());
    return out;
}

// F5: 512 free registrations filled the registry for everybody and for ever.
TEST(Models, F5RegisteringOneBurnsAFeeAndHoldsADeposit) {
    TestChain chain;
    const Amount before = chain.balance("alice");
    chain.block({chain.by("alice", registration_of("m-1"))});
    EXPECT_EQ(chain.balance("alice"), before - lux(11));
    EXPECT_EQ(chain.totals().model_deposits, lux(10));
    EXPECT_EQ(chain.totals().burned, lux(1));

    TestOptions poor;
    poor.allocation = lux(10);
    TestChain other(poor);
    other.expect_refused(other.by("alice", registration_of("m-1")), ErrorCode::kInsufficientFunds);
}

TEST(Models, ARetiredOneReturnsItsDepositTakesNoTasksAndFreesItsSlotWithTheEpoch) {
    TestOptions options;
    options.parameters.config.epoch_duration_ns = 10 * kBlockNs;
    TestChain chain(options);
    chain.block({chain.by("alice", registration_of("m-1"))});
    chain.block({chain.by("p-1", registration("p-1", lux(1000), "m-1"))});
    const std::size_t slots = models_in_kernel(chain);
    chain.expect_refused(chain.by("bob", op::RetireModel{"m-1"}), ErrorCode::kNotAuthorized);
    const Amount before = chain.balance("alice");
    chain.block({chain.by("alice", op::RetireModel{"m-1"})});
    EXPECT_EQ(chain.balance("alice"), before + lux(10));
    EXPECT_EQ(chain.totals().model_deposits, Amount());
    chain.expect_refused(chain.by("alice", op::RetireModel{"m-1"}), ErrorCode::kWrongState);
    chain.expect_refused(chain.by("alice", submission("job", lux(1), 0, "m-1")),
                         ErrorCode::kInvalidTask);
    chain.expect_refused(chain.by("alice", update_of(chain, "m-1", 2)), ErrorCode::kWrongState);
    chain.advance(12);
    EXPECT_EQ(models_in_kernel(chain), slots - 1);
    chain.restart();
    EXPECT_EQ(models_in_kernel(chain), slots - 1);
    chain.expect_refused(chain.by("bob", registration_of("m-1")), ErrorCode::kDuplicate);
}

// F4: a model that nobody serves held the queue of tasks full at no cost.
TEST(Models, F4ATaskNeedsAProviderThatCouldBeDrawn) {
    TestChain chain;
    chain.block({chain.by("alice", registration_of("m-1"))});
    chain.join("p-1");  // serves another model
    chain.expect_refused(chain.by("alice", submission("job", lux(1), 0, "m-1")),
                         ErrorCode::kNoProvider);
    chain.block({chain.by("p-2", registration("p-2", lux(1000), "m-1"))});
    chain.block({chain.by("alice", submission("job", lux(1), 0, "m-1"))});
    chain.block({chain.by("p-2", leave("p-2"))});
    chain.expect_refused(chain.by("alice", submission("late", lux(1), 0, "m-1")),
                         ErrorCode::kNoProvider);
}

// Found by the reference model: weights cut short were taken with an update of the licence, which
// then made a new version that the kernel's registry does not know.
TEST(Models, OnlyAnUpdateOfWeightsCarriesAnyAndThenWholeOnes) {
    TestChain chain(served());
    chain.block({chain.by("alice", op::RegisterModel{small_model("m-1"), {}})});
    op::ModelUpdate update = new_weights(chain, "m-1");
    abi::InferenceWeights cut{};
    const std::size_t size = sizeof cut / 2;
    update.weights.resize(size);
    std::memcpy(&cut, update.weights.data(), size);
    const Hash32 digest = weights_digest(cut);
    std::memcpy(update.update->weight_hash, digest.data(), digest.size());
    for (const std::uint32_t kind : {1U, 2U, 3U}) {
        update.update->kind = kind;
        chain.expect_refused(chain.by("alice", update), ErrorCode::kInvalidArgument);
    }
}

// F25: new weights changed the registry only; tasks went on with the old ones.
TEST(Models, F25TasksRunTheWeightsThatWereInForceAtTheirSubmission) {
    TestChain chain;
    chain.block({chain.by("alice", registration_of("m-1"))});
    chain.block({chain.by("p-1", registration("p-1", lux(1000), "m-1"))});
    chain.block({chain.by("alice", submission("old", lux(1), 3, "m-1"))});
    op::ModelUpdate without = update_of(chain, "m-1", 1);
    chain.expect_refused(chain.by("alice", without), ErrorCode::kInvalidArgument);
    op::ModelUpdate other = new_weights(chain, "m-1");
    other.weights[0] ^= 1;
    chain.expect_refused(chain.by("alice", other), ErrorCode::kInvalidArgument);
    chain.block({chain.by("alice", new_weights(chain, "m-1"))});
    EXPECT_EQ(chain.totals().burned, lux(2) + millilux(100));
    chain.block({chain.by("alice", submission("new", lux(1), 3, "m-1"))});
    chain.advance(2);
    EXPECT_NE(chain.truth("old"), chain.truth("new"));
    EXPECT_NE(chain.task("old").task_key, chain.task("new").task_key);
    for (const char* job : {"old", "new"}) chain.post(job, chain.truth(job));
    chain.restart();
    // Re-execution runs the weights of each task: a challenge of the old answer loses.
    chain.block({chain.by("bob", hidden_challenge("old", "bob", chain.truth("new")))});
    chain.block({chain.by("bob", opening("old", "bob", chain.truth("new")))});
    chain.advance(8);
    EXPECT_EQ(chain.task("old").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.task("new").status, TaskStatus::kCompleted);
}

// Found by R1: an index that all branches share led to the second version, whose owner nobody is.
TEST(Models, IsFoundByItsFirstVersionWhateverAnotherBranchHasInThatRow) {
    TestChain chain;
    const auto first = chain.by_with_nonce("alice", 1, registration_of("m-2"));
    const auto second = chain.by_with_nonce("alice", 2, registration_of("m-1"));
    (void)chain.build({first, second});
    chain.block({chain.by("alice", registration_of("m-1"))});
    const std::size_t row = chain.state().models.size() - 1;
    chain.block({chain.by("alice", new_weights(chain, "m-1"))});
    EXPECT_EQ(chain.state().find_model("m-1")->value, row);
    chain.block({chain.by("alice", op::RetireModel{"m-1"})});
}

TEST(Models, ATransferMovesTheRightToUpdate) {
    TestChain chain;
    chain.block({chain.by("alice", registration_of("m-1"))});
    op::ModelUpdate transfer = update_of(chain, "m-1", 3);
    std::memcpy(transfer.update->owner_addr, address_of("bob").data(), Address::size());
    chain.expect_refused(chain.by("bob", transfer), ErrorCode::kNotAuthorized);
    chain.block({chain.by("alice", transfer)});
    EXPECT_EQ(status_of(chain, "m-1").owner, address_of("bob"));
    chain.expect_refused(chain.by("alice", update_of(chain, "m-1", 2)), ErrorCode::kNotAuthorized);
    chain.block({chain.by("bob", update_of(chain, "m-1", 2))});
}

}  // namespace
}  // namespace aivm::test
