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
from common import FULL, bars, holds, jointly, save, shares

import aivmsim

WINDOW, ALPHA = "vm.challenge_window_blocks", "chain.censoring_share"
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 1000 if FULL else 500})

# %% [markdown]
# ## The sweep
#
# The catalogue's `safe_window` in economic fidelity: two of six providers guess, one honest
# challenger proves every wrong answer, and the challenger has plenty of blocks to reveal in, so
# that the window alone decides. Points share their seeds, so their intervals depend on each other;
# they are made so wide that all of them hold together with 95 %.

# %%
alphas = [Fraction(50, 100), Fraction(67, 100), Fraction(80, 100), Fraction(90, 100)]
windows = [1, 2, 3, 5, 8, 12, 18, 26, 36, 48] if FULL else [1, 3, 8]
runs = aivmsim.sweep(
    scenario, over={ALPHA: alphas, WINDOW: windows}, seeds=range(1, 65 if FULL else 33)
)
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
points = shares(
    runs, [ALPHA, WINDOW], "n_fraud_missed", "n_fraud_posted", jointly(len(alphas) * len(windows))
)
points["theory"] = [
    float(alpha) ** window for alpha, window in zip(points[ALPHA], points[WINDOW], strict=True)
]
# A rival that is off by one block: the same intervals must refuse it somewhere.
points["one block more"] = points["theory"] * points[ALPHA].astype(float)
print(points.to_string(index=False))

# %% [markdown]
# ## The smallest safe window, searched
#
# `aivmsim.safe_window` runs until the interval of the share of fraud that became final lies on one
# side of the bound. Four searches that hold with 97.5 % each hold together with 90 %. The window
# that a search chose is then measured again, on seeds that it has not seen.

# %%
BOUND = 1e-2 if FULL else 0.12
searched = {
    alpha: aivmsim.safe_window(
        scenario, alpha, bound=BOUND, confidence=jointly(len(alphas), 0.9),
        runs_max=512 if FULL else 128, window_max=128
    ).window
    for alpha in (alphas if FULL else alphas[1:2])
}  # fmt: skip
assert all(window is not None for window in searched.values()), searched
fresh = aivmsim.sweep(
    scenario,
    [{ALPHA: alpha, WINDOW: window} for alpha, window in searched.items()],
    seeds=range(1001, 1129 if FULL else 1097),
)
again = shares(
    fresh, [ALPHA, WINDOW], "n_fraud_missed", "n_fraud_posted", jointly(len(searched), 0.9)
)
print(again.to_string(index=False))
theory = {alpha: math.ceil(math.log(BOUND) / math.log(alpha)) for alpha in searched}

# %%
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.8), layout="constrained", width_ratios=[3, 2]
)
curve = np.linspace(1, max(windows), 200)
for alpha, colour in zip(alphas, ["tab:blue", "tab:green", "tab:orange", "tab:red"], strict=True):
    here = points[points[ALPHA] == float(alpha)]
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
left.legend(fontsize=8, loc="upper right" if FULL else "lower left")
left.grid(alpha=0.3)
right.set_title("measured again on fresh seeds", fontsize=9)
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
    list(searched.values()),
    0.4,
    color="tab:purple",
    label="searched by runs",
)
for x, window, row in zip(place, searched.values(), again.itertuples(), strict=True):
    right.annotate(f"{row.value:.2%}\nup to {row.high:.2%}", (x + 0.2, window), ha="center",
                   va="bottom", fontsize=7)  # fmt: skip
right.margins(y=0.12 if FULL else 0.3)
right.set_xticks(place, [f"{float(alpha):.0%}" for alpha in searched])
right.set(xlabel="share of censoring proposers", ylabel="smallest safe window, blocks")
right.legend(fontsize=8)
figure.suptitle(
    f"To keep wrong answers below {BOUND:.0%} of those posted, by the runs (by theory):\n"
    + ", ".join(
        f"{window} ({theory[alpha]}) blocks at {float(alpha):.0%} censors"
        for alpha, window in searched.items()
    ),
    fontsize=10,
)
save(figure, "safe_challenge_window")

# %% [markdown]
# ## The finding

# %%
agrees, rival = holds(points), holds(points, "one block more")
print(
    f"theory lies in {agrees.sum()} of {len(points)} intervals that hold together with 95 % (a "
    f"window of one block more in {rival.sum()}); to keep fraud below {BOUND:.0%}, "
    + "; ".join(
        f"{float(alpha):.0%} censors need {searched[alpha]} blocks (theory {theory[alpha]}; on "
        f"fresh seeds {row.value:.2%} [{row.low:.2%}, {row.high:.2%}])"
        for alpha, row in zip(searched, again.itertuples(), strict=True)
    )
)
assert agrees.all(), points
assert not rival.all(), "the intervals are too wide to tell one block"
# What was found is safe by theory, and no fresh measurement refutes it.
assert all(window >= theory[alpha] for alpha, window in searched.items()), searched
assert (again["low"] < BOUND).all() and (again["value"] < 1.5 * BOUND).all(), again
