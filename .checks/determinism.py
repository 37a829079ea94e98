"""Runs the same scenarios with differently compiled binaries and demands the same trace digest from
all of them.

    determinism.py --root ROOT --list FILE --build "LABEL=COMMAND" --build ...

The first build is the reference. FILE has a scenario's catalogue name a line, then further
arguments of `aivmsim run`. A command may carry its own arguments (--threads 2). For every scenario
one line is printed: its digest if all agree, otherwise the first build that differs and the command
that shows it. Ends with `N passed, M failed`; exits 1 if any failed.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SECONDS_MAX = 600  # of one run with one build


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--list", type=Path, required=True)
    parser.add_argument(
        "--build", action="append", required=True, help="LABEL=COMMAND, twice or more"
    )
    options = parser.parse_args(argv)
    options.builds = [tuple(build.split("=", 1)) for build in options.build]
    if len(options.builds) < 2 or any(len(build) != 2 for build in options.builds):
        parser.error("comparing takes --build LABEL=COMMAND at least twice")
    return options


def scenarios(path):
    """[name, further arguments...] for every line that is not empty or a comment."""
    lines = (shlex.split(line, comments=True) for line in path.read_text().splitlines())
    return [line for line in lines if line]


def command_of(build, scenario, root):
    # A label may hold spaces and so may a path: the program is everything up to the first " --".
    program, _, extra = build[1].partition(" --")
    own = shlex.split("--" + extra) if extra else []
    path = root / "scenarios" / "catalog" / (scenario[0] + ".toml")
    return [program, "run", str(path), "--seed", "1", "--json", *own, *scenario[1:]]


def digest(command):
    """The digest a run prints, or a sentence that says why there is none. Each run gets a directory
    of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = subprocess.run(
                [*command, "--out", os.path.join(folder, "out")],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS_MAX,
            )
        except OSError as error:
            return None, f"cannot start: {error}"
        except subprocess.TimeoutExpired:
            return None, f"not done after {SECONDS_MAX} s"
    try:
        found = json.loads(run.stdout)["digest"]
    except (ValueError, KeyError, TypeError):
        tail = (run.stderr or run.stdout).strip().splitlines()[-15:]
        return None, f"printed no digest (exit {run.returncode})\n    " + "\n    ".join(tail)
    if not found:
        return None, "printed an empty digest"
    return f"{found} (exit {run.returncode})", ""


def compare(scenario, builds, results, root):
    """One line on a scenario, and whether all builds agree. A different exit code is a difference
    too."""
    name = " ".join(scenario)
    for build, (found, why) in zip(builds, results):
        if found is None:
            return f"FAIL  {name}: {build[0]} {why}", False
    reference = results[0][0]
    for build, (found, _) in zip(builds, results):
        if found != reference:
            command = shlex.join(command_of(build, scenario, root))
            return (
                f"FAIL  {name}: {build[0]} differs first\n    {reference}  {builds[0][0]}\n    "
                f"{found}  {build[0]}\n"
                f"    {command}"
            ), False
    return f"ok    {name}: {reference} in {len(builds)} builds", True


def main(argv):
    options = parse(argv)
    todo = scenarios(options.list)
    jobs = [(scenario, build) for scenario in todo for build in options.builds]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: digest(command_of(job[1], job[0], options.root)), jobs))
    passed = 0
    width = len(options.builds)
    for index, scenario in enumerate(todo):
        line, same = compare(
            scenario, options.builds, results[index * width : (index + 1) * width], options.root
        )
        print(line)
        passed += same
    print(f"{passed} passed, {len(todo) - passed} failed")
    return 0 if todo and passed == len(todo) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
