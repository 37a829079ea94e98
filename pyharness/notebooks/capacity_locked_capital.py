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
# # What a longer window costs: locked capital
#
# Every open result locks a bond until its window has passed. A longer window is safer against
# censors, and needs more capital for the same work. How much, and when do providers run out of it?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, save

import aivmsim

LUX = 1_000_000_000
WINDOW, RATE = "vm.challenge_window_blocks", "tasks.per_block"
BOND = 100  # LUX locked by one result
base = {
    "chain.censoring_share": "0%",
    "provider.lazy.strategy": "honest",
    "vm.result_bond": f"{BOND} LUX",
}
scenario = aivmsim.Scenario.load("safe_window").replace(**base)

# %% [markdown]
# ## How much is locked
#
# $\lambda$ tasks per block, each locked from its assignment until it is settled, in the block after
# its window of $W$ blocks. Little's law: on average $\lambda\,(W + d)$ results are open, where $d$
# is the number of blocks from assignment to posting and from the end of the window to settlement.
# Measured from the results of each run: the block in which a result was assigned, and the one in
# which its bond was free again, counted in the middle half of the run, where it is steady.


# %%
def open_results(result: aivmsim.RunResult) -> float:
    """Results whose bond is locked, on average over the middle half of the blocks in which tasks
    arrive."""
    tasks = result.tasks.set_index("task")
    answers = result.results.join(tasks[["assign_block", "submit_block"]], on="task")
    first, last = tasks["submit_block"].min(), tasks["submit_block"].max()
    blocks = np.arange(first + (last - first) // 4 + 1, last - (last - first) // 4)
    taken = np.sort(answers["assign_block"].to_numpy(dtype=float))
    freed = np.sort(answers["bond_freed_block"].to_numpy(dtype=float))
    return float(
        (np.searchsorted(taken, blocks, "right") - np.searchsorted(freed, blocks, "right")).mean()
    )


windows, rates = ([5, 10, 20, 50, 100, 200], [5, 10, 20]) if FULL else ([5, 20, 60], [5, 20])
rows = []
for rate in rates:
    for window in windows:
        count = rate * 4 * (window + 20)
        values = {RATE: rate, WINDOW: window, "tasks.count": count}
        run = aivmsim.run(scenario.replace(**values), seed=1)
        assert run.status == "clean", run
        rows.append({"rate": rate, "window": window, "open": open_results(run)})
found = pd.DataFrame(rows)
delay = (found["open"] / found["rate"] - found["window"]).mean()
found["theory"] = found["rate"] * (found["window"] + delay)
found["locked LUX"] = found["open"] * BOND
print(found.to_string(index=False))

# %% [markdown]
# ## When there is not enough
#
# Six providers with $k$ slots each. They can keep $6k$ results open, so work that arrives faster
# than $6k / (W + d)$ per block has to wait: the time until an answer is final grows with every
# further task.

# %%
slots, load = [5, 10, 20, 40], 10
points = [
    {
        WINDOW: window,
        "provider.honest.bond": f"{k * BOND} LUX",
        "provider.lazy.bond": f"{k * BOND} LUX",
    }
    for window in [5, 10, 20]
    for k in slots
]
tight = scenario.replace(
    **{
        RATE: load,
        "tasks.count": load * (120 if FULL else 40),
        "vm.min_provider_bond": f"{BOND} LUX",
    }
    | {"vm.max_task_queue_size": 1_000_000, "vm.task_timeout": "10h"}
)
waits = aivmsim.sweep(tight, over=points, seeds=range(1, 9 if FULL else 3))
assert (waits["status"] == "clean").all(), waits.loc[waits["status"] != "clean"]
waits["slots"] = waits["provider.honest.bond"].str.split().str[0].astype(int) // BOND
by_point = waits.groupby([WINDOW, "slots"])["ttf_mean"].mean().unstack(WINDOW)
print(by_point.to_string())

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
curve = np.linspace(0, max(windows), 50)
for (rate, here), colour in zip(
    found.groupby("rate"), ["tab:blue", "tab:orange", "tab:green"], strict=False
):
    left.plot(curve, rate * (curve + delay) * BOND, color=colour, linewidth=1)
    left.scatter(here["window"], here["locked LUX"], color=colour, label=f"{rate} tasks per block")
left.plot([], [], color="grey", linewidth=1, label=r"Little: $\lambda\,(W+d)$ bonds")
left.set(
    xlabel="challenge window W, blocks",
    ylabel="locked capital, LUX",
    title="Locked capital grows with the window",
)
left.legend(fontsize=8)
left.grid(alpha=0.3)
for window, colour in zip(by_point.columns, ["tab:blue", "tab:orange", "tab:green"], strict=True):
    right.plot(by_point.index, by_point[window], marker="o", color=colour, label=f"window {window}")
    right.axvline(load * (window + delay) / 6, color=colour, linestyle=":", linewidth=1)
right.plot([], [], color="grey", linestyle=":", label=r"slots that suffice: $\lambda\,(W+d)/6$")
right.set(xscale="log", xlabel="slots of each of six providers", ylabel="mean time to finality, s",
          title=f"{load} tasks per block")  # fmt: skip
right.set_xticks(slots, slots)
right.minorticks_off()
right.legend(fontsize=8)
right.grid(alpha=0.3)
save(figure, "capacity_locked_capital")

# %% [markdown]
# ## The finding

# %%
error = (found["open"] / found["theory"] - 1).abs().max()
print(
    f"every task keeps a bond locked for its window and {delay:.1f} blocks more; Little's law "
    f"holds within {error:.1%}, so a window of 100 blocks at 10 tasks per block locks "
    f"{10 * (100 + delay) * BOND:,.0f} LUX"
)
assert error < 0.05
