"""Campaigns whose shards are made by an executor: many runs until something is violated."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from .scenario import Scenario, as_scenario

#: Exit codes of a campaign that came to its end, whatever it found.
_RAN = {0, 1, 4, 5, 6}
_FAILED = 3  # aivmsim itself failed on a run, or something could not be written
_BAD_REQUEST = 2
_INCOMPLETE = 4


class CampaignError(RuntimeError):
    """A campaign could not be made; the text is what the program said.

    Attributes
    ----------
    exit_code : int
        That of ``aivmsim campaign``: 2 for a request that cannot be met, 3 if the program or the
        disk failed, 4 if no shard came back.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.campaign("quickstart", ".", seed=1)
    Traceback (most recent call last):
    aivmsim.campaigns.CampaignError: . exists already; choose another folder
    """

    def __init__(self, text: str, exit_code: int = _BAD_REQUEST) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class _Shard(NamedTuple):
    """One part as workers get it."""

    number: int
    of: int
    seed: int
    scenarios: tuple[tuple[str, str], ...]  # name and text
    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.number}/{self.of}"


class _Part(NamedTuple):
    """What came of a shard."""

    files: dict[str, bytes]  # of its folder; empty if it did not begin
    exit_code: int  # negative: the signal that ended the process
    said: str  # on stderr

    @property
    def problem(self) -> str | None:
        """Why runs of the shard may be missing; None if none are."""
        # Runs on which aivmsim failed are in the log, and nothing else is said of them.
        ended = self.exit_code in _RAN or (self.exit_code == _FAILED and not self.said)
        if ended and self.files:
            return None
        return self.said or f"aivmsim ended with {self.exit_code}"


def campaign(
    scenarios: Scenario | str | os.PathLike[str] | Iterable[Scenario | str | os.PathLike[str]],
    out: str | os.PathLike[str],
    seed: int,
    shards: int = 1,
    arguments: Sequence[str] = (),
    executor: Executor | None = None,
) -> dict[str, Any]:
    """Makes the shards of a campaign on an executor, and joins them to one in a folder.

    Each shard is a command ``aivmsim campaign --shard I/N`` with a process of its own, so a worker
    needs the package and nothing else. No seed is used by two shards. A shard that fails, or whose
    worker dies, costs its own runs only: what it has logged and all other shards are joined, and
    the result names it.

    Parameters
    ----------
    scenarios : Scenario, str, path-like, or several of them
        Used in turn. Names are those of the catalogue.
    out : path-like
        The folder of the joined campaign; it must not exist.
    seed : int
        Of the campaign.
    shards : int
        How many parts there are; the executor decides how many run at a time.
    arguments : sequence of str
        Further arguments of each shard, such as ``["--runs", "1000"]`` or ``["--budget", "10m"]``;
        keys of the scenario as ``"--set=KEY=VALUE"``.
    executor : concurrent.futures.Executor, optional
        Such as ``client.get_executor()`` of a Dask client; by default a thread per shard, each of
        which waits for its process.

    Returns
    -------
    dict
        The document that ``aivmsim campaign --json`` prints, for all shards together. Its
        ``shard_errors`` holds the shards that did not come to their end, such as ``"2/4"``, and
        why; its ``exit_code`` is 4 if there are any and nothing was found.

    Raises
    ------
    CampaignError
        A request that cannot be met, no shard that came back, or a result that cannot be written;
        in the last case it names the folder in which the parts are kept.

    Examples
    --------
    >>> import aivmsim, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "joined"
    >>> found = aivmsim.campaign("quickstart", folder, seed=7, shards=2, arguments=["--runs", "2"])
    >>> found["runs"], found["defects"]
    (4, [])
    """
    if Path(out).exists():
        raise CampaignError(f"{out} exists already; choose another folder")
    if shards < 1:
        raise CampaignError(f"a campaign has at least one shard, not {shards}")
    several = not isinstance(scenarios, (Scenario, str, os.PathLike))
    texts = tuple(
        (as_scenario(each).name, as_scenario(each).to_toml())
        for each in (scenarios if several else [scenarios])
    )
    parts = [
        _Shard(number, shards, seed, texts, tuple(arguments)) for number in range(1, shards + 1)
    ]
    with ExitStack() as stack:
        if executor is None:
            executor = stack.enter_context(ThreadPoolExecutor(shards))
        made, problems = _collect(executor, parts)
    if not made:
        raise _nothing_came_back(problems)
    folder = Path(tempfile.mkdtemp(prefix="aivmsim-campaign-"))
    try:
        result = _join(folder, made, out, arguments)
    except CampaignError as error:
        raise CampaignError(f"{error}; the parts are kept in {folder}", error.exit_code) from None
    shutil.rmtree(folder, ignore_errors=True)
    result["shard_errors"] = {
        shard.name: problems[shard.name].text for shard in parts if shard.name in problems
    }
    if problems and result["exit_code"] == 0:
        result["exit_code"] = _INCOMPLETE
    return result


#: Flags of the telling of the result; everything else is of the shards.
_OF_THE_RESULT = ("--probes", "--junit=", "--sarif=")


class _Problem(NamedTuple):
    text: str
    exit_code: int


def _collect(
    executor: Executor, parts: Sequence[_Shard]
) -> tuple[dict[int, _Part], dict[str, _Problem]]:
    """The parts that came back, by number, and why others did not or are not whole."""
    futures: dict[int, Future[_Part]] = {}
    made: dict[int, _Part] = {}
    problems: dict[str, _Problem] = {}

    def lost(shard: _Shard, error: BaseException) -> None:
        text = f"its worker failed: {type(error).__name__}: {error}".rstrip(": ")
        problems[shard.name] = _Problem(text, _INCOMPLETE)

    for shard in parts:
        try:
            futures[shard.number] = executor.submit(_make_shard, shard)
        except Exception as error:  # of the executor: it does not accept work any more
            lost(shard, error)
    for shard in parts:
        if shard.number not in futures:
            continue
        try:
            part = futures[shard.number].result()
        except (Exception, CancelledError) as error:  # of the executor, or of its worker
            lost(shard, error)
            continue
        if part.files:
            made[shard.number] = part
        if part.problem is not None:
            problems[shard.name] = _Problem(part.problem, part.exit_code)
    return made, problems


def _nothing_came_back(problems: dict[str, _Problem]) -> CampaignError:
    """All shards refuse a request that cannot be met, and in the same words."""
    codes = {problem.exit_code for problem in problems.values()}
    if codes == {_BAD_REQUEST}:
        return CampaignError(next(iter(problems.values())).text)
    texts = "; ".join(f"{name}: {problem.text}" for name, problem in problems.items())
    return CampaignError(f"no shard came back: {texts}", _INCOMPLETE)


def _join(
    folder: Path, made: dict[int, _Part], out: str | os.PathLike[str], arguments: Sequence[str]
) -> dict[str, Any]:
    names = []
    for number, part in made.items():
        names.append(str(folder / str(number)))
        _write_files(folder / str(number), part.files)
    flags = [each for each in arguments if each.startswith(_OF_THE_RESULT)]
    done = _call(["merge", *names, "--out", str(out), "--incomplete", "--json", *flags], None)
    if not done.stdout:
        text = done.stderr.strip() or f"aivmsim merge ended with {done.returncode}"
        raise CampaignError(text, done.returncode if done.returncode > 0 else _FAILED)
    result: dict[str, Any] = json.loads(done.stdout)
    result["exit_code"] = done.returncode  # also of a file that could not be written
    return result


def _program() -> str:
    return str(Path(str(resources.files("aivmsim"))) / "bin" / "aivmsim")


def _call(
    arguments: Sequence[str], folder: Path | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _write_scenarios(folder: Path, texts: Iterable[tuple[str, str]]) -> list[str]:
    paths = []
    for number, (_, text) in enumerate(texts):
        path = folder / f"{number}.toml"
        path.write_text(text)
        paths.append(str(path))
    return paths


def _make_shard(shard: _Shard) -> _Part:
    """Runs on the worker."""
    with tempfile.TemporaryDirectory(prefix="aivmsim-shard-") as name:
        folder = Path(name)
        paths = _write_scenarios(folder, shard.scenarios)
        done = _call(
            ["campaign", *paths, "--seed", str(shard.seed), "--shard", shard.name, "--out", "part",
             "--jobs", "1", "--quiet",
             *[each for each in shard.arguments if not each.startswith(_OF_THE_RESULT)]],
            folder,
        )  # fmt: skip
        return _Part(_files_of(folder / "part"), done.returncode, done.stderr.strip())


def _files_of(part: Path) -> dict[str, bytes]:
    """Of a campaign's folder; none if its log does not hold the plan yet."""
    log = part / "campaign.jsonl"
    if not log.exists() or b"\n" not in log.read_bytes():
        return {}
    return {
        str(path.relative_to(part)): path.read_bytes()
        for path in sorted(part.rglob("*"))
        if path.is_file()
    }


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)


def main(arguments: Sequence[str] | None = None) -> int:
    """``aivmsim campaign --executor dask`` after the program has read its arguments."""
    parser = argparse.ArgumentParser(prog="python -m aivmsim.campaigns")
    parser.add_argument("scenarios", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--shards", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scheduler", help="address; without one, a cluster on this machine")
    known, rest = parser.parse_known_args(arguments)
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        print("aivmsim: Dask is not installed: pip install 'dask[distributed]'", file=sys.stderr)
        return 3
    with ExitStack() as stack:
        where = known.scheduler
        if where is None:
            where = stack.enter_context(
                LocalCluster(
                    n_workers=min(known.shards, os.cpu_count() or 1),
                    threads_per_worker=1,
                    dashboard_address=None,
                )
            )
        client = stack.enter_context(Client(where))
        try:
            result = campaign(
                known.scenarios,
                known.out,
                known.seed,
                known.shards,
                rest,
                client.get_executor(),
            )
        except CampaignError as error:
            print(f"aivmsim: {error}", file=sys.stderr)
            return error.exit_code
    for name, why in result["shard_errors"].items():
        print(f"aivmsim: shard {name} is not whole: {why}", file=sys.stderr)
    print(json.dumps(result, indent=2))
    return int(result["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
