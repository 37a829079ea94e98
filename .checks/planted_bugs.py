"""Checks the planted bugs (fuzz/mutants/README.md): that the code, the table and the documents name
the same ones, and that only builds with -DAIVM_MUTANTS=ON contain them.

    python3 .checks/planted_bugs.py [ROOT] [--program RELEASE] [--syntax BUILD]

Without options it reads the tree alone. --program: that program must contain no planted bug and
refuse to hunt them or to run with one. --syntax: the parts that only a build with planted bugs
compiles must compile with the flags of that build folder (its compile_commands.json). Prints `path:
what is wrong`, then `N passed, M failed` over the rules; exit 1 if any failed. planted_bugs_test.py
plants a violation of each.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

LAYERS = ["core", "gpu", "sim", "scenarios"]
PLANTED = ["core", "sim"]  # the layers that are compiled with AIVM_MUTANTS (CMakeLists.txt)
TABLE = "scenarios/campaign/mutants/mutant_table.cpp"
README = "fuzz/mutants/README.md"
RESULTS = "fuzz/mutants/RESULTS.md"
NOISE = "core/base/mutant_noise.h"
NEUTRAL = "control_neutral"

PLANT = re.compile(r"\bAIVM_MUTANT\((\w+)\)")
ROW = re.compile(r'\{\s*(?:"(\w+)"|(kNeutralControl)),\s*MutantSubject::')
# Defects of real systems, and faults that reviews of earlier versions of this program found.
KNOWN = (
    [f"D{n:02}" for n in range(1, 51)]
    + ["D38b"]
    + [f"B{n}" for n in range(1, 10)]
    + [f"F{n}" for n in range(1, 31)]
)
CALL_OF_NOISE = re.compile(r"\bmutants::(?:host_clock_ns|unwritten_byte|order_by_\w+)\s*\(")
# In every program with planted bugs: the symbol of the variable that chooses one.
SYMBOL = b"_ZN4aivm7mutants6activeE"


def source_files(root):
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*")):
            if path.suffix in {".cpp", ".h"}:
                yield path


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def plants(root):
    """{id: path of its first place}; the header that defines the macro has none."""
    out = {}
    for path in source_files(root):
        if path.name == "mutant.h":
            continue
        for match in PLANT.finditer(without_comments(path.read_text())):
            out.setdefault(match[1], path.relative_to(root))
    return out


def rows(root):
    text = (root / TABLE).read_text()
    return [match[1] or NEUTRAL for match in ROW.finditer(text)]


def not_planted(root):
    """Ids that the README lists, each with its reason, as not planted."""
    section = (root / README).read_text().partition("## What is not planted")[2]
    out = set()
    for line in section.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 2 and cells[1]:
            out.update(re.findall(r"\b[DBF]\d+b?\b", cells[0]))
    return out


# --- Rules: each yields what is wrong -------------------------------------------------------------
def table_and_code(root):
    """Every plant has a row, and every row a plant, in a layer that is compiled with plants."""
    code, table = plants(root), rows(root)
    for each, path in sorted(code.items()):
        if path.parts[0] not in PLANTED:
            yield f"{path}: {each}: {path.parts[0]} is compiled without planted bugs"
    for each in sorted(set(code) - set(table)):
        yield f"{code[each]}: {each} has no row in {TABLE}"
    for each in sorted(set(table) - set(code)):
        yield f"{TABLE}: {each} is planted nowhere"


def known_defects(root):
    """Every known defect is planted, or the README says why not."""
    table, left_out = set(rows(root)), not_planted(root)
    for each in KNOWN:
        if (each in table) == (each in left_out):
            how = "is planted, and listed as not planted" if each in table else "is not planted"
            yield f"{README}: {each} {how}; the table there has a line per defect with the reason"


def results(root):
    """The committed results name no other plants than those of the table."""
    table = set(rows(root))
    for line in (root / RESULTS).read_text().split("\n"):
        cells = line.split("|")
        if len(cells) == 11 and cells[1].strip() not in table | {"id", "---"}:
            yield f"{RESULTS}: {cells[1].strip()} is not in {TABLE}"


def noise(root):
    """What is not deterministic is called by plants alone: in a statement that names one."""
    for path in source_files(root):
        if str(path.relative_to(root)) == NOISE:
            continue
        lines = path.read_text().split("\n")
        for number, line in enumerate(lines):
            near = "\n".join(lines[max(0, number - 2) : number + 1])
            if CALL_OF_NOISE.search(line) and not PLANT.search(near):
                yield f"{path.relative_to(root)}:{number + 1}: only a planted bug may call it"


RULES = [table_and_code, known_defects, results, noise]


# --- Of a build -----------------------------------------------------------------------------------
def release_is_clean(program):
    """The program contains no plant, and says so when it is asked for one."""
    if SYMBOL in Path(program).read_bytes():
        yield f"{program}: contains planted bugs"
    for arguments, variables in [
        (["mutants", NEUTRAL], {}),
        (["version"], {"AIVMSIM_MUTANT": NEUTRAL}),
    ]:
        done = subprocess.run(
            [program, *arguments], env=os.environ | variables, capture_output=True, text=True
        )
        if done.returncode != 2 or "contains no" not in done.stderr:
            yield f"{program} {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}"


def compiles(root, build):
    """What only a build with planted bugs compiles: the noise, the choice, and who uses them."""
    commands = json.loads((Path(build) / "compile_commands.json").read_text())
    words = shlex.split(next(c["command"] for c in commands if "aivm_scenarios" in c["command"]))
    flags = [w for w in words if w.startswith(("-I", "-D", "-W", "-f", "-std"))]
    for path in source_files(root):
        if path.suffix != ".cpp":
            continue
        text = path.read_text()
        if f'#include "{NOISE}"' not in text and "#ifdef AIVM_MUTANTS" not in text:
            continue
        command = [words[0], *flags, "-DAIVM_MUTANTS", f"-I{root}", "-fsyntax-only", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            yield f"{path.relative_to(root)}: {done.stderr.strip()}"


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=Path(__file__).parent.parent)
    parser.add_argument("--program")
    parser.add_argument("--syntax", metavar="BUILD")
    options = parser.parse_args(arguments)
    root = Path(options.root)
    checks = [(rule.__name__, rule(root)) for rule in RULES]
    if options.program:
        checks.append(("release_is_clean", release_is_clean(options.program)))
    if options.syntax:
        checks.append(("compiles", compiles(root, options.syntax)))
    failed = 0
    for name, found in checks:
        wrong = list(found)
        failed += bool(wrong)
        for each in wrong:
            print(f"{each} ({name})")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
