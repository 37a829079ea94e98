"""Walks the README: runs each of its commands as written, and looks for the words that its text
promises.

    python3 .checks/readme.py [ROOT]

Runs in a folder of its own, in which the repository's entries are links. Every fenced block of the
README must have a step here, so that a new command is walked too.
"""

import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    begins: str  # the block's first line begins so
    exit_code: int = 0
    words: tuple[str, ...] = ()  # of its output, all of them
    skipped: str = ""  # why it is not run


STEPS = (
    Step("./dev demo", skipped="installs packages and builds; the stages before this one do"),
    Step(
        "./dev aivmsim run scenarios/catalog/unbond_escape.toml",
        0,
        ("demonstrated", "E3", "as this scenario expects"),
    ),
    Step("sqlite3 -header -column aivmsim-out/quickstart-1.db", 0, ("label", "net_lux", "lazy")),
    Step("./dev aivmsim sweep safe_window", 0, ("runs=560 of 560", "study.db")),
    Step("./dev aivmsim sweep swarm", skipped="many minutes; the tests sweep it with few seeds"),
    Step("./dev aivmsim campaign", skipped="ten minutes of budget; the tests give it seconds"),
    Step("./dev python", skipped="the stage of the Python package makes the environment"),
    Step("import aivmsim", skipped="pyharness/tests/test_readme.py runs it"),
)
# What the text says beside the blocks, in its order. The first makes what a block reads.
SENTENCES = (
    ("./dev aivmsim run quickstart", 0, ("Did cheating pay?", "digest=")),
    (
        "./dev aivmsim run scenarios/catalog/unbond_escape.toml --set expect=",
        1,
        ("FAIL", "E3", "reproduce", "shrunk"),
    ),
    ("./dev aivmsim run quickstart --set vm.challenge_window_blocks=100", 0, ("PASS",)),
    ("./dev aivmsim explain vm.challenge_window_blocks", 0, ("blocks",)),
    ("./dev aivmsim run quickstart --verify-determinism", 0, ("two runs, one digest",)),
    ("./dev aivmsim sweep lazy_provider --seeds 1..4 --dry-run", 0, ("4 runs",)),
    (
        "for part in 1 2; do ./dev aivmsim sweep lazy_provider --seeds 1..4 --shard $part/2 "
        "--out part-$part.db; done; ./dev aivmsim merge part-1.db part-2.db --out whole.db",
        0,
        ("whole.db: 4 runs of 2 parts joined",),
    ),
    (
        "for window in 5 50; do ./dev aivmsim run lazy_provider --out $window.db "
        "--set vm.challenge_window_blocks=$window; done; ./dev aivmsim compare 5.db 50.db",
        0,
        ("ttf_mean [s]", "attacker_net [LUX]", "1 pairs"),
    ),
    (
        "./dev report aivmsim-out/quickstart-1.db -o report.html && "
        "grep -o 'Did cheating pay?' report.html | head -n 1",
        0,
        ("Did cheating pay?",),
    ),
    (
        "./dev report 5.db 50.db -o comparison.html && grep -o 'a = 5.db, b = 50.db' "
        "comparison.html | head -n 1",
        0,
        ("a = 5.db, b = 50.db",),
    ),
    (
        "timeout --preserve-status --signal=INT 5 ./dev aivmsim serve --dev --listen 127.0.0.1:0",
        0,
        ("listening on http://127.0.0.1:", "TEMPORARY NODE"),
    ),
    ("./dev aivmsim run avalanche", 0, ("accepted", "settled", "in conflict")),
    (
        "timeout --preserve-status --signal=INT 5 ./dev aivmsim serve --dev --consensus dag "
        "--listen 127.0.0.1:0",
        0,
        ("listening on http://127.0.0.1:", "stopped at cut"),
    ),
    # A name that is none: what there is, without opening Jupyter.
    ("./dev notebook none", 2, ("safe_challenge_window", "first_finding", "published_protocols")),
    # The site takes minutes: pyharness/tests/test_docs.py checks its pages and links.
    ("ls pyharness/docs/index.md pyharness/docs/tutorial.md pyharness/docs/glossary.md "
     "pyharness/docs/gallery/index.md", 0, ("tutorial.md", "glossary.md")),
)


def blocks(text: str) -> list[str]:
    """The commands of the fenced blocks, without their indentation."""
    found = re.findall(r"^( *)```(?:\w+)?\n(.*?)^\1```", text, re.M | re.S)
    return ["\n".join(line[len(indent) :] for line in body.split("\n")).strip()
            for indent, body in found]  # fmt: skip


def step_of(block: str) -> Step | None:
    return next((step for step in STEPS if block.startswith(step.begins)), None)


def run(command: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def problem(command: str, exit_code: int, words: tuple[str, ...], folder: Path) -> str:
    """What is not as the README says, or nothing."""
    code, output = run(command, folder)
    if code != exit_code:
        return f"exit code {code} instead of {exit_code}\n{output[-2000:]}"
    missing = [word for word in words if word not in output]
    return f"its output lacks {missing}\n{output[-2000:]}" if missing else ""


def reproduce_line(folder: Path) -> str:
    """The command that the run of the second sentence ends with."""
    _, output = run(SENTENCES[1][0], folder)
    return re.findall(r"reproduce +aivmsim (.*)", output)[-1]


def main(root: Path) -> int:
    text = (root / "README.md").read_text()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="readme-") as name:
        folder = Path(name)
        for entry in root.iterdir():
            if entry.name not in (".git", "aivmsim-out"):
                (folder / entry.name).symlink_to(entry)
        walk: list[tuple[str, int, tuple[str, ...]]] = list(SENTENCES)
        for block in blocks(text):
            step = step_of(block)
            if step is None:
                print(f"FAIL  no step for: {block.splitlines()[0]}")
                failed += 1
            elif not step.skipped:
                walk.append((block, step.exit_code, step.words))
        for command, exit_code, words in walk:
            begin = time.monotonic()
            wrong = problem(command, exit_code, words, folder)
            failed += bool(wrong)
            print(f"{'FAIL' if wrong else 'ok'}  {time.monotonic() - begin:5.1f} s  "
                  f"{command.splitlines()[0]}\n{wrong}".rstrip())  # fmt: skip
        again = f"./dev aivmsim {shlex.join(shlex.split(reproduce_line(folder)))}"
        wrong = problem(again, 1, ("REPRODUCED", "E3"), folder)
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok'}  {again}\n{wrong}".rstrip())
        total = len(walk) + 1
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()))
