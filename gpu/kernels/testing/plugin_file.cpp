#include "gpu/kernels/testing/plugin_file.h"

#include <dlfcn.h>
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "core/kernels/kernels.h"
#include "core/testing/random_workload.h"
#include "gpu/backend/launchers.h"

namespace aivm::gpu {
namespace {

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    char line[512];
    while (std::fgets(line, sizeof line, pipe) != nullptr) text += line;
    pclose(pipe);
    return text;
}

}  // namespace

std::vector<std::string> exported_symbols(const std::string& path) {
    std::istringstream lines(output_of("nm -D --defined-only '" + path + "'"));
    std::vector<std::string> symbols;
    std::string address, type, symbol;
    while (lines >> address >> type >> symbol) {
        if (type != "A") symbols.push_back(symbol.substr(0, symbol.find('@')));
    }
    std::sort(symbols.begin(), symbols.end());
    return symbols;
}

std::vector<std::string> needed_libraries(const std::string& path) {
    std::istringstream lines(output_of("readelf -d '" + path + "'"));
    std::vector<std::string> libraries;
    std::string line;
    while (std::getline(lines, line)) {
        const auto open = line.find('[');
        if (line.find("(NEEDED)") == std::string::npos || open == std::string::npos) continue;
        libraries.push_back(line.substr(open + 1, line.find(']') - open - 1));
    }
    return libraries;
}

std::vector<std::string> launcher_symbols(const std::string& kind) {
    std::vector<std::string> symbols;
    for (const char* kernel : {"anchor_apply", "attestation_apply", "epoch_transition",
                               "inference_step", "proof_verify", "provenance_apply"})
        symbols.push_back("lux_" + kind + "_aivm_" + kernel);
    return symbols;
}

std::string try_plugin(const std::string& path, const std::string& kind) {
    void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return dlerror();
    const auto launch = reinterpret_cast<ProofLauncher>(
        dlsym(handle, ("lux_" + kind + "_aivm_proof_verify").c_str()));
    std::string verdict = "it has no launcher";
    if (launch != nullptr) {
        workload::Random random(9);
        const auto op = random.noise<abi::ProofVerifyOp>();
        const auto before = random.noise<abi::ProofVerifyResult>();
        auto actual = before;
        auto expected = before;
        CpuKernels().proof_verify(&op, &expected, 1);
        const int code = launch(&op, &actual, 1, nullptr);
        verdict = "it returned " + std::to_string(code);
        if (code == abi::kNotSupported)
            verdict = workload::same_bytes(before, actual) ? "no device" : "it failed and wrote";
        if (code == abi::kOk)
            verdict = workload::same_bytes(expected, actual) ? "works" : "it wrote wrong bytes";
    }
    dlclose(handle);
    return verdict;
}

}  // namespace aivm::gpu
