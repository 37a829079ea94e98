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
from common import FULL, bars, means, save

import aivmsim

LUX = 1_000_000_000
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


scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 400 if FULL else 60,
        "chain.censoring_share": "0%",
        "provider.lazy.strategy": "python:spoiler",
        "challenger.watcher.strategy": "python:own_challenger",
        "vm.requester_share_bps": 0,
    }
)

# %% [markdown]
# ## The sweep
#
# The share that the challenger gets, and the bond. Everything is counted for the owner of both
# identities: what the provider loses and what the challenger wins.

# %%
grid = {BOND: ["50 LUX", "100 LUX", "200 LUX"], SHARE: [0, 2500, 5000, 7500, 9000, 10_000]}
rows = []
runs = aivmsim.sweep(scenario, over=grid, seeds=range(1, 9 if FULL else 4))
loss = (
    (runs["slash_taken"] - runs["slash_taken"] * runs[SHARE] / 10_000)
    / LUX
    / runs["n_fraud_posted"]
)
points = means(runs, [BOND, SHARE], loss)

# The same from the payoffs of one run: net of both principals together.
checked = aivmsim.run(scenario.replace(**{BOND: "100 LUX", SHARE: 7500}), seed=1)
payoffs = checked.principals[checked.principals["strategy"].str.startswith("python:")]
net_per_fraud = payoffs["net_nlux"].sum() / LUX / checked.metrics["n_fraud_posted"]
print(payoffs[["label", "strategy", "net_nlux"]].to_string(index=False))
points["bond"] = points[BOND].str.split().str[0].astype(int)
points["theory"] = points["bond"] * (1 - points[SHARE] / 10_000)
print(points.to_string(index=False))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
burned = np.linspace(0, 1, 50)
for (bond, here), colour in zip(
    points.groupby("bond"), ["tab:blue", "tab:orange", "tab:green"], strict=True
):
    left.plot(burned, bond * burned, color=colour, linewidth=1)
    left.errorbar(1 - here[SHARE] / 10_000, here["value"], yerr=bars(here), fmt="o", capsize=3,
                  color=colour, label=f"bond {bond} LUX")  # fmt: skip
left.plot([], [], color="grey", linewidth=1, label="theory: bond x burned share")
left.set(xlabel="burned share of a slash", ylabel="what a wrong answer costs its owner, LUX")
left.legend(fontsize=8)
left.grid(alpha=0.3)
gain = np.linspace(1, 200, 100)
for share, colour in zip(
    [0.1, 0.25, 0.5, 1.0], ["tab:red", "tab:orange", "tab:green", "tab:blue"], strict=True
):
    right.plot(gain, gain / share, color=colour, label=f"{share:.0%} burned")
right.set(
    xlabel="what spoiling one task is worth to somebody, LUX",
    ylabel="bond that deters, LUX",
    ylim=(0, 1000),
)
right.legend(fontsize=8)
right.grid(alpha=0.3)
figure.suptitle("A bond deters by its burned share only: the rest goes round in a circle")
save(figure, "bond_and_burn_share")

# %% [markdown]
# ## The finding

# %%
cost = points[(points["bond"] == 100) & (points[SHARE] == 7500)].iloc[0]
print(
    "with a bond of 100 LUX and three quarters of it for the challenger, a wrong answer costs its "
    f"owner {cost['value']:.1f} LUX (theory {cost['theory']:.1f}; by the payoffs of one run "
    f"{-net_per_fraud:.1f}); with all of it for the challenger, nothing"
)
assert np.allclose(points["value"], points["theory"], rtol=0.05, atol=0.5)
