"""The question of the catalogue's safe_window, written as plainly as possible in SimPy.

Six providers, two of whom guess, answer tasks; a watcher re-runs every answer and sends a proof of
each wrong one, which stays out of blocks whose proposer censors. An answer is final when its window
has passed without a proof.

    python simpy_window.py [--worlds 5] [--tasks 1000] [--window 3] [--share 0.5]

Prints "safe_window TASKS CPU_SECONDS POSTED MISSED", as economic_bench --plain does.
"""

import argparse
import random
import time

import simpy

BLOCK = 4.0
COMPUTE = 0.2
PROVIDERS = 6
LAZY = 2
TASKS_PER_BLOCK = 10
GUESS_WRONG = 0.9  # of a lazy answer; the question is what becomes of it


class World:
    def __init__(self, seed, tasks, window, share):
        self.draws = random.Random(seed)
        self.env = simpy.Environment()
        self.tasks, self.window, self.share = tasks, window, share
        self.new_block = self.env.event()
        self.censoring = False
        self.height = 0
        self.providers = [simpy.Resource(self.env) for _ in range(PROVIDERS)]
        self.watcher = simpy.Resource(self.env)
        self.posted = self.missed = self.final = 0

    def chain(self):
        while self.final < self.tasks:
            yield self.env.timeout(BLOCK)
            self.height += 1
            self.censoring = self.draws.random() < self.share
            block, self.new_block = self.new_block, self.env.event()
            block.succeed()

    def requester(self):
        for number in range(self.tasks):
            self.env.process(self.task())
            if (number + 1) % TASKS_PER_BLOCK == 0:
                yield self.env.timeout(BLOCK)

    def task(self):
        yield self.new_block  # submitted
        yield self.new_block  # assigned
        wrong = True
        while wrong is not None:
            provider = self.draws.randrange(PROVIDERS)
            wrong = provider < LAZY and self.draws.random() < GUESS_WRONG
            with self.providers[provider].request() as turn:
                yield turn
                yield self.env.timeout(0 if provider < LAZY else COMPUTE)
            yield self.new_block  # posted
            self.posted += wrong
            deadline = self.height + self.window
            check = self.env.process(self.check(wrong, deadline))
            while self.height <= deadline and not self.proven(check):
                yield self.new_block
            if self.proven(check):
                continue  # given to somebody else
            self.missed += wrong
            wrong = None
        self.final += 1

    @staticmethod
    def proven(check):
        return check.processed and check.value

    def check(self, wrong, deadline):
        with self.watcher.request() as turn:
            yield turn
            yield self.env.timeout(COMPUTE)
        while wrong and self.height < deadline:
            yield self.new_block
            if not self.censoring:
                return True
        return False

    def run(self):
        self.env.process(self.chain())
        self.env.process(self.requester())
        self.env.run()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--window", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.5)
    options = parser.parse_args()
    posted = missed = 0
    start = time.process_time()
    for seed in range(1, options.worlds + 1):
        world = World(seed, options.tasks, options.window, options.share)
        world.run()
        posted += world.posted
        missed += world.missed
    seconds = time.process_time() - start
    print("safe_window", options.worlds * options.tasks, f"{seconds:.6f}", posted, missed)


if __name__ == "__main__":
    main()
