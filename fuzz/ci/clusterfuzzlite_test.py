"""Executes the build script of ClusterFuzzLite and OSS-Fuzz. Run: clusterfuzzlite_test.py [TARGET]

Without a target a stand-in for cmake makes the programs, so that everything around the compiler is
executed: what is built, and what is put where. With one, it is built by clang with the flags of
their base image, and run over its inputs. The image itself needs a network.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "fuzz/ci/clusterfuzzlite"
TARGETS = sorted(path.stem for path in (ROOT / "fuzz").glob("*_fuzz.cpp"))
# Of compile_libfuzzer and the images base-clang and base-builder of google/oss-fuzz.
FLAGS = (
    "-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error"
    " -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -fsanitize=address"
    " -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link"
)
# Writes down its arguments, and for --build makes the programs that it is asked for.
CMAKE = """#!/bin/bash -eu
printf '%s\\n' "$*" >> "$WORK/calls"
[ "$1" = --build ] || exit 0
mkdir -p "$2/fuzz"
for target in "${@:4}"; do echo "program $target" > "$2/fuzz/$target"; done
"""


class BuildScript(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aivmsim-fuzzlite-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("out", "work", "src", "bin"):
            (self.folder / name).mkdir()
        # As in the image: the sources lie in $SRC/aivmsim.
        (self.folder / "src/aivmsim").symlink_to(ROOT)
        self.out = self.folder / "out"

    def build(self, *targets, **variables):
        done = subprocess.run(
            ["bash", FILES / "build.sh", *targets],
            cwd=self.folder,
            env={**os.environ, "OUT": str(self.out), "WORK": str(self.folder / "work"),
                 "SRC": str(self.folder / "src"), **variables},
            capture_output=True,
            text=True,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-4000:])

    def with_stand_in(self, *targets):
        cmake = self.folder / "bin/cmake"
        cmake.write_text(CMAKE)
        cmake.chmod(0o755)
        self.build(*targets, PATH=f"{cmake.parent}:{os.environ['PATH']}",
                   LIB_FUZZING_ENGINE="-lFuzzingEngine")  # fmt: skip
        return (self.folder / "work/calls").read_text().splitlines()

    def test_every_target_has_its_program_inputs_and_dictionary(self):
        configure, build = self.with_stand_in()
        self.assertIn("-DAIVM_FUZZING_ENGINE=-lFuzzingEngine", configure)
        self.assertIn(f"-S {self.folder}/src/aivmsim", configure)
        self.assertEqual(build.split()[3:], TARGETS)
        for target in TARGETS:
            name = target.removesuffix("_fuzz")
            self.assertEqual((self.out / target).read_text(), f"program {target}\n")
            with zipfile.ZipFile(self.out / f"{target}_seed_corpus.zip") as inputs:
                packed = sorted(inputs.namelist())
            self.assertEqual(packed, sorted(os.listdir(ROOT / "fuzz/corpus" / name)))
        dictionaries = {path.stem for path in (ROOT / "fuzz/dict").glob("*.dict")}
        self.assertEqual({f"{name}_fuzz" for name in dictionaries} - set(TARGETS), set())
        self.assertEqual({path.stem.removesuffix("_fuzz") for path in self.out.glob("*.dict")},
                         dictionaries)  # fmt: skip

    def test_a_target_can_be_named(self):
        _, build = self.with_stand_in("config_json_fuzz")
        self.assertEqual(build.split()[3:], ["config_json_fuzz"])
        self.assertEqual(
            sorted(path.name for path in self.out.iterdir()),
            ["config_json_fuzz", "config_json_fuzz.dict", "config_json_fuzz_seed_corpus.zip"],
        )

    def test_the_image_has_the_libraries_of_a_build(self):
        docker = (FILES / "Dockerfile").read_text()
        there = set(re.search(r"apt-get install -y (.*?)\nCOPY", docker, re.DOTALL)[1].split())
        needed = set(re.findall(r"(?m)^demo  (\S+-dev) ", (ROOT / "dev").read_text()))
        self.assertTrue(needed)
        self.assertEqual(needed - there, set())
        self.assertLessEqual({"cmake", "ninja-build", "pkg-config", "python3"}, there)

    @unittest.skipUnless(os.environ.get("AIVM_FUZZLITE_TARGET"), "a build takes minutes")
    def test_a_target_builds_with_the_flags_of_the_image_and_runs(self):
        target = os.environ["AIVM_FUZZLITE_TARGET"]
        clang = shutil.which("clang-19") or shutil.which("clang")
        self.assertTrue(clang, "there is no clang")
        self.build(target, CC=clang, CXX=clang.replace("clang", "clang++"), CFLAGS=FLAGS,
                   CXXFLAGS=FLAGS, LIB_FUZZING_ENGINE="-fsanitize=fuzzer")  # fmt: skip
        inputs = self.folder / "inputs"
        with zipfile.ZipFile(self.out / f"{target}_seed_corpus.zip") as packed:
            packed.extractall(inputs)
        done = subprocess.run(
            [self.out / target, "-runs=0", inputs], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        self.assertIn("INFO: seed corpus: files: ", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["AIVM_FUZZLITE_TARGET"] = sys.argv.pop()
    unittest.main()
