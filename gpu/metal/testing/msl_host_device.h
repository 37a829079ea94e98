// The Metal shaders on the CPU: a Device that calls each generated kernel once per thread.
//
// Threads of a pass run one after the other, in an order drawn from a seed, so that a result which
// depends on the order is seen. kAnchorSelect, whose threads wait for each other, runs on as many
// threads of the system. Fresh memory is poisoned.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/testing/random_workload.h"
#include "gpu/kernels/device.h"

namespace aivm::gpu {

class MslHostDevice final : public Device {
public:
    explicit MslHostDevice(std::uint64_t seed) : random_(seed) {}

    int begin() override;
    void end() override;
    int allocate(std::size_t size_bytes, Buffer* buffer) override;
    int copy_in(Buffer to, const void* from, std::size_t size_bytes) override;
    int fill(Buffer buffer, std::uint32_t word) override;
    int launch(Pass pass, std::span<const Buffer> bindings, const PassParameters& parameters,
               std::uint32_t thread_count) override;
    int copy_out(void* to, Buffer from, std::size_t size_bytes) override;
    int synchronise() override;

private:
    std::vector<std::uint32_t>& words(Buffer buffer) {
        return *buffers_.at(static_cast<std::size_t>(buffer));
    }

    workload::Random random_;
    std::vector<std::unique_ptr<std::vector<std::uint32_t>>> buffers_;
};

}  // namespace aivm::gpu
