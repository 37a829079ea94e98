// How much of a table must be folded again after which change.
#include "gpu/simd/table_cache.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/kernels/access.h"
#include "gpu/simd/attestation_cache.h"

namespace aivm::gpu {
namespace {

using Anchors = std::vector<abi::AuditAnchor>;

abi::AuditAnchor anchor(std::uint64_t height) {
    abi::AuditAnchor slot{};
    slot.height = height;
    slot.occupied = 1;
    return slot;
}

Anchors anchors(std::uint32_t occupied, std::uint32_t slot_count) {
    Anchors table(slot_count);
    for (std::uint32_t i = 0; i < occupied; ++i) table[i] = anchor(i);
    return table;
}

// The work of one call: the number of leaves hashed, and of links folded.
struct Work {
    std::size_t leaves = 0;
    std::size_t links = 0;
    friend bool operator==(const Work&, const Work&) = default;
};

template <class Entry>
Work fold(TableCache<Entry>& cache) {
    TableFold fold;
    cache.begin_fold(fold);
    const FoldChain chain = fold.chain();
    for (const std::uint32_t position : fold.stale()) {
        const std::uint32_t slot = fold.slots()[position];
        fold.leaves()[position] = keccak256(kernels::leaf_of(cache.slots()[slot], slot));
    }
    scalar_hasher().fold_many({&chain, 1});
    cache.end_fold(fold);
    return {fold.stale().size(), fold.slots().size()};
}

Work update(TableCache<abi::AuditAnchor>& cache, const Anchors& table) {
    cache.resize(static_cast<std::uint32_t>(table.size()));
    cache.for_each_difference(table.data(), [&](std::uint32_t i) { cache.put(i, table[i]); });
    return fold(cache);
}

TEST(TableCache, FoldsANewTableWhole) {
    TableCache<abi::AuditAnchor> cache;
    EXPECT_EQ((Work{100, 100}), update(cache, anchors(100, 300)));
    EXPECT_EQ(100U, cache.occupied_count());
}

TEST(TableCache, ReusesTheRootOfAnUnchangedTableWhereverItLies) {
    TableCache<abi::AuditAnchor> cache;
    update(cache, anchors(100, 300));
    const Hash32 root = cache.root();
    EXPECT_EQ((Work{0, 0}), update(cache, anchors(100, 300)));
    EXPECT_EQ(root, cache.root());
}

TEST(TableCache, FoldsAppendedAnchorsAlone) {
    TableCache<abi::AuditAnchor> cache;
    update(cache, anchors(100, 300));
    EXPECT_EQ((Work{7, 7}), update(cache, anchors(107, 300)));
    EXPECT_EQ((Work{90, 90}), update(cache, anchors(197, 300)));
    EXPECT_EQ((Work{3, 3}), update(cache, anchors(200, 1000)));
    TableCache<abi::AuditAnchor> fresh;
    update(fresh, anchors(200, 1000));
    EXPECT_EQ(fresh.root(), cache.root());
}

TEST(TableCache, FoldsFromThePageOfTheFirstChangeAndHashesOnlyChangedLeaves) {
    TableCache<abi::AuditAnchor> cache;
    Anchors table = anchors(300, 300);
    update(cache, table);
    table[150] = anchor(1);
    table[299] = anchor(2);
    EXPECT_EQ((Work{2, 300 - 128}), update(cache, table));
    table[255] = anchor(3);
    EXPECT_EQ((Work{1, 300 - 192}), update(cache, table));
}

TEST(TableCache, FoldsAgainWhenASlotIsFreedButNotForBytesOfFreeSlots) {
    TableCache<abi::AuditAnchor> cache;
    Anchors table = anchors(200, 300);
    update(cache, table);
    table[199] = {};
    EXPECT_EQ((Work{0, 7}), update(cache, table));
    table[250].height = 5;
    EXPECT_EQ((Work{0, 0}), update(cache, table));
    EXPECT_EQ(199U, cache.occupied_count());
}

TEST(TableCache, StartsFromNothingWithASmallerTable) {
    TableCache<abi::AuditAnchor> cache;
    update(cache, anchors(200, 300));
    EXPECT_EQ((Work{150, 150}), update(cache, anchors(150, 200)));
}

std::vector<abi::Attestation> attestations(std::uint32_t count, std::uint64_t expiry_ns) {
    std::vector<abi::Attestation> table(count);
    for (abi::Attestation& slot : table) {
        slot.occupied = 1;
        slot.status = abi::kAttestationVerified;
        slot.expiry_ns = expiry_ns;
    }
    return table;
}

TEST(AttestationCache, HashesAgainWhatExpiresAndNothingBeforeOrAfter) {
    AttestationCache cache;
    auto table = attestations(130, 1000);
    table[128].expiry_ns = 50;
    cache.update(table.data(), 130, 10);
    EXPECT_EQ((Work{130, 130}), fold(cache.slots()));
    cache.update(table.data(), 130, 49);
    EXPECT_EQ((Work{0, 0}), fold(cache.slots()));
    cache.update(table.data(), 130, 50);
    EXPECT_EQ((Work{1, 2}), fold(cache.slots()));
    EXPECT_NE(0U, table[128].status & abi::kAttestationExpired);
    cache.update(table.data(), 130, 999);
    EXPECT_EQ((Work{0, 0}), fold(cache.slots()));
    EXPECT_EQ(129U, cache.active());
    EXPECT_EQ(1U, cache.expired());
}

TEST(AttestationCache, RecognisesAnUnmarkedCopyOfAMarkedTable) {
    AttestationCache cache;
    auto marked = attestations(70, 5);
    auto copy = marked;
    cache.update(marked.data(), 70, 10);
    fold(cache.slots());
    cache.update(copy.data(), 70, 20);
    EXPECT_EQ((Work{0, 0}), fold(cache.slots()));
    EXPECT_EQ(70U, cache.expired());
    EXPECT_EQ(0, std::memcmp(marked.data(), copy.data(), 70 * sizeof(abi::Attestation)));
}

}  // namespace
}  // namespace aivm::gpu
