"""Recording runs in an outcome database, the file that `aivmsim run --out` writes."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import _core

if TYPE_CHECKING:
    from .result import RunResult


class Study(NamedTuple):
    """The identity of a study: files of one study can be merged."""

    name: str
    created: str

    @classmethod
    def begin(cls, name: str) -> Study:
        """A new study, created now."""
        return cls(name, datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def recorder(self, path: str | os.PathLike[str]) -> _core.Recorder:
        """A file to write to. Once complete, it replaces an existing one. Raises StudyError."""
        return _core.Recorder(os.fspath(path), self.name, self.created, overwrite=True)

    def write(self, path: str | os.PathLike[str], record: _core.RunRecord) -> None:
        """Writes a file with one run. Raises StudyError."""
        recorder = self.recorder(path)
        recorder.add(record)
        recorder.close()


def record(
    results: Iterable[RunResult], path: str | os.PathLike[str], name: str | None = None
) -> None:
    """Writes finished runs into one study, which :func:`aivmsim.read`, :func:`aivmsim.plot` and
    ``aivmsim report`` take.

    Runs may be of several scenarios: the report compares scenarios by their names, and variants of
    one by ``description`` where it is set with :meth:`Scenario.replace`. A sweep writes its own
    study with ``out``.

    Parameters
    ----------
    results : iterable of RunResult
        As :func:`aivmsim.run` returns them, each written when its turn comes: a generator of many
        runs needs the memory of one.
    path : path-like
        The file. Once complete, it replaces an existing one.
    name : str, optional
        Of the study; by default the name of the file.

    Raises
    ------
    StudyError
        A file that cannot be written, or two equal runs.

    Examples
    --------
    >>> import aivmsim, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "both.db")
    >>> short = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20, "name": "short"})
    >>> long = short.replace(**{"name": "long", "vm.challenge_window_blocks": 40})
    >>> aivmsim.record((aivmsim.run(s, seed) for s in (short, long) for seed in (1, 2)), path)
    >>> len(aivmsim.read(path).runs)
    4
    """
    study = Study.begin(name or Path(path).stem)
    recorder = study.recorder(path)
    for result in results:
        recorder.add(result._record)
    recorder.close()


class Parts:
    """A folder beside the database for the runs of a sweep, each in its own file, merged when
    all are there.

    Every run is written by the worker that made it, so nothing large travels between processes.
    """

    def __init__(self, out: str | os.PathLike[str], study: Study) -> None:
        self._out = Path(out)
        self._study = study
        try:
            self._folder = tempfile.TemporaryDirectory(
                dir=self._out.parent, prefix=f"{self._out.name}.parts-"
            )
        except OSError as error:
            raise _core.StudyError(f"{self._out} cannot be written: {error.strerror}") from None

    def path(self, index: int) -> str:
        """The path of run `index` of the sweep."""
        return str(Path(self._folder.name) / f"{index:08}.db")

    def merge(self, count: int) -> None:
        """Merges runs 0 to count - 1 into the database, in this order."""
        recorder = self._study.recorder(self._out)
        for index in range(count):
            recorder.merge(self.path(index))
        recorder.close()

    def remove(self) -> None:
        """Removes the folder."""
        self._folder.cleanup()
