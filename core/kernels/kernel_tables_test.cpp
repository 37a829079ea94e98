// KernelTables against the canonical kernels on whole tables: random rounds, compared byte for byte
// at every step.
#include "core/kernels/kernel_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/kernels/forwarding_kernels.h"
#include "core/testing/random_workload.h"

namespace aivm {
namespace {

using workload::Random;
using workload::same_bytes;

const KernelTableSizes kSmall{32, 16, 200};

// The obvious way: plain tables of full size, changed by the canonical kernels, folded whole at
// every close.
class PlainTables {
public:
    explicit PlainTables(const KernelTableSizes& sizes) {
        tables.attestations.resize(sizes.attestations, abi::Attestation{});
        tables.models.resize(sizes.models, abi::ModelRegistryEntry{});
        tables.anchors.resize(sizes.anchors, abi::AuditAnchor{});
    }

    workload::Tables tables;
    CpuKernels kernels;

    abi::AuditAnchor last_anchor() const {
        abi::AuditAnchor last{};
        for (const auto& slot : tables.anchors) {
            if (slot.occupied == 0) break;
            last = slot;
        }
        return last;
    }
};

template <class Entry>
std::vector<std::uint32_t> changed_slots(const std::vector<Entry>& before,
                                         const std::vector<Entry>& after) {
    std::vector<std::uint32_t> changed;
    for (std::uint32_t i = 0; i < after.size(); ++i) {
        if (!same_bytes(before[i], after[i])) changed.push_back(i);
    }
    return changed;
}

template <class Entry>
void expect_equal_tables(const std::vector<Entry>& expected, std::span<const Entry> actual) {
    std::vector<Entry> whole(actual.begin(), actual.end());
    whole.resize(expected.size(), Entry{});  // what lies behind the end is free
    EXPECT_TRUE(same_bytes(expected, whole));
}

// Both ways side by side; every step compares what both say and hold.
class Twins {
public:
    Twins(const KernelTableSizes& sizes, Kernels& kernels)
        : kernels_(kernels), model_(sizes), tables_(sizes) {}

    void apply(Random& random) {
        const auto round = workload::some_round(random);
        switch (random.below(3)) {
            case 0:
                return apply_attestations(random, round);
            case 1:
                return apply_models(random, round);
            default:
                return apply_anchors(random, round);
        }
    }

    void close(Random& random) {
        const auto round = workload::some_round(random);
        auto result = random.noise<abi::AIVMTransitionResult>();
        auto expected = result;
        const auto before = model_.tables;
        ASSERT_EQ(abi::kOk, model_.kernels.epoch_transition(&round, model_.tables.view(),
                                                            &model_.tables.epoch, &expected));
        const auto outcome = tables_.close_round(kernels_, round, result);
        EXPECT_EQ(abi::kOk, outcome.code);
        EXPECT_EQ(changed_slots(before.attestations, model_.tables.attestations), outcome.changed);
        EXPECT_TRUE(same_bytes(expected, result));
        expect_equal();
    }

    void expect_equal() const {
        expect_equal_tables(model_.tables.attestations, tables_.attestations());
        expect_equal_tables(model_.tables.models, tables_.models());
        expect_equal_tables(model_.tables.anchors, tables_.anchors());
        EXPECT_TRUE(same_bytes(model_.tables.epoch, tables_.epoch()));
    }

    // Forgets everything but the stored slots and epoch, as a restart does.
    void reload() {
        KernelTables fresh(tables_.sizes());
        load_all(fresh, tables_.attestations());
        load_all(fresh, tables_.models());
        load_all(fresh, tables_.anchors());
        fresh.load_epoch(tables_.epoch());
        tables_ = fresh;
    }

private:
    template <class Entry>
    static void load_all(KernelTables& fresh, std::span<const Entry> slots) {
        for (std::uint32_t i = 0; i < slots.size(); ++i) {
            if (slots[i].occupied == 0) continue;
            ASSERT_TRUE(fresh.load_slot(i, slots[i]));
        }
    }

    void apply_attestations(Random& random, abi::AIVMRoundDescriptor round) {
        std::vector<abi::AttestationOp> ops(1 + random.below(12));
        for (auto& op : ops) op = workload::some_attestation_op(random);
        const bool applies = tables_.check(ops[0]) == KernelVerdict::kApplies;
        const auto outcome = tables_.apply_attestations(kernels_, round, ops);
        round.attestation_op_count = static_cast<std::uint32_t>(ops.size());
        compare(outcome, applies, model_.tables.attestations, ops, [&](auto... arguments) {
            return model_.kernels.attestation_apply(&round, arguments...);
        });
    }

    void apply_models(Random& random, abi::AIVMRoundDescriptor round) {
        std::vector<abi::ModelOp> ops(1 + random.below(12));
        for (auto& op : ops) op = workload::some_model_op(random);
        const bool applies = tables_.check(ops[0]) == KernelVerdict::kApplies;
        const auto outcome = tables_.apply_models(kernels_, round, ops);
        round.model_op_count = static_cast<std::uint32_t>(ops.size());
        compare(outcome, applies, model_.tables.models, ops, [&](auto... arguments) {
            return model_.kernels.provenance_apply(&round, arguments...);
        });
    }

    void apply_anchors(Random& random, abi::AIVMRoundDescriptor round) {
        std::vector<abi::AnchorOp> ops(1 + random.below(12));
        auto last = model_.last_anchor();
        for (auto& op : ops) {
            op = workload::some_anchor_op(random, last);
            std::memcpy(last.commit_root, op.commit_root, 32);
            last.height = op.height;
        }
        const bool applies = tables_.check(ops[0]) == KernelVerdict::kApplies;
        const auto outcome = tables_.apply_anchors(kernels_, round, ops);
        round.anchor_op_count = static_cast<std::uint32_t>(ops.size());
        compare(outcome, applies, model_.tables.anchors, ops, [&](auto... arguments) {
            return model_.kernels.anchor_apply(&round, arguments...);
        });
    }

    // `first_applies` is what check() said about the first operation: true iff applying it alone
    // counts one.
    template <class Entry, class Op, class Kernel>
    void compare(const KernelOutcome& outcome, bool first_applies, std::vector<Entry>& table,
                 std::vector<Op>& ops, Kernel kernel) {
        const auto before = table;
        auto alone = table;
        std::uint32_t applied = 0;
        std::vector<Op> first{ops[0]};
        first.resize(ops.size(), Op{});  // all-zero operations are refused
        const auto count = static_cast<std::uint32_t>(table.size());
        ASSERT_EQ(abi::kOk, kernel(first.data(), alone.data(), &applied, count));
        EXPECT_EQ(first_applies ? 1u : 0u, applied);
        ASSERT_EQ(abi::kOk, kernel(ops.data(), table.data(), &applied, count));
        EXPECT_EQ(abi::kOk, outcome.code);
        EXPECT_EQ(applied, outcome.applied);
        // Written with the bytes it had is still reported, so the report may name more than what
        // differs.
        for (const std::uint32_t index : changed_slots(before, table)) {
            EXPECT_TRUE(std::binary_search(outcome.changed.begin(), outcome.changed.end(), index))
                << index;
        }
        EXPECT_LE(outcome.changed.size(), outcome.applied);
        expect_equal();
    }

    Kernels& kernels_;
    PlainTables model_;
    KernelTables tables_;
};

// Canonical kernels that ask for whole tables, as a GPU in mode gpu does, and that can be made to
// fail.
class WholeTableKernels final : public ForwardingKernels {
public:
    WholeTableKernels() : ForwardingKernels(cpu_) {}
    int fail_with = abi::kOk;

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t count) override {
        return fail_with ? fail_with : cpu_.attestation_apply(desc, ops, table, applied, count);
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t count) override {
        return fail_with ? fail_with : cpu_.provenance_apply(desc, ops, table, applied, count);
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t count) override {
        return fail_with ? fail_with : cpu_.anchor_apply(desc, ops, table, applied, count);
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        return fail_with ? fail_with : cpu_.epoch_transition(desc, tables, epoch, result);
    }
    bool wants_whole_tables() const override { return true; }

private:
    CpuKernels cpu_;
};

void random_rounds(const KernelTableSizes& sizes, std::uint64_t seed, int steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    CpuKernels cpu;
    WholeTableKernels whole;
    const bool use_whole = seed % 4 == 0;
    Twins twins(sizes, use_whole ? static_cast<Kernels&>(whole) : cpu);
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
        switch (random.below(8)) {
            case 0:
            case 1:
            case 2:
                twins.close(random);
                break;
            case 3:
                if (random.one_in(4)) twins.reload();
                break;
            default:
                twins.apply(random);
        }
    }
}

TEST(KernelTables, RandomRoundsGiveTheBytesOfTheCanonicalKernelsOnWholeTables) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) random_rounds(kSmall, seed, 60);
}

TEST(KernelTables, SizesThatAreNoPowersOfTwoGiveTheSameBytesToo) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) random_rounds({37, 5, 71}, seed, 60);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) random_rounds({1, 1, 1}, seed, 60);
}

TEST(KernelTables, ACopyDoesNotSeeWhatHappensToTheOriginal) {
    CpuKernels kernels;
    Random random(7);
    KernelTables original(kSmall);
    const KernelTables snapshot = original;
    abi::AIVMRoundDescriptor round{};
    std::vector<abi::AttestationOp> ops(8);
    for (auto& op : ops) op = workload::some_attestation_op(random);
    ASSERT_GT(original.apply_attestations(kernels, round, ops).applied, 0u);
    abi::AIVMTransitionResult result{};
    original.close_round(kernels, round, result);
    for (const auto& slot : snapshot.attestations()) EXPECT_EQ(0u, slot.occupied);
    EXPECT_EQ(0u, snapshot.epoch().total_active_attestations);
}

TEST(KernelTables, CopiesShareTheirTablesUntilOneChanges) {
    KernelTables original(kSmall);
    const KernelTables copy = original;
    EXPECT_EQ(copy.attestations().data(), original.attestations().data());
    CpuKernels kernels;
    abi::AIVMTransitionResult result{};
    original.close_round(kernels, {}, result);
    EXPECT_EQ(copy.attestations().data(), original.attestations().data())
        << "an idle close changes no table";
}

// Counts the digests asked for, to see what a close really costs.
class CountingKernels final : public Kernels {
public:
    class Hasher final : public BatchHasher {
    public:
        mutable std::size_t leaves = 0;
        mutable std::size_t folds = 0;
        void hash_many(const std::uint8_t* messages, std::size_t length, std::size_t count,
                       Hash32* out) const override {
            leaves += count;
            scalar_hasher().hash_many(messages, length, count, out);
        }
        void fold_many(std::span<const FoldChain> chains) const override {
            for (const auto& chain : chains) folds += chain.count;
            scalar_hasher().fold_many(chains);
        }
    };
    Hasher counter;

    const BatchHasher& hasher() const override { return counter; }
    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t count) override {
        return CpuKernels().attestation_apply(desc, ops, table, applied, count);
    }
    int provenance_apply(const abi::AIVMRoundDescriptor*, const abi::ModelOp*,
                         abi::ModelRegistryEntry*, std::uint32_t*, std::uint32_t) override {
        return abi::kNotSupported;
    }
    int anchor_apply(const abi::AIVMRoundDescriptor*, const abi::AnchorOp*, abi::AuditAnchor*,
                     std::uint32_t*, std::uint32_t) override {
        return abi::kNotSupported;
    }
    int epoch_transition(const abi::AIVMRoundDescriptor*, const EpochTables&, abi::AIVMEpochState*,
                         abi::AIVMTransitionResult*) override {
        return abi::kNotSupported;
    }
    int inference_step(const InferenceBatch&) override { return abi::kNotSupported; }
    int proof_verify(const abi::ProofVerifyOp*, abi::ProofVerifyResult*, std::uint32_t) override {
        return abi::kNotSupported;
    }
};

TEST(KernelTables, ACloseHashesOnlyWhatChangedOrExpiredSinceTheLastOne) {
    KernelTables tables({256, 16, 16});
    Random random(3);
    for (std::uint32_t i = 0; i < 256; ++i) {
        auto slot = random.noise<abi::Attestation>();
        slot.occupied = 1;
        slot.status = abi::kAttestationVerified;
        slot.expiry_ns = i == 200 ? 500 : 1000;
        ASSERT_TRUE(tables.load_slot(i, slot));
    }
    CountingKernels kernels;
    abi::AIVMRoundDescriptor round{};
    abi::AIVMTransitionResult result{};
    const auto close = [&](std::uint64_t now_ns) {
        kernels.counter.leaves = kernels.counter.folds = 0;
        round.timestamp_ns = now_ns;
        return tables.close_round(kernels, round, result);
    };
    close(1);
    EXPECT_EQ(256u, kernels.counter.leaves);
    EXPECT_EQ(256u, kernels.counter.folds);
    close(499);
    EXPECT_EQ(0u, kernels.counter.leaves + kernels.counter.folds);
    EXPECT_EQ(256u, result.active_attestations);
    EXPECT_EQ(std::vector<std::uint32_t>{200}, close(500).changed);
    EXPECT_EQ(1u, kernels.counter.leaves);
    EXPECT_EQ(64u, kernels.counter.folds) << "from slot 192 on";
    EXPECT_EQ(255u, result.active_attestations);
    close(500);
    EXPECT_EQ(0u, kernels.counter.leaves + kernels.counter.folds);
}

TEST(KernelTables, AFailingBackendChangesNothing) {
    for (int code = abi::kInvalidArgument; code <= abi::kInternal; ++code) {
        KernelTables tables(kSmall);
        WholeTableKernels kernels;
        kernels.fail_with = code;
        Random random(11);
        const std::vector<abi::AttestationOp> attestation{workload::some_attestation_op(random)};
        const std::vector<abi::ModelOp> model{workload::some_model_op(random)};
        const std::vector<abi::AnchorOp> anchor{workload::some_anchor_op(random, {})};
        abi::AIVMTransitionResult result{};
        EXPECT_EQ(code, tables.apply_attestations(kernels, {}, attestation).code);
        EXPECT_EQ(code, tables.apply_models(kernels, {}, model).code);
        EXPECT_EQ(code, tables.apply_anchors(kernels, {}, anchor).code);
        EXPECT_EQ(code, tables.close_round(kernels, {}, result).code);
        EXPECT_TRUE(same_bytes(abi::AIVMTransitionResult{}, result));
        EXPECT_TRUE(same_bytes(abi::AIVMEpochState{}, tables.epoch()));
        for (const auto& slot : tables.attestations()) EXPECT_EQ(0u, slot.occupied);
    }
}

TEST(KernelTables, AFullTableIsReportedBeforeTheKernelDropsTheEntry) {
    CpuKernels kernels;
    KernelTables tables({2, 2, 1});
    abi::AttestationOp op{};
    op.attesting_key[0] = 1;
    for (std::uint8_t key = 1; key <= 2; ++key) {
        op.tee_quote_digest[0] = key;
        EXPECT_EQ(KernelVerdict::kApplies, tables.check(op));
        EXPECT_EQ(1u, tables.apply_attestations(kernels, {}, {&op, 1}).applied);
    }
    EXPECT_EQ(KernelVerdict::kApplies, tables.check(op)) << "a known digest is still updated";
    op.tee_quote_digest[0] = 3;
    EXPECT_EQ(KernelVerdict::kTableFull, tables.check(op));
    EXPECT_EQ(0u, tables.apply_attestations(kernels, {}, {&op, 1}).applied);

    abi::ModelOp model{};
    model.model_root[0] = model.weight_hash[0] = 1;
    model.kind = abi::kTransfer;
    EXPECT_EQ(KernelVerdict::kUnknownModel, tables.check(model));
    model.kind = 4;
    EXPECT_EQ(KernelVerdict::kMalformed, tables.check(model));

    abi::AnchorOp anchor{};
    EXPECT_EQ(KernelVerdict::kMalformed, tables.check(anchor));
    anchor.commit_root[0] = 1;
    EXPECT_EQ(1u, tables.apply_anchors(kernels, {}, {&anchor, 1}).applied);
    EXPECT_EQ(KernelVerdict::kTableFull, tables.check(anchor));
}

TEST(KernelTables, EntriesAreFoundByTheirKeys) {
    CpuKernels kernels;
    KernelTables tables(kSmall);
    abi::ModelOp op{};
    op.model_root[5] = op.weight_hash[0] = 9;
    op.parameter_count = 77;
    ASSERT_EQ(1u, tables.apply_models(kernels, {}, {&op, 1}).applied);
    Hash32 root;
    root.bytes[5] = 9;
    ASSERT_NE(nullptr, tables.find_model(root));
    EXPECT_EQ(77u, tables.find_model(root)->parameter_count);
    EXPECT_EQ(nullptr, tables.find_model(Hash32{}));
}

TEST(KernelTables, AStoredSlotOutsideTheTableIsRefused) {
    KernelTables tables(kSmall);
    const auto status = tables.load_slot(32, abi::Attestation{});
    ASSERT_FALSE(status);
    EXPECT_EQ(ErrorCode::kMalformed, status.error().code);
    EXPECT_FALSE(tables.load_slot(16, abi::ModelRegistryEntry{}));
    EXPECT_TRUE(tables.load_slot(199, abi::AuditAnchor{}));
    EXPECT_FALSE(tables.load_slot(200, abi::AuditAnchor{}));
}

}  // namespace
}  // namespace aivm
