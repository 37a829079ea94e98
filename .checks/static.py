"""Static checks of the whole tree: what a reviewer should never have to say twice.

    python3 .checks/static.py [ROOT]

Prints `path:line: rule: what is wrong and what would be right` for every finding, then `N passed, M
failed` over the rules, and exits 1 if any failed. Standard library only. Each rule is a generator
of findings over a Tree; RULES at the end lists them. static_test.py plants a violation for each and
sees it caught.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import cpp  # noqa: E402

LAYERS = ["core", "gpu", "sim", "scenarios"]  # each may include itself and what stands before it
USERS = [
    "fuzz",
    "bench",
    "pyharness",
    "reports",
]  # may include every layer, and nobody includes them
# The rooms of each layer, lower ones first: a room includes only itself and rooms before it. Tests
# stand beside what they test and may include any room of their layer.
ROOMS = {
    "core": "base config kernels state ledger chain registry rewards tasks verification audit"
    " execution dag vm service reference testing",
    "gpu": "simd emulation kernels cuda hip vulkan webgpu metal backend testing",
    "sim": "engine scenario network storage consensus actors invariants record faults world history"
    " testing",
    "scenarios": "profiles file adversaries run statistics profit campaign sweep validation testing"
    " cli",
}
DECIDING = ["core", "sim", "scenarios"]  # where results are decided
TOP_LEVEL_FILES = {
    "CMakeLists.txt",
    "CMakePresets.json",
    "README.md",
    "HACKING.md",
    "dev",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
}
# Consensus engines that show how little one takes: the most lines that each may have in its folder.
PLUG_INS = {"hotstuff": 400}
ENGINE_TABLE = "sim/scenario/engines.h"
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
CPP = {".cpp", ".h", ".cu", ".cuh"}
COMPILED = {".cpp", ".cu"}
TEXT = CPP | {
    ".txt",
    ".cmake",
    ".md",
    ".toml",
    ".py",
    ".pyi",
    ".sh",
    ".inc",
    ".json",
    ".sql",
    ".expected",
    ".dict",
    ".html",
    "",
}


class Tree:
    """The files that belong to the project, read once."""

    def __init__(self, root):
        self.root = Path(root)
        self.paths = sorted(self._listed())
        self.texts = {}
        for path in self.paths:
            if Path(path).suffix in TEXT and not path.startswith("fuzz/corpus/"):
                try:
                    # newline="" keeps carriage returns in sight
                    with open(self.root / path, encoding="utf-8", newline="") as file:
                        self.texts[path] = file.read()
                except UnicodeDecodeError:
                    pass  # binary

    def _listed(self):
        """Tracked and new files as git sees them; without git, everything outside build output and
        caches."""
        git = [
            "git",
            "-C",
            str(self.root),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        try:
            names = subprocess.run(git, capture_output=True, check=True).stdout.decode().split("\0")
            if any(names) and (self.root / ".git").exists():
                return {name for name in names if name and (self.root / name).is_file()}
        except (OSError, subprocess.CalledProcessError):
            pass
        skip = re.compile(
            r"(^|/)(build|\.git|aivmsim-out|\.cache|__pycache__|\.\w+_cache|[^/]*\.egg-info)(/|$)"
        )
        names = (
            str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()
        )
        return {name for name in names if not skip.search(name)}

    def cpp_files(self, tops=None):
        for path, text in self.texts.items():
            if Path(path).suffix in CPP and (tops is None or path.split("/")[0] in tops):
                yield path, text


def line_of(text, position):
    return text.count("\n", 0, position) + 1


INCLUDE = re.compile(r'(?m)^[ \t]*#[ \t]*include[ \t]*"([^"]+)"')


# --- Rules ----------------------------------------------------------------------------------------
def layers(tree):
    """No include points upward or sideways; only the command line includes the command line."""
    known = set(tree.paths)
    for path, text in tree.cpp_files(LAYERS + USERS):
        for match in INCLUDE.finditer(cpp.blank(text, keep_strings=True)):
            wrong = _wrong_include(path, match[1], known)
            if wrong:
                yield path, line_of(text, match.start(1)), wrong


def _wrong_include(path, target, known):
    top, target_top = path.split("/")[0], target.split("/")[0]
    if target not in known:
        return (
            f'"{target}" is no file of this tree; name it from the root, and outside libraries '
            "with <>"
        )
    # The server reads foreign bytes, which is what fuzz is for.
    fuzzes_server = top == "fuzz" and target.startswith("scenarios/cli/serve/")
    of_cli = target.startswith("scenarios/cli/") and not path.startswith("scenarios/cli/")
    if of_cli and not fuzzes_server:
        return f'"{target}": only scenarios/cli includes scenarios/cli'
    if top in LAYERS and target_top not in LAYERS[: LAYERS.index(top) + 1]:
        return f'"{target}": {top} may include only {", ".join(LAYERS[: LAYERS.index(top) + 1])}'
    if top in USERS and target_top in USERS and target_top != top:
        return f'"{target}": {top} and {target_top} know nothing of each other'
    return None


def rooms(tree):
    """No include points from a room to a later room of its layer."""
    orders = {layer: names.split() for layer, names in ROOMS.items()}
    for path, text in tree.cpp_files(LAYERS):
        layer, *rest = path.split("/")
        if len(rest) < 2:
            continue
        if rest[0] not in orders[layer]:
            yield (
                path,
                1,
                f"room {rest[0]} has no place in the order of {layer}'s rooms in static.py",
            )
            continue
        if path.endswith("_test.cpp") or "/testing/" in path:
            continue
        for match in INCLUDE.finditer(cpp.blank(text, keep_strings=True)):
            target = match[1].split("/")
            if target[0] != layer or len(target) < 3 or target[1] not in orders[layer]:
                continue
            if orders[layer].index(target[1]) > orders[layer].index(rest[0]):
                why = f"{layer}/{rest[0]} stands below {layer}/{target[1]}"
                yield path, line_of(text, match.start(1)), f'"{match[1]}": {why}'


# The reference model writes the rules a second time, so it may know types and nothing of the rules:
# base, configuration, records, operations and blocks. What watches a VM with it also knows the VM's
# states and blocks.
MODEL = "core/reference/"
MODEL_MAY_INCLUDE = re.compile(
    r"core/(?:base|config|reference)/|core/kernels/abi\.h$|core/chain/(?:operation|block)\.h$"
    r"|core/state/(?:account|authorizer|block_context|dispute|event|lane|model|provider|receipt"
    r"|task)\.h$"
)
WATCH_MAY_INCLUDE = re.compile(
    r"core/state/(?:state|rules|write_batch)\.h$|core/execution/execute\.h$|core/dag/slice\.h$"
)
WATCH_FILES = {"watch", "snapshot", "writes"}
# Rules that stand in the headers of records, and in base.
MODEL_MAY_NOT_CALL = re.compile(
    r"\b(?:timeout_of|has_timeout|commit_end|reveal_end|admission_burn|anchor_target|lane_of"
    r"|weights_digest|slot_message|slash_cause|slash_causes|job_of|aivm_root|next_beacon|context_of"
    r"|receipt_root|execute_block|execute_slice|slice_context|sorted_digest)\s*\("
    r"|\bmerkle::|\bkSlashCauses\b|[.>](?:bps|share|offers|unlocked|terminal|open|active|leaf|lane"
    r"|greatest)\("
)


def second_implementation(tree):
    """The reference model shares types with the VM, and no rule; the VM does not know the model."""
    for path, text in tree.cpp_files():
        code = cpp.blank(text, keep_strings=True)
        stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if path.endswith("_test.cpp"):
            continue
        for match in INCLUDE.finditer(code):
            target, line = match[1], line_of(text, match.start(1))
            if not path.startswith(MODEL):
                if target.startswith(MODEL) and path.startswith("core/"):
                    yield path, line, f'"{target}": the VM must not know the reference model'
            elif not MODEL_MAY_INCLUDE.match(target) and not (
                stem in WATCH_FILES and WATCH_MAY_INCLUDE.match(target)
            ):
                yield path, line, f'"{target}": the reference model shares only types with the VM'
        if path.startswith(MODEL):
            for match in MODEL_MAY_NOT_CALL.finditer(cpp.blank(text)):
                wrong = f"{match[0].strip()}: a rule of the VM; the reference model has its own"
                yield path, line_of(text, match.start()), wrong


BANNED = [
    (r"\b(?:std::)?(?:time|clock|gettimeofday|clock_gettime|localtime|gmtime)\s*\(",
     "the wall clock; use virtual time"),
    (r"\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock)\b",
     "the wall clock; use virtual time"),
    (r"\b(?:std::)?s?rand(?:om|_r)?\s*\(", "unseeded randomness; use a stream"),
    (r"\brandom_device\b|\bgetrandom\b|\barc4random\w*", "unseeded randomness; use a stream"),
    (r"\b\w+_distribution\b", "library distributions differ between machines; use our tables"),
    (r"\bmt19937(?:_64)?\b|\bdefault_random_engine\b",
     "not keyed by actor and purpose; use a stream"),
    (r"\bstd::hash\b", "differs between libraries; use a digest"),
    (r"\bunordered_(?:multi)?(?:map|set)\b", "no defined order; use an ordered container"),
    (r"\bstd::(?:log|log2|log10|log1p|exp|exp2|expm1|pow|sin|cos|tan|erf|tgamma|lgamma)\b"
     r"|\bpowl?\s*\(",
     "libm differs between machines; use integers"),
]  # fmt: skip
# What is banned is the purpose of these files, between `#ifdef AIVM_MUTANTS` and `#else`, that is
# in builds with planted bugs only. planted_bugs.py sees to it that nothing but plants calls it.
BANNED_ON_PURPOSE = {
    "core/base/mutant_noise.h": "planted bugs of determinism are made of it",
}
EXCUSE = re.compile(r"//\s*order never reaches results: \S|//\s*never reaches results: \S")


def banned_calls(tree):
    """No clock, entropy or undefined order where results are decided. `// never reaches results:
    why` excuses a line."""
    for path, text in tree.cpp_files(DECIDING):
        name = path.rsplit("/", 1)[-1]
        if (
            name.endswith("_test.cpp")
            or name.startswith("test_")
            or path.startswith("scenarios/cli/")
        ):
            continue
        lines = text.split("\n")
        on_purpose = False
        for number, line in enumerate(cpp.blank(text).split("\n"), 1):
            if path in BANNED_ON_PURPOSE and re.match(r"#(ifdef|else|endif)", line):
                on_purpose = line.startswith("#ifdef AIVM_MUTANTS")
            if line.lstrip().startswith("#include") or on_purpose:
                continue
            for pattern, why in BANNED:
                match = re.search(pattern, line)
                if match and not _member_or_definition(line, match) and not _excused(lines, number):
                    yield path, number, f"{match[0].strip()}: {why}"


def _member_or_definition(line, match):
    """x.time(), x->time() and `Nanoseconds time() const` are ours, not the C library's."""
    before = line[: match.start()].rstrip()
    if not match[0].rstrip().endswith("("):
        return False
    if before.endswith((".", "->")) or (before.endswith("::") and not before.endswith("std::")):
        return True
    return bool(re.search(r"[\w>&*]$", before)) and not re.search(
        r"\b(return|else|case|co_return)$", before
    )


def _excused(lines, number):
    """The excuse stands on the line or on the one above it."""
    return any(EXCUSE.search(lines[n - 1]) for n in (number, number - 1) if n >= 1)


def long_functions(tree):
    """A function fits a screen."""
    for path, text in tree.cpp_files():
        for first, lines, heading in cpp.functions(text):
            if lines > FUNCTION_LINES_MAX:
                yield path, first, f"{lines} lines, at most {FUNCTION_LINES_MAX}: {heading[:60]}"


LONG_LINE_EXCUSE = re.compile(r"(?://|#)\s*long line: \S")


def line_length(tree):
    """A line of code, build file or script fits 100 columns. `// clang-format off` excuses a table
    of data, `long line: why` in a comment the line it stands on or the next one."""
    for path, text in tree.texts.items():
        file = Path(path)
        if file.suffix not in CPP | {".inc", ".py", ".pyi", ".sh", ".cmake"} and file.name not in (
            "dev",
            "CMakeLists.txt",
        ):
            continue
        excused = table = False
        for number, line in enumerate(text.split("\n"), 1):
            if file.suffix in CPP and "// clang-format o" in line:
                table = "// clang-format off" in line
            here = bool(LONG_LINE_EXCUSE.search(line))
            if len(line) > COLUMNS_MAX and not (table or excused or here):
                yield path, number, f"{len(line)} columns, at most {COLUMNS_MAX}"
            excused = here


LEFTOVERS = re.compile(
    r"\bTO[D]O\b|\bFI[X]ME\b|\bX[X]X\b|\bDISABL[E]D_|\bGTEST_SK[I]P\b|mark\.sk[i]p\b"
    r"|unittest\.sk[i]p\b"
)
REGISTRY = re.compile(
    r"pypi[.]org|pythonhosted[.]org|deb[.]debian[.]org|debian[.]org/debian|npmjs[.](?:org|com)"
    r"|crates[.]io|proxy[.]golang[.]org|docker[.]io|ghcr[.]io|conda[.](?:io|org)|repo1?[.]maven"
    r"|rubygems[.]org|registry[.]\w+[.]\w+"
)


def leftovers(tree):
    """Nothing is left open and no test is switched off."""
    yield from _matches(tree, LEFTOVERS, "finish it or take it out")


def registry_hosts(tree):
    """Packages are asked for by name; where they come from is the machine's business."""
    yield from _matches(tree, REGISTRY, "name the package, not the registry")


def _matches(tree, pattern, advice):
    for path, text in tree.texts.items():
        for match in pattern.finditer(text):
            yield path, line_of(text, match.start()), f"{match[0]}: {advice}"


def built_files(tree):
    """Every source is named in a CMakeLists.txt of its folder or one above, and every header is
    included."""
    included = set()
    for _, text in tree.cpp_files():
        included.update(re.findall(r'#[ \t]*include[ \t]*"([^"]+)"', text))
    for path in tree.paths:
        if path.split("/")[0] not in LAYERS + USERS:
            continue
        suffix = Path(path).suffix
        if suffix in COMPILED and not _named_in_cmake(tree, Path(path)):
            yield path, 1, "no CMakeLists.txt names it, so it is never built"
        named = suffix in CPP - COMPILED and any(
            path in text for name, text in tree.texts.items() if name.endswith("CMakeLists.txt")
        )
        if suffix in CPP - COMPILED and path not in included and not named:
            yield path, 1, "nothing includes it"


def _named_in_cmake(tree, path):
    for folder in path.parents:
        text = tree.texts.get(
            str(folder / "CMakeLists.txt") if str(folder) != "." else "CMakeLists.txt"
        )
        if text and re.search(
            r"(?<![\w./-])" + re.escape(str(path.relative_to(folder))) + r"(?![\w.])", text
        ):
            return True
    return False


CODES_PAGE = "core/testing/CODES.md"
CODE = re.compile(r"\b(?:D\d\d[a-z]?|[EKLMS][1-9]\d?b?)(?=\b|_|[A-Z])")


def codes(tree):
    """Every code of a defect or invariant in a comment or a test's name has a line on CODES.md."""
    page = tree.texts.get(CODES_PAGE)
    if page is None:
        return
    known = set(re.findall(r"(?m)^\| (\w+) \|", page))
    for path, text in tree.cpp_files():
        for number, line in enumerate(text.split("\n"), 1):
            comment = line.partition("//")[2]
            name = re.search(r"TEST\w*\(\w+,\s*(\w+)", line)
            name = name or re.match(r"\s+([A-Z]\w+)\) \{$", line)
            for place in [comment] + ([name[1]] if name else []):
                for code in CODE.findall(place):
                    if code not in known:
                        yield path, number, f"{code}: has no line on {CODES_PAGE}"


def named_tests(tree):
    """Every test that a table of CODES.md names, as `Subject.Name`, exists: in C++ by its macro, in
    Python as a method of a class of that name. So does every scenario in backquotes after the word
    scenario."""
    known = set()
    for path, text in tree.texts.items():
        if Path(path).suffix in CPP:
            known.update(re.findall(r"TEST\w*\(\s*(\w+),\s*(\w+)", text))
        elif path.endswith("_test.py"):
            name = None
            for match in re.finditer(r"(?m)^class (\w+)|^    def (test_\w+)", text):
                name = match[1] or name
                known.add((name, match[2]))
    for number, line in enumerate(tree.texts.get(CODES_PAGE, "").split("\n"), 1):
        if not line.startswith("| "):
            continue
        for subject, name in re.findall(r"`([A-Z]\w+)\.(\w+)`", line):
            if (subject, name) not in known:
                yield CODES_PAGE, number, f"{subject}.{name}: there is no such test"
        for some in re.findall(r"scenarios? ((?:`\w+`(?:, )?)+)", line):
            for name in re.findall(r"`(\w+)`", some):
                if f"scenarios/catalog/{name}.toml" not in tree.texts:
                    yield CODES_PAGE, number, f"{name}: there is no such scenario"


def whitespace(tree):
    """Lines end in LF without blanks before it, the file ends in one, and nothing is indented by
    tabs."""
    for path, text in tree.texts.items():
        if Path(path).suffix in CPP:
            text = cpp.mask_raw_strings(text)
        for pattern, wrong in [
            (r"\r", "carriage return"),
            (r"[ \t]+(?=\r?\n|\Z)", "blanks at the end of the line"),
            (r"(?m)^ *\t", "tab"),
            (r"\n\n+\Z", "empty lines at the end of the file"),
            (r"[^\n]\Z", "no newline at the end of the file"),
        ]:
            match = re.search(pattern, text)
            if (
                match and path != "LICENSE" and not path.endswith(".json")
            ):  # data stays as it was published
                yield path, line_of(text, match.start()), wrong


def top_level(tree):
    """The top level holds the layers, their users, the build files and dot files."""
    allowed = set(LAYERS + USERS) | TOP_LEVEL_FILES
    for name in sorted({path.split("/")[0] for path in tree.paths}):
        if name not in allowed and not name.startswith("."):
            yield name, 1, "has no place at the top level"


def plug_ins(tree):
    """A consensus engine that is a plug-in fits into its lines, tests left out, and code outside of
    its folder names it in one row of the table of engines only."""
    for name, lines_max in PLUG_INS.items():
        folder = f"sim/consensus/{name}/"
        rows = 0
        lines = 0
        for path, text in tree.texts.items():
            if Path(path).suffix not in CPP | {".py"} or path.startswith(".checks/"):
                continue
            if re.search(r"_test\.(cpp|py)$|/tests?/|(^|/)test_", path):
                continue
            if path.startswith(folder):
                lines += text.count("\n")
                continue
            for number, line in enumerate(text.split("\n"), 1):
                if name not in line.lower():
                    continue
                rows += path == ENGINE_TABLE
                if path != ENGINE_TABLE or rows > 1:
                    yield path, number, f"{name} is known outside of {folder}: ask its EngineRow"
        if lines > lines_max:
            yield folder, 1, f"{lines} lines, at most {lines_max}: share what others need too"


RULES = [
    layers,
    rooms,
    second_implementation,
    banned_calls,
    long_functions,
    line_length,
    leftovers,
    registry_hosts,
    built_files,
    codes,
    named_tests,
    whitespace,
    top_level,
    plug_ins,
]


def main(root):
    tree = Tree(root)
    failed = 0
    for rule in RULES:
        findings = list(rule(tree))
        failed += bool(findings)
        for path, line, what in findings:
            print(f"{path}:{line}: {rule.__name__}: {what}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent))
