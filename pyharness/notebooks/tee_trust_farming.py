# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Farming trust
#
# Attested hardware has a trust score. The score makes its answers usable at once,
# before their challenge window is over, and draws work to it. A cheat can buy such a machine, too,
# behave for a while, and then answer wrongly at will. How much work is it assigned, and how much
# damage does it do before the bond stops it?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, save

import aivmsim

LUX = 1_000_000_000


@aivmsim.strategy("farmer", role="provider", parameters={"honest_answers": 20})
class Farmer(aivmsim.ProviderStrategy):
    """Answers correctly for a number of tasks, and wrongly afterwards."""

    def __init__(self, parameters, context):
        super().__init__(parameters, context)
        self.left = parameters["honest_answers"]

    def answer(self, view):
        self.left -= 1
        return view.run() if self.left >= 0 else view.run() ^ 1


scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "chain.censoring_share": "0%",
        "vm.verification_mode": "tee",
        "vm.challenge_window_blocks": 20,
        # One task per block: a bond backs a limited number of open results, and a burst of tasks
        # would exhaust it.
        "tasks.per_block": 1,
        "tasks.count": 400 if FULL else 150,
        "provider.lazy.strategy": "python:farmer",
    }
)

# %% [markdown]
# ## The sweep
#
# Four honest providers without such hardware, two farmers with or without it, and their bond. A
# farmer is stopped when what is left of its bond backs no more results.

# %%
machines, bonds = ["", "H100"], [1000, 2000, 5000] if FULL else [1000, 3000]
rows = []
for hardware in machines:
    for bond in bonds:
        for seed in range(1, 17 if FULL else 4):
            point = scenario.replace(
                **{"provider.lazy.hardware": hardware, "provider.lazy.bond": f"{bond} LUX"}
            )
            run = aivmsim.run(point, seed=seed)
            assert run.status == "clean", run.violations
            labels = run.principals.set_index("principal")["label"]
            of = run.agents.set_index("agent")["principal"].map(labels)
            answers = run.results.merge(run.tasks[["task", "assign_block"]], on="task")
            mine = answers["provider"].map(of).str.startswith("lazy")
            slashed = run.slashes["taken"].sum() / LUX
            first_wrong = answers.loc[~answers["correct"], "assign_block"].min()
            before = answers[answers["assign_block"] < first_wrong] if first_wrong > 0 else answers
            rows.append(
                {
                    "hardware": hardware or "none",
                    "bond": bond,
                    "share": before["provider"].map(of).str.startswith("lazy").mean(),
                    "wrong": int((mine & ~answers["correct"]).sum()),
                    "first use": run.metrics["ttu_mean"],
                    "slashed": slashed,
                }
            )
runs = pd.DataFrame(rows)
table = runs.groupby(["hardware", "bond"], sort=False).mean()
print(table.to_string())

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
for hardware, colour in zip(["none", "H100"], ["tab:grey", "tab:red"], strict=True):
    here = runs[runs["hardware"] == hardware]
    estimate = aivmsim.mean_interval(here["share"])
    left.bar(hardware, estimate.value, color=colour, alpha=0.7)
    left.errorbar(
        hardware, estimate.value, yerr=np.array([estimate.error]).T, color="black", capsize=4
    )
    spread = [aivmsim.mean_interval(group["first use"]) for _, group in here.groupby("bond")]
    right.errorbar(bonds, [one.value for one in spread],
                   yerr=np.array([one.error for one in spread]).T, color=colour,
                   marker="o", capsize=4, label=f"hardware: {hardware}")  # fmt: skip
left.axhline(1 / 3, color="black", linestyle=":", label="two of six providers")
left.set(ylabel="share of the work that the farmers get", xlabel="their hardware")
left.legend(fontsize=8)
right.set(xlabel="bond of each farmer, LUX", ylabel="mean time to the first use of an answer, s")
right.legend(fontsize=8)
figure.suptitle("Trust draws work and skips the wait; only the bond ends the harvest")
save(figure, "tee_trust_farming")

# %% [markdown]
# ## The finding

# %%
plain, trusted = table.loc["none"], table.loc["H100"]
cost = trusted["slashed"].sum() / max(trusted["wrong"].sum(), 1)
print(
    f"attested hardware raises the farmers' share of the work from {plain['share'].mean():.0%} to "
    f"{trusted['share'].mean():.0%}; an answer is first used after "
    f"{trusted['first use'].mean():.0f} s on average, and after {plain['first use'].mean():.0f} s "
    "without it, though four of the six providers wait for the window still; each of the "
    f"{trusted['wrong'].mean():.0f} wrong answers of a run still cost a bond of {cost:.0f} LUX"
)
assert trusted["share"].mean() > plain["share"].mean()
assert trusted["first use"].mean() < plain["first use"].mean()
