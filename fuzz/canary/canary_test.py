"""The canary of fuzzing must be found, by `aivmsim fuzz`. Run: canary_test.py AIVMSIM PROGRAMS"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main(program, programs):
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [program, "fuzz", "canary", "--programs", programs, "--budget", "60s", "--jobs", "1",
             "--out", out],
            capture_output=True,
            text=True,
        )
        found = list(Path(out, "canary/found").glob("crash-*"))
        if done.returncode != 1 or not found:
            sys.exit(f"the canary was not found: exit code {done.returncode}\n{done.stdout}"
                     f"{done.stderr}")
        if not found[0].read_bytes().startswith(b"AIVM!"):
            sys.exit(f"{found[0]} is not the canary")


if __name__ == "__main__":
    main(*sys.argv[1:])
