import os
import subprocess
import sys
from pathlib import Path

import pytest

import aivmsim

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "common.py"})


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_leaves_its_picture(notebook, tmp_path):
    environment = os.environ | {
        "AIVMSIM_NOTEBOOK_BUDGET": "small",
        "AIVMSIM_NOTEBOOK_OUT": str(tmp_path),
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }
    done = subprocess.run(
        [sys.executable, notebook], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    picture = (tmp_path / f"{notebook.stem}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    if notebook.stem == "published_protocols":
        assert_every_attack_is_compared(tmp_path)


def assert_every_attack_is_compared(folder: Path) -> None:
    """The study of the notebook, and the page of it, have each protocol under each attack."""
    pytest.importorskip("plotly")
    from aivmsim_report.__main__ import main

    study = aivmsim.read(folder / "protocols.db")
    points = study.query(
        "SELECT scenario, text AS attack FROM point JOIN point_param USING (point_id)"
        " WHERE name = 'description'"
    )
    protocols = points["scenario"].nunique()
    assert protocols >= 4
    assert set(points["attack"]) == {"caught", "challenges itself", "90% censor"}
    assert len(points) == 3 * protocols
    assert main([str(study.path), "-o", str(folder / "page.html")]) == 0
    page = (folder / "page.html").read_text()
    assert f"{protocols} values of scenario \u00d7 3 values of description" in page
    for attack in set(points["attack"]):
        assert f"variant {attack}" in page, attack
