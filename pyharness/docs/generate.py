"""Writes the reference pages of the site from what the program and the package say of themselves.

    AIVMSIM_TOOL=build/release/bin/aivmsim python pyharness/docs/generate.py [FOLDER]

Without AIVMSIM_TOOL the program of the installed package is asked. The pages go to reference/
beside this file, or below FOLDER.
"""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import aivmsim

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Pages that the program writes: file, and the name for `aivmsim reference`.
PAGES = (
    "keys",
    "strategies",
    "invariants",
    "metrics",
    "database",
    "errors",
    "scenarios",
    "profiles",
)
# What the package offers, by subject.
API = {
    "Runs, sweeps and studies": [
        "run", "RunResult", "campaign", "sweep", "read", "record", "StudyData", "Scenario",
        "catalogue", "METRICS", "Metric", "share", "lux", "seconds", "charts", "plot",
        "safe_window", "SafeWindow", "workload_trace",
    ],
    "Statistics": [
        "share_interval", "mean_interval", "paired_share_interval", "contrast", "compare",
        "Estimate",
    ],
    "Search, learning, sensitivity": [
        "protocols", "Protocol", "optuna_study", "best_response", "BestResponse",
        "empirical_game", "Game", "Mixes", "Orbit", "salib.problem", "salib.evaluate", "validate",
    ],
    "Strategies": [
        "strategy", "ProviderStrategy", "ChallengerStrategy", "RequesterStrategy",
        "ValidatorStrategy", "StrategyContext", "RandomStream", "NodeView", "TaskView",
        "DisputeView", "DemandView", "PollView", "Vote", "BlockInfo", "BlockRef", "Follower",
    ],
    "The machine": [
        "VM", "State", "Record", "Block", "Event", "SignedOperation", "Trace", "ReceiptProof",
        "Conservation", "Model", "ChainVM", "HostedBlock", "DagVM", "HostedVertex", "Cancel",
        "Health", "HttpResponse", "DEV_ACCOUNT", "HOST_STATES", "bound_job_id", "claim_commitment",
        "default_config", "default_policy", "genesis_validator", "keccak256", "op", "kernels",
    ],
    "Errors": ["CampaignError", "ScenarioError", "StudyError", "SweepError", "StrategyError",
               "VmError", "Violation"],
}  # fmt: skip
INDEX = """# Reference

Written from the tables that the program itself works with; the same texts as `aivmsim explain`.

```{toctree}
:maxdepth: 1

keys
strategies
invariants
metrics
scenarios
attacks
profiles
protocols
database
errors
cli
exit_codes
json
service
python
```
"""


def tool() -> list[str]:
    given = os.environ.get("AIVMSIM_TOOL")
    return [given] if given else [sys.executable, "-m", "aivmsim"]


def told(*arguments: str) -> str:
    return subprocess.run([*tool(), *arguments], capture_output=True, text=True, check=True).stdout


def python_page() -> str:
    """The package by subject, each member from its docstring."""
    parts = ["# Python API\n"]
    for subject, names in API.items():
        parts.append(f"\n## {subject}\n")
        for name in names:
            parts.append(directive(name))
    return "\n".join(parts)


def directive(name: str) -> str:
    found = aivmsim
    for part in name.split("."):
        found = getattr(found, part)
    if inspect.ismodule(found):
        kind, members = "automodule", True
        target = found.__name__
    elif inspect.isclass(found):
        kind, members, target = "autoclass", True, f"aivmsim.{name}"
    elif callable(found):
        kind, members, target = "autofunction", False, f"aivmsim.{name}"
    else:
        kind, members, target = "autodata", False, f"aivmsim.{name}"
    options = ":members:\n" if members else ":no-value:\n" if kind == "autodata" else ""
    return f"```{{eval-rst}}\n.. {kind}:: {target}\n   {options}```\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    out = {f"{name}.md": told("reference", name) for name in PAGES}
    out["cli.md"] = f"# Command line\n\n```text\n{told('--help-all')}```\n"
    out |= {path.name: path.read_text() for path in sorted((HERE / "parts").glob("*.md"))}
    out["attacks.md"] = (ROOT / "scenarios/catalog/ATTACKS.md").read_text()
    out["protocols.md"] = protocols_page()
    out["python.md"] = python_page()
    out["index.md"] = INDEX
    return out


def protocols_page() -> str:
    """The published protocols: what maps, and what does not."""
    parts = [
        "# Published protocols\n",
        "Parameters as their sources publish them, as settings of this machine: "
        "`scenario.replace(**aivmsim.protocols()[NAME].settings)`. Blocks are taken as blocks, and "
        "1 ETH as 1 LUX. Windows of days need a longer `run.max_time`. What does not map is said "
        "for each.\n",
    ]
    for protocol in aivmsim.protocols().values():
        parts.append(f"\n## {protocol.title} (`{protocol.name}`)\n")
        parts.append(f"Source: {protocol.source}.\n")
        parts.append("| published | setting |\n|---|---|")
        parts += [f"| {published} | {settings} |" for published, settings in protocol.maps]
        parts.append("\nDoes not map:\n")
        parts += [f"- {rule}" for rule in protocol.not_mapped]
    return "\n".join(parts) + "\n"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
