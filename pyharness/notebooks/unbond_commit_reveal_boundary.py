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
# # When a bond leaves before its slash
#
# Suppose a bond may be withdrawn after a cooldown alone, whatever it still backs. A cheat
# answers wrongly, asks to leave the moment its answer is accepted, and withdraws the bond $U$
# blocks later. Whether it gets away depends on how long the proof takes. Where is the boundary, and
# is it where counting blocks predicts?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import FULL, save

import aivmsim
from aivmsim import op

COOLDOWN, CHECK = "vm.unbond_cooldown_blocks", "tasks.check_time"
BLOCK_S = 4  # seconds from block to block


# %% [markdown]
# The cheat is a strategy in Python that withdraws in the first block in which it may, so that
# nothing but the rules decides.


# %%
@aivmsim.strategy("leaver", role="provider")
class Leaver(aivmsim.ProviderStrategy):
    def __init__(self, parameters, context):
        super().__init__(parameters, context)
        self.mine = context.identity.provider_id
        self.cooldown = context.policy["unbond_cooldown_blocks"]
        self.cheated = self.left = False

    def answer(self, view):
        self.cheated = True
        return view.run() ^ 1

    def on_block(self, view):
        if not self.cheated:
            return []
        me = view.state.provider(self.mine)
        posted = me["obligations"] > 0 and me["open_tasks"] == 0
        if posted and not self.left:
            self.left = True
            return [op.DeregisterProvider(self.mine)]
        free_at = me["unbonding_since"] + self.cooldown
        if me["status"] == "unbonding" and view.height + 1 >= free_at:
            return [op.WithdrawBond(self.mine)]
        return []


scenario = aivmsim.Scenario.load("unbond_escape").replace(
    **{
        "expect": [],
        "run.fidelity": "economic",
        "tasks.count": 1,
        "tasks.per_block": 1,
        "provider.honest.count": 1,
        "provider.escapers.strategy": "python:leaver",
    }
)

# %% [markdown]
# ## The map
#
# The obligation rule is off. The cooldown $U$ against the $D$ blocks that a challenger needs to
# re-execute the answer. The window has 100 blocks, so the proof always comes in time; only the bond
# may be gone. That is what invariant E3 says. Counting says: the request to leave is in the block
# after the answer, and the bond leaves $U$ blocks after that; the challenge is in the block after
# the check, $D$ blocks after the answer, and the slash follows its reveal in the next block. So the
# bond is gone first while $U \le D$. For each $D$ every cooldown near the diagonal is tried, block
# by block, and a few far from it.

# %%
delays = list(range(5, 91, 5)) if FULL else [6, 31, 80]
near = range(-4, 5) if FULL else range(-2, 3)
far = [-40, -20, -10, 10, 20, 40] if FULL else [-20, 20]
cells = [
    {CHECK: f"{delay * BLOCK_S}s", COOLDOWN: delay + off}
    for delay in delays
    for off in [*near, *far]
    if 1 <= delay + off <= 96
]


def escapes(rule: bool) -> pd.DataFrame:
    found = aivmsim.sweep(
        scenario.replace(**{"vm.obligation_rule": rule}), cells, seeds=range(1, 5 if FULL else 4)
    )
    found["delay"] = found[CHECK].astype(int) // BLOCK_S
    found["escaped"] = found["violations"].fillna("").astype(str).str.contains("E3")
    # The one task may be drawn by the honest provider: such a run says nothing.
    return found[found["n_fraud_posted"] > 0]


runs, guarded = escapes(rule=False), escapes(rule=True)
short = runs[runs["escaped"]].groupby("delay")[COOLDOWN].max()
long = runs[~runs["escaped"]].groupby("delay")[COOLDOWN].min()
boundary = pd.DataFrame({"longest that was too short": short, "shortest that held": long})
print(boundary.to_string())

# %% [markdown]
# ## The same for a committee
#
# In the redundant mode a member that is drawn can ask to leave in the very block of the draw,
# commit, and never reveal: no wrong answer, no challenge, only a slash that comes after both
# windows. Both together last $C + R$ blocks and the settlement comes strictly after, so the
# cooldown must be longer than $C + R$ (V58 of the validation suite: with $U = 60$ against $30 + 30$
# the stake leaves one block before the slash).

# %%
COMMIT, REVEAL = "vm.commit_window_blocks", "vm.reveal_window_blocks"
committee = aivmsim.Scenario.from_text(
    """
    name = "committee_leaver"
    description = "One task, a committee of five; a member leaves in the block of the draw."
    run.fidelity = "economic"
    tasks = { count = 1, per_block = 1, requesters = 1, feature_rows = 32 }
    [vm]
    verification_mode = "redundant"
    challenge_window_blocks = 0
    obligation_rule = false
    activation_delay_blocks = 0
    reassignments_max = 0
    [[provider]]
    name = "honest"
    count = 4
    [[provider]]
    name = "leaver"
    strategy = "unbond_escape"
    parameters = { committee = 1 }
    """
)
lengths = [2, 5, 10, 20, 30] if FULL else [5, 30]
near = range(-4, 5) if FULL else range(-1, 2)
points = [
    {COMMIT: commit, REVEAL: reveal, COOLDOWN: commit + reveal + off}
    for commit in lengths
    for reveal in lengths
    for off in near
]
seats = aivmsim.sweep(committee, points, seeds=[1, 2, 3])
seats["windows"] = seats[COMMIT] + seats[REVEAL]
# E3 ends a run in which the bond leaves while it is still owed.
seats["escaped"] = seats["violations"].fillna("").astype(str).str.contains("E3")
last = seats[seats["escaped"]].groupby([COMMIT, REVEAL])[COOLDOWN].max()
first = seats[~seats["escaped"]].groupby([COMMIT, REVEAL])[COOLDOWN].min()
print(pd.DataFrame({"longest that was too short": last, "shortest that held": first}).to_string())

# %%
figure, (panel, right) = plt.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
for escaped, colour, label in (
    (True, "tab:red", "the bond left first"),
    (False, "tab:green", "the slash came first"),
):
    here = runs[runs["escaped"] == escaped]
    panel.scatter(here["delay"], here[COOLDOWN], color=colour, s=10, label=label)
line = np.array([0, 96])
panel.plot(line, line, color="tab:blue", linewidth=1, label="counted: U = D is the last to escape")
panel.set(
    xlabel="blocks D until the proof is ready",
    ylabel="cooldown U, blocks",
)
exact = (short == short.index) & (long == short + 1)
panel.set_title(
    f"One answer: U = D is the last cooldown to escape for {exact.sum()} of {len(exact)} delays",
    fontsize=9,
)
panel.legend(loc="upper left", fontsize=8)
for escaped, colour, label in (
    (True, "tab:red", "the bond left first"),
    (False, "tab:green", "the slash came first"),
):
    here = seats[seats["escaped"] == escaped]
    right.scatter(
        here["windows"], here[COOLDOWN] - here["windows"], color=colour, s=22, label=label
    )
right.axhline(1, color="tab:blue", label="counted: U = C + R + 1 is the first to hold")
right.set(xlabel="commit and reveal windows C + R, blocks",
          ylabel="cooldown beyond them, U - C - R, blocks")
counted = [last[windows] == sum(windows) for windows in last.index]
right.set_title(
    f"A committee: U = C + R is the last to escape for {sum(counted)} of {len(counted)} pairs",
    fontsize=9,
)
right.margins(y=0.5)
right.legend(loc="upper right", fontsize=8)
save(figure, "unbond_commit_reveal_boundary")

# %% [markdown]
# ## The finding

# %%
print(
    "without the obligation rule the bond escapes exactly while the cooldown is no longer than the "
    f"proof takes: for each of {len(boundary)} delays, tried block by block, the last cooldown to "
    f"escape is U = D and the first to hold U = D + 1 ({len(runs)} runs); with the rule it escapes "
    f"in {guarded['escaped'].sum()} of {len(guarded)} of the same runs"
)
print(
    f"of a committee it escapes up to a cooldown of exactly C + R blocks, in all {len(last)} pairs "
    f"of windows: with 30 + 30 blocks a cooldown of {last[30, 30]} is one too short"
)
assert sorted(boundary.index) == delays, "a delay without a wrong answer"
assert (short == short.index).all() and (long == short + 1).all(), boundary
assert (runs["escaped"] == (runs[COOLDOWN] <= runs["delay"])).all()
assert len(guarded) > 0 and not guarded["escaped"].any()
assert (last == [commit + reveal for commit, reveal in last.index]).all() and (
    first == last + 1
).all()
