// A stand-in for the CUDA run time on a CPU, so that device code compiles with any C++20 compiler
// and is checked without a GPU. One fiber per CUDA thread; a block runs on one OS thread, blocks
// may run on several. Streams are lazy: a queued command runs when its stream is synchronised, so
// a missing synchronisation is seen.
//
// Limits: warps have 32 lanes; waiting in a loop for another thread hangs; memory is as strongly
// ordered as x86, so a missing fence is not seen; no textures, cooperative groups, dynamic
// parallelism, `extern __shared__` or inline PTX. Times mean nothing.
//
// Atomics and barriers are sites: control.h can weaken each of them at run time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <source_location>
#include <type_traits>

#define __global__ inline
#define __device__
#define __constant__
#define threadIdx (::aivm::emulation::current_thread().thread)
#define blockIdx (::aivm::emulation::current_thread().block)
#define blockDim (::aivm::emulation::current_thread().block_size)
#define gridDim (::aivm::emulation::current_thread().grid_size)

enum cudaError_t : int {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorNoDevice = 100,
    cudaErrorECCUncorrectable = 214,
    cudaErrorIllegalAddress = 700,
    cudaErrorLaunchFailure = 719,
    cudaErrorUnknown = 999,
};

enum cudaMemcpyKind : int { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };

namespace aivm::emulation {

struct Stream;
using Where = std::source_location;

struct Index3 {
    unsigned x = 0, y = 0, z = 0;
};

// The position of a CUDA thread in its grid.
struct ThreadPosition {
    Index3 thread, block, block_size, grid_size;
};
// By value: ThreadSanitizer would take the scheduler's own memory for shared memory of the kernel.
ThreadPosition current_thread();

// How a site behaves; see control.h.
enum class Strength : std::uint8_t { kIntact, kPlain, kRemoved };
Strength strength_of(const char* operation, const Where& where);

// Lets another thread of the block run, if the schedule is shuffled and its random numbers say so.
void maybe_switch();
// Lets every other ready thread of the block run first.
void switch_to_others();

void* shared_bytes(std::size_t size_bytes, const Where& where);

// The memory of one __shared__ declaration: the same for all threads of a block, poisoned when the
// block starts.
template <class T>
T* shared(std::size_t count, Where where = Where::current()) {
    return static_cast<T*>(shared_bytes(count * sizeof(T), where));
}

// Queues `body`, which runs one CUDA thread. The pointers are the kernel's arguments.
cudaError_t launch_body(std::function<void()> body, unsigned blocks, unsigned threads,
                        Stream* stream, const void* const* pointers, std::size_t pointer_count);

template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, Stream* stream,
                   Arguments... arguments) {
    std::array<const void*, sizeof...(Arguments)> pointers;
    std::size_t pointer_count = 0;
    [[maybe_unused]] const auto note = [&](const auto& argument) {
        if constexpr (std::is_pointer_v<std::decay_t<decltype(argument)>>)
            pointers[pointer_count++] = argument;
    };
    (note(arguments), ...);
    return launch_body([=] { kernel(arguments...); }, blocks, threads, stream, pointers.data(),
                       pointer_count);
}

// A read-modify-write. Relaxed, as CUDA's are: it orders nothing else. A weakened one is made of a
// plain read and a plain write, between which other threads run.
template <class Change>
unsigned read_modify_write(unsigned* to, const char* operation, const Where& where, Change change) {
    const Strength strength = strength_of(operation, where);
    if (strength == Strength::kIntact) {
        maybe_switch();
        unsigned before = __atomic_load_n(to, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(to, &before, change(before), false, __ATOMIC_RELAXED,
                                            __ATOMIC_RELAXED)) {
        }
        return before;
    }
    const unsigned before = *to;
    switch_to_others();
    if (strength == Strength::kPlain) *to = change(before);
    return before;
}

}  // namespace aivm::emulation

using cudaStream_t = aivm::emulation::Stream*;

// --- Called by device code ---

void __syncthreads(aivm::emulation::Where where = aivm::emulation::Where::current());
// Every lane of `mask` in the calling thread's warp takes part; orders no memory accesses.
unsigned __ballot_sync(unsigned mask, int vote);
unsigned __shfl_sync(unsigned mask, unsigned value, int lane);
inline int __ffs(int value) { return __builtin_ffs(value); }

inline unsigned atomicAdd(unsigned* to, unsigned value,
                          aivm::emulation::Where where = aivm::emulation::Where::current()) {
    return aivm::emulation::read_modify_write(to, "atomicAdd", where,
                                              [=](unsigned old) { return old + value; });
}
inline unsigned atomicMin(unsigned* to, unsigned value,
                          aivm::emulation::Where where = aivm::emulation::Where::current()) {
    return aivm::emulation::read_modify_write(
        to, "atomicMin", where, [=](unsigned old) { return old < value ? old : value; });
}
inline unsigned atomicMax(unsigned* to, unsigned value,
                          aivm::emulation::Where where = aivm::emulation::Where::current()) {
    return aivm::emulation::read_modify_write(
        to, "atomicMax", where, [=](unsigned old) { return old > value ? old : value; });
}
inline unsigned atomicCAS(unsigned* to, unsigned expected, unsigned value,
                          aivm::emulation::Where where = aivm::emulation::Where::current()) {
    return aivm::emulation::read_modify_write(
        to, "atomicCAS", where, [=](unsigned old) { return old == expected ? value : old; });
}

// --- Called by host code; each is one API call that control.h can make fail ---

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetLastError();  // never fails itself
cudaError_t cudaStreamCreate(cudaStream_t* stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaMallocAsync(void** memory, std::size_t size_bytes, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int byte, std::size_t size_bytes, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t size_bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
