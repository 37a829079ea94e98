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
# An attacker may choose its strategy and how much of it to play, and has some of the proposers on its side. Which
# combination is worth most to it, and what happens to that when the window grows? Optuna searches; the simulator
# judges.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, save

import aivmsim

LUX = 1_000_000_000
GAIN = 50  # LUX: what one wrong answer that becomes final is worth to the attacker
WINDOW, CENSORS, GUESS = "vm.challenge_window_blocks", "chain.censoring_share", "provider.lazy.parameters.guess_ppm"
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 500 if FULL else 60})


# %% [markdown]
# ## What is an attack worth?
#
# The attacker's net from the books, plus $G$ for every wrong answer that became final, for each of its tasks.


# %%
def worth(runs: pd.DataFrame) -> float:
    return ((runs["attacker_net"] / LUX + GAIN * runs["n_fraud_missed"]) / runs["tasks"]).mean()


space = {GUESS: (0, 1_000_000), CENSORS: ("0%", "90%")}
windows = [1, 2, 4, 8, 16, 32] if FULL else [1, 8]
studies = {
    window: aivmsim.optuna_study(
        scenario.replace(**{WINDOW: window}), space, worth, trials=60 if FULL else 12, seeds=range(1, 9 if FULL else 2)
    )
    for window in windows
}
best = pd.DataFrame(
    [{"window": window, "worth": study.best_value} | study.best_trial.user_attrs["values"]
     for window, study in studies.items()]
)  # fmt: skip
print(best.to_string(index=False))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
first = studies[windows[0]].trials_dataframe()
dots = left.scatter(first[f"params_{CENSORS}"], first[f"params_{GUESS}"] / 1e4, c=first["value"], cmap="coolwarm", s=40)
left.set(xlabel="censoring proposers, %", ylabel="tasks that are guessed, %", title=f"window of {windows[0]} block(s)")
figure.colorbar(dots, label="worth of the attack, LUX a task")
for window, study in studies.items():
    values = np.maximum.accumulate([trial.value for trial in study.trials])
    right.plot(np.arange(1, len(values) + 1), values, marker=".", label=f"window {window}")
right.axhline(0, color="black", linewidth=0.8)
right.set(xlabel="trials", ylabel="best attack so far, LUX a task")
right.legend(fontsize=8)
figure.suptitle("Censoring proposers make cheating pay; a longer window takes it away again")
save(figure, "strongest_attack")

# %% [markdown]
# ## The finding

# %%
short, long = best.iloc[0], best.iloc[-1]
print(
    f"with a window of {short['window']:.0f} block(s) the best attack found guesses {short[GUESS] / 1e4:.0f} % of its "
    f"tasks with {short[CENSORS]} of the proposers censoring, and is worth {short['worth']:.2f} LUX a task; "
    f"with {long['window']:.0f} blocks the best is worth {long['worth']:.2f}"
)
assert short["worth"] >= long["worth"]
