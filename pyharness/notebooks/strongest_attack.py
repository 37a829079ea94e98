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
# # Find the strongest attack
#
# An attacker may choose its strategy and how much of it to play, and has some of the proposers on
# its side. Which combination is worth most to it, and what happens to that when the window grows?
# Optuna searches; the simulator judges.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, save

import aivmsim

LUX = 1_000_000_000
WINDOW, CENSORS, GUESS = (
    "vm.challenge_window_blocks",
    "chain.censoring_share",
    "provider.lazy.parameters.guess_ppm",
)
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 500 if FULL else 60})


# %% [markdown]
# ## What is an attack worth?
#
# What the attacker has beyond honest play under the same seeds, the value of the lies that did harm
# included (`tasks.value_at_risk`), for each task. Honest play is worth 0.


# %%
def worth(runs: pd.DataFrame) -> float:
    return (runs["cheating_gain"] / LUX / runs["tasks"]).mean()


def compared(points: list[dict], seeds: range) -> pd.DataFrame:
    return aivmsim.sweep(shortest, points, seeds=seeds, counterfactual=True)


space = {GUESS: (0, 1_000_000), CENSORS: ("0%", "90%")}
windows = [1, 2, 4, 8, 16, 32] if FULL else [1, 8]
studies = {
    window: aivmsim.optuna_study(
        scenario.replace(**{WINDOW: window}),
        space,
        worth,
        trials=60 if FULL else 12,
        seeds=range(1, 9 if FULL else 2),
    )
    for window in windows
}
best = pd.DataFrame(
    [{"window": window, "worth": study.user_attrs["fresh"]["value"],
      "low": study.user_attrs["fresh"]["low"], "high": study.user_attrs["fresh"]["high"],
      "while searching": study.best_value} | study.best_trial.user_attrs["values"]
     for window, study in studies.items()]
)  # fmt: skip
print(best.to_string(index=False))

# %% [markdown]
# ## The same by trying a grid
#
# A best response over a grid sees less than the search and cannot be fooled by it: with the
# shortest window, its best point should be worth about as much as what Optuna found.

# %%
grid = {
    GUESS: [0, 250_000, 500_000, 1_000_000] if FULL else [0, 1_000_000],
    CENSORS: ["0%", "45%", "90%"],
}
shortest = scenario.replace(**{WINDOW: windows[0]})
answer = aivmsim.best_response(
    grid, lambda point: worth(compared([point], range(1, 9 if FULL else 3)))
)
on_fresh_seeds = worth(compared([answer.point], range(1001, 1033)))
print(
    f"best of {answer.evaluations} points: {answer.point}, worth {answer.payoff:.2f} LUX per task, "
    f"and {on_fresh_seeds:.2f} on seeds that did not choose it"
)

# %% [markdown]
# ## When both sides learn
#
# A long window takes the gain away, but everybody waits for it, honest work too: say each block of
# it costs the users $c$ per task. So the window is worth its price only while somebody lies, and
# lying is worth it only while the window is short. Attackers who lie or do not, against windows
# that are short or long, with 90 % of the proposers censoring: the game is measured by playing
# every pair, then solved by fictitious play, and followed by replicator dynamics.

# %%
WAITING = 0.05  # LUX: what a block of waiting costs the users of one task
lies, defences = [1_000_000, 0], [windows[0], 40]
longest = scenario.replace(**{CENSORS: "90%"})


def payoffs(runs: pd.DataFrame) -> tuple[float, float]:
    lost = runs["harm_final"] / LUX / runs["tasks"]
    return worth(runs), -(lost + WAITING * runs[WINDOW]).mean()


game = aivmsim.empirical_game(
    longest, [{GUESS: rate} for rate in lies], [{WINDOW: window} for window in defences], payoffs,
    seeds=range(1, 33 if FULL else 9), counterfactual=True,
)  # fmt: skip
print(pd.DataFrame(game.row_payoffs, ["lie", "work"], defences).to_string())
print(pd.DataFrame(game.column_payoffs, ["lie", "work"], defences).to_string())
learned = game.fictitious_play(100_000)
orbit = game.replicator(rounds=200_000)
print(
    f"fictitious play: lies {learned.row[0]:.1%}, short window {learned.column[0]:.1%}, regret "
    f"{game.regret(learned):.3f}"
)
print(
    f"replicators, over time: lies {orbit.mean.row[0]:.1%}, short window {orbit.mean.column[0]:.1%}"
)

# %%
figure, (left, right, last) = plt.subplots(1, 3, figsize=(16, 4.6), layout="constrained")
first = studies[windows[0]].trials_dataframe()
dots = left.scatter(
    first[f"params_{CENSORS}"],
    first[f"params_{GUESS}"] / 1e4,
    c=first["value"],
    cmap="coolwarm",
    s=40,
)
left.set(
    xlabel="censoring proposers, %",
    ylabel="tasks that are guessed, %",
    title=f"window of {windows[0]} block(s)",
)
figure.colorbar(dots, ax=left, label="worth of the attack, LUX per task")
for window, study in studies.items():
    values = np.maximum.accumulate([trial.value for trial in study.trials])
    right.plot(np.arange(1, len(values) + 1), values, marker=".", label=f"window {window}")
right.axhline(
    answer.payoff, color="tab:grey", linestyle=":", label=f"best of the grid, window {windows[0]}"
)
right.axhline(0, color="black", linewidth=0.8)
right.set(xlabel="trials", ylabel="best so far on the seeds searched, LUX per task")
right.legend(fontsize=8)
rounds = np.unique(np.geomspace(1, 100_000, 60).astype(int))
plays = [game.fictitious_play(int(n)) for n in rounds]
last.semilogx(
    rounds, [mixes.row[0] for mixes in plays], color="tab:red", label="attackers that lie"
)
last.semilogx(rounds, [mixes.column[0] for mixes in plays], color="tab:blue", label="short windows")
last.axhline(orbit.mean.row[0], color="tab:red", linestyle=":", linewidth=1)
last.axhline(
    orbit.mean.column[0],
    color="tab:blue",
    linestyle=":",
    linewidth=1,
    label="dotted: replicators, over time",
)
last.set(
    xlabel="rounds of fictitious play", ylabel="share so far", ylim=(0, 1), title="Both sides learn"
)
last.legend(fontsize=8)
figure.suptitle("Censoring proposers make cheating pay; a longer window takes it away again")
save(figure, "strongest_attack")

# %% [markdown]
# ## The finding

# %%
short, long = best.iloc[0], best.iloc[-1]
print(
    f"with a window of {short['window']:.0f} block(s) the best attack found guesses "
    f"{short[GUESS] / 1e4:.0f} % of its tasks with {short[CENSORS]} of the proposers censoring, "
    f"and is worth {short['worth']:.2f} [{short['low']:.2f}, {short['high']:.2f}] LUX per task on "
    f"seeds that the search has not seen; with {long['window']:.0f} blocks the best is worth "
    f"{long['worth']:.2f} [{long['low']:.2f}, {long['high']:.2f}]"
)
print(
    f"where both sides learn, neither a short nor a long window stays: {learned.row[0]:.0%} of the "
    f"attackers lie and {learned.column[0]:.0%} of the windows are short, from which neither side "
    f"gains more than {game.regret(learned):.2f} LUX per task by leaving"
)
assert short["worth"] >= long["worth"]
assert on_fresh_seeds <= max(1.25 * short["worth"], short["high"])
assert game.regret(learned) < 0.05 * np.ptp(game.row_payoffs)
