"""Campaigns whose shards are made by an executor: many runs until something is violated."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from .scenario import Scenario, as_scenario

#: Exit codes of a campaign that ran, whatever it found; others mean that it did not.
_RAN = {0, 1, 4, 5, 6}


class CampaignError(RuntimeError):
    """A campaign could not be made; the text is what the program said.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.campaign("quickstart", ".", seed=1)
    Traceback (most recent call last):
    aivmsim.campaigns.CampaignError: . exists already; choose another folder
    """


class _Shard(NamedTuple):
    """One part as workers get it."""

    number: int
    of: int
    seed: int
    scenarios: tuple[tuple[str, str], ...]  # name and text
    arguments: tuple[str, ...]


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
    needs the package and nothing else. No seed is used by two shards.

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
        The document that ``aivmsim campaign --json`` prints, for all shards together.

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
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aivmsim-campaign-")))
        names = []
        for number, files in enumerate(executor.map(_make_shard, parts), start=1):
            names.append(str(folder / str(number)))
            _write_files(folder / str(number), files)
        _call(["merge", *names, "--out", str(out)], folder)
        paths = _write_scenarios(folder, texts)
        runs = sum(b'"run":' in line[:8] for line in (Path(out) / _LOG).read_bytes().splitlines())
        # As many runs as there are: nothing is left to do but to tell.
        return json.loads(
            _call(
                ["campaign", *paths, "--seed", str(seed), "--out", str(Path(out).resolve()),
                 "--runs", str(max(runs, 1)), "--json",
                 *[each for each in arguments if each.startswith(_OF_THE_PLAN + _OF_THE_RESULT)]],
                folder,
            )
        )


_LOG = "campaign.jsonl"


#: What belongs to the campaign, and what to the telling of its result; everything else says how
#: much a shard makes.
_OF_THE_PLAN = ("--paranoid", "--set=")
_OF_THE_RESULT = ("--probes", "--junit=", "--sarif=")


def _program() -> str:
    return str(Path(str(resources.files("aivmsim"))) / "bin" / "aivmsim")


def _call(arguments: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        [_program(), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode not in _RAN:
        raise CampaignError(done.stderr.strip() or f"aivmsim ended with {done.returncode}")
    return done.stdout


def _write_scenarios(folder: Path, texts: Iterable[tuple[str, str]]) -> list[str]:
    paths = []
    for number, (name, text) in enumerate(texts):
        path = folder / f"{number}-{name}.toml"
        path.write_text(text)
        paths.append(str(path))
    return paths


def _make_shard(shard: _Shard) -> dict[str, bytes]:
    """The files of the shard's folder. Runs on the worker."""
    with tempfile.TemporaryDirectory(prefix="aivmsim-shard-") as name:
        folder = Path(name)
        paths = _write_scenarios(folder, shard.scenarios)
        _call(
            ["campaign", *paths, "--seed", str(shard.seed), "--shard",
             f"{shard.number}/{shard.of}", "--out", "part", "--jobs", "1", "--quiet",
             *[each for each in shard.arguments if not each.startswith(_OF_THE_RESULT)]],
            folder,
        )
        part = folder / "part"
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
            return 2
    print(json.dumps(result, indent=2))
    return int(result["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
