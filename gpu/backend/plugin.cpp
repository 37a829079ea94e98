#include "gpu/backend/plugin.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <array>
#include <cstring>
#include <fstream>

#include "core/kernels/kernels.h"

#if defined(__ELF__)
#include <elf.h>
#endif

namespace aivm::gpu {
namespace {

// One valid proof in which every byte that is hashed is set: any working backend returns the same
// bytes.
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

#if defined(__ELF__)
constexpr std::size_t kHeaderBytes = 20;  // up to and including e_machine
using ElfHeader = std::array<char, kHeaderBytes>;

ElfHeader header_of(const std::string& path) {
    ElfHeader header{};
    std::ifstream(path, std::ios::binary).read(header.data(), header.size());
    return header;
}

std::uint16_t machine_of(const ElfHeader& header) {
    std::uint16_t machine = 0;
    std::memcpy(&machine, header.data() + offsetof(Elf64_Ehdr, e_machine), sizeof machine);
    return machine;
}

// The dynamic loader reports a file for another processor as missing, so its header is read here.
Status check_header(const std::string& path) {
    if (path.find('/') == std::string::npos) return {};  // only the dynamic loader can find it
    const ElfHeader own = header_of("/proc/self/exe");
    const ElfHeader header = header_of(path);
    if (std::memcmp(header.data(), ELFMAG, SELFMAG) != 0)
        return fail(ErrorCode::kGpuNotAvailable, "is not an ELF file");
    if (std::memcmp(own.data(), ELFMAG, SELFMAG) != 0) return {};  // no /proc: dlopen decides
    if (header[EI_CLASS] != own[EI_CLASS] || header[EI_DATA] != own[EI_DATA] ||
        machine_of(header) != machine_of(own)) {
        return fail(ErrorCode::kGpuNotAvailable,
                    fmt::format("is built for another processor (ELF machine {}, this process {})",
                                machine_of(header), machine_of(own)));
    }
    return {};
}
#else
Status check_header(const std::string&) { return {}; }
#endif

// The driver's name for device 0, of drivers with an interface like
// int init(unsigned), int get_name(char*, int length, int device).
struct DriverNames {
    const char* library;
    const char* init;
    const char* get_name;
};

std::string name_from_driver(const DriverNames& names) {
    void* driver = dlopen(names.library, RTLD_NOW | RTLD_LOCAL);
    if (!driver) return {};
    using Init = int (*)(unsigned);
    using GetName = int (*)(char*, int, int);
    const auto init = reinterpret_cast<Init>(dlsym(driver, names.init));
    const auto get_name = reinterpret_cast<GetName>(dlsym(driver, names.get_name));
    char text[256] = "";
    const bool known = init && get_name && init(0) == 0 && get_name(text, sizeof text - 1, 0) == 0;
    return known ? text : "";  // the driver stays open: the plugin uses it as well
}

}  // namespace

void Plugin::Unload::operator()(void* handle) const { dlclose(handle); }

Plugin::Plugin(BackendKind kind, std::string path, void* handle)
    : kind_(kind), path_(std::move(path)), handle_(handle) {}

Result<Plugin> Plugin::load(BackendKind kind, const std::string& path) {
    AIVM_TRY(check_header(path));
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        return fail(ErrorCode::kGpuNotAvailable,
                    fmt::format("cannot be loaded: {}", last_loader_error()));
    }
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
    return fail(ErrorCode::kGpuNotAvailable, fmt::format("lacks the launcher {}", missing));
}

// A plugin whose device is missing returns 3; one built for another ABI returns other bytes. Either
// would shadow a plugin further down the list that works.
Status Plugin::probe() const {
    const abi::ProofVerifyOp op = probe_operation();
    abi::ProofVerifyResult expected;
    abi::ProofVerifyResult actual;
    std::memset(&expected, 0xCC, sizeof expected);
    std::memset(&actual, 0xCC, sizeof actual);
    CpuKernels().proof_verify(&op, &expected, 1);
    const int code = launchers_.proof_verify(&op, &actual, 1, nullptr);
    if (code == abi::kNotSupported)
        return fail(ErrorCode::kGpuNotAvailable, "has no device to run on (code 3)");
    if (code != abi::kOk) {
        return fail(ErrorCode::kGpuNotAvailable,
                    fmt::format("failed its probe with code {}", code));
    }
    if (std::memcmp(&expected, &actual, sizeof expected) != 0) {
        return fail(ErrorCode::kGpuNotAvailable,
                    "returned wrong bytes in its probe: another ABI or a broken build");
    }
    return {};
}

std::string Plugin::device_name() const {
    const std::string symbol = fmt::format("lux_{}_aivm_device_name", name(kind_));
    using DeviceName = const char* (*)();
    if (void* address = dlsym(handle_.get(), symbol.c_str())) {
        const char* text = reinterpret_cast<DeviceName>(address)();
        return text ? text : "";
    }
    if (kind_ == BackendKind::kCuda)
        return name_from_driver({"libcuda.so.1", "cuInit", "cuDeviceGetName"});
    if (kind_ == BackendKind::kHip)
        return name_from_driver({"libamdhip64.so", "hipInit", "hipDeviceGetName"});
    return {};
}

bool is_absent(const std::string& path, const std::string& reason) {
    // A missing library that the plugin depends on is reported under its own name.
    return path.find('/') == std::string::npos && reason.find(path) != std::string::npos &&
           reason.find("No such file") != std::string::npos;
}

}  // namespace aivm::gpu
