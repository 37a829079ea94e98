#include "gpu/webgpu/webgpu_api.h"

#include <dlfcn.h>
#include <array>
#include <cstdlib>

namespace aivm::gpu {
namespace {

#if defined(__APPLE__)
constexpr std::array kNames{"libwgpu_native.dylib", "libwebgpu_dawn.dylib"};
#else
constexpr std::array kNames{"libwgpu_native.so", "libwebgpu_dawn.so"};
#endif

void* open_any() {
    if (const char* path = std::getenv("AIVM_WEBGPU_LIBRARY"); path && *path)
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    for (const char* name : kNames) {
        if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    }
    return nullptr;
}

}  // namespace

bool WebGpuApi::open_library() {
    void* library = open_any();
    if (!library) return false;
    is_wgpu_native = dlsym(library, "wgpuGetVersion") != nullptr;
    bool complete = true;
#define AIVM_WEBGPU_LOAD(name)                                         \
    name = reinterpret_cast<decltype(&::name)>(dlsym(library, #name)); \
    complete = complete && name;
    AIVM_WEBGPU_FUNCTIONS(AIVM_WEBGPU_LOAD)
#undef AIVM_WEBGPU_LOAD
    return complete;
}

}  // namespace aivm::gpu
