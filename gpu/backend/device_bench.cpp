// Times the launchers of one plugin beside the canonical and the SIMD kernels, and compares every
// byte: the table at the end of check_on_device.sh.
//
//   device_bench KIND PLUGIN_FILE [--quick]
//
// Times are wall clock per call, the median of several, copies included: what a caller waits.
// --quick: small batches, one call each, to see that the program works.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernels/access.h"
#include "core/testing/random_workload.h"
#include "gpu/backend/plugin.h"
#include "gpu/backend/testing/launcher_kernels.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {
namespace {

using workload::Random;

struct Effort {
    int calls = 15;
    std::uint32_t large_batch = 65'536;
    std::uint32_t table_slots = 4'096;
};
constexpr Effort kQuick{1, 300, 64};

// Runs one kernel from a fixed start and appends its output bytes.
using Load = std::function<int(Kernels&, std::vector<std::uint8_t>&)>;

template <class T>
void append(std::vector<std::uint8_t>& bytes, const std::vector<T>& values) {
    const auto* start = reinterpret_cast<const std::uint8_t*>(values.data());
    bytes.insert(bytes.end(), start, start + values.size() * sizeof(T));
}

struct Measurement {
    double median_ms = 0;
    int code = 0;
    std::vector<std::uint8_t> bytes;
};

Measurement measure(Kernels& kernels, const Load& load, int calls) {
    Measurement out;
    std::vector<double> times;
    for (int i = 0; i < calls; ++i) {
        out.bytes.clear();
        const auto start = std::chrono::steady_clock::now();
        out.code = load(kernels, out.bytes);
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        times.push_back(took.count());
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    out.median_ms = *middle;
    return out;
}

// Prints one row; false when the plugin's bytes are wrong.
bool compare(const std::string& title, Kernels& plugin, const Load& load, const Effort& effort) {
    CpuKernels canonical;
    SimdKernels simd;
    const Measurement expected = measure(canonical, load, effort.calls);
    const Measurement batched = measure(simd, load, effort.calls);
    const Measurement actual = measure(plugin, load, effort.calls);
    const char* verdict = "equal";
    if (batched.bytes != expected.bytes) verdict = "SIMD DIFFERS";
    if (actual.bytes != expected.bytes) verdict = "DIFFERS";
    if (actual.code != abi::kOk) verdict = "FAILED";
    std::printf("%-44s %10.3f %10.3f %10.3f   %s\n", title.c_str(), expected.median_ms,
                batched.median_ms, actual.median_ms, verdict);
    return verdict == std::string_view("equal");
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

std::string title(const char* kernel, std::uint32_t operations) {
    return std::string(kernel) + ", " + std::to_string(operations) + " operations";
}

int run(BackendKind kind, const std::string& path, const Effort& effort) {
    const auto plugin = Plugin::load(kind, path);
    if (!plugin) {
        std::printf("%s %s\n", path.c_str(), plugin.error().context.c_str());
        return 1;
    }
    LauncherKernels kernels(plugin->launchers());
    std::printf("device: %s\n%-44s %10s %10s %10s   bytes\n", plugin->device_name().c_str(),
                "milliseconds per call", "canonical", "simd", std::string(name(kind)).c_str());
    const std::uint32_t large = effort.large_batch;
    const std::uint32_t slots = effort.table_slots;
    bool is_right = true;
    const auto row = [&](const std::string& text, const Load& load) {
        is_right &= compare(text, kernels, load, effort);
    };
    row(title("attestation_apply", 256), attestation_load(256));
    row(title("attestation_apply", large), attestation_load(large));
    row("epoch_transition, " + std::to_string(slots) + " slots, an eighth as many models",
        epoch_load(slots, slots / 8, slots));
    row(title("inference_step", large), inference_load(large));
    row(title("proof_verify", 256), proof_load(256));
    row(title("proof_verify", large), proof_load(large));
    return is_right ? 0 : 1;
}

}  // namespace
}  // namespace aivm::gpu

int main(int argument_count, char** arguments) {
    using namespace aivm::gpu;
    const bool is_quick = argument_count == 4 && std::string_view(arguments[3]) == "--quick";
    const auto request = argument_count >= 2 ? request_from_name(arguments[1]) : std::nullopt;
    if (!request || request->kind == BackendKind::kNone || (argument_count != 3 && !is_quick)) {
        std::fprintf(stderr, "usage: device_bench KIND PLUGIN_FILE [--quick]\n");
        return 2;
    }
    return run(request->kind, arguments[2], is_quick ? kQuick : Effort{});
}
