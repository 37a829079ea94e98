import os
import subprocess
import sys
from pathlib import Path

import pytest

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
