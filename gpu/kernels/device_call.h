// One kernel call on a Device: commands are issued in order, and the first failure turns the rest
// into nothing. Every call that began is ended, also when an exception passes through.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/kernels/abi.h"
#include "gpu/kernels/device.h"

namespace aivm::gpu {

class DeviceCall {
public:
    explicit DeviceCall(Device& device) : device_(device), code_(device.begin()) {
        is_open_ = code_ == abi::kOk;
    }
    ~DeviceCall() { close(); }
    DeviceCall(const DeviceCall&) = delete;
    DeviceCall& operator=(const DeviceCall&) = delete;

    [[nodiscard]] bool is_ok() const { return code_ == abi::kOk; }

    // Undefined contents. A buffer of no bytes gets one word, because a binding must be a buffer.
    Buffer allocate(std::size_t size_bytes) {
        Buffer buffer{};
        issue(
            [&] { return device_.allocate(std::max(size_bytes, sizeof(std::uint32_t)), &buffer); });
        return buffer;
    }

    // Reads `from` at the latest in finish().
    Buffer upload(const void* from, std::size_t size_bytes) {
        const Buffer buffer = allocate(size_bytes);
        if (size_bytes != 0) issue([&] { return device_.copy_in(buffer, from, size_bytes); });
        return buffer;
    }

    // Words of 0 or kNoIndex.
    Buffer filled(std::size_t word_count, std::uint32_t word) {
        const Buffer buffer = allocate(word_count * sizeof(std::uint32_t));
        issue([&] { return device_.fill(buffer, word); });
        return buffer;
    }

    void launch(Pass pass, std::initializer_list<Buffer> bindings, const PassParameters& parameters,
                std::uint32_t thread_count) {
        if (thread_count == 0) return;
        issue([&] {
            return device_.launch(pass, {bindings.begin(), bindings.size()}, parameters,
                                  thread_count);
        });
    }

    // Writes `to` at the latest in finish().
    template <class T>
    void download(std::vector<T>& to, Buffer from) {
        if (to.empty()) return;
        issue([&] { return device_.copy_out(to.data(), from, to.size() * sizeof(T)); });
    }

    // Waits for everything and ends the call. kOk: every command succeeded.
    int finish() {
        issue([&] { return device_.synchronise(); });
        close();
        return code_;
    }

private:
    template <class Command>
    void issue(Command command) {
        if (code_ == abi::kOk) code_ = command();
    }

    void close() {
        if (is_open_) device_.end();
        is_open_ = false;
    }

    Device& device_;
    int code_;
    bool is_open_ = false;
};

}  // namespace aivm::gpu
