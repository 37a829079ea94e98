"""The charts of the report, for notebooks and papers."""

from __future__ import annotations

import difflib
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import aivmsim_report.database
import aivmsim_report.facts
import aivmsim_report.run_charts
import aivmsim_report.study
import aivmsim_report.study_charts
from aivmsim_report.chart import Absent, Chart

from .reading import StudyData

if TYPE_CHECKING:
    import matplotlib.figure
    import plotly.graph_objects


def charts(source: StudyData | str | os.PathLike[str]) -> dict[str, str]:
    """The charts that a database has, by name, with their titles; those without data say why.

    Parameters
    ----------
    source : StudyData, str or path-like
        A finished database of a run or a sweep.

    Examples
    --------
    >>> import aivmsim, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "run.db")
    >>> _ = aivmsim.run("safe_window", out=path)
    >>> "payoff" in aivmsim.charts(path)
    True
    """
    return {
        chart.name: chart.title if isinstance(chart, Chart) else f"{chart.title}: {chart.reason}"
        for chart in _all(_path(source))
    }


def plot(
    source: StudyData | str | os.PathLike[str],
    name: str,
    engine: Literal["matplotlib", "plotly"] = "matplotlib",
) -> matplotlib.figure.Figure | plotly.graph_objects.Figure:
    """One chart of the report as a figure.

    Parameters
    ----------
    source : StudyData, str or path-like
        A finished database of a run or a sweep.
    name : str
        One of :func:`charts`.
    engine : {"matplotlib", "plotly"}
        matplotlib, which the package does not bring (``pip install matplotlib``), for papers;
        plotly for notebooks.

    Raises
    ------
    KeyError
        There is no such chart.
    ValueError
        The database has no data for it; the text says why.

    Examples
    --------
    >>> import aivmsim, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "run.db")
    >>> _ = aivmsim.run("safe_window", out=path)
    >>> figure = aivmsim.plot(path, "payoff", engine="plotly")
    """
    found = {chart.name: chart for chart in _all(_path(source))}
    if name not in found:
        near = difflib.get_close_matches(name, found, n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(found)}"
        raise KeyError(f"there is no chart {name!r}; {mend}")
    chart = found[name]
    if isinstance(chart, Absent):
        raise ValueError(f"{name}: {chart.reason}")
    if engine == "plotly":
        return _with_plotly(chart)
    if engine == "matplotlib":
        from aivmsim_report import draw_matplotlib

        return draw_matplotlib.draw(chart)
    raise ValueError(f"engine is {engine!r}; write 'matplotlib' or 'plotly'")


def _with_plotly(chart: Chart) -> Any:
    import plotly.graph_objects
    from aivmsim_report import draw_plotly

    figure = plotly.graph_objects.Figure(draw_plotly.draw(chart))
    figure.update_layout(title=chart.title)
    return figure


def _path(source: StudyData | str | os.PathLike[str]) -> Path:
    return source.path if isinstance(source, StudyData) else Path(source)


def _all(path: Path) -> list[Chart | Absent]:
    with closing(aivmsim_report.database.connect(path)) as db:
        if db.execute("SELECT count(*) FROM run").fetchone()[0] == 1:
            return aivmsim_report.run_charts.all_charts(aivmsim_report.facts.load(db, None))
        study = aivmsim_report.study.load(db, path, [])
        return aivmsim_report.study_charts.all_charts(study, [])
