"""The canary of fuzzing must be found, by `aivmsim fuzz`, and its inputs be merged and minimised.
Run: canary_test.py AIVMSIM PROGRAMS"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main(program, programs):
    with tempfile.TemporaryDirectory() as out:
        corpus = Path(out, "committed")

        def fuzz(code, *arguments):
            done = subprocess.run(
                [program, "fuzz", "canary", "--programs", programs, "--out", out, "--corpus",
                 corpus, *arguments],
                capture_output=True,
                text=True,
            )
            if done.returncode != code:
                sys.exit(f"{arguments}: exit code {done.returncode} and not {code}\n"
                         f"{done.stdout}{done.stderr}")

        fuzz(1, "--budget", "60s", "--jobs", "1")
        found = list(Path(out, "canary/found").glob("crash-*"))
        if not found or not found[0].read_bytes().startswith(b"AIVM!"):
            sys.exit(f"{found} is not the canary")
        # Letters of the word that are right one by one: each is new coverage. A fuzzer in luck has
        # found the whole word without them.
        for right in range(5):
            letters = b"AIVM!"[:right] + b"?" * (5 - right)
            Path(out, f"canary/corpus/{right}-right").write_bytes(letters)
        fuzz(0, "--merge")
        merged = len(list((corpus / "canary").iterdir()))
        if merged < 3:
            sys.exit(f"only {merged} of the new inputs were merged")
        (corpus / "canary/same").write_bytes(b"x")
        (corpus / "canary/again").write_bytes(b"y")
        fuzz(0, "--minimize")
        if len(list(Path(out, "canary/minimal").iterdir())) > merged + 1:
            sys.exit("the corpus was not minimised")


if __name__ == "__main__":
    main(*sys.argv[1:])
