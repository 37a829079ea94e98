"""Makes the gallery of the site from the notebooks.

    python pyharness/docs/gallery.py [NAME...]

runs notebooks (all, or those named) with the large budget, and keeps their pictures, made small, in
gallery/. Then it writes gallery/index.md. With AIVMSIM_NOTEBOOK_BUDGET=small pictures are rough.
Without a run, ``gallery.py --page`` writes the page alone.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
FOLDER = HERE / "gallery"
WIDTH_PX, COLOURS = 1000, 96

HEAD = """# Gallery

Each picture is the result of a notebook of `pyharness/notebooks`, which asks one question, runs
simulations, and states what it found with intervals beside what theory says. The title over a
picture is computed from its runs. `./dev notebook NAME` opens one in Jupyter.
"""


def names() -> list[str]:
    return sorted(path.stem for path in NOTEBOOKS.glob("*.py") if path.stem != "common")


def render(name: str) -> None:
    """Runs a notebook and keeps its picture."""
    with tempfile.TemporaryDirectory() as out:
        environment = {"AIVMSIM_NOTEBOOK_BUDGET": "full"} | os.environ
        environment |= {"AIVMSIM_NOTEBOOK_OUT": out, "MPLBACKEND": "Agg"}
        subprocess.run([sys.executable, NOTEBOOKS / f"{name}.py"], env=environment, check=True)
        keep(Path(out) / f"{name}.png", environment["AIVMSIM_NOTEBOOK_BUDGET"])


def keep(picture: Path, budget: str) -> None:
    """Copies a picture into the gallery: small, with few colours, and with its budget as a text."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    large = Image.open(picture).convert("RGB")
    height = round(large.height * WIDTH_PX / large.width)
    small = large.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
    texts = PngInfo()
    texts.add_text("budget", budget)
    FOLDER.mkdir(exist_ok=True)
    # Lines are few pixels among many: their colours count as much as the paper.
    few = small.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
    few.save(FOLDER / picture.name, optimize=True, pnginfo=texts)


def budget_of(name: str) -> str:
    """What a kept picture was made with: the text is near the beginning of the file."""
    found = re.search(rb"budget\0(\w+)", (FOLDER / f"{name}.png").read_bytes()[:2000])
    return found[1].decode() if found else "unknown"


def introduction(name: str) -> tuple[str, str]:
    """The title of a notebook, and its first paragraph."""
    text = (NOTEBOOKS / f"{name}.py").read_text()
    cell = re.search(r"# %% \[markdown\]\n(.*?)\n\n", text, re.S)[1]
    lines = [line.removeprefix("#").strip() for line in cell.split("\n")]
    title, *rest = lines
    body = "\n".join(rest).strip().split("\n\n")[0]
    return title.removeprefix("# "), re.sub(r"\$(.*?)\$", plain_formula, body)


def plain_formula(match: re.Match) -> str:
    """A formula without MathJax, which a page would load from another host: α{sup}`W`."""
    base, _, power = match[1].replace("\\alpha", "α").partition("^")
    if not re.fullmatch(r"α|[A-Za-z]", base) or not re.fullmatch(r"[A-Za-z0-9]?", power):
        raise ValueError(f"the gallery cannot show the formula {match[0]}")
    return (base if base == "α" else f"*{base}*") + (f"{{sup}}`{power}`" if power else "")


def page() -> str:
    parts = [HEAD]
    for name in names():
        title, body = introduction(name)
        quick = "" if budget_of(name) == "full" else " The picture is of a quick run."
        parts.append(
            f"## {title}\n\n{body}\n\n"
            f"[`{name}.py`](../../notebooks/{name}.py), `./dev notebook {name}`.{quick}\n\n"
            f"![the picture of the notebook {name}]({name}.png)\n"
        )
    return "\n".join(parts)


def main() -> None:
    wanted = [] if "--page" in sys.argv else sys.argv[1:] or names()
    for name in wanted:
        render(name)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "index.md").write_text(page())


if __name__ == "__main__":
    main()
