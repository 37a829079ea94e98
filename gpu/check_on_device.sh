#!/usr/bin/env bash
# Checks the CUDA plugin on a machine with a GPU, in under 5 minutes, and prints one table.
#
#   gpu/check_on_device.sh [BUILD_FOLDER]      (default: build/device)
#
# Builds the plugin for this machine's GPU, runs the published vectors, random cases, large tables
# and misaligned pointers on it, then compute-sanitizer's four tools where it is installed, and the
# benchmark. Exits 0 if every check that ran passed, 1 if one failed, 3 if there is nothing to run
# on. Needs the packages of `./dev`'s test level and nvcc.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/device}
logs=$build/check_on_device
mkdir -p "$logs"
rows=()
failed=0
seconds_max=290

row() { rows+=("$(printf '%-34s %-8s %6s  %s' "$1" "$2" "$3" "$4")"); }

# check NAME SECONDS COMMAND...: runs it for at most SECONDS, or until the 5 minutes are over, and
# adds a row.
check() {
    local name=$1 limit=$2 begin=$SECONDS status=0 log=$logs/${1//[^A-Za-z0-9]/-}.log word=ok
    local left=$((seconds_max - SECONDS))
    shift 2
    [ "$limit" -le "$left" ] || limit=$((left > 1 ? left : 1))
    timeout "$limit" "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        word=FAIL
        failed=1
        tail -n 20 "$log" >&2
    fi
    row "$name" "$word" "$((SECONDS - begin)) s" \
        "$(grep -E '^\[  PASSED  \]|ERROR SUMMARY|^device:' "$log" | tail -n 1)"
    return "$status"
}

# finish STATUS: prints the table and ends.
finish() {
    printf '\n%-34s %-8s %6s\n' check result time
    printf '%s\n' "${rows[@]}"
    [ ! -s "$logs/benchmark.log" ] || { echo && cat "$logs/benchmark.log"; }
    exit "$1"
}

# nothing_to_run_on WHAT: ends with one line that says what is missing.
nothing_to_run_on() {
    echo "check_on_device: $1; nothing was run"
    exit 3
}

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L >"$logs/gpus.log" 2>&1; then
    nothing_to_run_on "no GPU: nvidia-smi is not there or lists none"
fi
command -v nvcc >/dev/null || nothing_to_run_on "no nvcc on the PATH: the plugin cannot be built"
row "GPU" "found" "-" "$(head -n 1 "$logs/gpus.log" | cut -c1-60)"

check "configure" 60 cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DAIVM_TESTS=ON -DAIVM_CUDA_ARCHITECTURES=native || finish 1
check "build" 240 cmake --build "$build" \
    --target luxgpu_backend_cuda plugin_conformance_tests device_bench || finish 1

export LUX_GPU_PLUGIN_DIR=$build/plugins AIVM_CONFORMANCE_BACKEND=cuda
tests=$(find "$build/gpu" -name plugin_conformance_tests -type f | head -n 1)
bench=$(find "$build/gpu" -name device_bench -type f | head -n 1)
AIVM_CONFORMANCE_CASES=10000 check "vectors, 10,000 random cases" 120 "$tests" || true

# Under a tool every memory access costs more: a few cases of each kernel suffice.
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck synccheck; do
        AIVM_CONFORMANCE_CASES=48 check "compute-sanitizer $tool" 60 \
            compute-sanitizer --tool "$tool" --error-exitcode 9 "$tests" \
            --gtest_filter='*RandomAdversarialCases*:*EveryPublishedVector*' || true
    done
else
    row "compute-sanitizer" "absent" "-" "not installed: its four tools were not run"
fi

check "benchmark" 60 "$bench" cuda "$build/plugins/libluxgpu_backend_cuda.so" || true
finish "$failed"
