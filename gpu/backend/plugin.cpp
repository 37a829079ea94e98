#include "gpu/backend/plugin.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <cstring>

#include "core/kernels/kernels.h"

namespace aivm::gpu {
namespace {

// One valid proof with every byte of its binding set: what any working backend answers the same
// way.
abi::ProofVerifyOp probe_operation() {
    abi::ProofVerifyOp op{};
    auto* bytes = reinterpret_cast<std::uint8_t*>(&op);
    for (std::size_t i = 0; i < sizeof op; ++i) bytes[i] = static_cast<std::uint8_t>(i + 1);
    op.expiry_ns = 2'000;
    op.timestamp_ns = 1'000;
    return op;
}

std::string last_loader_error() {
    const char* text = dlerror();
    return text ? text : "unknown loader error";
}

}  // namespace

void Plugin::Unload::operator()(void* handle) const { dlclose(handle); }

Plugin::Plugin(BackendKind kind, std::string path, void* handle)
    : kind_(kind), path_(std::move(path)), handle_(handle) {}

Result<Plugin> Plugin::load(BackendKind kind, const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) return fail(ErrorCode::kGpuNotAvailable, last_loader_error());
    Plugin plugin(kind, path, handle);
    AIVM_TRY(plugin.resolve());
    AIVM_TRY(plugin.probe());
    return plugin;
}

Status Plugin::resolve() {
    std::string missing;
    const auto find = [&](auto& launcher, const char* kernel) {
        const std::string symbol = fmt::format("lux_{}_aivm_{}", name(kind_), kernel);
        void* address = dlsym(handle_.get(), symbol.c_str());
        if (!address && missing.empty()) missing = symbol;
        launcher = reinterpret_cast<std::remove_reference_t<decltype(launcher)>>(address);
    };
    find(launchers_.attestation_apply, "attestation_apply");
    find(launchers_.provenance_apply, "provenance_apply");
    find(launchers_.anchor_apply, "anchor_apply");
    find(launchers_.epoch_transition, "epoch_transition");
    find(launchers_.inference_step, "inference_step");
    find(launchers_.proof_verify, "proof_verify");
    if (missing.empty()) return {};
    return fail(ErrorCode::kGpuNotAvailable,
                fmt::format("{} lacks the launcher {}", path_, missing));
}

// A plugin whose device is missing answers 3; one built for another ABI computes other bytes.
// Either would shadow a plugin further down the list that works.
Status Plugin::probe() const {
    const abi::ProofVerifyOp op = probe_operation();
    abi::ProofVerifyResult expected;
    abi::ProofVerifyResult actual;
    std::memset(&expected, 0xCC, sizeof expected);
    std::memset(&actual, 0xCC, sizeof actual);
    CpuKernels().proof_verify(&op, &expected, 1);
    const int code = launchers_.proof_verify(&op, &actual, 1, nullptr);
    if (code == abi::kNotSupported) {
        return fail(ErrorCode::kGpuNotAvailable,
                    fmt::format("{} has no device to run on (code 3)", path_));
    }
    if (code != abi::kOk) {
        return fail(ErrorCode::kGpuNotAvailable,
                    fmt::format("{} failed its probe with code {}", path_, code));
    }
    if (std::memcmp(&expected, &actual, sizeof expected) != 0) {
        return fail(
            ErrorCode::kGpuNotAvailable,
            fmt::format("{} answered its probe with wrong bytes: another ABI or a broken build",
                        path_));
    }
    return {};
}

}  // namespace aivm::gpu
