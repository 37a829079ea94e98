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
from common import FULL, LUX, bars, jointly, save, verdict

import aivmsim

WINDOW, CENSORS, GUESS = (
    "vm.challenge_window_blocks",
    "chain.censoring_share",
    "provider.lazy.parameters.lie_ppm",
)


@aivmsim.strategy("liar", role="provider", parameters={"lie_ppm": 1_000_000})
class Liar(aivmsim.ProviderStrategy):
    """Lies in a share of its answers."""

    def answer(self, view):
        return view.run() ^ int(self.random.bernoulli_ppm(self.parameters["lie_ppm"]))


VALUE, BOND = 50, 100  # LUX
scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "tasks.count": 300 if FULL else 60,
        "tasks.value_at_risk": f"{VALUE} LUX",
        "vm.result_bond": f"{BOND} LUX",
        "provider.lazy.strategy": "python:liar",
    }
)
FRESH = range(1001, 1065 if FULL else 1033)


# %% [markdown]
# ## What is an attack worth?
#
# What the attacker has beyond honest play under the same seeds, the value of the lies that did harm
# included (`tasks.value_at_risk`), for each task. Honest play is worth 0.
#
# The best of many noisy trials looks better than it is. So what the search found is run again, on
# seeds that no trial has seen, and only that is reported.


# %%
def worth(runs: pd.DataFrame) -> pd.Series:
    return runs["cheating_gain"] / LUX / runs["tasks"]


def estimate(runs: pd.DataFrame, confidence: float = 0.95) -> aivmsim.Estimate:
    return aivmsim.mean_interval(worth(runs), confidence)


space = {GUESS: (0, 1_000_000), CENSORS: ("0%", "90%")}
windows = [1, 2, 4, 8, 16, 32] if FULL else [1, 16]
studies = {
    window: aivmsim.optuna_study(
        scenario.replace(**{WINDOW: window}),
        space,
        lambda runs: worth(runs).mean(),
        trials=50 if FULL else 12,
        seeds=range(1, 9 if FULL else 4),
        fresh_seeds=FRESH,
        confidence=jointly(len(windows)),
    )
    for window in windows
}
best = pd.DataFrame(
    [{"window": window} | study.user_attrs["fresh"] | {"while searching": study.best_value}
     | study.best_trial.user_attrs["values"] for window, study in studies.items()]
)  # fmt: skip
print(best.to_string(index=False))

# %% [markdown]
# ## The same by trying a grid
#
# A best response over a grid sees less than the search. With the shortest window, both best points
# are run on the fresh seeds and compared seed by seed; so are the best attacks on the shortest and
# on the longest window.


# %%
def values(window: int) -> dict:
    return {WINDOW: window} | studies[window].best_trial.user_attrs["values"]


grid = {
    GUESS: [0, 250_000, 500_000, 1_000_000] if FULL else [0, 1_000_000],
    CENSORS: ["0%", "45%", "90%"],
}
shortest = scenario.replace(**{WINDOW: windows[0]})
answer = aivmsim.best_response(
    grid,
    lambda point: worth(
        aivmsim.sweep(shortest, [point], seeds=range(1, 9 if FULL else 4), counterfactual=True)
    ).mean(),
)
again = {
    name: worth(aivmsim.sweep(scenario, [point], seeds=FRESH, counterfactual=True))
    for name, point in {
        "search": values(windows[0]),
        "grid": {WINDOW: windows[0]} | answer.point,
        "longest": values(windows[-1]),
    }.items()
}
of_grid = aivmsim.mean_interval(again["grid"])
beyond_grid = aivmsim.mean_interval(again["search"] - again["grid"])
by_window = aivmsim.mean_interval(again["search"] - again["longest"])
print(
    f"best of {answer.evaluations} points of the grid: {answer.point}, worth {of_grid.value:.2f} "
    f"[{of_grid.low:.2f}, {of_grid.high:.2f}] LUX per task on fresh seeds ({answer.payoff:.2f} on "
    f"those that chose it); what the search found is worth {beyond_grid.value:+.2f} "
    f"[{beyond_grid.low:+.2f}, {beyond_grid.high:+.2f}] more, seed by seed"
)

# %% [markdown]
# ## When both sides learn
#
# A long window takes the gain away, but everybody waits for it, honest work too: say each block of
# it costs the users $c$ per task. So the window is worth its price only while somebody lies, and
# lying is worth it only while the window is short. Attackers who lie or do not, against windows of
# 1 or 40 blocks, with 90 % of the proposers censoring: the game is measured by playing every pair
# with the same seeds. Fictitious play comes near its equilibrium. What a game of noisy payoffs says
# is noisy as well: its intervals are from a jackknife over the seeds. And since nobody knows $c$,
# it is solved for several; the runs are the same.
#
# Theory: a lie passes a window of $W$ blocks with probability $a = 0.9^W$. A third of the attempts
# at a task are the liars', so a task is final with a lie with probability $h = \frac13 a\,/\,(1 -
# \frac13 (1 - a))$, and $\frac13 (1-a)\,/\,(1 - \frac13 (1 - a))$ bonds are lost over it (but for
# the limit of five attempts). Users are indifferent between the windows when a share $39\,c\,/\,(V
# (h_1 - h_{40}))$ of the attackers lies, attackers when their gain is 0.

# %%
prices = [0.02, 0.05, 0.1, 0.2]  # LUX: what a block of waiting costs the users of one task
defences, lies = [windows[0], 40], [1_000_000, 0]
played = aivmsim.sweep(
    scenario.replace(**{CENSORS: "90%"}),
    over={GUESS: lies, WINDOW: defences},
    seeds=range(1, 65 if FULL else 25),
    counterfactual=True,
)
played["worth"] = worth(played)
played["lost"] = played["harm_final"] / LUX / played["tasks"]


def table(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    found = runs.pivot_table(index=GUESS, columns=WINDOW, values=column)
    return found.loc[lies, defences]


def measured_game(runs: pd.DataFrame, price: float) -> aivmsim.Game:
    costs = -table(runs, "lost") - price * np.array(defences)
    return aivmsim.Game(table(runs, "worth"), costs)


def equilibrium(game: aivmsim.Game) -> tuple[float, float]:
    """Shares of attackers that lie and of windows that are short, with which nobody gains by
    another choice: each side makes the other indifferent."""
    (a, b), (c, d) = game.row_payoffs
    (e, f), (g, h) = game.column_payoffs
    return (h - g) / (e - f - g + h), (d - b) / (a - b - c + d)


def jackknifed(price: float) -> list[aivmsim.Estimate]:
    seeds = sorted(played["seed"].unique())
    n, whole = len(seeds), np.array(equilibrium(measured_game(played, price)))
    rest = np.array(
        [equilibrium(measured_game(played[played["seed"] != seed], price)) for seed in seeds]
    )
    return [
        aivmsim.mean_interval(column, jointly(2 * len(prices)))
        for column in (n * whole - (n - 1) * rest).T
    ]


def harmed(window: int) -> float:
    passes = 0.9**window
    return passes / 3 / (1 - (1 - passes) / 3)


def caught(window: int) -> float:
    again = (1 - 0.9**window) / 3
    return sum(again**attempt for attempt in range(1, 6))


def expected(price: float) -> tuple[float, float]:
    lying = price * (defences[1] - defences[0]) / VALUE / (harmed(defences[0]) - harmed(40))
    # Honest, a third of the tasks pays the attacker a fee of 1 LUX; so does a lie that passes.
    gain = [(VALUE + 1) * harmed(w) - BOND * caught(w) - 1 / 3 for w in defences]
    return lying, -gain[1] / (gain[0] - gain[1])


print(table(played, "worth").to_string())
print(table(played, "lost").to_string())
learned = {price: jackknifed(price) for price in prices}
# Both sides learn: fictitious play comes near the equilibrium, and leaves little to gain.
game = measured_game(played, 0.1)
point = equilibrium(game)
rounds = np.unique(np.geomspace(1, 100_000, 60).astype(int))
plays = [game.fictitious_play(int(n)) for n in rounds]
regret = game.regret(plays[-1])

# %%
figure, (left, right, path, last) = plt.subplots(1, 4, figsize=(20, 4.6), layout="constrained")
first = studies[windows[0]].trials_dataframe()
most = first["value"].abs().max()
dots = left.scatter(
    first[f"params_{CENSORS}"],
    first[f"params_{GUESS}"] / 1e4,
    c=first["value"],
    cmap="coolwarm",
    vmin=-most,
    vmax=most,
    s=40,
)
left.set(
    xlabel="censoring proposers, %",
    ylabel="answers that are lies, %",
    title=f"window of {windows[0]} block(s), while searching",
)
figure.colorbar(dots, ax=left, label="gain over honest play, LUX per task")
place = np.arange(len(best))
right.errorbar(place, best["value"], yerr=bars(best), fmt="o", capsize=4, color="tab:blue",
               label="best found, on fresh seeds")  # fmt: skip
right.scatter(place, best["while searching"], marker="x", color="grey",
              label="the same on the seeds that chose it")  # fmt: skip
right.axhline(0, color="black", linewidth=0.8)
right.annotate("honest play", (1, 0), xycoords=("axes fraction", "data"), ha="right", va="bottom",
               fontsize=8)  # fmt: skip
right.set_xticks(place, best["window"])
right.set(xlabel="challenge window, blocks", ylabel="gain over honest play, LUX per task")
right.legend(fontsize=8)
for index, (name, colour) in enumerate(
    (("attackers that lie", "tab:red"), ("short windows", "tab:blue"))
):
    path.semilogx(rounds, [mixes[index][0] for mixes in plays], color=colour, label=name)
    path.axhline(point[index], color=colour, linestyle=":", linewidth=1)
path.plot([], [], color="grey", linestyle=":", label="equilibrium")
path.set(xlabel="rounds of fictitious play", ylabel="share so far", ylim=(0, 1.05),
         title="Both sides learn, waiting at 0.1 LUX")  # fmt: skip
path.legend(fontsize=8)
for index, (name, colour) in enumerate(
    (("attackers that lie", "tab:red"), ("short windows", "tab:blue"))
):
    of = [learned[price][index] for price in prices]
    last.errorbar(prices, [one.value for one in of], yerr=np.array([one.error for one in of]).T,
                  fmt="o", capsize=4, color=colour, label=name)  # fmt: skip
    fine = np.linspace(prices[0], prices[-1], 50)
    last.plot(fine, [expected(price)[index] for price in fine], color=colour, linewidth=1)
last.plot([], [], color="grey", linewidth=1, label="theory")
last.set(xlabel="price of a block of waiting, LUX per task", ylabel="share in equilibrium",
         ylim=(0, 1.05), title="Where nobody gains by another choice")  # fmt: skip
last.legend(fontsize=8)
figure.suptitle(
    f"The best attack found is worth {best['value'].iloc[0]:.1f} LUX per task with a window of "
    f"{windows[0]}, and {best['value'].iloc[-1]:.1f} with one of {windows[-1]} blocks"
)
save(figure, "strongest_attack")

# %% [markdown]
# ## The finding


# %%
def found(row: pd.Series) -> aivmsim.Estimate:
    return aivmsim.Estimate(row["value"], row["low"], row["high"])


short, long = best.iloc[0], best.iloc[-1]
for row in (short, long):
    one = found(row)
    print(
        f"window of {row['window']:.0f} block(s): the best attack found lies in "
        f"{row[GUESS] / 1e4:.0f} % of its answers with {row[CENSORS]} of the proposers censoring; "
        f"on fresh seeds it {verdict(one)}: {one.value:.2f} [{one.low:.2f}, {one.high:.2f}] LUX "
        f"per task beyond honest play ({row['while searching']:.2f} while searching)"
    )
print(
    f"the best attack on the shorter window is worth {by_window.value:.2f} [{by_window.low:.2f}, "
    f"{by_window.high:.2f}] LUX per task more, seed by seed"
)
for price, (lying, brief) in learned.items():
    theory = expected(price)
    print(
        f"waiting costs {price} LUX per block and task: {lying.value:.1%} [{lying.low:.1%}, "
        f"{lying.high:.1%}] of the attackers lie (theory {theory[0]:.1%}), and {brief.value:.1%} "
        f"[{brief.low:.1%}, {brief.high:.1%}] of the windows are short (theory {theory[1]:.1%})"
    )
print(
    f"fictitious play comes to {plays[-1].row[0]:.1%} and {plays[-1].column[0]:.1%} where the "
    f"equilibrium is {point[0]:.1%} and {point[1]:.1%}; leaving it gains {regret:.3f} LUX per task"
)
assert found(short).low > 0, best
assert not found(long).low > 0, best
assert by_window.low > 0, by_window
assert beyond_grid.high > -0.1 * of_grid.value, "the search is worse than a coarse grid"
assert all(
    one.holds(theory)
    for price, both in learned.items()
    for one, theory in zip(both, expected(price), strict=True)
), learned
# The price decides how many lie: the dearest and the cheapest are told apart.
assert learned[prices[0]][0].high < learned[prices[-1]][0].low, learned
assert np.allclose([plays[-1].row[0], plays[-1].column[0]], point, atol=0.1), (plays[-1], point)
assert regret < 0.05 * np.ptp(game.row_payoffs), regret
