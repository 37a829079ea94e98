#include "gpu/kernels/testing/stand_in_modes.h"

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "core/kernels/access.h"
#include "core/testing/vector_file.h"
#include "gpu/kernels/cuda_device.h"
#include "gpu/kernels/device_kernels.h"
#include "gpu/kernels/testing/adversarial_cases.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::emulation {
namespace {

using gpu::adversarial::Backend;
using gpu::adversarial::Limits;

constexpr Limits kLargeLimits{200, 256};
constexpr std::uint64_t kLargeCases = 1'000'000;  // their numbers start here
constexpr std::uint64_t kSeeds[] = {1, 2, 3};

template <class T>
std::span<std::uint8_t> output(T* start, std::size_t count) {
    if (start == nullptr) return {};
    return {kernels::bytes_at(start, 0), count * sizeof(T)};
}

// Kernels on a fresh device whose n-th API call fails. A failed call must leave its outputs as they
// were; the canonical kernels then answer, so that the comparison with other backends goes on.
class FailingKernels final : public Kernels {
public:
    explicit FailingKernels(Options options) : options_(options) {}

    // The API call of the next kernel call that fails.
    void fail_at(std::uint64_t call) { options_.fail_at_call = call; }
    [[nodiscard]] std::uint64_t calls_seen() const { return calls_seen_; }
    [[nodiscard]] const std::string& problem() const { return problem_; }

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        return run({output(table, slot_count), output(applied, 1)}, [=](Kernels& kernels) {
            return kernels.attestation_apply(desc, ops, table, applied, slot_count);
        });
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        return run({output(table, slot_count), output(applied, 1)}, [=](Kernels& kernels) {
            return kernels.provenance_apply(desc, ops, table, applied, slot_count);
        });
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        return run({output(table, slot_count), output(applied, 1)}, [=](Kernels& kernels) {
            return kernels.anchor_apply(desc, ops, table, applied, slot_count);
        });
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        return run({output(tables.attestations, tables.attestation_count), output(epoch, 1),
                    output(result, 1)},
                   [&](Kernels& kernels) {
                       return kernels.epoch_transition(desc, tables, epoch, result);
                   });
    }
    int inference_step(const InferenceBatch& batch) override {
        return run({output(batch.outputs, batch.op_count), output(batch.results, batch.op_count)},
                   [&](Kernels& kernels) { return kernels.inference_step(batch); });
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override {
        return run({output(results, op_count)},
                   [=](Kernels& kernels) { return kernels.proof_verify(ops, results, op_count); });
    }

private:
    template <class Call>
    int run(std::initializer_list<std::span<std::uint8_t>> outputs, Call call) {
        std::vector<std::vector<std::uint8_t>> before;
        for (const auto bytes : outputs) before.emplace_back(bytes.begin(), bytes.end());
        const auto device = gpu::make_cuda_device();
        gpu::DeviceKernels kernels(*device);
        configure(options_);
        const int code = call(kernels);
        const Observations seen = observe();
        calls_seen_ = seen.api_calls;
        const std::string where = "with API call " + std::to_string(options_.fail_at_call) +
                                  " failing, a kernel that returned " + std::to_string(code);
        if (!seen.problems.empty()) problem_ = where + " misused the run time";
        if (live_allocations() != 0) problem_ = where + " kept device memory";
        if (code == abi::kOk || code == abi::kInvalidArgument) return code;
        std::size_t i = 0;
        for (const auto bytes : outputs) {
            if (!bytes.empty() && std::memcmp(bytes.data(), before[i].data(), bytes.size()) != 0)
                problem_ = where + " changed an output";
            ++i;
        }
        if (code > abi::kInternal) problem_ = where + ": no such code";
        return call(canonical_);
    }

    Options options_;
    CpuKernels canonical_;
    std::uint64_t calls_seen_ = 0;
    std::string problem_;
};

// Each case again and again, with one API call after the other failing, until all have.
std::string check_failures(const Work& work, const Options& options) {
    CpuKernels canonical;
    FailingKernels failing(options);
    const Backend backends[] = {{"canonical", &canonical}, {"stand-in", &failing}};
    for (std::uint64_t i = work.first_case; i < work.first_case + work.failing_cases; ++i) {
        std::uint64_t call = 0;
        do {
            failing.fail_at(++call);
            std::string problem = gpu::adversarial::check_cases(backends, i, 1);
            if (problem.empty()) problem = failing.problem();
            if (!problem.empty()) return problem;
        } while (failing.calls_seen() >= call);
    }
    return "";
}

std::string check_vectors(Kernels& kernels, const std::string& path) {
    if (path.empty()) return "";
    const auto file = vectors::read_file(path);
    for (const auto& vector_case : file.at("cases")) {
        const auto differences = vectors::run_case(kernels, vector_case);
        if (!differences.empty()) {
            return "vector " + vector_case.at("name").get<std::string>() + ": " +
                   differences.front().substr(0, 200);
        }
    }
    return "";
}

std::string check_all(const Work& work, const Options& options) {
    configure(options);
    CpuKernels canonical;
    gpu::SimdKernels simd;
    const auto device = gpu::make_cuda_device();
    gpu::DeviceKernels emulated(*device);
    const Backend backends[] = {
        {"canonical", &canonical}, {"SIMD", &simd}, {"stand-in", &emulated}};
    std::string problem =
        gpu::adversarial::check_cases(backends, work.first_case, work.small_cases);
    if (problem.empty()) {
        problem = gpu::adversarial::check_cases(backends, work.first_case + kLargeCases,
                                                work.large_cases, kLargeLimits);
    }
    if (problem.empty()) problem = check_vectors(emulated, work.vector_file);
    const Observations seen = observe();
    if (!seen.problems.empty()) return seen.problems.front();
    if (problem.empty() && live_allocations() != 0) problem = "device memory was not released";
    return problem;
}

}  // namespace

std::string_view name(Mode mode) {
    constexpr std::string_view kNames[] = {"plain", "seeds", "workers", "guard", "failures"};
    static_assert(std::size(kNames) == kModes.size());
    return kNames[static_cast<std::size_t>(mode)];
}

std::string check(Mode mode, const Work& work) {
    Options options;
    options.weakened_site = work.weakened_site;
    options.weakening = work.weakening;
    switch (mode) {
        case Mode::kPlain:
            return check_all(work, options);
        case Mode::kSeeds:
            for (const std::uint64_t seed : kSeeds) {
                options.seed = seed;
                const std::string problem = check_all(work, options);
                if (!problem.empty()) return "seed " + std::to_string(seed) + ", " + problem;
            }
            return "";
        case Mode::kWorkers:
            options.worker_count = 2;
            return check_all(work, options);
        case Mode::kGuardPages:
            options.has_guard_pages = true;
            return check_all(work, options);
        case Mode::kFailures:
            return check_failures(work, options);
    }
    return "";
}

std::vector<Site> sites_reached(const Work& work) {
    Options options;
    options.records_sites = true;
    check_all(work, options);
    return observe().sites;
}

}  // namespace aivm::emulation
