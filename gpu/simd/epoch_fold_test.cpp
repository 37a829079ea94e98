// Sequences of epochs on one object, with random changes to the tables between them, against the
// canonical kernels: for every Keccak width of this CPU, with the cache and without.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <tuple>

#include "gpu/simd/simd_kernels.h"
#include "gpu/simd/testing/table_changes.h"

namespace aivm::gpu {
namespace {

using workload::Random;
using workload::Tables;

// Copies of the elements of a table, 4 bytes behind an address aligned to 8.
template <class Entry>
class Misaligned {
public:
    explicit Misaligned(const std::vector<Entry>& table)
        : words_(1 + (table.size() * sizeof(Entry) + 7) / 8) {
        if (!table.empty()) std::memcpy(bytes(), table.data(), table.size() * sizeof(Entry));
    }
    Entry* data() { return reinterpret_cast<Entry*>(bytes()); }
    void copy_to(std::vector<Entry>& table) {
        if (!table.empty()) std::memcpy(table.data(), bytes(), table.size() * sizeof(Entry));
    }

private:
    std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words_.data()) + 4; }
    std::vector<std::uint64_t> words_;
};

// Calls the kernel on misaligned copies of the tables; returns the result's bytes.
abi::AIVMTransitionResult close_epoch(Kernels& kernels, const abi::AIVMRoundDescriptor& round,
                                      Tables& tables) {
    Misaligned attestations(tables.attestations);
    Misaligned models(tables.models);
    Misaligned anchors(tables.anchors);
    auto view = tables.view();
    view.attestations = attestations.data();
    view.models = models.data();
    view.anchors = anchors.data();
    abi::AIVMTransitionResult result{};
    EXPECT_EQ(abi::kOk, kernels.epoch_transition(&round, view, &tables.epoch, &result));
    attestations.copy_to(tables.attestations);
    return result;
}

// Closes an epoch of `tables` on both and compares all bytes that are written.
void expect_same_epoch(Kernels& canonical, Kernels& kernels, Tables& tables,
                       const abi::AIVMRoundDescriptor& round) {
    Tables other = tables;
    const auto expected = close_epoch(canonical, round, tables);
    const auto actual = close_epoch(kernels, round, other);
    EXPECT_TRUE(workload::same_bytes(expected, actual));
    EXPECT_TRUE(tables == other);
}

using Path = std::tuple<KeccakWidth, EpochCaching>;

class EveryPath : public testing::TestWithParam<Path> {
protected:
    CpuKernels canonical_;
    SimdKernels kernels_{std::get<0>(GetParam()), std::get<1>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Epochs, EveryPath,
                         testing::Combine(testing::ValuesIn(supported_widths()),
                                          testing::Values(EpochCaching::kOn, EpochCaching::kOff)),
                         [](const auto& path) {
                             return std::string(width_name(std::get<0>(path.param))) +
                                    (std::get<1>(path.param) == EpochCaching::kOn ? "Cached"
                                                                                  : "Uncached");
                         });

// Three sets of tables alternate, mostly the first one. Before some epochs, the tables are put back
// to what they were before the last call marked them.
TEST_P(EveryPath, ClosesAnySequenceOfEpochsAsTheCanonicalKernelsDo) {
    for (std::uint64_t seed = 0; seed < 60 && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const std::uint32_t slots_max = seed % 4 == 0 ? 400 : 30;
        std::array<Tables, 3> worlds;
        for (Tables& world : worlds) world = workload::some_tables(random, slots_max);
        for (int epoch = 0; epoch < 40; ++epoch) {
            Tables& world = worlds[random.one_in(5) ? random.below(3) : 0];
            const Tables unmarked = world;
            for (std::uint32_t n = random.below(5); n > 0; --n)
                change_something(world, random, slots_max);
            expect_same_epoch(canonical_, kernels_, world, workload::some_round(random));
            if (random.one_in(6)) world = unmarked;
        }
    }
}

// The sizes of the tables' chains differ by much, and so do the parts that change.
TEST_P(EveryPath, ClosesEpochsOfLargeTablesAsTheCanonicalKernelsDo) {
    Random random(7);
    Tables tables = workload::some_tables(random, 1500);
    tables.models.resize(90);
    for (int epoch = 0; epoch < 12; ++epoch) {
        for (int n = 0; n < 20 * (epoch % 3); ++n) change_something(tables, random, 1500);
        expect_same_epoch(canonical_, kernels_, tables, workload::some_round(random));
    }
}

TEST_P(EveryPath, MarksAttestationsWhenTheirTimeComesEvenIfNothingElseChanges) {
    Tables tables;
    tables.attestations.resize(200);
    for (std::uint32_t i = 0; i < 200; ++i) {
        tables.attestations[i].occupied = 1;
        tables.attestations[i].status = abi::kAttestationVerified;
        tables.attestations[i].expiry_ns = i / 2;  // two of them never expire
    }
    abi::AIVMRoundDescriptor round{};
    for (const std::uint64_t now_ns : {0U, 5U, 6U, 6U, 3U, 90U, 10U, 98U, 99U, 200U}) {
        round.timestamp_ns = now_ns;
        expect_same_epoch(canonical_, kernels_, tables, round);
    }
    EXPECT_EQ(198U, tables.epoch.expired_attestation_count);
}

TEST_P(EveryPath, RefusesInvalidArgumentsAndGoesOn) {
    Random random(3);
    Tables tables = workload::some_tables(random, 100);
    const auto round = workload::some_round(random);
    expect_same_epoch(canonical_, kernels_, tables, round);
    abi::AIVMTransitionResult result{};
    const EpochTables missing{nullptr, nullptr, nullptr, 1, 0, 0};
    EXPECT_EQ(abi::kInvalidArgument,
              kernels_.epoch_transition(&round, missing, &tables.epoch, &result));
    EXPECT_EQ(abi::kInvalidArgument,
              kernels_.epoch_transition(&round, tables.view(), nullptr, &result));
    expect_same_epoch(canonical_, kernels_, tables, round);
}

TEST_P(EveryPath, MayBeUsedFromTwoThreadsWithTablesOfTheirOwn) {
    const auto work = [&](std::uint64_t seed) {
        Random random(seed);
        Tables tables = workload::some_tables(random, 60);
        for (int epoch = 0; epoch < 30; ++epoch) {
            change_something(tables, random, 60);
            expect_same_epoch(canonical_, kernels_, tables, workload::some_round(random));
        }
    };
    std::thread other(work, 1);
    work(2);
    other.join();
}

}  // namespace
}  // namespace aivm::gpu
