// Test support: one random adversarial kernel call on several backends at once, from equal buffers.
// Damaged, full and almost full tables, counts that are no power of two, keys that share their
// bucket, pointers aligned to 4 bytes only, operations that name the same output byte, arguments
// that must be refused.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/kernels/kernels.h"
#include "core/testing/random_workload.h"

namespace aivm::gpu::adversarial {

struct Backend {
    std::string_view name;
    Kernels* kernels = nullptr;
};

// Sizes of a case: operations and slots, at most.
struct Limits {
    std::uint32_t ops_max = 40;
    std::uint32_t slots_max = 48;
};

inline constexpr std::uint32_t kKernelCount = 6;

// Runs one case of kernel `kernel` (in the order of core/kernels/kernels.h). The first backend
// says what is right. Returns "" or one sentence: which backend differs, in which buffer. A case
// also fails when a call writes outside its buffers, or changes an output although it returns an
// error.
std::string check_case(std::span<const Backend> backends, std::uint32_t kernel,
                       workload::Random& random, const Limits& limits = {});

// `case_count` cases, the kernels in turn, each seeded by its own number from `first` on. Returns
// "" or the number and the sentence of the first one that fails.
std::string check_cases(std::span<const Backend> backends, std::uint64_t first,
                        std::uint64_t case_count, const Limits& limits = {});

}  // namespace aivm::gpu::adversarial
