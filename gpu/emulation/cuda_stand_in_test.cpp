// The CUDA stand-in itself: what it does like CUDA, and that it notices what it is there to notice.
#include "gpu/emulation/cuda_stand_in.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "gpu/emulation/control.h"

namespace aivm::emulation {
namespace {

// One stream and its buffers of words.
class Device {
public:
    explicit Device(const Options& options = {}) {
        configure(options);
        cudaStreamCreate(&stream);
    }
    ~Device() {
        configure({});
        for (unsigned* buffer : buffers_) cudaFreeAsync(buffer, stream);
        cudaStreamSynchronize(stream);
        cudaStreamDestroy(stream);
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    unsigned* words(std::size_t count) {
        void* memory = nullptr;
        cudaMallocAsync(&memory, count * sizeof(unsigned), stream);
        buffers_.push_back(static_cast<unsigned*>(memory));
        return buffers_.back();
    }
    unsigned* zeros(std::size_t count) {
        unsigned* const buffer = words(count);
        cudaMemsetAsync(buffer, 0, count * sizeof(unsigned), stream);
        return buffer;
    }
    std::vector<unsigned> read(const unsigned* buffer, std::size_t count) {
        std::vector<unsigned> out(count);
        cudaMemcpyAsync(out.data(), buffer, count * sizeof(unsigned), cudaMemcpyDeviceToHost,
                        stream);
        cudaStreamSynchronize(stream);
        return out;
    }

    cudaStream_t stream = nullptr;

private:
    std::vector<unsigned*> buffers_;
};

Options seeded(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    return options;
}

// --- What it does like CUDA ---

void write_position(unsigned* out) {
    out[blockIdx.x * blockDim.x + threadIdx.x] =
        1000 * blockIdx.x + threadIdx.x + 100'000 * gridDim.x;
}

TEST(CudaStandIn, EveryThreadOfEveryBlockRunsOnceAndKnowsItsPlace) {
    for (const unsigned workers : {1U, 2U}) {
        for (const std::uint64_t seed : {0U, 1U}) {
            Options options = seeded(seed);
            options.worker_count = workers;
            Device device(options);
            unsigned* const out = device.words(3 * 40);
            launch(write_position, 3, 40, device.stream, out);
            const auto values = device.read(out, 3 * 40);
            for (unsigned i = 0; i < 120; ++i)
                ASSERT_EQ(300'000 + 1000 * (i / 40) + i % 40, values[i]);
        }
    }
}

std::mutex seen_mutex;
std::set<std::thread::id> seen_threads;

void note_os_thread() {
    const std::lock_guard lock(seen_mutex);
    seen_threads.insert(std::this_thread::get_id());
}

TEST(CudaStandIn, TwoWorkersRunBlocksOnTwoOsThreads) {
    for (const unsigned workers : {1U, 2U}) {
        Options options;
        options.worker_count = workers;
        Device device(options);
        seen_threads.clear();
        launch(note_os_thread, 8, 4, device.stream);
        cudaStreamSynchronize(device.stream);
        EXPECT_EQ(workers, seen_threads.size());
    }
}

// Block-wide reversal through shared memory, by way of the neighbour's value.
void reverse_block(const unsigned* in, unsigned* out) {
    unsigned* const cell = shared<unsigned>(64);
    cell[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = cell[blockDim.x - 1 - threadIdx.x];
}

std::vector<Site> recorded_sites;

std::vector<unsigned> reversed_on(const Options& options) {
    Device device(options);
    std::vector<unsigned> values(64);
    for (unsigned i = 0; i < 64; ++i) values[i] = i;
    unsigned* const in = device.words(64);
    unsigned* const out = device.zeros(64);
    cudaMemcpyAsync(in, values.data(), 256, cudaMemcpyHostToDevice, device.stream);
    launch(reverse_block, 1, 64, device.stream, in, out);
    auto result = device.read(out, 64);
    recorded_sites = observe().sites;
    return result;
}

TEST(CudaStandIn, ABarrierMakesSharedMemoryVisibleAndWithoutItPoisonIsRead) {
    Options options;
    options.records_sites = true;
    auto values = reversed_on(options);
    EXPECT_EQ(63U, values[0]);
    EXPECT_EQ(0U, values[63]);
    const auto sites = recorded_sites;
    ASSERT_EQ(1U, sites.size());
    EXPECT_EQ("__syncthreads", sites[0].operation);
    options.weakened_site = sites[0];
    options.weakening = Weakening::kRemoved;
    values = reversed_on(options);
    EXPECT_EQ(0xCDCDCDCDU, values[0]) << "thread 63 had not written when thread 0 read";
}

void vote_and_shuffle(unsigned* votes, unsigned* values) {
    const unsigned lane = threadIdx.x % 32;
    votes[threadIdx.x] = __ballot_sync(0xFFFFFFFFU, lane % 3 == 0 ? 1 : 0);
    values[threadIdx.x] = __shfl_sync(0xFFFFFFFFU, threadIdx.x * 10, static_cast<int>(lane + 1));
}

TEST(CudaStandIn, BallotsAndShufflesStayInsideTheirWarp) {
    for (const std::uint64_t seed : {0U, 5U}) {
        Device device(seeded(seed));
        unsigned* const votes = device.words(64);
        unsigned* const values = device.words(64);
        launch(vote_and_shuffle, 1, 64, device.stream, votes, values);
        const auto seen_votes = device.read(votes, 64);
        const auto seen_values = device.read(values, 64);
        for (unsigned i = 0; i < 64; ++i) {
            ASSERT_EQ(0x49249249U, seen_votes[i]);
            ASSERT_EQ((i / 32 * 32 + (i + 1) % 32) * 10, seen_values[i]);
        }
    }
}

void use_every_atomic(unsigned* words) {
    const unsigned i = threadIdx.x;
    atomicAdd(&words[0], i);
    atomicMax(&words[1], i);
    atomicMin(&words[2], i + 7);
    if (atomicCAS(&words[3], 0, i + 1) == 0) atomicAdd(&words[4], 1);
}

TEST(CudaStandIn, AtomicsLoseNothingOnAnySchedule) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        Options options = seeded(seed);
        options.worker_count = 2;
        Device device(options);
        unsigned* const words = device.zeros(5);
        cudaMemsetAsync(words + 2, 0xFF, 4, device.stream);
        launch(use_every_atomic, 4, 64, device.stream, words);
        const auto seen = device.read(words, 5);
        EXPECT_EQ(4U * 63 * 32, seen[0]);
        EXPECT_EQ(63U, seen[1]);
        EXPECT_EQ(7U, seen[2]);
        EXPECT_EQ(1U, seen[4]) << "one thread alone claims a cell";
    }
}

void append_order(unsigned* cursor, unsigned* order) { order[atomicAdd(cursor, 1)] = threadIdx.x; }

TEST(CudaStandIn, ASeedFixesTheScheduleAndOtherSeedsChooseOthers) {
    const auto order_of = [](std::uint64_t seed) {
        Device device(seeded(seed));
        unsigned* const cursor = device.zeros(1);
        unsigned* const order = device.words(32);
        launch(append_order, 1, 32, device.stream, cursor, order);
        return device.read(order, 32);
    };
    const auto in_order = order_of(0);
    EXPECT_TRUE(std::is_sorted(in_order.begin(), in_order.end()));
    EXPECT_EQ(order_of(1), order_of(1));
    EXPECT_NE(order_of(1), order_of(2));
    EXPECT_NE(in_order, order_of(1));
}

TEST(CudaStandIn, CommandsRunWhenTheStreamIsSynchronisedAndNotBefore) {
    Device device;
    unsigned* const words = device.zeros(1);
    unsigned copy = 77;
    cudaMemcpyAsync(&copy, words, 4, cudaMemcpyDeviceToHost, device.stream);
    EXPECT_EQ(77U, copy) << "a caller that forgets to synchronise reads old bytes";
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(device.stream));
    EXPECT_EQ(0U, copy);
}

TEST(CudaStandIn, AFailingSynchronisationRunsNoCommandAndStillReleasesMemory) {
    const auto before = live_allocations();
    Device device;
    unsigned* const words = device.zeros(1);
    cudaStreamSynchronize(device.stream);
    void* released = nullptr;
    cudaMallocAsync(&released, 4, device.stream);
    Options options;
    options.fail_at_call = 3;
    configure(options);
    unsigned copy = 77;
    cudaMemcpyAsync(&copy, words, 4, cudaMemcpyDeviceToHost, device.stream);
    cudaFreeAsync(released, device.stream);
    EXPECT_EQ(cudaErrorUnknown, cudaStreamSynchronize(device.stream));
    EXPECT_EQ(77U, copy);
    EXPECT_EQ(before + 1, live_allocations());
}

TEST(CudaStandIn, FreshMemoryIsPoisoned) {
    Device device;
    EXPECT_EQ(0xCDCDCDCDU, device.read(device.words(8), 8)[7]);
}

// --- Planted bugs ---

void first_come(unsigned* owner, unsigned* winner) {
    if (atomicCAS(owner, 0, 1) == 0) winner[0] = threadIdx.x;
}

TEST(PlantedBugs, FirstComeInsteadOfSmallestIsSeenByShuffledSchedulesAlone) {
    const auto winner_with = [](std::uint64_t seed) {
        Device device(seeded(seed));
        unsigned* const words = device.zeros(2);
        launch(first_come, 1, 32, device.stream, words, words + 1);
        return device.read(words, 2)[1];
    };
    EXPECT_EQ(0U, winner_with(0)) << "in order, the smallest happens to come first";
    std::set<unsigned> winners;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) winners.insert(winner_with(seed));
    EXPECT_GT(winners.size(), 1U);
}

void plain_maximum(unsigned* words) {
    const unsigned before = words[0];
    maybe_switch();
    if (threadIdx.x > before) words[0] = threadIdx.x;
}

TEST(PlantedBugs, APlainMaximumIsWrongOnShuffledSchedules) {
    unsigned wrong = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Device device(seeded(seed));
        unsigned* const words = device.zeros(1);
        launch(plain_maximum, 1, 32, device.stream, words);
        wrong += device.read(words, 1)[0] != 31 ? 1 : 0;
    }
    EXPECT_GT(wrong, 0U);
}

void write_one_cell(unsigned* words) { words[0] = threadIdx.x; }

TEST(PlantedBugs, OverlappingWritesDependOnTheSchedule) {
    std::set<unsigned> outcomes;
    for (std::uint64_t seed = 0; seed <= 5; ++seed) {
        Device device(seeded(seed));
        unsigned* const words = device.zeros(1);
        launch(write_one_cell, 1, 32, device.stream, words);
        outcomes.insert(device.read(words, 1)[0]);
    }
    EXPECT_GT(outcomes.size(), 1U);
}

void half_the_block_waits(unsigned* words) {
    if (threadIdx.x < 16) __syncthreads();
    words[threadIdx.x] = 1;
}
void different_barriers(unsigned* words) {
    if (threadIdx.x < 16) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    words[threadIdx.x] = 1;
}
void divergent_ballot(unsigned* words) {
    if (threadIdx.x < 16) words[threadIdx.x] = __ballot_sync(0xFFFFFFFFU, 1);
}

TEST(PlantedBugs, ABlockThatWouldHangIsReportedAndTheNextKernelRuns) {
    for (const auto kernel : {half_the_block_waits, different_barriers, divergent_ballot}) {
        Device device;
        unsigned* const words = device.zeros(32);
        launch(kernel, 1, 32, device.stream, words);
        EXPECT_EQ(cudaErrorLaunchFailure, cudaStreamSynchronize(device.stream));
        const auto problems = observe().problems;
        ASSERT_EQ(1U, problems.size());
        EXPECT_NE(std::string::npos, problems[0].find("block 0 hangs")) << problems[0];
        launch(write_position, 1, 32, device.stream, words);
        EXPECT_EQ(100'031U, device.read(words, 32)[31]);
    }
}

TEST(PlantedBugs, ForeignPointersAndCopiesBeyondAnAllocationAreRefused) {
    Device device;
    unsigned host[4] = {};
    unsigned* const words = device.zeros(4);
    EXPECT_EQ(cudaErrorInvalidValue,
              launch(write_one_cell, 1, 1, device.stream, static_cast<unsigned*>(host)));
    EXPECT_EQ(cudaErrorInvalidValue,
              cudaMemcpyAsync(words, host, 20, cudaMemcpyHostToDevice, device.stream));
    EXPECT_EQ(cudaErrorInvalidValue,
              cudaMemcpyAsync(host, words, 16, cudaMemcpyHostToDevice, device.stream));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemsetAsync(words + 1, 0, 16, device.stream));
    EXPECT_EQ(cudaErrorInvalidValue, cudaFreeAsync(host, device.stream));
    EXPECT_EQ(cudaErrorInvalidValue, launch(write_one_cell, 1, 2000, device.stream, words));
    EXPECT_EQ(6U, observe().problems.size());
    EXPECT_EQ(cudaErrorInvalidValue, cudaGetLastError());
    EXPECT_EQ(cudaSuccess, cudaGetLastError());
}

TEST(PlantedBugs, MemoryThatIsNotReleasedIsCounted) {
    const auto before = live_allocations();
    Device device;
    device.words(4);
    EXPECT_EQ(before + 1, live_allocations());
}

TEST(PlantedBugs, EveryApiCallFailsWhenItsTurnComes) {
    for (std::uint64_t call = 1; call <= 6; ++call) {
        Options options;
        options.fail_at_call = call;
        configure(options);
        std::vector<bool> failed;
        const auto note = [&](cudaError_t error) { failed.push_back(error != cudaSuccess); };
        int count = 0;
        cudaStream_t stream = nullptr;
        void* memory = nullptr;
        note(cudaGetDeviceCount(&count));
        note(cudaStreamCreate(&stream));
        if (stream == nullptr) continue;
        note(cudaMallocAsync(&memory, 4, stream));
        if (memory != nullptr) {
            note(cudaMemsetAsync(memory, 0, 4, stream));
            note(launch(write_one_cell, 1, 1, stream, static_cast<unsigned*>(memory)));
            note(cudaStreamSynchronize(stream));
            cudaFreeAsync(memory, stream);
        }
        configure({});
        cudaStreamSynchronize(stream);
        cudaStreamDestroy(stream);
        EXPECT_EQ(1, std::count(failed.begin(), failed.end(), true));
        EXPECT_TRUE(failed.at(call - 1));
    }
}

void write_behind_the_end(unsigned* words) { words[64] = 1; }

unsigned host_reads(unsigned* words) { return *static_cast<volatile unsigned*>(words); }

TEST(PlantedBugsDeathTest, GuardPagesStopWritesBehindABufferAndAccessesByTheHost) {
    Options options;
    options.has_guard_pages = true;
    EXPECT_DEATH(
        {
            Device device(options);
            launch(write_behind_the_end, 1, 1, device.stream, device.zeros(64));
            cudaStreamSynchronize(device.stream);
        },
        "");
    EXPECT_DEATH(
        {
            Device device(options);
            host_reads(device.zeros(4));
        },
        "");
    Device device(options);
    unsigned* const words = device.zeros(64);
    launch(write_one_cell, 1, 1, device.stream, words);
    EXPECT_EQ(0U, device.read(words, 64)[0]) << "within bounds nothing happens";
}

}  // namespace
}  // namespace aivm::emulation
