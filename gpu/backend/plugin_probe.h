// Tries a plugin in a child process, so that a file which crashes, hangs or ends its process is
// refused with a sentence instead of taking the caller down.
#pragma once

#include <cstdint>
#include <string>

#include "gpu/backend/backend_kind.h"

namespace aivm::gpu {

enum class SelfTest : std::uint8_t { kNotRun, kPassed, kFailed };

// "not run", "passed" or "failed".
std::string_view name(SelfTest result);

struct ProbeReport {
    bool is_usable = false;
    SelfTest self_test = SelfTest::kNotRun;
    std::string device_name{};  // empty when unknown
    std::string reason{};       // not usable: completes a sentence that begins with the path
};

// Covers the start of a device and the compilation of every shader by a slow software driver.
inline constexpr int kProbeTimeoutMs = 120'000;

// Loads `path` in a child process and runs the probe and the self-test there. The child's output is
// discarded.
ProbeReport probe_in_child(BackendKind kind, const std::string& path,
                           int timeout_ms = kProbeTimeoutMs);

// What to do about a name that the loader did not find before: it may be installed by now, but a
// search copies this process, which takes longer than a short run where much memory is in use.
enum class Absent : std::uint8_t { kRemember, kSearchAgain };

// The same, once per file and process: a device that is in use by this process must not be probed
// by a copy of it, and probing takes time. Thread safe.
ProbeReport probe_once(BackendKind kind, const std::string& path, Absent absent);

}  // namespace aivm::gpu
