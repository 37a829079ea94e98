"""The expected numbers of the Snow cases that have no expression, computed without the simulator.

    python3 scenarios/validation/reference_numbers.py FILE.json [ID...]

Prints each beside what the file says. C05, C06 and C07 are exact: runs of successful polls, and a
birth-death chain. C09 and C10 are estimates over many runs of the model of synchronous rounds in
sim/consensus/snowman/synchronous_rounds.h, written down again here: a poll asks k others without
replacement, so the votes for a choice are hypergeometric. Needs numpy.
"""

import json
import sys
from math import comb

import numpy as np

RUNS = 200_000  # of an estimate


def poll_succeeds(k, alpha, others, answering):
    """P(at least alpha of k others answer) when `answering` of them would."""
    ways = range(alpha, min(k, answering) + 1)
    return sum(comb(answering, i) * comb(others - answering, k - i) for i in ways) / comb(others, k)


def polls_until_all_decide(p):
    """Mean over all honest nodes' maximum of the polls to beta successes in a row."""
    honest = p["n"] - p["silent"]
    success = poll_succeeds(p["k"], p["alpha"], p["n"] - 1, honest - 1)
    run = np.zeros(p["beta"])  # entry i: P(undecided, with i successes in a row)
    run[0] = 1
    mean = 0.0
    decided = 0.0
    while 1 - decided**honest > 1e-12:
        mean += 1 - decided**honest
        decided += run[-1] * success
        run = np.concatenate([[run.sum() * (1 - success)], run[:-1] * success])
    return mean


def slush_steps(p, firsts):
    """Mean steps to unanimity per node; one random node polls in each step."""
    n, k, alpha = p["n"], p["k"], p["alpha"]
    up = np.zeros(n + 1)
    down = np.zeros(n + 1)
    for x in range(1, n):
        up[x] = (n - x) / n * poll_succeeds(k, alpha, n - 1, x)
        down[x] = x / n * poll_succeeds(k, alpha, n - 1, n - x)
    size = n - 1
    matrix = np.zeros((size, size))
    for x in range(1, n):
        matrix[x - 1, x - 1] = up[x] + down[x]
        if x < size:
            matrix[x - 1, x] = -up[x]
        if x > 1:
            matrix[x - 1, x - 2] = -down[x]
    return np.linalg.solve(matrix, np.ones(size))[firsts - 1] / n


def rounds(p, byzantine):
    """Runs of Snowflake from half and half: the rounds until the last honest node decides, and
    whether two decide differently. Byzantine nodes answer the choice that the asker has not."""
    generator = np.random.default_rng(1)
    n, k, alpha, beta = p["n"], p["k"], p["alpha_c"], p["beta"]
    honest = n - byzantine
    assert p["alpha_p"] == p["alpha_c"], "Snowflake has one alpha"
    first = np.zeros((RUNS, honest), dtype=bool)  # who prefers the first choice
    first[:, : honest // 2] = True
    confidence = np.zeros((RUNS, honest), dtype=np.int32)
    open_ = np.ones((RUNS, honest), dtype=bool)
    last = np.zeros(RUNS)
    active = np.arange(RUNS)
    number = 0
    while active.size:
        number += 1
        mine = first[active]
        same_others = np.where(mine, mine.sum(1)[:, None], honest - mine.sum(1)[:, None]) - 1
        same = generator.hypergeometric(same_others, n - 1 - same_others, k)
        other = k - same  # all others and every Byzantine node
        polls = open_[active]
        flips = polls & (other >= alpha)
        keeps = polls & (same >= alpha)
        counter = confidence[active]
        counter = np.where(polls, np.where(keeps, counter + 1, np.where(flips, 1, 0)), counter)
        first[active] = mine ^ flips
        confidence[active] = counter
        open_[active] = polls & (counter < beta)
        done = ~open_[active].any(1)
        last[active[done]] = number
        active = active[~done]
    disagree = first.any(1) & ~first.all(1)
    return last.mean(), disagree.mean()


def reference(case):
    p = case["parameters"]
    return {
        "C05": lambda: polls_until_all_decide(p),
        "C06": lambda: slush_steps(p, p["n"] // 2),
        "C07": lambda: slush_steps(p, p["n"] * 6 // 10),
        "C09": lambda: rounds(p, 0)[0],
        "C10": lambda: rounds(p, p["f"])[1],
    }.get(case["id"], lambda: None)()


def main():
    path, *ids = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    for case in cases:
        if ids and case["id"] not in ids:
            continue
        number = reference(case)
        if number is not None:
            print(f"{case['id']}  computed {number:.6g}  file {case['expected']}", flush=True)


if __name__ == "__main__":
    main()
