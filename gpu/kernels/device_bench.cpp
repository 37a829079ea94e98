// Times the launchers of one plugin beside the canonical and the SIMD kernels, and compares every
// byte: what check_on_device.sh prints at its end.
//
//   device_bench KIND PLUGIN_FILE
//
// Times are wall clock per call, the median of several, copies included: what a caller waits.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "core/kernels/access.h"
#include "core/testing/random_workload.h"
#include "gpu/backend/launchers.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {
namespace {

using workload::Random;

constexpr int kCalls = 15;

// The plugin's launchers as Kernels. The plugin stays open to the end of the process.
class PluginKernels final : public Kernels {
public:
    // Null launchers if the file or one of its symbols is missing.
    PluginKernels(const std::string& kind, const std::string& path) {
        void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) return;
        const auto find = [&](auto& launcher, const char* kernel) {
            const std::string symbol = "lux_" + kind + "_aivm_" + kernel;
            launcher = reinterpret_cast<std::remove_reference_t<decltype(launcher)>>(
                dlsym(handle, symbol.c_str()));
        };
        find(launchers_.attestation_apply, "attestation_apply");
        find(launchers_.provenance_apply, "provenance_apply");
        find(launchers_.anchor_apply, "anchor_apply");
        find(launchers_.epoch_transition, "epoch_transition");
        find(launchers_.inference_step, "inference_step");
        find(launchers_.proof_verify, "proof_verify");
    }
    [[nodiscard]] bool is_open() const { return launchers_.proof_verify != nullptr; }

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        return launchers_.attestation_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        return launchers_.provenance_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        return launchers_.anchor_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        return launchers_.epoch_transition(
            desc, tables.attestations, const_cast<abi::ModelRegistryEntry*>(tables.models),
            const_cast<abi::AuditAnchor*>(tables.anchors), epoch, result, tables.attestation_count,
            tables.model_count, tables.anchor_count, nullptr);
    }
    int inference_step(const InferenceBatch& batch) override {
        return launchers_.inference_step(batch.weights, batch.ops, batch.inputs, batch.outputs,
                                         batch.results, batch.op_count, nullptr);
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override {
        return launchers_.proof_verify(ops, results, op_count, nullptr);
    }

private:
    Launchers launchers_;
};

// Runs one kernel from a fixed start and appends its output bytes.
using Load = std::function<int(Kernels&, std::vector<std::uint8_t>&)>;

template <class T>
void append(std::vector<std::uint8_t>& bytes, const std::vector<T>& values) {
    const auto* start = reinterpret_cast<const std::uint8_t*>(values.data());
    bytes.insert(bytes.end(), start, start + values.size() * sizeof(T));
}

double median_ms(Kernels& kernels, const Load& load, std::vector<std::uint8_t>& bytes, int& code) {
    std::vector<double> times;
    for (int i = 0; i < kCalls; ++i) {
        bytes.clear();
        const auto start = std::chrono::steady_clock::now();
        code = load(kernels, bytes);
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        times.push_back(took.count());
    }
    std::nth_element(times.begin(), times.begin() + kCalls / 2, times.end());
    return times[kCalls / 2];
}

// Prints one row; false when the plugin's bytes are wrong.
bool compare(const char* title, Kernels& plugin, const Load& load) {
    CpuKernels canonical;
    SimdKernels simd;
    std::vector<std::uint8_t> expected, other, actual;
    int code = 0;
    const double canonical_ms = median_ms(canonical, load, expected, code);
    const double simd_ms = median_ms(simd, load, other, code);
    const double plugin_ms = median_ms(plugin, load, actual, code);
    const bool is_right = code == abi::kOk && actual == expected && other == expected;
    std::printf("%-44s %10.3f %10.3f %10.3f   %s\n", title, canonical_ms, simd_ms, plugin_ms,
                is_right           ? "equal"
                : code != abi::kOk ? "FAILED"
                                   : "DIFFERS");
    return is_right;
}

Load attestation_load(std::uint32_t count) {
    Random random(1);
    std::vector<abi::AttestationOp> ops(count);
    for (auto& op : ops) op = random.noise<abi::AttestationOp>();
    abi::AIVMRoundDescriptor desc{};
    desc.attestation_op_count = count;
    return [=](Kernels& kernels, std::vector<std::uint8_t>& bytes) {
        std::vector<abi::Attestation> table(count * 2);
        std::uint32_t applied = 0;
        const int code =
            kernels.attestation_apply(&desc, ops.data(), table.data(), &applied, count * 2);
        append(bytes, table);
        return code;
    };
}

Load epoch_load(std::uint32_t attestations, std::uint32_t models, std::uint32_t anchors) {
    Random random(2);
    std::vector<abi::Attestation> table(attestations);
    std::vector<abi::ModelRegistryEntry> model_table(models);
    std::vector<abi::AuditAnchor> anchor_table(anchors);
    for (auto& slot : table) slot = random.noise<abi::Attestation>(), slot.occupied = 1;
    for (auto& slot : model_table)
        slot = random.noise<abi::ModelRegistryEntry>(), slot.occupied = 1;
    for (auto& slot : anchor_table) slot = random.noise<abi::AuditAnchor>(), slot.occupied = 1;
    const auto desc = random.noise<abi::AIVMRoundDescriptor>();
    return [=](Kernels& kernels, std::vector<std::uint8_t>& bytes) {
        auto marked = table;
        std::vector<abi::AIVMEpochState> epoch(1);
        std::vector<abi::AIVMTransitionResult> result(1);
        const int code = kernels.epoch_transition(
            &desc,
            {marked.data(), model_table.data(), anchor_table.data(), attestations, models, anchors},
            epoch.data(), result.data());
        append(bytes, marked);
        append(bytes, epoch);
        append(bytes, result);
        return code;
    };
}

Load proof_load(std::uint32_t count) {
    Random random(3);
    std::vector<abi::ProofVerifyOp> ops(count);
    for (auto& op : ops) op = random.noise<abi::ProofVerifyOp>();
    return [=](Kernels& kernels, std::vector<std::uint8_t>& bytes) {
        std::vector<abi::ProofVerifyResult> results(count);
        const int code = kernels.proof_verify(ops.data(), results.data(), count);
        append(bytes, results);
        return code;
    };
}

Load inference_load(std::uint32_t count) {
    Random random(4);
    const auto weights = random.noise<abi::InferenceWeights>();
    std::vector<abi::InferenceOp> ops(count);
    std::vector<std::uint8_t> inputs(std::size_t{32} * count);
    random.fill(inputs.data(), inputs.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        ops[i] = random.noise<abi::InferenceOp>();
        kernels::copy(ops[i].model_hash, weights.model_hash);
        ops[i].input_len = 32;
        ops[i].input_offset = 32 * i;
        ops[i].output_offset = i;
        ops[i].output_capacity = 1;
    }
    return [=](Kernels& kernels, std::vector<std::uint8_t>& bytes) {
        std::vector<std::uint8_t> outputs(count);
        std::vector<abi::InferenceResult> results(count);
        const int code = kernels.inference_step(
            {&weights, ops.data(), inputs.data(), outputs.data(), results.data(), count});
        append(bytes, outputs);
        append(bytes, results);
        return code;
    };
}

int run(const std::string& kind, const std::string& path) {
    PluginKernels plugin(kind, path);
    if (!plugin.is_open()) {
        std::printf("%s cannot be opened: %s\n", path.c_str(), dlerror());
        return 1;
    }
    std::printf("%-44s %10s %10s %10s   bytes\n", "milliseconds per call", "canonical", "simd",
                kind.c_str());
    bool is_right = compare("attestation_apply, 256 operations", plugin, attestation_load(256));
    is_right &= compare("attestation_apply, 65,536 operations", plugin, attestation_load(65'536));
    is_right &=
        compare("epoch_transition, 4,096/512/4,096 slots", plugin, epoch_load(4096, 512, 4096));
    is_right &= compare("inference_step, 65,536 operations", plugin, inference_load(65'536));
    is_right &= compare("proof_verify, 256 operations", plugin, proof_load(256));
    is_right &= compare("proof_verify, 65,536 operations", plugin, proof_load(65'536));
    return is_right ? 0 : 1;
}

}  // namespace
}  // namespace aivm::gpu

int main(int argument_count, char** arguments) {
    if (argument_count != 3) {
        std::fprintf(stderr, "usage: device_bench KIND PLUGIN_FILE\n");
        return 2;
    }
    return aivm::gpu::run(arguments[1], arguments[2]);
}
