"""The documentation: every key, strategy, invariant and metric has an entry, and links lead
somewhere. ./dev docs builds the site itself."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import aivmsim

DOCS = Path(__file__).resolve().parents[1] / "docs"
ROOT = DOCS.parents[1]


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate):
    return generate.pages()


def test_every_key_has_an_entry(pages):
    keys = aivmsim.Scenario.load("quickstart").keys()
    sections = ("run.", "chain.", "network.", "tasks.", "vm.", "swarm.")
    missing = [
        key for key in keys
        if key.startswith(sections) and f"`{key.split('.', 1)[1]}`" not in pages["keys.md"]
    ]  # fmt: skip
    assert not missing


def test_every_metric_invariant_and_table_has_an_entry(pages):
    assert not [name for name in aivmsim.METRICS if f"| `{name}` |" not in pages["metrics.md"]]
    watched = aivmsim.run("lazy_provider").invariants
    assert not [name for name in watched if f"| `{name}` |" not in pages["invariants.md"]]
    for table in aivmsim.RunResult.table_names():
        assert f"## {table}\n" in pages["database.md"], table
    for name in aivmsim.catalogue():
        assert f"| `{name}` |" in pages["scenarios.md"], name


def test_every_public_name_is_on_the_page_of_the_package(generate):
    named = {name.split(".")[0] for names in generate.API.values() for name in names}
    assert named == set(aivmsim.__all__) - {"__version__"}


def test_every_command_is_on_the_page_of_the_command_line(pages):
    for command in ("run", "sweep", "merge", "replay", "check", "list", "explain", "report",
                    "validate", "serve", "gpu", "reference", "completion"):  # fmt: skip
        assert re.search(rf"^{command}\b", pages["cli.md"], re.M), command


LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(#[^)\s]+)?\)")


def test_links_lead_to_files(pages, tmp_path):
    texts = {path: path.read_text() for path in DOCS.rglob("*.md") if "reference" not in path.parts}
    texts |= {DOCS / "reference" / name: text for name, text in pages.items()}
    texts |= {ROOT / name: (ROOT / name).read_text() for name in ("README.md", "HACKING.md")}
    there = {path.resolve() for path in texts}
    broken = []
    for path, text in texts.items():
        folder = DOCS / "reference" if path.parent.name == "parts" else path.parent
        for target, _ in LINK.findall(text):
            found = (folder / target).resolve()
            if found not in there and not found.exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


# MathJax, for one, would come from another host, and whoever reads offline would see TeX.
def test_no_page_has_a_formula_that_needs_mathjax():
    for page in [*DOCS.glob("*.md"), *DOCS.glob("*/*.md")]:
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.S)
        assert not re.search(r"\$[^$\n]+\$", text), page


def test_every_page_of_the_site_is_in_a_table_of_contents(pages):
    listed = set()
    for path in DOCS.rglob("*.md"):
        for block in re.findall(r"```\{toctree\}(.*?)```", path.read_text(), re.S):
            names = [n for n in block.split("\n") if n and not n.startswith(":")]
            listed |= {(path.parent / name).resolve() for name in names}
    for block in re.findall(r"```\{toctree\}(.*?)```", pages["index.md"], re.S):
        names = [n for n in block.split("\n") if n and not n.startswith(":")]
        listed |= {(DOCS / "reference" / name).resolve() for name in names}
    sources = [p for p in DOCS.rglob("*.md") if not {"reference", "parts"} & set(p.parts)]
    sources += [DOCS / "reference" / name for name in pages]
    missing = [
        str(path.relative_to(DOCS)) for path in sources
        if path.resolve().with_suffix("") not in listed
        and path.name != "index.md"
    ]  # fmt: skip
    assert not missing


def test_the_gallery_has_every_notebook_with_a_small_picture():
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    assert (DOCS / "gallery/index.md").read_text() == gallery.page(), "run gallery.py --page"
    for name in gallery.names():
        title, body = gallery.introduction(name)
        assert title and body, name
        picture = (DOCS / f"gallery/{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) < 200_000, name


def program(*arguments: str, folder: Path, **environment: str) -> str:
    """What the program of the package prints on stdout; its exit code must be 0."""
    done = subprocess.run(
        [sys.executable, "-m", "aivmsim", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sweep_of_the_page_about_ci_takes_the_hash_of_a_commit(tmp_path):
    page = (DOCS / "howto/ci.md").read_text()
    (command,) = re.findall(r"run: \./dev aivmsim (sweep [^>\n]*)", page)
    sha = "9a1bd52cd0b5bd0f0e3a7b54d9ad0c3d4ee1f0aa"
    arguments = command.replace("${GITHUB_SHA}", sha).split()
    assert sha in arguments
    plan = json.loads(program(*arguments, "--dry-run", folder=tmp_path))
    assert (plan["scenario"], plan["seeds"]) == ("swarm", 1)


# Keys that a document has only at times.
AT_TIMES = {"budget_end", "counterfactual", "determinism"}


@pytest.fixture(scope="module")
def json_rows() -> dict[str, list[set[str]]]:
    """Of each command of the page the keys of its document, then those of what it lists."""
    text = (DOCS / "parts/json.md").read_text()
    return {
        name: [set(keys.split()) for keys in re.findall(r"`([^`]+)`", told)]
        for name, told in re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.M)
    }


def test_the_page_of_json_documents_has_the_keys_that_the_program_prints(json_rows, tmp_path):
    def keys(row: str, *command: str) -> dict:
        document = json.loads(program(*command, "--json", folder=tmp_path))
        assert document.pop("schema_version") == 2
        assert document.keys() - json_rows[row][0] == set()
        assert json_rows[row][0] - document.keys() <= AT_TIMES
        return document

    small = ["lazy_provider", "--set", "tasks.count=20", "--set", "run.fidelity=economic"]
    keys("run", "run", *small, "--out", "a.db")
    keys("sweep", "sweep", *small, "--seeds", "1..2", "--out", "study.db")
    keys("sweep --dry-run", "sweep", *small, "--seeds", "1..2", "--dry-run")
    program("run", *small, "--seed", "2", "--out", "b.db", folder=tmp_path)
    found = keys("compare", "compare", "a.db", "b.db")
    assert set(found["differences"][0]) == json_rows["compare"][1]
    found = keys("gpu", "gpu")
    assert all(set(one) == json_rows["gpu"][1] for one in found["candidates"])
    found = keys("validate", "validate", "--only", "V31")
    assert set(found["cases"][0]) == json_rows["validate"][1]
    found = keys("replay DATABASE", "replay", "study.db")
    assert set(found["runs"][0]) == json_rows["replay DATABASE"][1]


def test_the_page_of_json_documents_has_every_command_that_prints_one(json_rows, pages):
    sections = re.split(r"^([a-z][a-z-]*)$", pages["cli.md"], flags=re.M)
    printing = {
        name for name, text in zip(sections[1::2], sections[2::2], strict=True)
        if re.search(r"^ +--json ", text, re.M)
    }  # fmt: skip
    assert "validate" in printing
    assert printing == {row.split(" ")[0] for row in json_rows}


def test_exit_codes_are_those_of_the_program(pages):
    header = (ROOT / "scenarios/cli/exit_codes.h").read_text()
    codes = set(re.findall(r"kExit\w+ = (\d+)", header))
    assert codes == set(re.findall(r"^\| (\d+) \|", pages["exit_codes.md"], re.M))
