#!/usr/bin/env python3
"""The engine beside SimPy on HOLD, PHOLD and the safe_window study, that one also with a peer that
keeps the VM's ledger: both run in turn, check values compared, median ratio printed.

    bench/peers/compare.py BUILD_DIR [--pairs 3] [--form callbacks|processes] [--only hold-1e3
    phold]

BUILD_DIR is where engine_bench and economic_bench were built (cmake with AIVM_BENCH=ON). SimPy goes
into a virtual environment there. Exit code 1 if a check value differs or a target is missed, 2 if
something to run is not there.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
# Least ratios of the engine to SimPy that the project holds itself to.
TARGETS = {
    "hold-1e3": 50.0,
    "phold": 30.0,
    "hold-1e5": 50.0,
    "hold-1e6": 50.0,
    "safe_window": 4.0,
    "safe_window_ledger": 4.0,
}
WINDOW_PEERS = {"safe_window": "simpy_window.py", "safe_window_ledger": "simpy_ledger.py"}
WORLDS = {
    "ours": "50",
    "SimPy": "5",
}  # of safe_window, which has no check value: both answer by random draws


def fail(message):
    print(f"compare.py: {message}", file=sys.stderr)
    sys.exit(2)


def find_bench(build, name):
    for candidate in (build / "bench" / name, build / name):
        if candidate.is_file():
            return candidate
    fail(f"no {name} in {build}: build it there with -DAIVM_BENCH=ON first")


def peer_python(build):
    """The interpreter of the virtual environment with the peers, made if need be."""
    home = build / "peers-venv"
    python = home / "bin" / "python"
    marker = home / "installed.txt"
    wanted = (HERE / "requirements.txt").read_text()
    if marker.is_file() and marker.read_text() == wanted:
        return python
    venv.create(home, with_pip=True, clear=True)
    install = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=False
    )
    if install.returncode != 0:
        fail("SimPy could not be installed; the lines above say why")
    marker.write_text(wanted)
    return python


def cost_of(command):
    """{workload: CPU seconds per event or task} from lines "name count seconds ..."."""
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stdout + result.stderr, file=sys.stderr)
        sys.exit(1)
    lines = [line.split() for line in result.stdout.splitlines()]
    return {name: float(seconds) / int(count) for name, count, seconds, *_ in lines}


def commands(name, build, python, form):
    """(SimPy's command, ours) for a workload."""
    if name in WINDOW_PEERS:
        peer = [python, HERE / WINDOW_PEERS[name], "--worlds", WORLDS["SimPy"]]
        return peer, [find_bench(build, "economic_bench"), "--plain", WORLDS["ours"]]
    peer = [python, HERE / "simpy_workloads.py", "--form", form, "--only", name]
    return peer, [find_bench(build, "engine_bench"), "--plain", name]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--form", choices=["callbacks", "processes"], default="callbacks")
    parser.add_argument("--only", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    options = parser.parse_args()
    python = peer_python(options.build)

    ratios = {name: [] for name in options.only}
    for _ in range(options.pairs):
        for name in options.only:
            peer_command, our_command = commands(name, options.build, python, options.form)
            peer = cost_of(peer_command)
            ours = cost_of(our_command)
            # The whole VM is one program, whichever peer it is measured beside.
            own = ours["safe_window" if name in WINDOW_PEERS else name]
            ratios[name].append(peer[name] / own)

    missed = False
    print(f"engine / SimPy ({options.form}), median of {options.pairs} pairs, check values equal")
    for name, values in ratios.items():
        ratio = statistics.median(values)
        met = ratio >= TARGETS[name]
        missed = missed or not met
        print(
            f"{name:18} {ratio:7.1f} times   target {TARGETS[name]:.0f} "
            f"{'met' if met else 'MISSED'}"
        )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
