"""Recording runs in an outcome database, the file that `aivmsim run --out` writes."""

from __future__ import annotations

import datetime
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import _core


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
