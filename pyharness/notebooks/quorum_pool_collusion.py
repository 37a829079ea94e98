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
# # M of N, the size of the pool, and how many may collude
#
# Five providers are drawn for a task and three equal answers decide. Colluders agree on one wrong
# answer. How often do they win, and does it matter whether the five are drawn from twenty or from
# fifty?

# %%
import matplotlib.pyplot as plt
import numpy as np
from common import FULL, bars, holds, jointly, save, trials
from scipy.stats import binom, hypergeom

import aivmsim


@aivmsim.strategy("colluder", role="provider")
class Colluder(aivmsim.ProviderStrategy):
    """All of them know the same wrong answer without communicating."""

    def answer(self, view):
        return view.run() ^ 1


N, M = 5, 3
scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "chain.censoring_share": "0%",
        "vm.verification_mode": "redundant",
        "vm.challenge_window_blocks": 0,
        "vm.commit_window_blocks": 3,
        "vm.reveal_window_blocks": 3,
        "tasks.count": 400 if FULL else 200,
        "tasks.feature_rows": 32,
        "provider.lazy.strategy": "python:colluder",
    }
)

# %% [markdown]
# ## The sweep
#
# No re-execution afterwards (a window of 0 blocks), so the vote alone decides. A task is lost when
# the colluders are a majority of those drawn; those who lose a vote are slashed, but bonds are
# large enough here to continue. All points share their seeds, so their intervals depend on each
# other; they are made so wide that all of them hold together with 95 %.

# Each task draws a committee of its own, so tasks are independent trials.

# %%
pools, fractions = ([20, 50], [0.1, 0.2, 0.3]) if FULL else ([10, 20], [0.2, 0.4])
points = [
    {"provider.honest.count": pool - round(f * pool), "provider.lazy.count": round(f * pool)}
    for pool in pools
    for f in fractions
]
runs = aivmsim.sweep(scenario, over=points, seeds=range(1, 17 if FULL else 9))
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
keys = list(points[0])
found = trials(runs, keys, "n_final_corrupt", "n_final", jointly(len(points)))
found["pool"], found["bad"] = found[keys[0]] + found[keys[1]], found[keys[1]]
found["theory"] = hypergeom.sf(M - 1, found["pool"], found["bad"], N)
found["open pool"] = binom.sf(M - 1, N, found["bad"] / found["pool"])
print(found.to_string(index=False))

# %%
figure, panel = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
curve = np.linspace(0, max(fractions) + 0.1, 100)
panel.plot(
    curve, binom.sf(M - 1, N, curve), color="grey", linestyle=":", label="open pool: binomial"
)
for (pool, here), colour in zip(found.groupby("pool"), ["tab:blue", "tab:orange"], strict=True):
    bad = np.arange(0, round(curve[-1] * pool) + 1)
    panel.plot(bad / pool, hypergeom.sf(M - 1, pool, bad, N), color=colour, linewidth=1)
    panel.errorbar(here["bad"] / pool, here["value"], yerr=bars(here), fmt="o", capsize=3,
                   color=colour,
                   label=f"pool of {pool}: measured, line: hypergeometric")  # fmt: skip
panel.set(
    xlabel="share of the pool that colludes",
    ylabel="tasks decided wrongly",
)
agrees, open_agrees = holds(found), holds(found, "open pool")
panel.set_title(
    f"Three of five: the law of a finite pool lies in {agrees.sum()} of {len(found)} intervals, "
    f"that of an open pool in {open_agrees.sum()}",
    fontsize=9,
)
panel.legend(fontsize=8)
panel.grid(alpha=0.3)
save(figure, "quorum_pool_collusion")

# %% [markdown]
# ## The finding

# %%
# The same runs must accept the one law and refuse the other.
assert agrees.all(), found
assert not open_agrees.all(), found
refuted = found[~open_agrees].sort_values("open pool").iloc[-1]
print(
    f"the hypergeometric law lies in {agrees.sum()} of {len(found)} intervals that hold together "
    f"with 95 %, and the law of an open pool in {open_agrees.sum()}: with "
    f"{refuted['bad'] / refuted['pool']:.0%} colluders in a pool of {refuted['pool']:.0f}, "
    f"{refuted['value']:.1%} [{refuted['low']:.1%}, {refuted['high']:.1%}] of the tasks are "
    f"decided wrongly (theory {refuted['theory']:.1%}, open pool {refuted['open pool']:.1%})"
)
