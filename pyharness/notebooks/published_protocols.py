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
# # Published protocols under the same attacks
#
# Eight protocols publish windows, bonds and what becomes of a slash. Set on one machine, what do
# they charge a liar who is caught, what does the same lie cost when the liar challenges itself, and
# what do censoring proposers achieve? What of each protocol does not map onto this machine is said
# in `aivmsim.protocols()`; read the numbers as those of the parameters, not of the protocols.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, LUX, OUT, jointly, save

import aivmsim


@aivmsim.strategy("liar", role="provider")
class Liar(aivmsim.ProviderStrategy):
    def answer(self, view):
        return view.run() ^ 1


@aivmsim.strategy("own_challenger", role="challenger")
class OwnChallenger(aivmsim.ChallengerStrategy):
    def steps_to_check(self, view):
        return 0


CENSORS = 0.9
base = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 60 if FULL else 12,
        "run.max_time": "300d",
        "chain.censoring_share": 0.0,
        "provider.lazy.strategy": "python:liar",
        "provider.honest.stake": "1000000 LUX",
        "provider.lazy.stake": "1000000 LUX",
        "provider.honest.bond": "400000 LUX",
        "provider.lazy.bond": "400000 LUX",
        "challenger.watcher.stake": "400000 LUX",
    }
)
attacks = {
    "caught": {},
    "challenges itself": {
        "provider.lazy.principal": "one owner",
        "challenger.watcher.strategy": "python:own_challenger",
        "challenger.watcher.principal": "one owner",
    },
    f"{CENSORS:.0%} censor": {"chain.censoring_share": CENSORS},
}
# Members join with the run: a delay of days before they may work is no part of the question.
settings = {
    name: protocol.settings | {"vm.activation_delay_blocks": 0, "name": name}
    for name, protocol in aivmsim.protocols().items()
    if FULL or name in ("livepeer", "op_fault_proofs", "posp", "truebit")
}
protocols = {name: base.replace(**of_protocol) for name, of_protocol in settings.items()}


def scenario_of(attack: str, name: str) -> aivmsim.Scenario:
    """A protocol under an attack. The attack is the scenario's text, and its name the description:
    so the report has two parameters, the protocol and the attack, and not each key of them."""
    text = base.replace(**attacks[attack]).to_toml()
    return aivmsim.Scenario.from_text(text).replace(**settings[name] | {"description": attack})

# %% [markdown]
# ## The runs
#
# Every protocol meets every attack under the same seeds. A lie is worth nothing by itself here, so
# that what it costs is what deters. All runs go into one file: `aivmsim report protocols.db` makes
# the page that compares the protocols, attack by attack. A quick run takes half of the protocols.

# %%
seeds = range(1, 17 if FULL else 5)


def runs_of(attack: str) -> list[aivmsim.RunResult]:
    return [
        aivmsim.run(scenario_of(attack, name), seed, counterfactual=True)
        for name in protocols
        for seed in seeds
    ]


results = {attack: runs_of(attack) for attack in attacks}
OUT.mkdir(parents=True, exist_ok=True)
aivmsim.record((one for found in results.values() for one in found), OUT / "protocols.db")
frame = pd.DataFrame(
    {
        "protocol": result.scenario.name,
        "attack": attack,
        "lies": result.metrics["n_fraud_posted"],
        "final": result.metrics["n_fraud_missed"],
        "cost": -result.metrics["cheating_gain"] / LUX,
        "days": result.metrics["ttf_mean"] / 86_400,
    }
    for attack, found in results.items()
    for result in found
)

# %% [markdown]
# ## What theory says
#
# A lie that is proven costs the slashed bond; the challenger's part of it comes back when the
# challenger is the liar's own. So a bond deters somebody who can challenge itself only by the rest.
# A proof is kept out for all $W$ blocks of the window with probability $\alpha^W$. Both need a
# challenge, so they say nothing about the mode in which a committee votes (`posp`). Beside the bond
# a lie costs the fee that honest work would have earned, at most 1 LUX.

# %%
FEE = 1.0


def number(scenario: aivmsim.Scenario, key: str) -> float:
    return float(str(scenario.get(key)).split(" ")[0])


rows = []
for name, scenario in protocols.items():
    bond = number(scenario, "vm.result_bond") * number(scenario, "vm.slash_bps") / 10_000
    back = number(scenario, "vm.challenger_share_bps") / 10_000
    window = int(number(scenario, "vm.challenge_window_blocks"))
    votes = scenario.get("vm.verification_mode") == "redundant"
    applies = np.nan if votes else 1.0
    rows.append({"protocol": name, "window": window, "votes": votes, "alone": applies * bond,
                 "own challenger": applies * bond * (1 - back),
                 "censored": applies * CENSORS**window})  # fmt: skip
theory = pd.DataFrame(rows).set_index("protocol")
challenged = theory.index[~theory["votes"]]


def cost(name: str, attack: str) -> aivmsim.Estimate:
    """Of one lie, in LUX."""
    here = frame[(frame["protocol"] == name) & (frame["attack"] == attack) & (frame["lies"] > 0)]
    return aivmsim.mean_interval(here["cost"] / here["lies"], jointly(len(protocols)))


def escaped(name: str) -> aivmsim.Estimate:
    here = frame[(frame["protocol"] == name) & (frame["attack"] == f"{CENSORS:.0%} censor")]
    here = here[here["lies"] > 0]
    return aivmsim.share_interval(here["final"], here["lies"], jointly(len(protocols)))


alone = {name: cost(name, "caught") for name in protocols}
own = {name: cost(name, "challenges itself") for name in protocols}
lost = {name: escaped(name) for name in protocols}
days = frame[frame["attack"] == "caught"].groupby("protocol")["days"].mean()
print(theory.round(3).to_string())

# %%
names = list(protocols)
place = np.arange(len(names))
figure, panels = plt.subplots(1, 3, figsize=(15, 4.8), layout="constrained", sharey=True)


def points(panel, found: dict[str, aivmsim.Estimate], colour: str, label: str, off: float) -> None:
    values = [found[name].value for name in names]
    panel.errorbar(values, place + off, xerr=np.array([found[name].error for name in names]).T,
                   fmt="o", capsize=3, color=colour, label=label)  # fmt: skip


panels[0].barh(place, [days[name] * 24 for name in names], color="tab:grey", alpha=0.7)
panels[0].set(xscale="log", xlabel="mean time to finality, hours", yticks=place, yticklabels=names)
points(panels[1], alone, "tab:blue", "the liar is caught", -0.12)
points(panels[1], own, "tab:red", "the liar challenges itself", 0.12)
panels[1].scatter([theory.loc[name, "alone"] for name in names], place - 0.12, marker="|", s=200,
                  color="black", label="theory")  # fmt: skip
panels[1].scatter([theory.loc[name, "own challenger"] for name in names], place + 0.12, marker="|",
                  s=200, color="black")  # fmt: skip
panels[1].set(xscale="symlog", xlabel="what one lie costs its owner, LUX")
panels[1].legend(fontsize=8)
points(panels[2], lost, "tab:orange", f"{CENSORS:.0%} of the proposers censor", 0)
panels[2].scatter([theory.loc[name, "censored"] for name in names], place, marker="|", s=200,
                  color="black", label=r"theory: $\alpha^W$")  # fmt: skip
panels[2].set(xlabel="lies that became final", xlim=(-0.03, 1.03))
panels[2].legend(fontsize=8)
dearest, cheapest = (
    pick(challenged, key=lambda name: own[name].value) for pick in (max, min)
)
figure.suptitle(
    f"A lie costs who challenges itself {own[dearest].value:,.0f} LUX under {dearest} and "
    f"{own[cheapest].value:,.1f} under {cheapest}, where caught by others it costs "
    f"{alone[cheapest].value:,.0f}"
)
save(figure, "published_protocols")

# %% [markdown]
# ## The finding

# %%
for name in names:
    print(
        f"{name}: final after {days[name]:.2f} days; a lie costs {alone[name].value:,.1f} "
        f"[{alone[name].low:,.1f}, {alone[name].high:,.1f}] LUX, with a challenger of one's own "
        f"{own[name].value:,.1f} [{own[name].low:,.1f}, {own[name].high:,.1f}]; with "
        f"{CENSORS:.0%} censors {lost[name].value:.0%} of the lies become final "
        f"[{lost[name].low:.0%}, {lost[name].high:.0%}]"
    )
for name in challenged:
    for found, expected in (
        (alone[name], theory.loc[name, "alone"]),
        (own[name], theory.loc[name, "own challenger"]),
    ):
        assert found.low - FEE <= expected <= found.high + FEE, (name, found, expected)
    assert lost[name].low <= theory.loc[name, "censored"] <= lost[name].high, (name, lost[name])
# Who gets the whole slash back is not deterred; the rival that forgets this is refused somewhere.
assert any(abs(own[name].value - theory.loc[name, "alone"]) > 2 * FEE for name in challenged), own
