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
# # Challenging oneself costs only what is burned
#
# A slash takes the whole bond of a wrong answer. But a share of it goes to the challenger, and
# nothing prevents the cheat from being that challenger, under another name. What does a wrong
# answer really cost its author?

# %%
import matplotlib.pyplot as plt
import numpy as np
from common import FULL, LUX, bars, crossing, holds, jointly, means, save

import aivmsim

SHARE, BOND = "vm.challenger_share_bps", "vm.result_bond"


# %% [markdown]
# Two identities of one owner, as strategies in Python: a provider that answers wrongly, and a
# challenger that knows so without computing anything, and is therefore first.


# %%
@aivmsim.strategy("spoiler", role="provider")
class Spoiler(aivmsim.ProviderStrategy):
    def answer(self, view):
        return view.run() ^ 1


@aivmsim.strategy("own_challenger", role="challenger")
class OwnChallenger(aivmsim.ChallengerStrategy):
    def steps_to_check(self, view):
        return 0


FEE, PROVIDERS, OWN, ATTEMPTS = 1, 6, 2, 5  # LUX; two of six providers; attempts at a task
scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 400 if FULL else 60,
        "tasks.fee": f"{FEE} LUX",
        "chain.censoring_share": "0%",
        "provider.lazy.strategy": "python:spoiler",
        "provider.lazy.principal": "one owner",
        "challenger.watcher.strategy": "python:own_challenger",
        "challenger.watcher.principal": "one owner",
        "vm.requester_share_bps": 0,
        "vm.reassignments_max": ATTEMPTS - 1,
    }
)

# %% [markdown]
# ## The sweep
#
# The share that the challenger gets, and the bond. What a wrong answer costs is read from the
# accounts: what the owner of both identities has less than with honest play under the same seed,
# for each wrong answer. Honest play is the zero line.
#
# Theory: the burned share of the bond, and a fee. Honest, the owner is paid for a third of the
# tasks. As a spoiler it answers a task once with probability 1/3, again with 1/9, and so on up to
# five attempts, and is paid for none: for each wrong answer it gives up
# $\frac{1/3}{1/3 + 1/9 + \dots + 1/243}$ of a fee.

# %%
grid = {BOND: ["50 LUX", "100 LUX", "200 LUX"], SHARE: [0, 2500, 5000, 7500, 9000, 10_000]}
runs = aivmsim.sweep(scenario, over=grid, seeds=range(1, 17 if FULL else 9), counterfactual=True)
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
runs["cost"] = -runs["cheating_gain"] / LUX / runs["n_fraud_posted"]
points = means(runs, [BOND, SHARE], runs["cost"], jointly(18))
chance = OWN / PROVIDERS
given_up = FEE * chance / sum(chance**attempt for attempt in range(1, ATTEMPTS + 1))
points["bond"] = points[BOND].astype(int)  # LUX
points["burned"] = 1 - points[SHARE] / 10_000
points["burned only"] = points["bond"] * points["burned"]
points["theory"] = points["burned only"] + given_up
print(points.to_string(index=False))

# %% [markdown]
# ## What deters
#
# Spoiling a task is worth something to somebody: to a rival, or to a debtor who does not want to
# be judged. How much of a bond of 100 LUX must be burned so that it costs more than that? The
# crossing is estimated from the runs: where the mean cost, linear between the shares tried, meets
# what is gained.

# %%
of_100 = runs[runs[BOND] == 100].assign(burned=lambda f: 1 - f[SHARE] / 10_000)
costs = of_100.pivot(index="seed", columns="burned", values="cost").sort_index(axis="columns")
gains = [5, 20, 40, 60, 80]
needed = {gain: crossing(costs - gain, jointly(len(gains))) for gain in gains}
expected = {gain: (gain - given_up) / 100 for gain in gains}

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
burned = np.linspace(0, 1, 50)
for (bond, here), colour in zip(
    points.groupby("bond"), ["tab:blue", "tab:orange", "tab:green"], strict=True
):
    left.plot(burned, bond * burned + given_up, color=colour, linewidth=1)
    left.errorbar(here["burned"], here["value"], yerr=bars(here), fmt="o", capsize=3,
                  color=colour, label=f"bond {bond} LUX")  # fmt: skip
left.plot([], [], color="grey", linewidth=1, label="theory: bond x burned share + fee given up")
left.axhline(0, color="black", linewidth=0.8)
left.annotate("honest play", (1, 0), ha="right", va="bottom", fontsize=8)
left.set(xlabel="burned share of a slash", ylabel="what a wrong answer costs its owner, LUX")
left.legend(fontsize=8)
left.grid(alpha=0.3)
right.plot([0, 100], [-given_up / 100, 1 - given_up / 100], color="grey", linewidth=1,
           label="theory: (gain - fee given up) / bond")  # fmt: skip
right.errorbar(
    gains, [one.value for one in needed.values()],
    yerr=np.array([one.error for one in needed.values()]).T, fmt="o", capsize=3,
    color="tab:orange", label="measured crossing, bond 100 LUX",
)  # fmt: skip
right.set(
    xlabel="what spoiling one task is worth to somebody, LUX",
    ylabel="burned share that deters",
    ylim=(0, 1),
    xlim=(0, 100),
)
right.legend(fontsize=8)
right.grid(alpha=0.3)
cost = points[(points["bond"] == 100) & (points[SHARE] == 7500)].iloc[0]
free = points[(points["bond"] == 100) & (points[SHARE] == 10_000)].iloc[0]
figure.suptitle(
    f"Of a bond of 100 LUX a wrong answer costs its owner {cost['value']:.1f} LUX when a quarter "
    f"is burned, and {free['value']:.2f} when nothing is"
)
save(figure, "bond_and_burn_share")

# %% [markdown]
# ## The finding

# %%
print(
    "with a bond of 100 LUX and three quarters of it for the challenger, a wrong answer costs its "
    f"owner {cost['value']:.2f} [{cost['low']:.2f}, {cost['high']:.2f}] LUX (theory "
    f"{cost['theory']:.2f}); with all of it for the challenger {free['value']:.2f} "
    f"[{free['low']:.2f}, {free['high']:.2f}], the fee that it gives up (theory {given_up:.2f})"
)
print(
    "burned share of 100 LUX that deters: "
    + "; ".join(
        f"gain {gain} LUX: {found.value:.3f} [{found.low:.3f}, {found.high:.3f}] (theory "
        f"{expected[gain]:.3f})"
        for gain, found in needed.items()
    )
)
assert holds(points).all(), points
# The rival that forgets the fee is refused, and so is a cost of nothing.
assert not holds(points, "burned only").any(), points
assert all(found.holds(expected[gain]) for gain, found in needed.items()), needed
assert not any(found.holds(gain / 100) for gain, found in needed.items()), needed
