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
from common import FULL, bars, holds, jointly, means, save
from scipy.stats import poisson

import aivmsim

WINDOW, GAP = "vm.challenge_window_blocks", "tasks.mean_gap"
PROVIDERS, BOND, BLOCK_S = 6, 100, 4  # LUX locked by one result; seconds per block
DELAY = 2  # blocks: one from the assignment to the answer, one from the window's end to settlement
scenario = aivmsim.Scenario.load("safe_window").replace(
    **{
        "chain.censoring_share": "0%",
        "provider.lazy.strategy": "honest",
        "vm.result_bond": f"{BOND} LUX",
    }
)

# %% [markdown]
# ## How much is locked
#
# Tasks arrive independently, $\lambda$ per block on average. The protocol says how long a result
# keeps its bond locked: the block in which the answer is posted, the $W$ blocks of its window, and
# the block that settles it, so $W + 2$; nothing is fitted. Little's law then says how much is
# locked on average, $\lambda\,(W + 2)$ bonds. A provider that has just these is short in almost
# every second block: since arrivals are independent and the time is fixed, the number of open
# results has Poisson's law ($M/D/\infty$), and it takes the quantile to suffice in 99 of 100
# blocks. Both are compared with the results of each run, the block in which one was assigned and
# the one in which its bond was free again, in the middle half of the run.


# %%
def open_results(result: aivmsim.RunResult) -> np.ndarray:
    """Results whose bond is locked, in each of the middle half of the blocks in which tasks
    arrive."""
    tasks = result.tasks.set_index("task")
    answers = result.results.join(tasks[["assign_block", "submit_block"]], on="task")
    first, last = tasks["submit_block"].min(), tasks["submit_block"].max()
    blocks = np.arange(first + (last - first) // 4 + 1, last - (last - first) // 4)
    taken = np.sort(answers["assign_block"].to_numpy(dtype=float))
    freed = np.sort(answers["bond_freed_block"].to_numpy(dtype=float))
    return np.searchsorted(taken, blocks, "right") - np.searchsorted(freed, blocks, "right")


windows, rates = ([5, 10, 20, 50, 100], [5, 10, 20]) if FULL else ([5, 20, 60], [5])
rows = []
for rate in rates:
    for window in windows:
        count = rate * 4 * (window + (100 if FULL else 30))
        point = {GAP: f"{1000 * BLOCK_S // rate}ms", WINDOW: window, "tasks.count": count}
        mean = rate * (window + DELAY)
        enough = poisson.ppf(0.99, mean)
        for seed in range(1, 33 if FULL else 13):
            run = aivmsim.run(scenario.replace(**point, **{"tasks.arrivals": "poisson"}), seed=seed)
            assert run.status == "clean", run
            counts = open_results(run)
            rows.append(
                {"rate": rate, "window": window, "open": counts.mean(),
                 "short": (counts > enough).mean(),
                 "short of the mean": (counts > mean).mean()}
            )  # fmt: skip
opened = pd.DataFrame(rows)
keys = ["rate", "window"]
found = means(opened, keys, opened["open"], jointly(len(rates) * len(windows)))
found["theory"] = found["rate"] * (found["window"] + DELAY)
found["one block less"] = found["rate"] * (found["window"] + DELAY - 1)
short = {
    name: means(opened, keys, opened[name], jointly(len(rates) * len(windows)))
    for name in ("short", "short of the mean")
}
print(found.to_string(index=False))
for name, rows in short.items():
    print(name, rows.to_string(index=False), sep="\n")

# %% [markdown]
# ## When there is not enough
#
# Six providers with $k$ slots each can keep $6k$ results open, each for $W + 2$ blocks; work that
# arrives faster than $6k / (W + 2)$ per block has to wait. Task $i$ begins when it arrives or when
# the task $6k$ places before it gives its slot back, whatever is later. Replaying that rule
# predicts how late a mean task is, without a fit; measured is the time to finality beyond that of
# the runs with the most slots, seed by seed.

# %%
slots, load, tasks = ([5, 10, 15, 20, 40], 10, 1200 if FULL else 400)
tried = [5, 10, 20] if FULL else [10]
points = [
    {
        WINDOW: window,
        "provider.honest.bond": f"{k * BOND} LUX",
        "provider.lazy.bond": f"{k * BOND} LUX",
    }
    for window in tried
    for k in slots
]
tight = scenario.replace(
    **{
        "tasks.per_block": load,
        "tasks.count": tasks,
        "vm.min_provider_bond": f"{BOND} LUX",
        "vm.max_task_queue_size": 1_000_000,
        "vm.task_timeout": "10h",
    }
)
waits = aivmsim.sweep(tight, over=points, seeds=range(1, 9 if FULL else 5))
assert (waits["status"] == "clean").all(), waits.loc[waits["status"] != "clean"]
waits["slots"] = waits["provider.honest.bond"].astype(int) // BOND


def late(slots_each: int, window: int, delay: int = DELAY) -> float:
    """Seconds by which a mean task begins late for want of slots."""
    begins: list[int] = []
    for task in range(tasks):
        arrives, before = task // load, task - PROVIDERS * slots_each
        begins.append(max(arrives, begins[before] + window + delay) if before >= 0 else arrives)
    return BLOCK_S * sum(begin - task // load for task, begin in enumerate(begins)) / tasks


differences = []
for window, here in waits.groupby(WINDOW):
    most = slots[-1]
    rest = aivmsim.contrast(here, "ttf_mean", "slots", base=most, confidence=jointly(len(tried)))
    differences.append(rest.assign(window=window))
extra = pd.concat(differences, ignore_index=True)
places = list(zip(extra["slots"], extra["window"], strict=True))
extra["theory"] = [late(k, window) for k, window in places]
extra["one block less"] = [late(k, window, DELAY - 1) for k, window in places]
print(extra.to_string(index=False))

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
curve = np.linspace(0, max(windows), 50)
for (rate, here), colour in zip(
    found.groupby("rate"), ["tab:blue", "tab:orange", "tab:green"], strict=False
):
    left.plot(curve, rate * (curve + DELAY) * BOND, color=colour, linewidth=1)
    left.errorbar(here["window"], here["value"] * BOND, yerr=bars(here, 1 / BOND), fmt="o",
                  capsize=3, color=colour, label=f"{rate} tasks per block")  # fmt: skip
    left.plot(curve, poisson.ppf(0.99, rate * (curve + DELAY)) * BOND, color=colour,
              linestyle=":", linewidth=1)  # fmt: skip
left.plot([], [], color="grey", linewidth=1, label=r"theory: $\lambda\,(W+2)$ bonds")
left.plot([], [], color="grey", linestyle=":", label="theory: enough in 99 of 100 blocks")
left.set(
    xlabel="challenge window W, blocks",
    ylabel="locked capital, LUX",
)
widest = found.iloc[-1]
left.set_title(
    f"{widest['rate']:.0f} tasks per block, window {widest['window']:.0f}: "
    f"{BOND * widest['value']:,.0f} LUX locked (theory {BOND * widest['theory']:,.0f})",
    fontsize=9,
)
left.legend(fontsize=8)
left.grid(alpha=0.3)
fine = range(slots[0], slots[-1] + 1)
for (window, here), colour in zip(
    extra.groupby("window"), ["tab:blue", "tab:orange", "tab:green"], strict=False
):
    right.plot(fine, [late(k, window) for k in fine], color=colour, linewidth=1)
    right.errorbar(here["slots"], here["value"], yerr=bars(here), fmt="o", capsize=3, color=colour,
                   label=f"window {window}")  # fmt: skip
right.plot([], [], color="grey", linewidth=1, label="theory: the queue replayed")
right.set(xscale="log", xlabel="slots of each of six providers",
          ylabel=f"time to finality beyond that with {slots[-1]} slots, s")
latest = extra.loc[extra["value"].idxmax()]
right.set_title(
    f"{load} tasks per block, {latest['slots']:.0f} slots, window {latest['window']:.0f}: "
    f"{latest['value']:.0f} s later (theory {latest['theory']:.0f} s)",
    fontsize=9,
)
right.set_xticks(slots, slots)
right.minorticks_off()
right.legend(fontsize=8)
right.grid(alpha=0.3)
save(figure, "capacity_locked_capital")

# %% [markdown]
# ## The finding

# %%
last = found.iloc[-1]
worst = extra.loc[extra["value"].idxmax()]
print(
    f"a task keeps a bond locked for its window and {DELAY} blocks more: Little's law with that "
    f"time lies in {holds(found).sum()} of {len(found)} intervals that hold together with 95 %, "
    f"with a block less in {holds(found, 'one block less').sum()}; {last['rate']:.0f} tasks per "
    f"block and a window of {last['window']:.0f} lock {BOND * last['value']:,.0f} "
    f"[{BOND * last['low']:,.0f}, {BOND * last['high']:,.0f}] LUX (theory "
    f"{BOND * last['theory']:,.0f})"
)
print(
    f"with {worst['slots']:.0f} slots each and a window of {worst['window']:.0f} a task is final "
    f"{worst['value']:.0f} [{worst['low']:.0f}, {worst['high']:.0f}] s later than with plenty "
    f"(the queue replayed: {worst['theory']:.0f} s, with a slot free one block sooner "
    f"{worst['one block less']:.0f} s)"
)
assert holds(found).all(), found
assert not holds(found, "one block less").all(), found
# The quantile suffices, the mean does not.
assert (short["short"]["low"] <= 0.01).all(), short
assert (short["short of the mean"]["low"] > 0.05).all(), short
# A task is drawn for a slot in the block after it is free, so theory may be a block short.
assert ((extra["value"] - extra["theory"]).abs() <= BLOCK_S).all(), extra
assert ((extra["value"] - extra["one block less"]).abs() > BLOCK_S).any(), extra
