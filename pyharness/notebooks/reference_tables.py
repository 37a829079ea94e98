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
# # The reference tables, by simulation
#
# What theory says about fraud proofs that are censored in every block of their window, beside what the machine does.
# Only entries that runs of this size can see are measured: a probability of 1e-9 is not found by trying.

# %%
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
from common import FULL, save, shares

import aivmsim

WINDOW, ALPHA = "vm.challenge_window_blocks", "chain.censoring_share"
TABLE = {0.50: [9.3e-10, 8.7e-19, 7.9e-31], 0.67: [6.1e-06, 3.7e-11, 4.1e-18], 0.80: [1.2e-03, 1.5e-06, 2.0e-10],
         0.90: [4.2e-02, 1.8e-03, 2.7e-05], 0.95: [2.1e-01, 4.6e-02, 5.9e-03]}  # fmt: skip
WINDOWS = [30, 60, 100]
# What can be seen with so many tasks: some hundred events in the full budget.
VISIBLE = 1e-3 if FULL else 2e-2
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 1000 if FULL else 100})

# %% [markdown]
# ## Fraud proof censored in every block of the window
#
# Tasks come in bunches that meet the same proposers, so it takes many runs, not many tasks. One task a block here.

# %%
cells = [
    (alpha, window, expected) for alpha, row in TABLE.items() for window, expected in zip(WINDOWS, row, strict=True)
]
visible = [cell for cell in cells if cell[2] >= VISIBLE]
points = [{ALPHA: Fraction(round(alpha * 100), 100), WINDOW: window} for alpha, window, _ in visible]
runs = aivmsim.sweep(scenario, over=points, seeds=range(1, 257 if FULL else 17))
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
table = shares(runs, [ALPHA, WINDOW], "n_fraud_missed", "n_fraud_posted", confidence=0.99)
table["published"] = [expected for _, _, expected in visible]
table["agrees"] = (table["low"] <= table["published"]) & (table["published"] <= table["high"])
print(table.to_string(index=False))
print(f"{len(cells) - len(visible)} of {len(cells)} entries are below {VISIBLE:g} and were not tried")

# %%
figure, panel = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
place = np.arange(len(table))
panel.errorbar(place, table["value"], yerr=[table["value"] - table["low"], table["high"] - table["value"]], fmt="o",
               capsize=4, label="measured, 99 %")  # fmt: skip
panel.scatter(place, table["published"], marker="_", s=400, color="tab:red", label="published")
panel.set_xticks(place, [f"α={float(a):.2f}\nW={w}" for a, w in zip(table[ALPHA], table[WINDOW], strict=True)])
panel.set(yscale="log", ylabel="fraud proof censored in every block", title="The censorship table, by simulation")
panel.legend()
panel.grid(alpha=0.3, axis="y")
save(figure, "reference_tables")

# %% [markdown]
# ## The finding

# %%
print(f"{table['agrees'].sum()} of {len(table)} entries agree with the published table at 99 %")
assert table["agrees"].all(), table[~table["agrees"]]
