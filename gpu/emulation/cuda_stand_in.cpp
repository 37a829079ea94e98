// Memory, streams, API failures and sites of the CUDA stand-in. One host thread calls it; the
// options do not change while a kernel runs.
#include "gpu/emulation/cuda_stand_in.h"

#include <sys/mman.h>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "gpu/emulation/block_runner.h"
#include "gpu/emulation/control.h"

namespace aivm::emulation {

struct Command {
    std::function<cudaError_t()> run;
    bool is_release = false;
};

struct Stream {
    std::vector<Command> commands;
};

namespace {

constexpr int kPoison = 0xCD;
constexpr std::size_t kPageBytes = 4096;
// Where guard pages are, data ends at a page; its start is aligned to this.
constexpr std::size_t kGuardedAlignmentBytes = 8;

struct Allocation {
    std::size_t size_bytes = 0;
    void* mapping = nullptr;  // null: from malloc
    std::size_t mapping_bytes = 0;
};

struct Runtime {
    Options options;
    Observations seen;
    std::uint64_t launches = 0;
    std::uint64_t queued = 0;
    cudaError_t last_error = cudaSuccess;
    std::map<const char*, Allocation> memory;
    std::mutex site_mutex;
};

Runtime& runtime() {
    static auto* instance = new Runtime;
    return *instance;
}

cudaError_t remember(cudaError_t error) {
    if (error != cudaSuccess) runtime().last_error = error;
    return error;
}

cudaError_t misuse(const std::string& problem) {
    runtime().seen.problems.push_back(problem);
    return remember(cudaErrorInvalidValue);
}

// Counts an API call. False: this is the one that must fail.
bool enter_call() {
    Runtime& r = runtime();
    return ++r.seen.api_calls != r.options.fail_at_call;
}

// Is [start, start + size) inside one allocation?
bool is_device_memory(const void* start, std::size_t size_bytes) {
    const auto& memory = runtime().memory;
    const char* const first = static_cast<const char*>(start);
    auto next = memory.upper_bound(first);
    if (next == memory.begin()) return false;
    --next;
    const auto offset = static_cast<std::size_t>(first - next->first);
    return offset < next->second.size_bytes && size_bytes <= next->second.size_bytes - offset;
}

// With guard pages, device memory is accessible only while device commands run.
void set_access(int protection) {
    for (const auto& [start, allocation] : runtime().memory) {
        if (allocation.mapping != nullptr)
            mprotect(allocation.mapping, allocation.mapping_bytes, protection);
    }
}

char* allocate(std::size_t size_bytes, Allocation& allocation) {
    allocation.size_bytes = size_bytes;
    if (!runtime().options.has_guard_pages) return static_cast<char*>(std::malloc(size_bytes));
    const std::size_t pages = (size_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    void* mapping = mmap(nullptr, pages + kPageBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return nullptr;
    allocation.mapping = mapping;
    allocation.mapping_bytes = pages;
    mprotect(static_cast<char*>(mapping) + pages, kPageBytes, PROT_NONE);
    const std::size_t room =
        (size_bytes + kGuardedAlignmentBytes - 1) / kGuardedAlignmentBytes * kGuardedAlignmentBytes;
    return static_cast<char*>(mapping) + pages - room;
}

void release(const char* start) {
    const auto found = runtime().memory.find(start);
    const Allocation allocation = found->second;
    runtime().memory.erase(found);
    if (allocation.mapping != nullptr) {
        munmap(allocation.mapping, allocation.mapping_bytes + kPageBytes);
    } else {
        std::free(const_cast<char*>(start));
    }
}

cudaError_t queue(Stream* stream, Command command) {
    ++runtime().queued;
    stream->commands.push_back(std::move(command));
    return cudaSuccess;
}

bool is_at(const Site& site, const char* operation, const Where& where) {
    return site.line == where.line() && site.column == where.column() &&
           site.operation == operation && site.file == where.file_name();
}

}  // namespace

std::string Site::name() const {
    return file.substr(file.find_last_of('/') + 1) + ":" + std::to_string(line) + " " + operation;
}

void configure(const Options& options) {
    Runtime& r = runtime();
    r.options = options;
    r.seen = {};
    r.launches = 0;
    r.last_error = cudaSuccess;
    take_thread_switches();
}

Observations observe() {
    Observations seen = runtime().seen;
    seen.thread_switches = take_thread_switches();
    return seen;
}

std::uint64_t live_allocations() { return runtime().memory.size() + runtime().queued; }

Strength strength_of(const char* operation, const Where& where) {
    Runtime& r = runtime();
    if (r.options.records_sites) {
        const std::lock_guard lock(r.site_mutex);
        auto& sites = r.seen.sites;
        if (std::none_of(sites.begin(), sites.end(),
                         [&](const Site& site) { return is_at(site, operation, where); }))
            sites.push_back({where.file_name(), where.line(), where.column(), operation});
    }
    if (r.options.weakening == Weakening::kNone ||
        !is_at(r.options.weakened_site, operation, where))
        return Strength::kIntact;
    return r.options.weakening == Weakening::kPlain ? Strength::kPlain : Strength::kRemoved;
}

cudaError_t launch_body(std::function<void()> body, unsigned blocks, unsigned threads,
                        Stream* stream, const void* const* pointers, std::size_t pointer_count) {
    if (!enter_call()) return remember(cudaErrorLaunchFailure);
    if (blocks == 0 || threads == 0 || threads > kBlockThreadsMax)
        return misuse("a launch of " + std::to_string(blocks) + " blocks of " +
                      std::to_string(threads) + " threads");
    for (std::size_t i = 0; i < pointer_count; ++i) {
        if (!is_device_memory(pointers[i], 1))
            return misuse("pointer argument " + std::to_string(i) +
                          " of a kernel is not device memory");
    }
    const auto run = [body = std::move(body), blocks, threads] {
        Runtime& r = runtime();
        const auto problems = run_blocks({&body, blocks, threads, ++r.launches}, r.options);
        r.seen.problems.insert(r.seen.problems.end(), problems.begin(), problems.end());
        return problems.empty() ? cudaSuccess : cudaErrorLaunchFailure;
    };
    return queue(stream, {run});
}

}  // namespace aivm::emulation

using namespace aivm::emulation;

cudaError_t cudaGetDeviceCount(int* count) {
    if (!enter_call()) return remember(cudaErrorUnknown);
    if (!runtime().options.has_device) return remember(cudaErrorNoDevice);
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaGetLastError() { return std::exchange(runtime().last_error, cudaSuccess); }

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
    if (!enter_call()) return remember(cudaErrorUnknown);
    *stream = new Stream;
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const bool works = enter_call();
    runtime().queued -= stream->commands.size();
    delete stream;
    return works ? cudaSuccess : remember(cudaErrorUnknown);
}

// One that fails drops the commands, as a device that is lost before it reaches them; memory is
// released all the same.
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const bool works = enter_call();
    set_access(PROT_READ | PROT_WRITE);
    cudaError_t first_error = works ? cudaSuccess : cudaErrorUnknown;
    const auto commands = std::exchange(stream->commands, {});
    for (const Command& command : commands) {
        if (!works && !command.is_release) continue;
        const cudaError_t error = command.run();
        if (first_error == cudaSuccess) first_error = error;
    }
    runtime().queued -= commands.size();
    set_access(PROT_NONE);
    return remember(first_error);
}

cudaError_t cudaMallocAsync(void** memory, std::size_t size_bytes, cudaStream_t /*stream*/) {
    if (!enter_call()) return remember(cudaErrorMemoryAllocation);
    if (size_bytes == 0) return misuse("an allocation of no bytes");
    Allocation allocation;
    char* const start = allocate(size_bytes, allocation);
    if (start == nullptr) return remember(cudaErrorMemoryAllocation);
    std::memset(start, kPoison, size_bytes);
    if (allocation.mapping != nullptr)
        mprotect(allocation.mapping, allocation.mapping_bytes, PROT_NONE);
    runtime().memory.emplace(start, allocation);
    *memory = start;
    return cudaSuccess;
}

// The memory goes back at once, or when the commands before it have run.
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
    const bool works = enter_call();
    const char* const start = static_cast<const char*>(memory);
    if (!runtime().memory.contains(start)) return misuse("a release of foreign memory");
    // A failing release still returns the memory here, so that leaks seen are the caller's.
    if (stream->commands.empty()) {
        release(start);
    } else {
        const auto run = [start] {
            release(start);
            return cudaSuccess;
        };
        queue(stream, {run, true});
    }
    return works ? cudaSuccess : remember(cudaErrorUnknown);
}

cudaError_t cudaMemsetAsync(void* to, int byte, std::size_t size_bytes, cudaStream_t stream) {
    if (!enter_call()) return remember(cudaErrorUnknown);
    if (!is_device_memory(to, size_bytes)) return misuse("a fill beyond an allocation");
    const auto run = [=] {
        std::memset(to, byte, size_bytes);
        return cudaSuccess;
    };
    return queue(stream, {run});
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t size_bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    if (!enter_call()) return remember(cudaErrorUnknown);
    const bool is_upload = kind == cudaMemcpyHostToDevice;
    const void* const device = is_upload ? to : from;
    const void* const host = is_upload ? from : to;
    if (!is_device_memory(device, size_bytes)) return misuse("a copy beyond an allocation");
    if (is_device_memory(host, 1)) return misuse("a copy in the wrong direction");
    const auto run = [=] {
        std::memcpy(to, from, size_bytes);
        return cudaSuccess;
    };
    return queue(stream, {run});
}
