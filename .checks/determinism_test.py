"""The comparison itself is tested with small programs in place of builds: equal, different, silent,
missing."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import determinism  # noqa: E402


def program(folder, name, text):
    path = Path(folder, name)
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)
    return str(path)


class Matrix(unittest.TestCase):
    def run_matrix(
        self, *builds, scenarios="quickstart\npartition --set run.x=1  # short\n\n# a comment\n"
    ):
        with tempfile.TemporaryDirectory(prefix="with space ") as folder:
            listing = Path(folder, "list.txt")
            listing.write_text(scenarios)
            arguments = ["--root", folder, "--list", str(listing)]
            for label, text in builds:
                path = (
                    program(folder, label.replace(" ", "-"), text)
                    if text
                    else f"{folder}/not-there"
                )
                arguments += ["--build", f"{label}={path}"]
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                status = determinism.main(arguments)
            return status, out.getvalue()

    SAME = """echo '{"digest": "9f3c"}'"""
    ONLY_PARTITION_DIFFERS = (
        """case "$2" in *partition*) echo '{"digest": "0000"}';; """
        """*) echo '{"digest": "9f3c"}';; esac"""
    )

    def test_equal_digests_pass(self):
        status, out = self.run_matrix(("a", self.SAME), ("b", self.SAME))
        self.assertEqual(0, status)
        self.assertTrue(out.endswith("2 passed, 0 failed\n"), out)

    def test_the_first_build_that_differs_is_named_with_its_command(self):
        status, out = self.run_matrix(
            ("a", self.SAME), ("b 2", self.ONLY_PARTITION_DIFFERS), ("c", self.SAME)
        )
        self.assertEqual(1, status)
        self.assertIn("FAIL  partition --set run.x=1: b 2 differs first", out)
        self.assertIn("partition.toml' --seed 1 --json --set run.x=1", out)
        self.assertTrue(out.endswith("1 passed, 1 failed\n"), out)

    def test_the_same_digest_with_another_exit_code_is_a_difference(self):
        status, out = self.run_matrix(("a", self.SAME), ("b", self.SAME + "\nexit 3"))
        self.assertEqual(1, status)
        self.assertIn("b differs first", out)

    def test_builds_that_all_fail_alike_do_not_pass(self):
        silent = "echo broken >&2; exit 2"
        status, out = self.run_matrix(("a", silent), ("b", silent))
        self.assertEqual(1, status)
        self.assertIn("printed no digest (exit 2)\n    broken", out)

    def test_a_build_that_is_not_there_is_named(self):
        status, out = self.run_matrix(("a", self.SAME), ("b", None))
        self.assertEqual(1, status)
        self.assertIn("b cannot start", out)

    def test_an_empty_list_does_not_pass(self):
        self.assertEqual(
            1, self.run_matrix(("a", self.SAME), ("b", self.SAME), scenarios="# nothing\n")[0]
        )

    def test_arguments_of_a_build_are_passed_on(self):
        command = determinism.command_of(
            ("l", "/a b/tool --threads 2"), ["x", "--set", "y=1"], Path("/r")
        )
        self.assertEqual(
            [
                "/a b/tool",
                "run",
                "/r/scenarios/catalog/x.toml",
                "--seed",
                "1",
                "--json",
                "--threads",
                "2",
                "--set",
                "y=1",
            ],
            command,
        )


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    sys.exit(not result.wasSuccessful())
