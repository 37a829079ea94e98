#include "gpu/simd/cpu_width.h"

namespace aivm::gpu {

const char* width_name(KeccakWidth width) {
    switch (width) {
        case KeccakWidth::kScalar:
            return "scalar";
        case KeccakWidth::kAvx2:
            return "avx2";
        case KeccakWidth::kAvx512:
            return "avx512";
    }
    return "unknown";
}

std::vector<KeccakWidth> supported_widths() {
    std::vector<KeccakWidth> widths{KeccakWidth::kScalar};
#if defined(__x86_64__)
    // The built-in asks the operating system too: registers it does not save are not reported.
    if (__builtin_cpu_supports("avx2")) widths.push_back(KeccakWidth::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        widths.push_back(KeccakWidth::kAvx512);
#endif
    return widths;
}

KeccakWidth best_width() { return supported_widths().back(); }

}  // namespace aivm::gpu
