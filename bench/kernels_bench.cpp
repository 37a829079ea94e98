// The cost of the kernels: Keccak in every width, each kernel, and closing an epoch beside its
// floor, the hashes alone. Uses the gpu layer.
//
// Epoch closings are measured as described in bench/epoch_tables.h; vm_bench prints the ratio to
// the floor.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "bench/epoch_tables.h"
#include "core/base/digest.h"
#include "gpu/simd/simd_kernels.h"
#include "gpu/simd/sponge_set.h"

namespace aivm {
namespace {

using gpu::KeccakWidth;

bool is_supported(KeccakWidth width) {
    const auto widths = gpu::supported_widths();
    return std::find(widths.begin(), widths.end(), width) != widths.end();
}

// One step of as many sponges as the function advances; the items are sponges.
void absorb(benchmark::State& state, KeccakWidth width, gpu::Absorber absorber) {
    if (!is_supported(width)) return state.SkipWithError("this CPU lacks the instructions");
    gpu::SpongeSet sponges(absorber);
    Hash32 accumulators[gpu::kSpongesMax];
    const Hash32 leaf;
    for (std::size_t s = 0; s < absorber.width; ++s)
        sponges.prepare_link(s, accumulators[s], leaf, accumulators[s]);
    for (auto _ : state) {
        sponges.absorb();
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(absorber.width));
}
BENCHMARK_CAPTURE(absorb, scalar, KeccakWidth::kScalar, {gpu::absorb_scalar, 1});
BENCHMARK_CAPTURE(absorb, avx2, KeccakWidth::kAvx2, {gpu::absorb_avx2, 4});
BENCHMARK_CAPTURE(absorb, avx512_narrow, KeccakWidth::kAvx512, {gpu::absorb_avx512_narrow, 4});
BENCHMARK_CAPTURE(absorb, avx512, KeccakWidth::kAvx512, {gpu::absorb_avx512, 8});

// Keccak-256 of 4,096 messages of 140 bytes, the size of a model leaf.
void hash_many(benchmark::State& state, KeccakWidth width) {
    if (!is_supported(width)) return state.SkipWithError("this CPU lacks the instructions");
    const gpu::SimdHasher hasher(width);
    constexpr std::size_t kCount = 4096;
    const std::vector<std::uint8_t> messages(kCount * 140, 7);
    std::vector<Hash32> digests(kCount);
    for (auto _ : state) {
        hasher.hash_many(messages.data(), 140, kCount, digests.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * kCount);
}
BENCHMARK_CAPTURE(hash_many, scalar, KeccakWidth::kScalar);
BENCHMARK_CAPTURE(hash_many, avx2, KeccakWidth::kAvx2);
BENCHMARK_CAPTURE(hash_many, avx512, KeccakWidth::kAvx512);

std::unique_ptr<Kernels> make_kernels(bool simd) {
    if (simd) return std::make_unique<gpu::SimdKernels>();
    return std::make_unique<CpuKernels>();
}

void close_epoch(benchmark::State& state, bool simd) {
    const auto kernels = make_kernels(simd);
    bench::EpochClose epoch(*kernels, static_cast<std::uint32_t>(state.range(0)),
                            static_cast<std::uint32_t>(state.range(1)));
    for (auto _ : state) {
        state.PauseTiming();
        epoch.prepare();
        state.ResumeTiming();
        epoch.close();
    }
}

void hashes_alone(benchmark::State& state, bool simd) {
    const auto kernels = make_kernels(simd);
    bench::EpochFloor floor(*kernels, static_cast<std::uint32_t>(state.range(0)),
                            static_cast<std::uint32_t>(state.range(1)));
    for (auto _ : state) {
        floor.run();
        benchmark::ClobberMemory();
    }
}

// epoch_transition of the interface: whole tables, without caches. See also epoch_bench.
void whole_epoch(benchmark::State& state, bool simd) {
    std::unique_ptr<Kernels> kernels = std::make_unique<CpuKernels>();
    if (simd)
        kernels = std::make_unique<gpu::SimdKernels>(gpu::best_width(), gpu::EpochCaching::kOff);
    const auto slots = static_cast<std::uint32_t>(state.range(0));
    std::vector<abi::Attestation> table;
    for (std::uint32_t i = 0; i < slots; ++i) table.push_back(bench::attestation(i));
    abi::AIVMRoundDescriptor round{};
    abi::AIVMEpochState epoch{};
    abi::AIVMTransitionResult result{};
    for (auto _ : state) {
        kernels->epoch_transition(&round, {table.data(), nullptr, nullptr, slots, 0, 0}, &epoch,
                                  &result);
    }
}

void slots_and_changes(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"slots", "changed"})->Unit(benchmark::kMicrosecond);
    for (const std::int64_t slots : {64, 1024, 4096}) {
        for (const std::int64_t changed : {std::int64_t{0}, std::int64_t{1}, slots})
            benchmark->Args({slots, changed});
    }
}
BENCHMARK_CAPTURE(close_epoch, scalar, false)->Apply(slots_and_changes);
BENCHMARK_CAPTURE(hashes_alone, scalar, false)->Apply(slots_and_changes);
BENCHMARK_CAPTURE(close_epoch, simd, true)->Apply(slots_and_changes);
BENCHMARK_CAPTURE(hashes_alone, simd, true)->Apply(slots_and_changes);
BENCHMARK_CAPTURE(whole_epoch, scalar, false)
    ->ArgName("slots")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(4096)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(whole_epoch, simd, true)
    ->ArgName("slots")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(4096)
    ->Unit(benchmark::kMicrosecond);

constexpr std::uint32_t kBatch = 256;  // operations per call, below

void attestation_apply(benchmark::State& state) {
    CpuKernels kernels;
    std::vector<abi::AttestationOp> ops;
    for (std::uint32_t i = 0; i < kBatch; ++i)
        ops.push_back(bench::renewal(bench::attestation(i), 0));
    std::vector<abi::Attestation> table(1024);
    abi::AIVMRoundDescriptor round{};
    round.attestation_op_count = kBatch;
    std::uint32_t applied = 0;
    for (auto _ : state)
        kernels.attestation_apply(&round, ops.data(), table.data(), &applied, 1024);
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(attestation_apply);

void provenance_apply(benchmark::State& state) {
    CpuKernels kernels;
    std::vector<abi::ModelOp> ops(kBatch);
    for (std::uint32_t i = 0; i < kBatch; ++i) {
        std::memcpy(ops[i].model_root, &i, 4);
        ops[i].model_root[31] = ops[i].weight_hash[0] = 1;
    }
    std::vector<abi::ModelRegistryEntry> table(512);
    abi::AIVMRoundDescriptor round{};
    round.model_op_count = kBatch;
    std::uint32_t applied = 0;
    for (auto _ : state) kernels.provenance_apply(&round, ops.data(), table.data(), &applied, 512);
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(provenance_apply);

void anchor_apply(benchmark::State& state) {
    CpuKernels kernels;
    std::vector<abi::AnchorOp> ops(kBatch);
    for (std::uint32_t i = 0; i < kBatch; ++i) {
        ops[i].commit_root[0] = ops[i].parent_root[0] = 1;
        ops[i].height = i + 1;
    }
    std::vector<abi::AuditAnchor> table(4096);
    abi::AIVMRoundDescriptor round{};
    round.anchor_op_count = kBatch;
    std::uint32_t applied = 0;
    for (auto _ : state) {
        for (std::uint32_t i = 0; i < applied; ++i) table[i].occupied = 0;
        kernels.anchor_apply(&round, ops.data(), table.data(), &applied, 4096);
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(anchor_apply);

void inference_step(benchmark::State& state, bool simd) {
    const auto kernels = make_kernels(simd);
    abi::InferenceWeights weights{};
    std::memset(weights.w1, 3, sizeof weights.w1);
    std::memset(weights.w2, 5, sizeof weights.w2);
    weights.shift1 = weights.shift2 = 4;
    std::vector<abi::InferenceOp> ops(kBatch);
    for (std::uint32_t i = 0; i < kBatch; ++i) {
        ops[i].mode = ops[i].output_capacity = 1;
        ops[i].input_len = 32;
        ops[i].input_offset = 32 * i;
        ops[i].output_offset = i;
    }
    const std::vector<std::uint8_t> inputs(32 * kBatch, 9);
    std::vector<std::uint8_t> outputs(kBatch);
    std::vector<abi::InferenceResult> results(kBatch);
    for (auto _ : state) {
        kernels->inference_step(
            {&weights, ops.data(), inputs.data(), outputs.data(), results.data(), kBatch});
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK_CAPTURE(inference_step, scalar, false);
BENCHMARK_CAPTURE(inference_step, simd, true);

void proof_verify(benchmark::State& state, bool simd) {
    const auto kernels = make_kernels(simd);
    const std::vector<abi::ProofVerifyOp> ops(kBatch);
    std::vector<abi::ProofVerifyResult> results(kBatch);
    for (auto _ : state) kernels->proof_verify(ops.data(), results.data(), kBatch);
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK_CAPTURE(proof_verify, scalar, false);
BENCHMARK_CAPTURE(proof_verify, simd, true);

}  // namespace
}  // namespace aivm

BENCHMARK_MAIN();
