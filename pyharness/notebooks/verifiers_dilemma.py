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
import pandas as pd
from common import FULL, LUX, bars, crossing, holds, jointly, means, save

import aivmsim

# LUX: of a lie that passes, of one that is caught, of one check; the fee hardly counts.
GAIN, SLASH, COST, FEE = 100, 400, 4, 0.001
CHECK, CHEAT, SHARE = (
    "challenger.watcher.parameters.check_ppm",
    "provider.lazy.parameters.lie_ppm",
    "vm.challenger_share_bps",
)

# %% [markdown]
# Both sides are strategies in Python: the checker checks a result with probability `check_ppm`, the
# cheat lies with probability `lie_ppm` (a guess would now and then be right). What a check costs
# and what a lie is worth are in the accounts of the runs (`tasks.check_cost`,
# `tasks.value_at_risk`); fees are next to nothing.


# %%
@aivmsim.strategy("sometimes", role="challenger", honest=True, parameters={"check_ppm": 1_000_000})
class Sometimes(aivmsim.ChallengerStrategy):
    def steps_to_check(self, view):
        return view.steps if self.random.bernoulli_ppm(self.parameters["check_ppm"]) else None


@aivmsim.strategy("liar", role="provider", parameters={"lie_ppm": 1_000_000})
class Liar(aivmsim.ProviderStrategy):
    def answer(self, view):
        return view.run() ^ int(self.random.bernoulli_ppm(self.parameters["lie_ppm"]))


scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 1000 if FULL else 150,
        "tasks.fee": "1 mLUX",
        "tasks.check_cost": f"{COST} LUX",
        "tasks.value_at_risk": f"{GAIN} LUX",
        "chain.censoring_share": "0%",
        "challenger.watcher.strategy": "python:sometimes",
        "provider.lazy.strategy": "python:liar",
        "vm.result_bond": f"{SLASH} LUX",
    }
)

# %% [markdown]
# ## How much checking deters
#
# What one lie is worth to the cheat, over honest play under the same seed: $(1-q)\,G - q\,S$, which
# is nothing at $q = G/(G+S)$. Where it is nothing in the runs is estimated, between the rates
# tried.

# %%
rates = [0, 50_000, 100_000, 150_000, 250_000, 400_000, 700_000, 1_000_000]
rates = rates if FULL else [0, 100_000, 350_000, 1_000_000]
seeds = range(1, 33 if FULL else 17)
runs = aivmsim.sweep(scenario, over={CHECK: rates}, seeds=seeds, counterfactual=True)
runs["worth"] = runs["cheating_gain"] / LUX / runs["n_fraud_posted"]
deterrence = means(runs, [CHECK], runs["worth"], jointly(len(rates)))
deterrence["theory"] = [(1 - q / 1e6) * GAIN - q / 1e6 * SLASH for q in deterrence[CHECK]]
print(deterrence.to_string(index=False))
worths = runs.pivot(index="seed", columns=CHECK, values="worth")
worths.columns = worths.columns / 1e6
indifferent = crossing(worths)

# %% [markdown]
# ## How much fraud pays for checking
#
# A checker that checks everything earns $x\,\rho S - C$ per result when a share $x$ of the answers
# is wrong and it is paid the share $\rho$ of a slash: nothing at $x = C/(\rho S)$. The cure that
# costs nothing is a larger $\rho$; what is burned pays nobody for checking. Two of the six
# providers are cheats, so a cheat that lies in a share $g$ of its answers makes $x = g/3$. What the
# checker earns is read from its account; not to check earns nothing.

# %%
mixes = [0, 30_000, 60_000, 120_000, 240_000] if FULL else [0, 60_000, 240_000]
payments = [2500, 4000, 8000]
rows = []
for share in payments:
    for mix in mixes:
        for seed in seeds:
            run = aivmsim.run(scenario.replace(**{SHARE: share, CHEAT: mix}), seed=seed)
            accounts = run.principals.set_index("label")
            rows.append(
                {
                    SHARE: share,
                    "wrong": mix / 3e6,
                    "seed": seed,
                    "net": accounts.loc["watcher", "net_nlux"] / LUX / len(run.results),
                }
            )
paid = pd.DataFrame(rows)
checking = means(paid, [SHARE, "wrong"], paid["net"], jointly(len(payments) * len(mixes)))
checking["theory"] = checking["wrong"] * checking[SHARE] / 10_000 * SLASH - COST
print(checking.to_string(index=False))
breaks_even = {
    share: crossing(here.pivot(index="seed", columns="wrong", values="net"), jointly(3))
    for share, here in paid.groupby(SHARE)
}
expected = {share: COST / (share / 10_000 * SLASH) for share in payments}

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
q = np.linspace(0, 1, 50)
left.axhline(0, color="black", linewidth=0.8)
left.annotate("honest play", (1, 0), ha="right", va="bottom", fontsize=8)
left.plot(q, (1 - q) * GAIN - q * SLASH, color="grey", label="theory: (1-q)G - qS")
left.errorbar(
    deterrence[CHECK] / 1e6,
    deterrence["value"],
    yerr=bars(deterrence),
    fmt="o",
    capsize=3,
    label="measured",
)
left.axvspan(indifferent.low, indifferent.high, color="tab:red", alpha=0.3,
             label="measured crossing, 95 %")  # fmt: skip
left.set(
    xlabel="probability q that an answer is checked",
    ylabel="worth of one lie over honest play, LUX",
)
left.legend(fontsize=8)
x = np.linspace(0, max(checking["wrong"]), 50)
right.axhline(0, color="black", linewidth=0.8)
right.annotate("not to check", (max(x), 0), ha="right", va="top", fontsize=8)
for (share, here), colour in zip(
    checking.groupby(SHARE), ["tab:blue", "tab:orange", "tab:green"], strict=True
):
    right.plot(x, x * share / 10_000 * SLASH - COST, color=colour, linewidth=1)
    right.errorbar(here["wrong"], here["value"], yerr=bars(here), fmt="o", capsize=3, color=colour,
                   label=f"the checker gets {share / 100:.0f} % of a slash")  # fmt: skip
    found = breaks_even[share]
    right.plot([found.low, found.high], [0, 0], color=colour, linewidth=5, alpha=0.5)
right.set(xlabel="share of answers that are wrong", ylabel="a checker's net per result, LUX")
right.legend(fontsize=8)
figure.suptitle(
    f"Checking {indifferent.value:.0%} of the answers deters; it pays from "
    f"{breaks_even[2500].value:.1%} wrong answers with a quarter of the slash, from "
    f"{breaks_even[8000].value:.1%} with four fifths"
)
save(figure, "verifiers_dilemma")

# %% [markdown]
# ## The finding

# %%
print(
    f"lying is worth nothing when {indifferent.value:.1%} [{indifferent.low:.1%}, "
    f"{indifferent.high:.1%}] of the answers are checked (theory {GAIN / (GAIN + SLASH):.0%}); "
    "checking pays from "
    + ", ".join(
        f"{found.value:.2%} [{found.low:.2%}, {found.high:.2%}] wrong answers on with "
        f"{share / 100:.0f} % of the slash (theory {expected[share]:.2%})"
        for share, found in breaks_even.items()
    )
)
assert holds(deterrence, slack=FEE).all(), deterrence
assert holds(checking, slack=FEE).all(), checking
assert indifferent.holds(GAIN / (GAIN + SLASH)), indifferent
# Rivals that the same runs refuse: a cheat that forgets that a caught lie gains nothing, and a
# checker that is paid the same whatever its share.
assert not indifferent.holds(GAIN / SLASH), indifferent
assert all(found.holds(expected[share]) for share, found in breaks_even.items()), breaks_even
assert breaks_even[2500].low > breaks_even[8000].high, breaks_even
