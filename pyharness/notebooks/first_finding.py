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
# # First finding: a longer challenge window is not enough
#
# Some validators leave fraud proofs out of the blocks they build. A wrong answer becomes final when
# no proof of it is included in time. The rule of thumb says: with a share $\alpha$ of censoring
# proposers and a window of $W$ blocks, this happens with probability $\alpha^W$. We run the machine
# and measure.
#
# Run this file with Python, or open it as a notebook with jupytext. That makes a quick, rough
# picture in about ten seconds of CPU time; the figures of the text come with
# `AIVMSIM_NOTEBOOK_BUDGET=full`, in about ten minutes on two cores. What costs is the consensus: 21
# validators under Snowman exchange 450 000 messages and timers in a run of 60 blocks, six exchange
# 60 000, so a quick run has six, of which four censor: the same share as 14 of 21.

# %%
import matplotlib.pyplot as plt
import numpy as np
from common import FULL, bars, holds, jointly, save, shares

import aivmsim

# %% [markdown]
# ## The experiment
#
# The catalogue's `censorship`: validators of equal stake under Snowman, two providers that guess
# instead of computing, two honest challengers that check every answer. We sweep three things: the
# window, how many validators censor, and the number of blocks that a challenger has to reveal its
# claim. The guessers have a large stake, so that slashing does not end the supply of fraud.

# %%
scenario = aivmsim.Scenario.load("censorship").replace(
    **{
        "tasks.count": 300 if FULL else 60,
        "chain.validators": 21 if FULL else 6,
        "validator.censors.count": 10 if FULL else 4,
        "provider.lazy.stake": "100000 LUX",
        "provider.lazy.bond": "50000 LUX",
    }
)
validators = scenario.get("chain.validators")
WINDOW, CENSORS, REVEAL = (
    "vm.challenge_window_blocks",
    "validator.censors.count",
    "vm.challenge_reveal_blocks",
)
grid = (
    {REVEAL: [6, 30], CENSORS: [7, 10, 14], WINDOW: [1, 2, 3, 4, 6, 9, 12]}
    if FULL
    else {REVEAL: [6, 30], CENSORS: [4], WINDOW: [2, 6, 12]}
)
runs = aivmsim.sweep(scenario, over=grid, seeds=range(1, 33))
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]

# %% [markdown]
# ## What was measured
#
# The share of the wrong answers posted that became final. Answers of neighbouring blocks meet the
# same proposers, so they are not independent; seeds are, and the intervals are made from them. The
# points share their seeds, so the intervals depend on each other: they are so wide that all of them
# hold together with 95 %. Where no wrong answer became final, a triangle marks the upper end.

# %%
count = len(grid[REVEAL]) * len(grid[CENSORS]) * len(grid[WINDOW])
points = shares(runs, list(grid), "n_fraud_missed", "n_fraud_posted", jointly(count))

# %% [markdown]
# ## What theory says about the machine that runs
#
# A fraud proof here takes two blocks, not one. A challenge first commits to the right answer
# without showing it, so that nobody can copy it; then it must be revealed within $R$ =
# `challenge_reveal_blocks`, or it is lost. Both can be censored:
#
# - no challenge in any of the $W$ blocks after the answer: $\alpha^W$;
# - else a challenge is in, and no honest proposer comes in the $R$ blocks after it: $\alpha^R$.
#
# $$P(\text{fraud finalised}) = \alpha^W + (1 - \alpha^W)\,\alpha^R$$
#
# This makes three assumptions, of which the first two hold well in these runs:
#
# - *Each block's first proposer is an independent draw.* Proposers are drawn by stake from the
#   parent block. Only the fallbacks of one slot are drawn without replacement, and they are rarely
#   needed; the tighter bound for proposers drawn without replacement over a whole window does not
#   apply.
# - *A challenge is ready for the first block of the window.* Checking takes 0.2 s and a block 4 s.
#   A slow challenger, or one with a queue, loses blocks, and $W$ with them.
# - *One chance.* A second challenger does not help against censorship, since both meet the same
#   proposers.


# %%
def predicted(alpha, window, reveal):
    return alpha**window + (1 - alpha**window) * alpha**reveal


points["alpha"] = points[CENSORS] / validators
points["alpha^W"] = points["alpha"] ** points[WINDOW]
points["theory"] = predicted(points["alpha"], points[WINDOW], points[REVEAL])
print(points.round(4).to_string(index=False))

# %%
figure, panels = plt.subplots(
    1, len(grid[REVEAL]), figsize=(11, 5.2), sharey=True, layout="constrained"
)
colours = ["tab:blue", "tab:orange", "tab:red"]
windows = np.linspace(1, max(grid[WINDOW]), 200)
for panel, reveal in zip(panels, grid[REVEAL], strict=True):
    for censors, colour in zip(grid[CENSORS], colours, strict=False):
        alpha = censors / validators
        here = points[(points[REVEAL] == reveal) & (points[CENSORS] == censors)]
        seen, unseen = here[here["value"] > 0], here[here["value"] == 0]
        panel.plot(
            windows,
            predicted(alpha, windows, reveal),
            color=colour,
            label=f"{censors} of {validators} censor",
        )
        panel.plot(windows, alpha**windows, color=colour, linestyle=":")
        panel.errorbar(
            seen[WINDOW], seen["value"], yerr=bars(seen), color=colour, fmt="o", capsize=3
        )
        panel.scatter(unseen[WINDOW], unseen["high"], color=colour, marker="v", s=30)
    panel.set(
        yscale="log",
        ylim=(5e-4, 1.3),
        xlabel="challenge window W, blocks",
        title=f"{reveal} blocks to reveal",
    )
    panel.grid(alpha=0.3)
panels[0].set_ylabel("wrong answers that became final")
panels[0].plot([], [], color="grey", label=r"predicted: $\alpha^W + (1-\alpha^W)\,\alpha^R$")
panels[0].plot([], [], color="grey", linestyle=":", label=r"rule of thumb: $\alpha^W$")
panels[0].errorbar(
    [], [], yerr=[], color="grey", fmt="o", capsize=3, label="measured; all intervals together 95 %"
)
panels[0].scatter([], [], color="grey", marker="v", label="none seen: upper end")
figure.legend(
    *panels[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=4
)


def of_most(reveal: int, window: int) -> str:
    """The share measured with the most censors."""
    here = points[(points[REVEAL] == reveal) & (points[CENSORS] == grid[CENSORS][-1])]
    return f"{here.loc[here[WINDOW] == window, 'value'].iloc[0]:.1%}"


figure.suptitle(
    f"A window of 12 blocks instead of 6: {of_most(6, 6)} of the wrong answers final become "
    f"{of_most(6, 12)} with 6 blocks to reveal, {of_most(30, 6)} become {of_most(30, 12)} with 30",
    fontsize=10,
)
save(figure, "first_finding")

# %% [markdown]
# ## The finding
#
# With 6 blocks to reveal, the curve leaves $\alpha^W$ and settles at $\alpha^6$, however long the
# window is: a censor that missed the challenge gets a second, fixed chance at the reveal. With 30
# blocks the same validators are back on $\alpha^W$. A longer `challenge_window_blocks` is safer
# only with a longer `challenge_reveal_blocks`. So the runs must agree with the formula everywhere,
# refuse $\alpha^W$ where the reveal is short, and not refuse it where the reveal is long. And what
# doubling the window from 6 to 12 blocks buys, seed by seed, must be more with the long reveal.

# %%
agrees, thumb = holds(points), holds(points, "alpha^W")
short, long = points[REVEAL] == 6, points[REVEAL] == 30
most = grid[CENSORS][-1]


def bought(reveal: int) -> aivmsim.Estimate:
    of = runs[(runs[REVEAL] == reveal) & (runs[CENSORS] == most) & runs[WINDOW].isin([6, 12])]
    row = aivmsim.contrast(
        of, "n_fraud_missed/n_fraud_posted", WINDOW, base=6, confidence=jointly(2)
    ).iloc[0]
    return aivmsim.Estimate(row["value"], row["low"], row["high"])


def theory_of(reveal: int) -> float:
    alpha = most / validators
    return predicted(alpha, 12, reveal) - predicted(alpha, 6, reveal)


print(
    f"the formula lies in {agrees.sum()} of {len(points)} intervals that hold together with 95 %; "
    f"alpha^W in {thumb[short].sum()} of {short.sum()} with 6 blocks to reveal, and in "
    f"{thumb[long].sum()} of {long.sum()} with 30"
)
differences = {reveal: bought(reveal) for reveal in grid[REVEAL]}
for reveal, found in differences.items():
    print(
        f"{most} of {validators} censor, {reveal} blocks to reveal: a window of 12 instead of 6 "
        f"blocks changes the share by {100 * found.value:.1f} [{100 * found.low:.1f}, "
        f"{100 * found.high:.1f}] percentage points (theory {100 * theory_of(reveal):.1f})"
    )
assert agrees.all(), points[~agrees]
assert not thumb[short].all(), "the intervals are too wide to refuse the rule of thumb"
assert thumb[long].all(), points[long & ~thumb]
assert all(found.holds(theory_of(reveal)) for reveal, found in differences.items()), differences
