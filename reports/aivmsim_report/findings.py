"""The shrunk violations that a run or a sweep saved in the folder `findings` beside its file."""

import json
from html import escape
from pathlib import Path
from typing import Any

from .facts import Run

Finding = dict[str, Any]


def of_run(run: Run) -> Finding | None:
    """The finding of this very run, by its digest; None if there is none."""
    if run.path is None:
        return None
    for file in sorted((run.path.parent / "findings").glob("*/finding.json")):
        found = _read(file)
        if found and found.get("digest") == run.row["digest"]:
            return found
    return None


def read(folder: Path) -> Finding | None:
    """The finding in this folder; None if it holds none."""
    return _read(folder / "finding.json")


def _read(file: Path) -> Finding | None:
    """None for a file that is no finding: somebody else's, or damaged."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("shrunk"), dict):
        return None
    return found | {"folder": str(file.parent)}


def steps_html(finding: Finding | None) -> str:
    """The fewest actions that show the violation, and the command that shows it again."""
    if finding is None or not finding["shrunk"].get("actions"):
        return ""
    steps = "".join(f"<li>{escape(str(step))}</li>" for step in finding["shrunk"]["actions"])
    return (
        f'<p class="lead"><b>The fewest actions that show it:</b></p><ol>{steps}</ol>'
        f"<pre>aivmsim replay {escape(finding['folder'])}</pre>"
    )
