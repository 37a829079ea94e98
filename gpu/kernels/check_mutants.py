"""Kernel mutants: a wrong kernel must be noticed, and this says by which mode.

    python3 gpu/kernels/check_mutants.py BUILD_FOLDER [NAME...] [--jobs N]

Each mutant replaces one piece of the CUDA source or of the host layer. The mutated file is compiled
for the CPU stand-in and run in every mode of stand_in_check until one notices: a difference, a
crash, a report of a sanitizer, or no end within the time limit. Modes "asan" and "tsan" are builds
of their own and are tried for mutants that name them, or that no other mode noticed. Then
ThreadSanitizer is tried on the intact source with each barrier and atomic weakened (the removal
table of sites_test.cpp has the other modes). Prints two tables; exits 1 if a mutant survives, an
intact source is accused, or ThreadSanitizer misses a site that it should see.
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TIME_LIMIT_S = 60
MODES = ["plain", "seeds", "workers", "guard", "failures"]

REGISTRY = "gpu/kernels/registry_passes.h"
ANCHORS = "gpu/kernels/anchor_passes.h"
LEAVES = "gpu/kernels/leaf_passes.h"
BATCHES = "gpu/kernels/batch_passes.h"
ACCESS = "gpu/kernels/device_access.h"
KECCAK = "gpu/kernels/device_keccak.h"
DEVICE = "gpu/kernels/cuda_device.cu"
HOST = "gpu/kernels/device_kernels.cpp"
CALL = "gpu/kernels/device_call.h"

# Name, file, what stands there once, what the mutant has instead, builds to try in any case.
MUTANTS = [
    # Races.
    ("leader is first come", REGISTRY, "atomicMin(&leader[found], op);",
     "atomicCAS(&leader[found], kNoIndex, op);", []),
    ("leader by plain minimum", REGISTRY, "atomicMin(&leader[found], op);",
     "if (op < leader[found]) leader[found] = op;", ["tsan"]),
    ("owner by plain minimum", REGISTRY, "const u32 holder = atomicMin(&owner[slot], mover);",
     "const u32 holder = owner[slot]; if (mover < holder) owner[slot] = mover;", ["tsan"]),
    ("owner is first come", REGISTRY, "const u32 holder = atomicMin(&owner[slot], mover);",
     "const u32 holder = atomicCAS(&owner[slot], kNoIndex, mover);", []),
    ("last attestation by plain write", REGISTRY,
     "if (slot != kNoIndex) atomicMax(&changes[slot], op + 1);",
     "if (slot != kNoIndex) changes[slot] = op + 1;", ["tsan"]),
    ("updates counted by += 1", REGISTRY, "atomicAdd(&change[kUpdateCount], 1U);",
     "change[kUpdateCount] += 1;", ["tsan"]),
    ("group cell claimed without compare-and-swap", REGISTRY,
     "const u32 holder = atomicCAS(&group[cell], kNoIndex, op);",
     "const u32 holder = group[cell]; if (holder == kNoIndex) group[cell] = op;", ["tsan"]),
    ("no barrier before the block count", ACCESS,
     "    __syncthreads();\n    if (counts) atomicAdd(&sum[0], 1U);",
     "    if (counts) atomicAdd(&sum[0], 1U);", ["tsan"]),
    ("no barrier behind the block count", ACCESS,
     "    __syncthreads();\n    if (threadIdx.x == 0 && sum[0] != 0)",
     "    if (threadIdx.x == 0 && sum[0] != 0)", ["tsan"]),
    ("block count by += 1", ACCESS, "if (counts) atomicAdd(&sum[0], 1U);",
     "if (counts) sum[0] += 1;", ["tsan"]),
    ("total by +=", ACCESS, "atomicAdd(total, sum[0]);", "*total += sum[0];", ["tsan"]),
    ("cursor is the last free slot written", ANCHORS, "atomicMin(&counters[kCursor], slot);",
     "counters[kCursor] = slot;", ["tsan"]),
    ("all lanes write the accepted operation", ANCHORS, "if (lane == 0) accepted[done] =",
     "accepted[done] =", ["tsan"]),
    ("output winner by plain write", BATCHES, "atomicMax(&winner[op.output_offset], i + 1);",
     "winner[op.output_offset] = i + 1;", ["tsan"]),
    ("vote in divergent code", ANCHORS, "const u32 votes = ballot(fits);",
     "if (lane != 0 && !fits) { first += kAnchorWindow; continue; }\n"
     "        const u32 votes = ballot(fits);", []),
    # Wrong rules.
    ("a displaced operation is dropped", REGISTRY, "mover = holder;", "return;", []),
    ("a leader displaced late gives up early", REGISTRY, "left = parameters.slot_count + 1;",
     "left = 1;", []),
    ("an insertion is not seen by its own operation", REGISTRY, "if (owner[slot] > op)",
     "if (owner[slot] >= op)", []),
    ("one probe too few", REGISTRY, "probe < parameters.slot_count",
     "probe + 1 < parameters.slot_count", []),
    ("walk wraps at the count, not by the mask", REGISTRY, "return (slot + 1) & (slot_count - 1);",
     "return (slot + 1) % slot_count;", []),
    ("insertion keeps paddings", REGISTRY, "i < sizeof(Entry) / sizeof(Word)", "i < 4", []),
    ("attestation status is or-ed", REGISTRY, "to->status = abi::kAttestationVerified",
     "to->status |= abi::kAttestationVerified", []),
    ("version wraps", REGISTRY, "after < before ? ~Word{0} : after", "after", []),
    ("weights update clears the parameters", REGISTRY,
     "(updates && ops[op].parameter_count != 0)", "updates", []),
    ("registration keeps the licence", REGISTRY, "registers || kind == abi::kUpdateLicense",
     "kind == abi::kUpdateLicense", []),
    ("unknown kinds are applied", REGISTRY, "op.kind <= abi::kTransfer && ", "", []),
    ("keys differ in 24 bytes", ACCESS, " |\n            (a.word[3] ^ b.word[3])) == 0",
     ") == 0", []),
    ("expiry is exclusive", ACCESS, "expiry_ns <= now_ns", "expiry_ns < now_ns", []),
    ("anchors of equal height follow", ANCHORS, "ops[op].height > head_height",
     "ops[op].height >= head_height", []),
    ("a window is skipped behind an accepted anchor", ANCHORS, "first = chosen + 1;",
     "first += kAnchorWindow;", []),
    ("leaf without the slot index", LEAVES, "leaf[14] = slot;", "leaf[14] = 0;", []),
    ("leaf hashes the status before marking", LEAVES, "static_cast<Word>(marked) << 32",
     "static_cast<Word>(table[slot].status) << 32", []),
    ("shift counts modulo 32", BATCHES, "(shift < 0 || shift > 31 ? 31 : shift)",
     "(shift & 31)", []),
    ("inputs are unsigned", BATCHES, "weight * static_cast<signed char>(input[k])",
     "weight * static_cast<int>(input[k])", []),
    ("keccak pads like SHA-3", KECCAK, "Word{0x01} <<", "Word{0x06} <<", []),
    # Memory.
    ("one anchor too many", ANCHORS, "done < room", "done <= room", ["asan"]),
    ("no bounds check in model_leaves", LEAVES,
     "Words4* leaves) {\n    const u32 slot = thread_index();\n"
     "    if (slot >= parameters.slot_count || table[slot].occupied == 0) return;\n    // 116",
     "Words4* leaves) {\n    const u32 slot = thread_index();\n"
     "    if (table[slot].occupied == 0) return;\n    // 116", ["asan"]),
    ("short group table", HOST, "call.filled(cells, kNoIndex)", "call.filled(cells - 1, kNoIndex)",
     ["asan"]),
    ("result not cleared", BATCHES, "w < sizeof(abi::InferenceResult) / sizeof(Word)", "w < 1",
     []),
    ("placement without a cleared owner", HOST,
     "out.owner = call.filled(parameters.slot_count, kNoIndex);",
     "out.owner = call.allocate(bytes_of<std::uint32_t>(parameters.slot_count));", []),
    # Host layer.
    ("no synchronisation", CALL, "issue([&] { return device_.synchronise(); });", "", []),
    ("commit before success", HOST,
     "    const int code = call.finish();\n    if (code != abi::kOk) return code;\n"
     "    commit(table, staged_table);",
     "    const int code = call.finish();\n    commit(table, staged_table);\n"
     "    if (code != abi::kOk) return code;", []),
    ("errors are ignored", CALL, "if (code_ == abi::kOk) code_ = command();",
     "if (code_ == abi::kOk) command();", []),
    ("a failed call keeps its buffers", CALL, "if (is_open_) device_.end();",
     "if (is_open_ && code_ == abi::kOk) device_.end();", []),
    ("every fill is zero", DEVICE, "static_cast<int>(word & 0xFFU)", "0", []),
]  # fmt: skip

SUPPORT = """
core/base/bytes.cpp core/base/check.cpp core/base/keccak.cpp
core/kernels/anchor_apply.cpp core/kernels/attestation_apply.cpp core/kernels/batch_hasher.cpp
core/kernels/epoch_transition.cpp core/kernels/inference.cpp core/kernels/inference_step.cpp
core/kernels/leaves.cpp core/kernels/proof_verify.cpp core/kernels/provenance_apply.cpp
core/testing/random_workload.cpp core/testing/vector_case.cpp core/testing/vector_file.cpp
gpu/simd/absorbers.cpp gpu/simd/attestation_cache.cpp gpu/simd/cpu_width.cpp gpu/simd/epoch_fold.cpp
gpu/simd/hash_pipeline.cpp gpu/simd/keccak_avx2.cpp gpu/simd/keccak_avx512.cpp
gpu/simd/keccak_avx512_narrow.cpp gpu/simd/keccak_scalar.cpp gpu/simd/leaf_queue.cpp
gpu/simd/simd_hasher.cpp gpu/simd/simd_inference.cpp gpu/simd/simd_kernels.cpp
gpu/simd/sponge_set.cpp gpu/simd/table_fold.cpp gpu/kernels/device_kernels.cpp
gpu/kernels/stand_in_check.cpp gpu/kernels/testing/adversarial_cases.cpp
gpu/kernels/testing/stand_in_device.cpp gpu/kernels/testing/stand_in_modes.cpp
gpu/emulation/block_runner.cpp gpu/emulation/cuda_stand_in.cpp
""".split()
BUILDS = {
    "plain": ["g++", "-O1"],
    "asan": ["clang++-19", "-O1", "-g1", "-fsanitize=address,undefined",
             "-fno-sanitize-recover=all"],
    "tsan": ["clang++-19", "-O1", "-g1", "-fsanitize=thread"],
}  # fmt: skip
EXTRA_FLAGS = {
    "gpu/simd/keccak_avx2.cpp": ["-mavx2"],
    "gpu/simd/keccak_avx512.cpp": ["-mavx512f"],
    "gpu/simd/keccak_avx512_narrow.cpp": ["-mavx512f", "-mavx512vl"],
    "gpu/kernels/testing/stand_in_device.cpp": ["-fno-strict-aliasing", "-DAIVM_CUDA_STAND_IN"],
}
# The runtime itself is not instrumented (block_runner.cpp says why).
UNSEEN_BY_TSAN = {"gpu/emulation/block_runner.cpp", "gpu/emulation/cuda_stand_in.cpp"}
# Less work where every access costs more.
SANITIZED_WORK = ["small=400", "large=48", "failing=6"]


def compile_file(build, source, output, first_include=None):
    command = [*BUILDS[build], "-std=c++20", "-fPIC", "-w"]
    if shutil.which("ccache"):
        command.insert(0, "ccache")
    if build == "tsan" and source in UNSEEN_BY_TSAN:
        command += ["-fno-sanitize=thread", "-DAIVM_STAND_IN_TSAN"]
    command += EXTRA_FLAGS.get(source, [])
    path = ROOT / source
    if first_include:
        command.append(f"-I{first_include}")
        if (first_include / source).exists():
            path = first_include / source
    subprocess.run([*command, f"-I{ROOT}", "-c", str(path), "-o", str(output)], check=True)


def link(build, objects, program):
    subprocess.run(
        [*BUILDS[build], *map(str, objects), "-lboost_context", "-lpthread", "-o", str(program)],
        check=True,
    )


def run(program, mode, work):
    """Returns "" if the program found nothing, else what noticed."""
    environment = {
        **os.environ,
        "TSAN_OPTIONS": "halt_on_error=1:exitcode=66:report_bugs=1",
        "ASAN_OPTIONS": "exitcode=66:detect_leaks=1:detect_stack_use_after_return=0",
        "UBSAN_OPTIONS": "halt_on_error=1:exitcode=66",
    }
    try:
        done = subprocess.run(
            [str(program), mode, *work],
            capture_output=True,
            timeout=TIME_LIMIT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no end"
    if done.returncode == 0:
        return ""
    if done.returncode == 1:
        return "bytes"
    return "report" if done.returncode == 66 else "crash"


class Checker:
    def __init__(self, folder, jobs):
        self.folder = folder
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.objects = {}

    def build_support(self):
        waiting = []
        for build in BUILDS:
            (self.folder / build).mkdir(parents=True, exist_ok=True)
            self.objects[build] = {
                source: self.folder / build / (source.replace("/", "+") + ".o")
                for source in SUPPORT
            }
            for source, output in self.objects[build].items():
                waiting.append(self.pool.submit(compile_file, build, source, output))
        for future in waiting:
            future.result()
        for build in BUILDS:
            link(build, self.objects[build].values(), self.folder / build / "stand_in_check")

    def modes_of(self, build):
        if build == "plain":
            return MODES, []
        return (["plain", "failures"] if build == "asan" else ["plain", "workers"]), SANITIZED_WORK

    def check_intact(self):
        """Every mode of every build on the source as it is."""
        accused = []
        for build in BUILDS:
            modes = ["plain", "seeds", "workers"] if build == "tsan" else MODES
            work = [] if build == "plain" else SANITIZED_WORK
            for mode in modes:
                what = run(self.folder / build / "stand_in_check", mode, work)
                if what:
                    accused.append(f"{build} {mode}: {what}")
        return accused

    def check_mutant(self, mutant):
        name, path, old, new, builds = mutant
        folder = self.folder / "mutants" / name.replace(" ", "_").replace("+", "p")
        shutil.rmtree(folder, ignore_errors=True)
        text = (ROOT / path).read_text()
        if text.count(old) != 1:
            return name, {"": f"the text stands {text.count(old)} times in {path}"}
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text.replace(old, new))
        noticed = self.run_build("plain", path, folder)
        for build in builds or ([] if noticed else ["asan", "tsan"]):
            noticed.update(self.run_build(build, path, folder))
        shutil.rmtree(folder)
        return name, noticed

    def run_build(self, build, path, folder):
        """The modes that notice, as mode -> how; a sanitizer build counts as one mode."""
        objects = dict(self.objects[build])
        source = (
            "gpu/kernels/device_kernels.cpp"
            if path in (HOST, CALL)
            else "gpu/kernels/testing/stand_in_device.cpp"
        )
        objects[source] = folder / f"{build}.o"
        compile_file(build, source, objects[source], folder)
        program = folder / f"check_{build}"
        link(build, objects.values(), program)
        modes, work = self.modes_of(build)
        noticed = {}
        for mode in modes:
            what = run(program, mode, work)
            if what and build == "plain":
                noticed[mode] = what
            elif what == "report":
                noticed[build] = what
        return noticed

    def check_sites(self):
        """ThreadSanitizer on the intact source with one site weakened, as (site, how, what).
        Atomics become plain: one that is removed only reads, and reads do not race."""
        program = self.folder / "tsan" / "stand_in_check"
        listed = subprocess.run(
            [str(self.folder / "plain" / "stand_in_check"), "sites", *SANITIZED_WORK],
            capture_output=True,
            check=True,
            text=True,
        )
        sites = listed.stdout.splitlines()
        rows = []
        for index, site in enumerate(sites):
            how = "removed" if "__syncthreads" in site else "plain"
            arguments = [f"site={index}", f"weaken={how}", *SANITIZED_WORK]
            rows.append((site, how, self.pool.submit(run, program, "workers", arguments)))
        return [(site, how, future.result()) for site, how, future in rows]


def print_mutants(results):
    columns = [*MODES, "asan", "tsan"]
    print(f"{'mutant':<48}" + "".join(f"{column:<10}" for column in columns))
    survivors = []
    for name, noticed in results:
        if "" in noticed:
            print(f"{name:<48}{noticed['']}")
        else:
            print(f"{name:<48}" + "".join(f"{noticed.get(c, '-'):<10}" for c in columns))
        if not noticed or "" in noticed:
            survivors.append(name)
    return survivors


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where to build")
    parser.add_argument("names", nargs="*", help="only these mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    checker = Checker(options.folder, options.jobs)
    checker.build_support()
    failures = [f"the intact source is accused: {text}" for text in checker.check_intact()]
    chosen = [mutant for mutant in MUTANTS if not options.names or mutant[0] in options.names]
    survivors = print_mutants(checker.pool.map(checker.check_mutant, chosen))
    failures += [f"survives: {name}" for name in survivors]
    if not options.names:
        print(f"\n{'site, weakened under ThreadSanitizer':<48}{'how':<10}tsan")
        for site, how, what in checker.check_sites():
            print(f"{site:<48}{how:<10}{what or '-'}")
            if what != "report":
                failures.append(f"ThreadSanitizer misses {site} {how}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants noticed")
    return 1 if failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
