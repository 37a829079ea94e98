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
# Attested hardware has a trust score. The score makes its answers usable at once, before their
# challenge window is over, and draws work to it. A cheat can buy such a machine, too, behave for a
# while, and then answer wrongly at will. Does it have to behave first? What does the hardware
# change? And how large a bond does it take to make lying not pay?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, LUX, bars, crossing, jointly, means, save, verdict

import aivmsim


@aivmsim.strategy("farmer", role="provider", parameters={"honest_answers": 20})
class Farmer(aivmsim.ProviderStrategy):
    """Answers correctly for a number of tasks, and wrongly afterwards."""

    def __init__(self, parameters, context):
        super().__init__(parameters, context)
        self.left = parameters["honest_answers"]

    def answer(self, view):
        self.left -= 1
        return view.run() if self.left >= 0 else view.run() ^ 1


HARDWARE, FARM, BOND = (
    "provider.lazy.hardware",
    "provider.lazy.parameters.honest_answers",
    "vm.result_bond",
)
VALUE = 50  # LUX: what a task is worth to whoever is believed when it lies
scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "chain.censoring_share": "0%",
        "vm.verification_mode": "tee",
        "vm.challenge_window_blocks": 20,
        "tasks.per_block": 1,
        "tasks.count": 300 if FULL else 120,
        "tasks.value_at_risk": f"{VALUE} LUX",
        "provider.lazy.strategy": "python:farmer",
    }
)

# %% [markdown]
# ## The sweep
#
# Four honest providers without such hardware, and two farmers with or without it, which answer
# correctly for a while or not at all. All points share their seeds. Counted are the lies that
# somebody used before they were proven (harm is done then, whatever happens to the bond), and what
# the farmers have beyond honest play under the same seed, that harm included.

# %%
farms, bonds = ([0, 5, 20, 60], [2, 5, 10, 20, 50, 100]) if FULL else ([0, 20], [5, 10, 20, 50])
seeds = range(1, 33 if FULL else 13)
over = {HARDWARE: ["", "H100"], FARM: farms, BOND: [f"{bond} LUX" for bond in bonds]}
runs = aivmsim.sweep(scenario, over, seeds=seeds, counterfactual=True)
assert (runs["status"] == "clean").all(), runs.loc[runs["status"] != "clean"]
runs["bond"] = runs[BOND].astype(int)  # LUX
runs["used"] = runs["harm_early"] / LUX / VALUE
runs["gain"] = runs["cheating_gain"] / LUX
runs["gain per lie"] = runs["gain"] / runs["n_fraud_posted"].clip(lower=1)
keys = [HARDWARE, FARM, "bond"]
gains = means(runs, keys, runs["gain"], jointly(len(farms) * len(bonds) * 2))
per_lie = means(runs, keys, runs["gain per lie"], jointly(len(farms) * len(bonds) * 2))
used = means(
    runs[runs["bond"] == bonds[-1]], [HARDWARE, FARM], runs["used"], jointly(2 * len(farms))
)
print(gains.to_string(index=False))
print(used.to_string(index=False))

# %% [markdown]
# ## Does farming help?
#
# With hardware: the lies that were used, with a harvest that is waited for, less those without,
# seed by seed. The score is the hardware's, so nothing has to be earned first.

# %%
trusted = runs[(runs[HARDWARE] == "H100") & (runs["bond"] == bonds[-1])]
farming = aivmsim.contrast(trusted, "used", FARM, base=0)
untrusted = runs[(runs[HARDWARE] == "") & (runs["bond"] == bonds[-1])]
print(farming.to_string(index=False))

# %% [markdown]
# ## Which bond deters?
#
# A lie that is used brings the task's value; each lie that is proven costs the bond. Where the gain
# changes its sign is estimated between the bonds tried. It is not the value of a task: a task that
# is answered wrongly is answered again, mostly by a farmer, which loses a further bond over a value
# that can be taken only once.

# %%
H100 = runs[runs[HARDWARE] == "H100"]
deterring = {
    farm: crossing(
        here.pivot(index="seed", columns="bond", values="gain per lie"), jointly(len(farms))
    )
    for farm, here in H100.groupby(FARM)
}

# %% [markdown]
# ## How much work trust draws
#
# Of the answers up to the first lie, the share that the farmers gave: one number per seed, since
# runs with different bonds are the same until then.

# %%
drawn = []
for hardware in ("", "H100"):
    point = scenario.replace(**{HARDWARE: hardware, FARM: 20})
    for seed in seeds:
        run = aivmsim.run(point, seed=seed)
        labels = run.principals.set_index("principal")["label"]
        of = run.agents.set_index("agent")["principal"].map(labels)
        answers = run.results.merge(run.tasks[["task", "assign_block"]], on="task")
        first_lie = answers.loc[~answers["correct"], "assign_block"].min()
        before = answers if pd.isna(first_lie) else answers[answers["assign_block"] < first_lie]
        mine = before["provider"].map(of).str.startswith("lazy")
        drawn.append({HARDWARE: hardware or "none", "seed": seed,
                      "part": int(mine.sum()), "whole": len(mine)})  # fmt: skip
work = {
    hardware: aivmsim.share_interval(here["part"], here["whole"])
    for hardware, here in pd.DataFrame(drawn).groupby(HARDWARE)
}

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
for place, (hardware, estimate) in enumerate(work.items()):
    colour = "tab:red" if hardware == "H100" else "tab:grey"
    left.bar(place, estimate.value, color=colour, alpha=0.7)
    left.errorbar(
        place, estimate.value, yerr=np.array([estimate.error]).T, color="black", capsize=4
    )
left.set_xticks(range(len(work)), list(work))
left.axhline(1 / 3, color="black", linestyle=":", label="two of six providers")
left.set(ylabel="share of the work before the first lie", xlabel="the farmers' hardware")
left.legend(fontsize=8)
for hardware, colour in (("", "tab:grey"), ("H100", "tab:red")):
    here = used[used[HARDWARE] == hardware]
    middle.errorbar(range(len(here)), here["value"], yerr=bars(here), fmt="o", capsize=4,
                    color=colour, label=f"hardware: {hardware or 'none'}")  # fmt: skip
middle.set_xticks(range(len(farms)), farms)
middle.set(
    xlabel="correct answers before the first lie", ylabel="lies used before they were proven"
)
middle.legend(fontsize=8)
for farm, colour in zip(farms, ["tab:red", "tab:orange", "tab:green", "tab:blue"], strict=False):
    here = per_lie[(per_lie[HARDWARE] == "H100") & (per_lie[FARM] == farm)]
    right.errorbar(here["bond"], here["value"], yerr=bars(here), fmt="o-", linewidth=1, capsize=3,
                   color=colour, label=f"{farm} correct answers first")  # fmt: skip
    right.axvspan(deterring[farm].low, deterring[farm].high, color=colour, alpha=0.2)
right.axhline(0, color="black", linewidth=0.8)
right.annotate("honest play", (1, 0), xycoords=("axes fraction", "data"), ha="right", va="bottom",
               fontsize=8)  # fmt: skip
right.axvline(VALUE, color="black", linestyle=":", linewidth=1, label="value of a task")
right.set(xlabel="bond of a result, LUX", ylabel="gain per lie over honest play, LUX")
right.legend(fontsize=8)
figure.suptitle(
    f"Attested hardware draws {work['H100'].value:.0%} of the work instead of "
    f"{work['none'].value:.0%}; a farmer that lies at once loses from a bond of "
    f"{deterring[0].value:.0f} LUX on, one that waits for {farms[-1]} answers from "
    f"{deterring[farms[-1]].value:.0f}"
)
save(figure, "tee_trust_farming")

# %% [markdown]
# ## The finding

# %%
print(
    f"attested hardware raises the farmers' share of the work from {work['none'].value:.0%} "
    f"[{work['none'].low:.0%}, {work['none'].high:.0%}] to {work['H100'].value:.0%} "
    f"[{work['H100'].low:.0%}, {work['H100'].high:.0%}]"
)
print(
    "lies used early beyond those of a farmer that lies at once, seed by seed: "
    + "; ".join(
        f"{row[FARM]:.0f} correct answers first: {row['value']:.1f} [{row['low']:.1f}, "
        f"{row['high']:.1f}]"
        for _, row in farming.iterrows()
    )
)
for farm, found in deterring.items():
    at = gains[(gains[HARDWARE] == "H100") & (gains[FARM] == farm)]
    cheapest, dearest = (
        aivmsim.Estimate(row["value"], row["low"], row["high"]) for row in (at.iloc[0], at.iloc[-1])
    )
    print(
        f"{farm} correct answers first: with a bond of {bonds[0]} LUX lying {verdict(cheapest)}, "
        f"with {bonds[-1]} LUX it {verdict(dearest)}; the border is {found.value:.1f} "
        f"[{found.low:.1f}, {found.high:.1f}] LUX, where a task is worth {VALUE}"
    )
assert work["H100"].low > work["none"].high, work
assert work["none"].holds(1 / 3), work
# Without hardware no lie is used early; with it a farmer that never behaved harvests at once.
assert (untrusted["used"] == 0).all()
at_once = used[(used[HARDWARE] == "H100") & (used[FARM] == 0)].iloc[0]
assert at_once["low"] > 0, used
assert not (farming["low"] > 0).any(), "farming helps after all"
assert all(bonds[0] < found.low and found.high < VALUE for found in deterring.values()), deterring
