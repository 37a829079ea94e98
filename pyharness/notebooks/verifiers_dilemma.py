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
# # The verifier's dilemma, and what cures it
#
# A check costs $C$ and pays only when there is fraud to find; a cheat gains $G$ when nobody checks
# and loses $S$ when somebody does. So the cheat asks how often checkers check, and checkers ask how
# often there is something to find. How much checking deters, and how much fraud does it take to pay
# for checking?

# %%
import matplotlib.pyplot as plt
import numpy as np
from common import FULL, bars, means, save

import aivmsim

LUX = 1_000_000_000
GAIN, SLASH, COST = (
    100,
    400,
    4,
)  # LUX: of a fraud that passes, of one that does not, and of one check
CHECK, CHEAT, SHARE = (
    "challenger.watcher.parameters.check_ppm",
    "provider.lazy.parameters.guess_ppm",
    "vm.challenger_share_bps",
)

# %% [markdown]
# The checker of this notebook is a strategy in Python: it checks a result with probability
# `check_ppm`.


# %%
@aivmsim.strategy("sometimes", role="challenger", honest=True, parameters={"check_ppm": 1_000_000})
class Sometimes(aivmsim.ChallengerStrategy):
    def steps_to_check(self, view):
        return view.steps if self.random.bernoulli_ppm(self.parameters["check_ppm"]) else None


scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 2000 if FULL else 150,
        "chain.censoring_share": "0%",
        "challenger.watcher.strategy": "python:sometimes",
        "vm.result_bond": f"{SLASH} LUX",
    }
)

# %% [markdown]
# ## How much checking deters
#
# The value of one fraud to the cheat: $(1-q)\,G - q\,S$, which is nothing at $q = G/(G+S)$.

# %%
rates = [0, 100_000, 200_000, 300_000, 500_000, 750_000, 1_000_000]
seeds = range(1, 33 if FULL else 7)
runs = aivmsim.sweep(scenario, over={CHECK: rates if FULL else rates[::2]}, seeds=seeds)
value = (runs["n_fraud_missed"] * GAIN - runs["slash_taken"] / LUX) / runs["n_fraud_posted"]
deterrence = means(runs, [CHECK], value)
deterrence["theory"] = [(1 - q / 1e6) * GAIN - q / 1e6 * SLASH for q in deterrence[CHECK]]
print(deterrence.to_string(index=False))
line = np.polyfit(deterrence[CHECK] / 1e6, deterrence["value"], 1)
indifferent = -line[1] / line[0]

# %% [markdown]
# ## How much fraud pays for checking
#
# A checker that checks everything earns $x\,\rho S - C$ per result when a share $x$ of the answers
# is wrong and it is paid the share $\rho$ of a slash: nothing at $x = C/(\rho S)$. The cure that
# costs nothing is a larger $\rho$; what is burned pays nobody for checking.

# %%
mixes = [0, 20_000, 50_000, 100_000, 200_000] if FULL else [0, 100_000, 300_000]
grid = {SHARE: [2500, 4000, 8000], CHEAT: mixes}
paid = aivmsim.sweep(scenario, over=grid, seeds=seeds)
earned = (paid["slash_taken"] / LUX * paid[SHARE] / 10_000) / paid["tasks"] - COST
wrong = paid["n_fraud_posted"] / paid["tasks"]
checking = means(paid, [SHARE, CHEAT], earned)
checking["wrong"] = list(wrong.groupby([paid[SHARE], paid[CHEAT]], sort=False).mean())

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
q = np.linspace(0, 1, 50)
left.axhline(0, color="black", linewidth=0.8)
left.plot(q, (1 - q) * GAIN - q * SLASH, color="grey", label="theory: (1-q)G - qS")
left.errorbar(
    deterrence[CHECK] / 1e6,
    deterrence["value"],
    yerr=bars(deterrence),
    fmt="o",
    capsize=3,
    label="measured",
)
left.axvline(GAIN / (GAIN + SLASH), color="tab:red", linestyle=":", label="indifferent: G/(G+S)")
left.set(
    xlabel="probability q that an answer is checked", ylabel="worth of one fraud to the cheat, LUX"
)
left.legend(fontsize=8)
x = np.linspace(0, max(checking["wrong"]), 50)
right.axhline(0, color="black", linewidth=0.8)
for (share, here), colour in zip(
    checking.groupby(SHARE), ["tab:blue", "tab:orange", "tab:green"], strict=True
):
    right.plot(x, x * share / 10_000 * SLASH - COST, color=colour, linewidth=1)
    right.errorbar(here["wrong"], here["value"], yerr=bars(here), fmt="o", capsize=3, color=colour,
                   label=f"the checker gets {share / 100:.0f} % of a slash")  # fmt: skip
right.set(xlabel="share of answers that are wrong", ylabel="a checker's net for each result, LUX")
right.legend(fontsize=8)
figure.suptitle(
    "Checking a fifth of the answers deters; who pays for it decides whether it happens"
)
save(figure, "verifiers_dilemma")

# %% [markdown]
# ## The finding

# %%
breaks_even = {share: COST / (share / 10_000 * SLASH) for share in grid[SHARE]}
print(
    f"the cheat is indifferent when {indifferent:.1%} of the answers are checked (theory "
    f"{GAIN / (GAIN + SLASH):.0%}); checking pays from "
    + ", ".join(
        f"{rate:.1%} wrong answers on with {share / 100:.0f} % of the slash"
        for share, rate in breaks_even.items()
    )
)
assert abs(indifferent - GAIN / (GAIN + SLASH)) < (0.02 if FULL else 0.06)
