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
# # Which challenge window is safe?
#
# A share $\alpha$ of the proposers leaves fraud proofs out of its blocks. A wrong answer becomes
# final when all $W$ blocks of its window were built by them: $\alpha^W$, if proposers are drawn one
# by one. How long must the window be, and does the machine agree with the formula?

# %%
import math
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
from common import FULL, bars, save, shares

import aivmsim

WINDOW, ALPHA = "vm.challenge_window_blocks", "chain.censoring_share"
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 1000 if FULL else 100})

# %% [markdown]
# ## The sweep
#
# The catalogue's `safe_window` in economic fidelity: two of six providers guess, one honest
# challenger proves every wrong answer, and the challenger has plenty of blocks to reveal in, so
# that the window alone decides.

# %%
alphas = [Fraction(50, 100), Fraction(67, 100), Fraction(80, 100), Fraction(90, 100)]
windows = [1, 2, 3, 5, 8, 12, 18, 26, 36, 48] if FULL else [1, 3, 8]
runs = aivmsim.sweep(
    scenario, over={ALPHA: alphas, WINDOW: windows}, seeds=range(1, 65 if FULL else 9)
)
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
points = shares(runs, [ALPHA, WINDOW], "n_fraud_missed", "n_fraud_posted")
points["theory"] = [
    float(alpha) ** window for alpha, window in zip(points[ALPHA], points[WINDOW], strict=True)
]
points["agrees"] = (points["low"] <= points["theory"]) & (points["theory"] <= points["high"])
print(points.to_string(index=False))

# %% [markdown]
# ## The smallest safe window, searched
#
# `aivmsim.safe_window` runs until the interval of the share of fraud that became final lies on one
# side of the bound.

# %%
BOUND = 1e-2 if FULL else 1e-1
searched = {
    alpha: aivmsim.safe_window(
        scenario, alpha, bound=BOUND, confidence=0.9, runs_max=256 if FULL else 128, window_max=128
    ).window
    for alpha in (alphas if FULL else alphas[:1])
}
theory = {alpha: math.ceil(math.log(BOUND) / math.log(alpha)) for alpha in searched}

# %%
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.8), layout="constrained", width_ratios=[3, 2]
)
curve = np.linspace(1, max(windows), 200)
for alpha, colour in zip(alphas, ["tab:blue", "tab:green", "tab:orange", "tab:red"], strict=True):
    here = points[points[ALPHA] == alpha]
    seen, unseen = here[here["value"] > 0], here[here["value"] == 0]
    left.plot(curve, float(alpha) ** curve, color=colour, linewidth=1)
    left.errorbar(seen[WINDOW], seen["value"], yerr=bars(seen), color=colour, fmt="o", capsize=3,
                  label=f"{float(alpha):.0%} censor")  # fmt: skip
    left.scatter(unseen[WINDOW], unseen["high"], color=colour, marker="v", s=28)
left.axhline(BOUND, color="grey", linestyle=":", linewidth=1)
left.set(
    yscale="log",
    ylim=(1e-4, 1.5),
    xlabel="challenge window W, blocks",
    ylabel="wrong answers that became final",
)
left.plot([], [], color="grey", linewidth=1, label=r"theory: $\alpha^W$")
left.scatter([], [], color="grey", marker="v", label="none seen: upper end of the interval")
left.legend(fontsize=8, loc="lower left")
left.grid(alpha=0.3)
place = np.arange(len(searched))
right.bar(
    place - 0.2,
    theory.values(),
    0.4,
    color="lightgrey",
    edgecolor="grey",
    label=r"theory: $\log b/\log\alpha$",
)
right.bar(
    place + 0.2,
    [window or 0 for window in searched.values()],
    0.4,
    color="tab:purple",
    label="searched by runs",
)
right.set_xticks(place, [f"{float(alpha):.0%}" for alpha in searched])
right.set(xlabel="share of censoring proposers", ylabel="smallest safe window, blocks")
right.legend(fontsize=8)
figure.suptitle(
    f"The window must grow as 1/log(1/α); at {BOUND:.0%} the search errs to the long side"
)
save(figure, "safe_challenge_window")

# %% [markdown]
# ## The finding

# %%
print(
    f"theory lies in {points['agrees'].sum()} of {len(points)} 95 % intervals; to keep fraud below "
    f"{BOUND:.0%}, "
    + "; ".join(
        f"{float(a):.0%} censors need {w} blocks (theory {theory[a]})" for a, w in searched.items()
    )
)
assert points["agrees"].mean() > 0.8
assert all(window is not None and window >= theory[alpha] - 1 for alpha, window in searched.items())
