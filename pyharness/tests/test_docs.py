"""The documentation: every key, strategy, invariant and metric has an entry, and links lead
somewhere. ./dev docs builds the site itself."""

import importlib.util
import re
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


def test_exit_codes_are_those_of_the_program(pages):
    header = (ROOT / "scenarios/cli/exit_codes.h").read_text()
    codes = set(re.findall(r"kExit\w+ = (\d+)", header))
    assert codes == set(re.findall(r"^\| (\d+) \|", pages["exit_codes.md"], re.M))
