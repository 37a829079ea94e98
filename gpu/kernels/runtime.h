// The part of the CUDA run time that the passes use, under one set of names for its three
// implementations: CUDA (nvcc), HIP (hipcc) and the CPU stand-in (AIVM_CUDA_STAND_IN, any C++20
// compiler). Included by the one source that holds the passes, and by nothing on the host side.
#pragma once

#if defined(AIVM_CUDA_STAND_IN)
#include "gpu/emulation/cuda_stand_in.h"
#elif defined(__HIPCC__)
#include <hip/hip_runtime.h>
#else
#include <cuda_runtime.h>
#endif

#if defined(__HIPCC__) && !defined(AIVM_CUDA_STAND_IN)
#define cudaError_t hipError_t
#define cudaSuccess hipSuccess
#define cudaErrorMemoryAllocation hipErrorOutOfMemory
#define cudaErrorLaunchFailure hipErrorLaunchFailure
#define cudaErrorIllegalAddress hipErrorIllegalAddress
#define cudaErrorECCUncorrectable hipErrorECCNotCorrectable
#define cudaStream_t hipStream_t
#define cudaGetDeviceCount hipGetDeviceCount
#define cudaGetLastError hipGetLastError
#define cudaStreamCreate hipStreamCreate
#define cudaStreamDestroy hipStreamDestroy
#define cudaStreamSynchronize hipStreamSynchronize
#define cudaMemcpyAsync hipMemcpyAsync
#define cudaMemcpyHostToDevice hipMemcpyHostToDevice
#define cudaMemcpyDeviceToHost hipMemcpyDeviceToHost
#define cudaMemsetAsync hipMemsetAsync
#endif

#if defined(__clang__) || defined(__CUDACC__)
#define GPU_UNROLL _Pragma("unroll")
#define GPU_NO_UNROLL _Pragma("unroll 1")
#else
#define GPU_UNROLL _Pragma("GCC unroll 25")
#define GPU_NO_UNROLL _Pragma("GCC unroll 1")
#endif

#if defined(AIVM_CUDA_STAND_IN)
#define GPU_SHARED(type, name, count) type* const name = ::aivm::emulation::shared<type>(count)
#else
#define GPU_SHARED(type, name, count) __shared__ type name[count]
#endif

namespace aivm::gpu {

// Of the 32 lanes of a warp (of the first 32 where a warp has 64), those for which `vote` holds.
__device__ inline unsigned ballot(bool vote) {
#if defined(__HIPCC__) && !defined(AIVM_CUDA_STAND_IN)
    return static_cast<unsigned>(__ballot(vote));
#else
    return __ballot_sync(0xFFFFFFFFU, vote);
#endif
}

// Queues a kernel; the error of the launch itself.
template <class... Parameters, class... Arguments>
cudaError_t start(void (*kernel)(Parameters...), unsigned blocks, unsigned threads,
                  cudaStream_t stream, Arguments... arguments) {
#if defined(AIVM_CUDA_STAND_IN)
    return emulation::launch(kernel, blocks, threads, stream, arguments...);
#else
    kernel<<<blocks, threads, 0, stream>>>(arguments...);
    return cudaGetLastError();
#endif
}

// Memory that is released in the order of the stream; where the run time has pools, freed memory
// stays with the process, so that the next call need not ask the driver again.
inline cudaError_t allocate_on(cudaStream_t stream, void** memory, std::size_t size_bytes) {
#if defined(__HIPCC__) && !defined(AIVM_CUDA_STAND_IN)
    static_cast<void>(stream);
    return hipMalloc(memory, size_bytes);
#else
    return cudaMallocAsync(memory, size_bytes, stream);
#endif
}

inline cudaError_t release_on(cudaStream_t stream, void* memory) {
#if defined(__HIPCC__) && !defined(AIVM_CUDA_STAND_IN)
    static_cast<void>(stream);
    return hipFree(memory);
#else
    return cudaFreeAsync(memory, stream);
#endif
}

inline void keep_freed_memory() {
#if defined(__CUDACC__) && !defined(__HIPCC__)
    cudaMemPool_t pool = nullptr;
    unsigned long long kept_bytes = 256ULL << 20;
    // Without a pool attribute the run time works as well, only slower.
    if (cudaDeviceGetDefaultMemPool(&pool, 0) == cudaSuccess)
        static_cast<void>(
            cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept_bytes));
    static_cast<void>(cudaGetLastError());
#endif
}

}  // namespace aivm::gpu
