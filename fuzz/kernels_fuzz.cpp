// Foreign bytes through the six kernels: the canonical code, the SIMD code, the CUDA source on its
// CPU stand-in, the Metal shaders on the host and the plugins that run on this machine (Vulkan and
// WebGPU on a software device) must agree, and nothing may be touched outside the buffers (the
// sanitizers see their exact ends). Links aivm_gpu; aivm_stand_in where there is Boost.Context, and
// aivm_msl_host where there are the shader tools. Devices that are slow compute one input in
// kSlowDevicesEvery, chosen by the input itself.
//
// The input is cut into descriptor, sizes, operations and table slots as it lies, so that the
// corpus is made of plain ABI bytes: byte 0 chooses the kernel (its remainder by 6) and the
// schedule of the stand-in (its quotient), bytes 1 and 2 the number of operations and slots, the
// rest fills the buffers (short inputs are continued with zeros).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tuple>
#include <vector>

#include "core/base/check.h"
#include "core/kernels/kernels.h"
#include "gpu/simd/simd_kernels.h"
#if defined(AIVM_FUZZ_STAND_IN)
#include "gpu/emulation/control.h"
#include "gpu/kernels/cuda_device.h"
#include "gpu/kernels/device_kernels.h"
#endif
#if defined(AIVM_FUZZ_MSL)
#include "gpu/kernels/device_kernels.h"
#include "gpu/metal/testing/msl_host_device.h"
#endif
#if defined(AIVM_FUZZ_PLUGIN_DIR)
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "gpu/backend/candidates.h"
#include "gpu/backend/plugin.h"
#include "gpu/backend/testing/launcher_kernels.h"
#endif

namespace aivm {
namespace {

// The most operations and slots per run: enough for every collision and wrap, and fast.
constexpr std::uint32_t kItemsMax = 40;

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    template <class T>
    T take() {
        T value{};
        const std::size_t size = std::min(sizeof value, left_);
        if (size != 0) std::memcpy(&value, data_, size);
        data_ += size;
        left_ -= size;
        return value;
    }
    std::uint32_t take_count() { return take<std::uint8_t>() % (kItemsMax + 1); }

    template <class T>
    std::vector<T> take_many(std::size_t count) {
        std::vector<T> values(count);
        for (T& value : values) value = take<T>();
        return values;
    }

private:
    const std::uint8_t* data_;
    std::size_t left_;
};

// A heap block of exactly these elements, so that an access past the end is detected.
template <class T>
class Exact {
public:
    explicit Exact(const std::vector<T>& values)
        : count_(values.size()), block_(new T[values.size()]) {
        std::copy(values.begin(), values.end(), block_.get());
    }
    T* data() { return block_.get(); }
    std::uint32_t count() const { return static_cast<std::uint32_t>(count_); }
    friend bool operator==(const Exact& a, const Exact& b) {
        return a.count_ == 0 ||
               std::memcmp(a.block_.get(), b.block_.get(), a.count_ * sizeof(T)) == 0;
    }

private:
    std::size_t count_;
    std::unique_ptr<T[]> block_;
};

CpuKernels& canonical() {
    static CpuKernels kernels;
    return kernels;
}

// The slow devices compute one input in eight: the fast ones reach most of the code of the host
// layer, which all share.
constexpr std::uint64_t kSlowDevicesEvery = 8;

#if defined(AIVM_FUZZ_PLUGIN_DIR)
// What is set already wins, so that a user can name another driver.
void set_plugin_environment() {
    std::istringstream variables(AIVM_FUZZ_PLUGIN_ENVIRONMENT);
    for (std::string one; std::getline(variables, one, '|');) {
        const std::size_t equals = one.find('=');
        if (equals == std::string::npos) continue;
        setenv(one.substr(0, equals).c_str(), one.substr(equals + 1).c_str(), 0);
    }
}

// Every plugin that passes its self-test, by its launchers. Names them on stderr, once.
std::vector<Kernels*> load_plugins() {
    static std::vector<std::unique_ptr<gpu::Plugin>> plugins;
    static std::vector<std::unique_ptr<gpu::LauncherKernels>> kernels;
    std::vector<Kernels*> out;
    set_plugin_environment();
    for (const gpu::Candidate& one : gpu::list_candidates({AIVM_FUZZ_PLUGIN_DIR, {}})) {
        if (one.self_test != gpu::SelfTest::kPassed) continue;
        auto plugin = gpu::Plugin::load(one.kind, one.path);
        if (!plugin) continue;
        std::fprintf(stderr, "kernels_fuzz: compares %s on %s\n", one.path.c_str(),
                     one.device_name.c_str());
        plugins.push_back(std::make_unique<gpu::Plugin>(std::move(*plugin)));
        kernels.push_back(std::make_unique<gpu::LauncherKernels>(plugins.back()->launchers()));
        out.push_back(kernels.back().get());
    }
    return out;
}
#else
std::vector<Kernels*> load_plugins() { return {}; }
#endif

const std::vector<Kernels*>& plugins() {
    static const std::vector<Kernels*> loaded = load_plugins();
    return loaded;
}

// The Metal shaders, with the threads in an order drawn from the seed.
#if defined(AIVM_FUZZ_MSL)
Kernels* msl_kernels(std::uint64_t seed) {
    static std::unique_ptr<gpu::MslHostDevice> device;
    static std::unique_ptr<gpu::DeviceKernels> kernels;
    kernels.reset();
    device = std::make_unique<gpu::MslHostDevice>(seed);
    kernels = std::make_unique<gpu::DeviceKernels>(*device);
    return kernels.get();
}
#endif

// The kernels that must write the same bytes as the canonical ones, for the present input.
std::vector<Kernels*>& others() {
    static std::vector<Kernels*> list;
    return list;
}

void choose_others([[maybe_unused]] std::uint64_t seed) {
    // Findings must not depend on earlier inputs.
    static gpu::SimdKernels simd(gpu::best_width(), gpu::EpochCaching::kOff);
    others() = {&simd};
#if defined(AIVM_FUZZ_STAND_IN)
    static const auto device = gpu::make_cuda_device();
    static gpu::DeviceKernels stand_in(*device);
    others().push_back(&stand_in);
#endif
    if (seed % kSlowDevicesEvery != 0) return;
#if defined(AIVM_FUZZ_MSL)
    others().push_back(msl_kernels(seed / kSlowDevicesEvery));
#endif
    others().insert(others().end(), plugins().begin(), plugins().end());
}

void choose_schedule([[maybe_unused]] std::uint64_t seed) {
#if defined(AIVM_FUZZ_STAND_IN)
    emulation::Options options;
    options.seed = seed;
    emulation::configure(options);
#endif
}

// Misuse of the stand-in is a bug of the kernels too, also where it changes no byte.
void check_stand_in() {
#if defined(AIVM_FUZZ_STAND_IN)
    AIVM_CHECK(emulation::observe().problems.empty());
    AIVM_CHECK(emulation::live_allocations() == 0);
#endif
}

template <class Op, class Entry, class Kernel>
void apply(Input& input, std::uint32_t abi::AIVMRoundDescriptor::* op_count, Kernel kernel) {
    const std::uint32_t ops_wanted = 1 + input.take_count();
    const std::uint32_t slots = input.take_count();
    auto desc = input.take<abi::AIVMRoundDescriptor>();
    desc.*op_count = ops_wanted;
    Exact<Op> ops(input.take_many<Op>(ops_wanted));
    const auto table = input.take_many<Entry>(slots);
    Exact<Entry> expected(table);
    const Exact<Entry> before(table);
    std::uint32_t applied = 77;
    const int code = kernel(canonical(), &desc, ops.data(), expected.data(), &applied, slots);
    AIVM_CHECK(code == abi::kOk ? applied <= ops_wanted : (expected == before && applied == 77));
    for (Kernels* other : others()) {
        Exact<Entry> actual(table);
        std::uint32_t other_applied = 77;
        AIVM_CHECK(code == kernel(*other, &desc, ops.data(), actual.data(), &other_applied, slots));
        AIVM_CHECK(expected == actual && applied == other_applied);
    }
}

void epoch(Input& input) {
    const std::uint32_t slots = input.take_count();
    const auto desc = input.take<abi::AIVMRoundDescriptor>();
    const auto state = input.take<abi::AIVMEpochState>();
    const auto result = input.take<abi::AIVMTransitionResult>();
    const auto attestations = input.take_many<abi::Attestation>(slots);
    Exact<abi::ModelRegistryEntry> models(input.take_many<abi::ModelRegistryEntry>(slots));
    Exact<abi::AuditAnchor> anchors(input.take_many<abi::AuditAnchor>(slots));
    const auto run = [&](Kernels& kernels) {
        Exact<abi::Attestation> table(attestations);
        auto after = state;
        auto out = result;
        const EpochTables tables{table.data(), models.data(), anchors.data(), slots, slots, slots};
        AIVM_CHECK(kernels.epoch_transition(&desc, tables, &after, &out) == abi::kOk);
        return std::tuple{std::move(table), after, out};
    };
    const auto [table, after, out] = run(canonical());
    for (Kernels* other : others()) {
        const auto [other_table, other_after, other_out] = run(*other);
        AIVM_CHECK(table == other_table);
        AIVM_CHECK(std::memcmp(&after, &other_after, sizeof after) == 0 &&
                   std::memcmp(&out, &other_out, sizeof out) == 0);
    }
}

void inference(Input& input) {
    const std::uint32_t count = input.take_count();
    Exact<abi::InferenceWeights> weights(input.take_many<abi::InferenceWeights>(1));
    auto list = input.take_many<abi::InferenceOp>(count);
    for (auto& op : list) {  // a fuzzer cannot guess a 32-byte hash
        if (op._pad0 % 4 != 0) std::memcpy(op.model_hash, weights.data()->model_hash, 32);
        if (op._pad0 % 8 != 0)
            op.input_len = 32, op.input_offset %= 32 * count, op.output_offset %= count;
    }
    Exact<abi::InferenceOp> ops(list);
    Exact<std::uint8_t> inputs(input.take_many<std::uint8_t>(32 * count));
    const std::vector<std::uint8_t> fill(count, 0xEE);
    const auto run = [&](Kernels& kernels) {
        Exact<std::uint8_t> outputs(fill);
        Exact<abi::InferenceResult> results(
            std::vector<abi::InferenceResult>(count, abi::InferenceResult{}));
        const int code = kernels.inference_step(
            {weights.data(), ops.data(), inputs.data(), outputs.data(), results.data(), count});
        return std::tuple{code, std::move(outputs), std::move(results)};
    };
    const auto expected = run(canonical());
    for (Kernels* other : others()) AIVM_CHECK(expected == run(*other));
}

void proofs(Input& input) {
    const std::uint32_t count = input.take_count();
    Exact<abi::ProofVerifyOp> ops(input.take_many<abi::ProofVerifyOp>(count));
    const auto run = [&](Kernels& kernels) {
        Exact<abi::ProofVerifyResult> results(
            std::vector<abi::ProofVerifyResult>(count, abi::ProofVerifyResult{}));
        AIVM_CHECK(kernels.proof_verify(ops.data(), results.data(), count) == abi::kOk);
        return results;
    };
    const auto expected = run(canonical());
    for (Kernels* other : others()) AIVM_CHECK(expected == run(*other));
}

}  // namespace
}  // namespace aivm

#if defined(AIVM_FUZZ_PLUGIN_DIR)
// Read by the address sanitizer: the drivers keep memory to the end of the process.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

// Loading and probing a plugin takes seconds, which belong to no input's time limit.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(aivm::plugins());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aivm;
    Input input(data, size);
    const auto choice = input.take<std::uint8_t>();
    choose_schedule(choice / 6);
    choose_others(choice / 6);
    switch (choice % 6) {
        case 0:
            apply<abi::AttestationOp, abi::Attestation>(
                input, &abi::AIVMRoundDescriptor::attestation_op_count,
                [](Kernels& kernels, auto... arguments) {
                    return kernels.attestation_apply(arguments...);
                });
            break;
        case 1:
            apply<abi::ModelOp, abi::ModelRegistryEntry>(
                input, &abi::AIVMRoundDescriptor::model_op_count,
                [](Kernels& kernels, auto... arguments) {
                    return kernels.provenance_apply(arguments...);
                });
            break;
        case 2:
            apply<abi::AnchorOp, abi::AuditAnchor>(input,
                                                   &abi::AIVMRoundDescriptor::anchor_op_count,
                                                   [](Kernels& kernels, auto... arguments) {
                                                       return kernels.anchor_apply(arguments...);
                                                   });
            break;
        case 3:
            epoch(input);
            break;
        case 4:
            inference(input);
            break;
        case 5:
            proofs(input);
            break;
    }
    check_stand_in();
    return 0;
}
