// The part that a backend supplies: memory, copies and the passes of passes.h on one device. The
// host layer // (device_kernels.h) is the only caller.
//
// Every method returns an abi::ReturnCode as int and must not throw. Commands take effect in the
// order of the calls, at the latest when synchronise() returns; a backend may collect them until
// then. Host memory handed to copy_in and copy_out stays valid until synchronise() or end(), and
// may have any alignment. After a method has failed, only end() is called. Not thread safe: the
// launchers hold a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gpu/kernels/passes.h"

namespace aivm::gpu {

// The n-th buffer that was allocated since begin(): 0, 1, 2 ...
enum class Buffer : std::uint32_t {};

class Device {
public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;

    // Starts one kernel call; opens the device on the first. kNotSupported when there is none.
    virtual int begin() = 0;
    // Releases every buffer of the call and drops commands that have not run. Called after every
    // successful begin(), also after failures; waits for commands that still use host memory.
    virtual void end() = 0;

    // A buffer of `size_bytes`, a positive multiple of 4; its contents are undefined.
    // kOutOfMemory when it does not fit.
    virtual int allocate(std::size_t size_bytes, Buffer* buffer) = 0;
    // Copies to the start of the buffer.
    virtual int copy_in(Buffer to, const void* from, std::size_t size_bytes) = 0;
    // Sets every word of the buffer to 0 or to kNoIndex.
    virtual int fill(Buffer buffer, std::uint32_t word) = 0;
    // Runs a pass over `thread_count` > 0 threads. `bindings` are distinct buffers, as many as the
    // pass describes.
    virtual int launch(Pass pass, std::span<const Buffer> bindings,
                       const PassParameters& parameters, std::uint32_t thread_count) = 0;
    // Copies the first `size_bytes` of the buffer out. The bytes are there once synchronise()
    // has returned kOk.
    virtual int copy_out(void* to, Buffer from, std::size_t size_bytes) = 0;
    // Waits for all commands. kOk: all of them succeeded.
    virtual int synchronise() = 0;
};

}  // namespace aivm::gpu
