#!/bin/bash
# ClusterFuzzLite and OSS-Fuzz: copy the three files of this folder to .clusterfuzzlite/. They set
# CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE and OUT; every target goes to $OUT with its inputs
# and its dictionary. Targets can be named: build.sh config_json_fuzz
set -eu
root=${SRC:+$SRC/aivmsim}
root=${root:-$(git rev-parse --show-toplevel)}
build=${WORK:-/tmp}/aivmsim-fuzz
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAIVM_TESTS=OFF \
    -DAIVM_LIBFUZZER=ON -DAIVM_FUZZING_ENGINE="${LIB_FUZZING_ENGINE:-}"
targets=()
for file in "$root"/fuzz/*_fuzz.cpp; do targets+=("$(basename "$file" .cpp)"); done
[ $# -eq 0 ] || targets=("$@")
cmake --build "$build" --target "${targets[@]}"
for target in "${targets[@]}"; do
    name=${target%_fuzz}
    cp "$build/fuzz/$target" "$OUT/"
    [ ! -f "$root/fuzz/dict/$name.dict" ] || cp "$root/fuzz/dict/$name.dict" "$OUT/$target.dict"
    (cd "$root/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" *)
done
