// The published names of what can compute the kernels, and of how one is chosen.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aivm::gpu {

enum class BackendKind : std::uint8_t { kNone, kCuda, kHip, kMetal, kVulkan, kWebGpu };

// In the order in which plugins are looked for.
inline constexpr std::array kPluginKinds{BackendKind::kCuda, BackendKind::kHip, BackendKind::kMetal,
                                         BackendKind::kVulkan, BackendKind::kWebGpu};

// "none", "cuda", "hip", "metal", "vulkan" or "webgpu".
std::string_view name(BackendKind kind);

// On what the project's own tests run plugins of this kind: a phrase for listings, because no test
// machine has a GPU.
std::string_view tested_on(BackendKind kind);

// kAuto: a plugin if there is one. kCpu: never. kGpu: a plugin, or an error.
enum class Mode : std::uint8_t { kAuto, kCpu, kGpu };

// "auto", "cpu" or "gpu".
std::string_view name(Mode mode);
std::optional<Mode> mode_from_name(std::string_view text);

// The code that computes on the CPU: the canonical loops, or batched SIMD hashing with the same
// bytes.
enum class CpuPath : std::uint8_t { kCanonical, kBatched };

// What a run records of its kernels: the name of the plugin's kind or, without one, that of the
// path on the CPU: "cpu" or "simd".
std::string_view effective_name(BackendKind kind, CpuPath cpu_path);

// A user's choice of what computes the kernels.
struct BackendRequest {
    Mode mode = Mode::kAuto;
    BackendKind kind = BackendKind::kNone;  // mode gpu: only this kind; kNone: any kind
    CpuPath cpu_path = CpuPath::kBatched;   // used in mode cpu, and in mode auto without a plugin

    friend bool operator==(const BackendRequest&, const BackendRequest&) = default;
};

// Every name that request_from_name accepts.
inline constexpr std::array<std::string_view, 9> kRequestNames{
    "auto", "cpu", "simd", "gpu", "cuda", "hip", "vulkan", "webgpu", "metal"};

// "auto", "cpu" (canonical), "simd" (mode cpu, batched), "gpu", or a kind, which means mode gpu.
std::optional<BackendRequest> request_from_name(std::string_view text);
std::string_view name(const BackendRequest& request);

}  // namespace aivm::gpu
