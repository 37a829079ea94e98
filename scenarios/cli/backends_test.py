"""Backends of the kernels, as a user chooses them. Every backend that runs on this machine must
reach the digest of the CPU. A backend that is absent is refused. One that fails in the middle of a
run is replaced by the CPU, and the failures are counted.

usage: backends_test.py AIVMSIM PLUGIN_DIR FAILING_PLUGIN_DIR
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, PLUGINS, FAILING = sys.argv[1:4]


def call(*arguments, plugins=None, **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LUX", "AIVMSIM"))}
    if plugins is not None:
        environment["LUX_GPU_PLUGIN_DIR"] = plugins
        # Under AddressSanitizer: Mesa's software device keeps 128 bytes when it is closed.
        environment["ASAN_OPTIONS"] = "detect_leaks=0"
    return subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment | more,
        timeout=280,
    )


class Backends(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_on(self, backend, plugins=None, **more):
        database = self.folder / f"{backend}.db"
        done = call(
            "run", "quickstart", "--set", "tasks.count=40", "--set", "run.max_time=12m",
            "--json", "--backend", backend, "--out", str(database), plugins=plugins, **more,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        row = sqlite3.connect(database).execute("SELECT backend, kernel_fallbacks FROM run")
        return json.loads(done.stdout), row.fetchone()

    def test_every_backend_that_runs_here_gives_the_digest_of_the_cpu(self):
        canonical, row = self.run_on("cpu")
        self.assertEqual(row, ("cpu", 0))
        batched, row = self.run_on("simd")
        self.assertEqual(row, ("simd", 0))
        self.assertEqual(batched["digest"], canonical["digest"])
        listed = json.loads(call("gpu", "--json", plugins=PLUGINS).stdout)
        usable = {
            one["kind"] for one in listed["candidates"] if one["state"] in ("chosen", "usable")
        }
        for kind in sorted(usable):
            with self.subTest(kind):
                run, row = self.run_on(kind, PLUGINS)
                self.assertEqual(run["digest"], canonical["digest"])
                self.assertEqual((run["backend"], run["kernel_fallbacks"]), (kind, 0))
                self.assertEqual(row, (kind, 0))

    def test_the_list_names_every_kind_and_the_reason(self):
        listed = json.loads(call("gpu", "--json").stdout)
        self.assertEqual(listed["schema_version"], 2)
        kinds = {one["kind"] for one in listed["candidates"]}
        self.assertEqual(kinds, {"cuda", "hip", "metal", "vulkan", "webgpu"})
        self.assertTrue(all(one["reason"] for one in listed["candidates"]))
        self.assertEqual(listed["effective"], "simd")

    def test_the_list_loads_each_plugin_once(self):
        log = self.folder / "log"
        listed = json.loads(
            call("gpu", "--json", plugins=FAILING, AIVM_TEST_PLUGIN_LOG=str(log)).stdout
        )
        self.assertEqual(listed["effective"], "vulkan")
        self.assertEqual(log.read_text().splitlines(), ["loaded"])

    def validate_on(self, backend, plugins=None, **more):
        return call(
            "validate", "--only", "V43", "--json", "--backend", backend, plugins=plugins, **more
        )

    def test_validation_gives_the_same_numbers_on_every_backend(self):
        runs = [
            self.validate_on("cpu"),
            self.validate_on("simd"),
            self.validate_on("auto", FAILING),
        ]
        results = [json.loads(run.stdout) for run in runs]
        self.assertEqual([one.pop("backend") for one in results], ["cpu", "simd", "vulkan"])
        self.assertEqual([one.pop("kernel_fallbacks") for one in results], [0, 0, 0])
        self.assertEqual(results[1], results[0])
        self.assertEqual(results[2], results[0])

    def test_validation_counts_the_calls_that_the_cpu_answered_for_a_failing_plugin(self):
        failing = self.validate_on("auto", FAILING, AIVM_TEST_PLUGIN_FAILS_AFTER="50")
        shown = json.loads(failing.stdout)
        self.assertGreater(shown.pop("kernel_fallbacks"), 0)
        self.assertEqual(shown["cases"], json.loads(self.validate_on("cpu").stdout)["cases"])

    def test_validation_on_a_kind_ends_with_3_when_it_is_absent_or_starts_to_fail(self):
        absent = self.validate_on("metal")
        self.assertEqual(absent.returncode, 3)
        self.assertEqual(len(absent.stderr.splitlines()), 1, absent.stderr)
        failing = self.validate_on("vulkan", FAILING, AIVM_TEST_PLUGIN_FAILS_AFTER="50")
        self.assertEqual((failing.returncode, failing.stdout), (3, ""))

    def test_a_kind_that_is_not_there_ends_the_run_with_3(self):
        done = call("run", "quickstart", "--no-record", "--backend", "metal")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("aivmsim gpu", done.stderr)

    # F30: how often a backend fell back was shown nowhere.
    def test_a_plugin_that_begins_to_fail_is_replaced_and_counted(self):
        canonical, _ = self.run_on("cpu")
        run, row = self.run_on("auto", FAILING, AIVM_TEST_PLUGIN_FAILS_AFTER="50")
        self.assertEqual(run["digest"], canonical["digest"])
        self.assertEqual(run["backend"], "vulkan")
        self.assertGreater(run["kernel_fallbacks"], 0)
        self.assertEqual(row, ("vulkan", run["kernel_fallbacks"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
