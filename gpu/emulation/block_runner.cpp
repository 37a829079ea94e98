// ThreadSanitizer must see the accesses of device code and nothing of this file's, so the file is
// compiled without its instrumentation; it learns from clocks which thread waits for which. Kernel
// start, kernel end and barriers order memory; warp votes, switches and the order of blocks do not.
#include "gpu/emulation/block_runner.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "gpu/emulation/cuda_stand_in.h"
#include "gpu/emulation/fibers.h"

namespace aivm::emulation {
namespace {

constexpr unsigned kWarpLanes = 32;
constexpr unsigned kSharedMax = 16;
constexpr unsigned kWorkersMax = 16;
constexpr unsigned kResidentBlocks = 3;  // per worker, on a shuffled schedule

enum class State : std::uint8_t { kReady, kAtBarrier, kAtWarp, kDone };

struct CudaThread {
    ThreadPosition position;
    State state = State::kReady;
    unsigned barrier_line = 0;
    // A vote or shuffle: the lanes that take part, the value of this one, and the result.
    bool is_shuffle = false;
    unsigned mask = 0, value = 0, result = 0;
    int wanted_lane = 0;
    Fiber* fiber = nullptr;
};

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    void shuffle(std::vector<unsigned>& list) {
        for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[next() % i]);
    }

private:
    std::uint64_t state_;
};

struct SharedVariable {
    unsigned line = 0, column = 0;
    const char* file = nullptr;
    char* start = nullptr;
};

// The shared memory of one block: poisoned, and inaccessible to AddressSanitizer between the
// variables. The scheduler allocates it before the threads start, and it lives until the kernel has
// ended, because ThreadSanitizer takes both for accesses.
class SharedMemory {
public:
    SharedMemory() : bytes_(new char[kSharedBytes]) {
        std::memset(bytes_.get(), 0xCD, kSharedBytes);
#if defined(AIVM_ADDRESS_SANITIZER)
        ASAN_POISON_MEMORY_REGION(bytes_.get(), kSharedBytes);
#endif
    }
    ~SharedMemory() {
#if defined(AIVM_ADDRESS_SANITIZER)
        ASAN_UNPOISON_MEMORY_REGION(bytes_.get(), kSharedBytes);
#endif
    }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    // Null when the block has no room left.
    char* take(std::size_t size_bytes) {
        const std::size_t start = used_;
        const std::size_t room = (size_bytes + kGapBytes - 1) / kGapBytes * kGapBytes;
        if (room > kSharedBytes - start) return nullptr;
        used_ = std::min(start + room + kGapBytes, kSharedBytes);
#if defined(AIVM_ADDRESS_SANITIZER)
        ASAN_UNPOISON_MEMORY_REGION(bytes_.get() + start, size_bytes);
#endif
        return bytes_.get() + start;
    }

private:
    static constexpr std::size_t kSharedBytes = 8192;
    static constexpr std::size_t kGapBytes = 64;
    std::unique_ptr<char[]> bytes_;
    std::size_t used_ = 0;
};

// Lives as long as a launch: addresses that stand for its synchronisation, two per block for
// its barriers, and shared memory. With one clock per block, a thread that leaves a barrier late
// would acquire what others have already released at the next one, and races between would be
// hidden.
struct Clocks {
    char start = 0, end = 0;
    std::vector<char> barriers;
    std::vector<std::unique_ptr<SharedMemory>> shared;  // by block
};

std::atomic<std::uint64_t> thread_switches{0};

// Fibers that a hanging block was abandoned with. Their stacks stay, and so they stay reachable.
std::mutex abandoned_mutex;
std::vector<Fiber*>& abandoned() {
    static auto* fibers = new std::vector<Fiber*>;
    return *fibers;
}

class Block;
thread_local Block* running_block = nullptr;
thread_local CudaThread* running_thread = nullptr;

class Block {
public:
    Block(const Launch& launch, const Options& options, Clocks& clocks, unsigned index,
          std::vector<Fiber*>& pool, Scheduler& scheduler)
        : launch_(launch),
          clocks_(clocks),
          index_(index),
          pool_(pool),
          scheduler_(scheduler),
          is_shuffled_(options.seed != 0),
          random_(options.seed * 0x100000001b3ULL + launch.number * 8191 + index),
          order_(launch.thread_count) {
        std::iota(order_.begin(), order_.end(), 0U);
        prepare();
    }

    // Runs every ready thread until it waits or ends. False: the block has ended, well or badly.
    bool step() {
        running_block = this;
        if (is_shuffled_) random_.shuffle(order_);
        if (!run_ready()) problem_ = open_barrier();
        running_block = nullptr;
        if (!problem_.empty()) abandon();
        return problem_.empty() && count(State::kDone) < launch_.thread_count;
    }
    // One sentence, or "" when nothing went wrong.
    [[nodiscard]] const std::string& problem() const { return problem_; }

    void run_thread() {
        acquire_clock(&clocks_.start);
        (*launch_.body)();
        release_clock(&clocks_.end);
        running_thread->state = State::kDone;
    }

    void wait_at_barrier(unsigned line) {
        char* const clock = &clocks_.barriers[2 * index_ + barriers_opened_ % 2];
        running_thread->state = State::kAtBarrier;
        running_thread->barrier_line = line;
        release_clock(clock);
        running_thread->fiber->suspend();
        acquire_clock(clock);
    }

    unsigned exchange(const CudaThread& offer) {
        CudaThread& self = *running_thread;
        self.is_shuffle = offer.is_shuffle;
        self.mask = offer.mask;
        self.value = offer.value;
        self.wanted_lane = offer.wanted_lane;
        self.state = State::kAtWarp;
        if (!complete_exchange(self)) self.fiber->suspend();
        return self.result;
    }

    void switch_thread() { running_thread->fiber->suspend(); }
    bool wants_switch() { return is_shuffled_ && random_.next() % 4 == 0; }

    void* shared_bytes(std::size_t size_bytes, const Where& where) {
        for (unsigned i = 0; i < shared_count_; ++i) {
            const SharedVariable& known = shared_[i];
            if (known.line == where.line() && known.column == where.column() &&
                known.file == where.file_name())
                return known.start;
        }
        if (shared_count_ == kSharedMax) return nullptr;
        char* const start = clocks_.shared[index_]->take(size_bytes);
        shared_[shared_count_++] = {where.line(), where.column(), where.file_name(), start};
        return start;
    }

private:
    void prepare() {
        clocks_.shared[index_] = std::make_unique<SharedMemory>();
        while (pool_.size() < launch_.thread_count)
            pool_.push_back(new Fiber([] { running_block->run_thread(); }));
        threads_.resize(launch_.thread_count);
        for (unsigned i = 0; i < launch_.thread_count; ++i) {
            threads_[i].position = {{i, 0, 0},
                                    {index_, 0, 0},
                                    {launch_.thread_count, 1, 1},
                                    {launch_.block_count, 1, 1}};
            threads_[i].fiber = pool_[i];
        }
        release_clock(&clocks_.start);
    }

    [[nodiscard]] unsigned count(State state) const {
        unsigned n = 0;
        for (const CudaThread& thread : threads_) n += thread.state == state ? 1 : 0;
        return n;
    }

    // Did any thread run?
    bool run_ready() {
        bool has_run = false;
        std::uint64_t switches = 0;
        for (const unsigned i : order_) {
            if (threads_[i].state != State::kReady) continue;
            running_thread = &threads_[i];
            threads_[i].fiber->resume(scheduler_);
            has_run = true;
            ++switches;
        }
        running_thread = nullptr;
        thread_switches.fetch_add(switches, std::memory_order_relaxed);
        return has_run;
    }

    // Nothing can run: all threads wait at one barrier, or the block hangs.
    std::string open_barrier() {
        const unsigned waiting = count(State::kAtBarrier);
        if (waiting != launch_.thread_count) {
            return "block " + std::to_string(index_) + " hangs: of " +
                   std::to_string(launch_.thread_count) + " threads, " + std::to_string(waiting) +
                   " wait at a barrier, " + std::to_string(count(State::kAtWarp)) +
                   " for lanes of their warp, and " + std::to_string(count(State::kDone)) +
                   " have ended";
        }
        for (CudaThread& thread : threads_) {
            if (thread.barrier_line != threads_[0].barrier_line)
                return "block " + std::to_string(index_) +
                       " hangs: its threads wait at different barriers";
            thread.state = State::kReady;
        }
        ++barriers_opened_;
        return "";
    }

    // If all lanes of the mask have arrived: sets the result of each and lets it go on.
    bool complete_exchange(const CudaThread& self) {
        const unsigned first = self.position.thread.x / kWarpLanes * kWarpLanes;
        const unsigned lanes = std::min(kWarpLanes, launch_.thread_count - first);
        CudaThread* const warp = &threads_[first];
        unsigned votes = 0;
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if ((self.mask >> lane & 1) == 0) continue;
            if (warp[lane].state != State::kAtWarp || warp[lane].mask != self.mask) return false;
            if (warp[lane].value != 0) votes |= 1U << lane;
        }
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if ((self.mask >> lane & 1) == 0) continue;
            const auto source = static_cast<unsigned>(warp[lane].wanted_lane) % kWarpLanes;
            warp[lane].result = !self.is_shuffle ? votes : source < lanes ? warp[source].value : 0;
            warp[lane].state = State::kReady;
        }
        return true;
    }

    void abandon() {
        const std::lock_guard lock(abandoned_mutex);
        abandoned().insert(abandoned().end(), pool_.begin(), pool_.end());
        pool_.clear();
    }

    const Launch& launch_;
    Clocks& clocks_;
    unsigned index_;
    std::vector<Fiber*>& pool_;
    Scheduler& scheduler_;
    bool is_shuffled_;
    Random random_;
    std::vector<unsigned> order_;
    std::string problem_;
    std::uint64_t barriers_opened_ = 0;
    std::vector<CudaThread> threads_;
    SharedVariable shared_[kSharedMax];
    unsigned shared_count_ = 0;
};

// The fibers of one resident block of one worker, kept for the next launch.
std::vector<Fiber*>& pool_of(unsigned worker, unsigned place) {
    static auto* pools = new std::vector<Fiber*>[kWorkersMax * kResidentBlocks];
    return pools[worker * kResidentBlocks + place];
}

// One OS thread's share of a launch: every `workers`-th block of the order. On a shuffled schedule
// several blocks are resident, and their threads take turns, as on a device.
class Worker {
public:
    Worker(const Launch& launch, const Options& options, Clocks& clocks, unsigned index,
           std::vector<unsigned> blocks)
        : launch_(launch),
          options_(options),
          clocks_(clocks),
          index_(index),
          blocks_(std::move(blocks)),
          random_(options.seed * 31 + launch.number) {}

    std::vector<std::string> run() {
        const unsigned places = options_.seed != 0 ? kResidentBlocks : 1;
        for (unsigned place = 0; place < places; ++place) admit(place);
        unsigned place = 0;
        while (live_ > 0) {
            place = places == 1 ? 0 : static_cast<unsigned>(random_.next() % places);
            if (resident_[place] == nullptr || resident_[place]->step()) continue;
            if (!resident_[place]->problem().empty())
                problems_.push_back(resident_[place]->problem());
            resident_[place].reset();
            --live_;
            admit(place);
        }
        return problems_;
    }

private:
    void admit(unsigned place) {
        if (next_ == blocks_.size()) return;
        resident_[place] = std::make_unique<Block>(launch_, options_, clocks_, blocks_[next_++],
                                                   pool_of(index_, place), scheduler_);
        ++live_;
    }

    const Launch& launch_;
    const Options& options_;
    Clocks& clocks_;
    unsigned index_;
    std::vector<unsigned> blocks_;
    Random random_;
    Scheduler scheduler_;
    std::unique_ptr<Block> resident_[kResidentBlocks];
    std::size_t next_ = 0;
    unsigned live_ = 0;
    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> run_blocks(const Launch& launch, const Options& options) {
    Clocks clocks;
    clocks.barriers.resize(std::size_t{2} * launch.block_count);
    clocks.shared.resize(launch.block_count);
    std::vector<unsigned> order(launch.block_count);
    std::iota(order.begin(), order.end(), 0U);
    if (options.seed != 0) Random(options.seed + launch.number).shuffle(order);

    std::mutex mutex;
    std::vector<std::string> problems;
    const unsigned workers =
        std::clamp(std::min(options.worker_count, launch.block_count), 1U, kWorkersMax);
    const auto work = [&](unsigned index) {
        std::vector<unsigned> blocks;
        for (std::size_t i = index; i < order.size(); i += workers) blocks.push_back(order[i]);
        const auto found = Worker(launch, options, clocks, index, std::move(blocks)).run();
        const std::lock_guard lock(mutex);
        problems.insert(problems.end(), found.begin(), found.end());
    };
    release_clock(&clocks.start);
    std::vector<std::thread> threads;
    for (unsigned worker = 1; worker < workers; ++worker) threads.emplace_back(work, worker);
    work(0);
    for (std::thread& thread : threads) thread.join();
    acquire_clock(&clocks.end);
    return problems;
}

std::uint64_t take_thread_switches() { return thread_switches.exchange(0); }

ThreadPosition current_thread() { return running_thread->position; }

void maybe_switch() {
    if (running_block->wants_switch()) running_block->switch_thread();
}

void switch_to_others() { running_block->switch_thread(); }

void* shared_bytes(std::size_t size_bytes, const Where& where) {
    return running_block->shared_bytes(size_bytes, where);
}

}  // namespace aivm::emulation

void __syncthreads(aivm::emulation::Where where) {
    using namespace aivm::emulation;
    if (strength_of("__syncthreads", where) != Strength::kIntact) return;
    running_block->wait_at_barrier(where.line());
}

unsigned __ballot_sync(unsigned mask, int vote) {
    aivm::emulation::CudaThread offer;
    offer.mask = mask;
    offer.value = vote != 0 ? 1 : 0;
    return aivm::emulation::running_block->exchange(offer);
}

unsigned __shfl_sync(unsigned mask, unsigned value, int lane) {
    aivm::emulation::CudaThread offer;
    offer.is_shuffle = true;
    offer.mask = mask;
    offer.value = value;
    offer.wanted_lane = lane;
    return aivm::emulation::running_block->exchange(offer);
}
