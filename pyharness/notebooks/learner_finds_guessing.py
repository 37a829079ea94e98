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
# # Does a learner find a known attack by itself?
#
# A provider that guesses instead of computing saves the cost of the work (A01). It pays while few
# answers are checked. A learner that knows nothing of this, and sees only its own profit, chooses
# how many tenths of its answers it computes. Does it learn to guess where theory says that guessing
# pays, and to be honest where it does not?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, bars, jointly, save, verdict

import aivmsim
from aivmsim.environment import LEVELS, Environment

FEE, COST, SLASH = 1.0, 0.5, 20.0  # LUX per answer: its pay, its cost, what a proven guess loses
HONEST, GUESS = LEVELS - 1, 0  # actions: tenths of the answers that are computed

scenario = aivmsim.Scenario.load("lazy_checker").replace(
    **{
        "tasks.count": 120 if FULL else 60,
        "tasks.step_cost": aivmsim.lux(COST),
        "vm.result_bond": aivmsim.lux(SLASH),
        "provider.honest.count": 1,
        "provider.guessers.count": 1,
        "challenger.lazy.count": 1,
        "challenger.lazy.parameters.power_ppm": 1_000_000,
    }
)


def game(checked: float) -> Environment:
    """A challenger checks this share of all answers, and proves every wrong one that it checks."""
    rate = {"challenger.lazy.parameters.check_ppm": round(checked * 1e6)}
    return Environment(scenario.replace(**rate), {"learner": "provider.guessers"})


def profit(environment: Environment, action: int, seed: int) -> float:
    """Of one episode, in LUX."""
    environment.reset(seed=seed)
    total = 0.0
    while environment.agents:
        total += environment.step({"learner": action})[1]["learner"]
    return total


# %% [markdown]
# ## A gradient bandit
#
# The learner keeps a preference for each action, draws one by softmax for each episode, and moves
# its preferences along how much better or worse than usual the episode went (Sutton and Barto,
# Reinforcement Learning, 2nd edition, section 2.8). Profits are divided by their spread so far, so
# that the step does not depend on how large the slashes are.

# %%
EPISODES, STEP = (600, 0.15) if FULL else (130, 0.35)


def softmax(preferences: np.ndarray) -> np.ndarray:
    weights = np.exp(preferences - preferences.max())
    return weights / weights.sum()


def learn(checked: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The final mix over actions, and the mean share of computed answers after each episode."""
    environment, draw = game(checked), np.random.default_rng(seed)
    preferences, seen, path = np.zeros(LEVELS), [], []
    for episode in range(EPISODES):
        mix = softmax(preferences)
        action = int(draw.choice(LEVELS, p=mix))
        seen.append(profit(environment, action, seed=10_000 * seed + episode))
        spread = np.std(seen) or 1.0
        advantage = (seen[-1] - np.mean(seen)) / spread
        preferences += STEP * advantage * (np.eye(LEVELS)[action] - mix)
        path.append(softmax(preferences) @ np.arange(LEVELS) / HONEST)
    return softmax(preferences), np.array(path)


# %% [markdown]
# ## Where it should end
#
# An honest answer earns fee less cost, $f - c$. A guess is almost never right; it earns $f$ when
# nobody checks it and loses the slash $S$ when somebody does. With a share $q$ of the answers
# checked, guessing instead of computing is worth $c - q\,(f + S)$ per answer, so that it pays below
# $q = c / (f + S)$, here 2.4 %.

# %%
RATES = [0.0, 0.005, 0.01, 0.05, 0.1, 0.2] if FULL else [0.005, 0.1]
LEARNERS = range(1, 4 if FULL else 2)
FRESH = range(1, 49 if FULL else 17)
threshold = COST / (FEE + SLASH)
learned = {(rate, seed): learn(rate, seed) for rate in RATES for seed in LEARNERS}


def answers(result: aivmsim.RunResult) -> int:
    """Of the learner, in one run."""
    own = result.principals.set_index("label")["principal"]["learner"]
    agents = result.agents.loc[result.agents["principal"] == own, "agent"]
    return int(result.results["provider"].isin(agents).sum())


def gain(rate: float) -> aivmsim.Estimate:
    """Of what the learners came to, per answer and over honest play, on seeds they never saw."""
    environment = game(rate)
    actions = [int(np.argmax(learned[rate, seed][0])) for seed in LEARNERS]
    differences = []
    for seed in FRESH:
        honest = profit(environment, HONEST, 900_000 + seed)
        count = answers(environment.result)
        mine = np.mean([profit(environment, action, 900_000 + seed) for action in actions])
        differences.append((mine - honest) / count)
    return aivmsim.mean_interval(differences, jointly(len(RATES)))


gains = pd.DataFrame([{"checked": rate, "theory": max(COST - rate * (FEE + SLASH), 0.0)}
                      | gain(rate)._asdict() for rate in RATES])  # fmt: skip
computed = {rate: np.mean([learned[rate, seed][1] for seed in LEARNERS], axis=0) for rate in RATES}
print(gains.to_string(index=False))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
colours = plt.cm.viridis(np.linspace(0, 0.9, len(RATES)))
for rate, colour in zip(RATES, colours, strict=True):
    left.plot(range(1, EPISODES + 1), computed[rate], color=colour, label=f"{rate:.1%} checked")
left.set(xlabel="episodes played", ylabel="answers computed", ylim=(-0.03, 1.03))
left.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
left.legend(fontsize=8)
right.errorbar(gains["checked"], gains["value"], yerr=bars(gains), fmt="o", capsize=4,
               label="what was learned, on fresh seeds")  # fmt: skip
fine = np.linspace(0, max(RATES), 200)
right.plot(fine, np.maximum(COST - fine * (FEE + SLASH), 0), color="black", linewidth=1,
           label="theory: the better of guessing and honest work")  # fmt: skip
right.axvline(threshold, color="grey", linestyle=":", label=f"guessing pays below {threshold:.1%}")
right.set(xlabel="answers that are checked", ylabel="gain over honest play, LUX per answer")
right.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
right.legend(fontsize=8)
guessing = [rate for rate in RATES if computed[rate][-1] < 0.5]
figure.suptitle(
    f"The learner guesses up to {max(guessing):.1%} checked answers and is honest from "
    f"{min(set(RATES) - set(guessing)):.1%}; theory turns at {threshold:.1%}"
    if guessing and len(guessing) < len(RATES)
    else f"The learner does the same at every rate of checks; theory turns at {threshold:.1%}"
)
save(figure, "learner_finds_guessing")

# %% [markdown]
# ## The finding

# %%
for (_, row), rate in zip(gains.iterrows(), RATES, strict=True):
    one = aivmsim.Estimate(row["value"], row["low"], row["high"])
    print(
        f"{rate:.1%} of the answers are checked: after {EPISODES} episodes it computes "
        f"{computed[rate][-1]:.0%} of its answers; that {verdict(one)}: {one.value:+.2f} "
        f"[{one.low:+.2f}, {one.high:+.2f}] LUX per answer (theory {row['theory']:+.2f})"
    )
for _, row in gains.iterrows():
    rate = row["checked"]
    if rate < threshold / 2:
        assert computed[rate][-1] < 0.3, f"it did not learn to guess at {rate:.1%}"
        assert row["low"] > 0, f"guessing does not pay at {rate:.1%}"
    if rate > 2 * threshold:
        assert computed[rate][-1] > 0.7, f"it did not learn to be honest at {rate:.1%}"
    assert row["low"] - 0.05 <= row["theory"] <= row["high"] + 0.05, gains
