"""simpy_window.py with the books that the VM keeps: accounts, escrowed fees, bonds that are locked
for each open result, challenge bonds, slashes and who gets them, credits that are claimed, and the
check that no money appears or vanishes.

    python simpy_ledger.py [--worlds 5] [--tasks 1000] [--window 3] [--share 0.5]

Prints "safe_window_ledger TASKS CPU_SECONDS POSTED MISSED". What it leaves out of the VM's work:
signatures and hashes, nonces, blocks as bytes, roots, receipts, and everything that a rule forbids.
"""

import argparse
import time
from collections import defaultdict

from simpy_window import BLOCK, COMPUTE, GUESS_WRONG, LAZY, PROVIDERS, World

LUX = 10**9
FEE = 1 * LUX
RESULT_BOND = 100 * LUX
CHALLENGE_BOND = 10 * LUX
BASIS = 10_000
# Of a slash, in basis points: the rest is burned. Those of the protocol's policy.
CHALLENGER_SHARE, REQUESTER_SHARE = 5_000, 2_500
STAKE = 200_000 * LUX
REQUESTERS = 4


class Ledger:
    """Balances and the pots that hold what is not in an account."""

    def __init__(self):
        self.free = defaultdict(int)
        self.bonds = defaultdict(int)
        self.locked = defaultdict(int)
        self.escrow = {}
        self.challenge_bonds = {}
        self.credits = defaultdict(int)
        self.burned = 0
        self.minted = 0

    def open(self, account, amount):
        self.free[account] += amount
        self.minted += amount

    def bond(self, provider, amount):
        self.take(provider, amount)
        self.bonds[provider] += amount

    def take(self, account, amount):
        if self.free[account] < amount:
            raise RuntimeError(f"{account} has {self.free[account]}, {amount} are needed")
        self.free[account] -= amount

    def submit(self, task, requester):
        self.take(requester, FEE)
        self.escrow[task] = FEE

    def can_lock(self, provider):
        return self.bonds[provider] - self.locked[provider] >= RESULT_BOND

    def lock(self, provider):
        self.locked[provider] += RESULT_BOND

    def challenge(self, task, challenger):
        self.take(challenger, CHALLENGE_BOND)
        self.challenge_bonds[task] = CHALLENGE_BOND

    def slash(self, task, provider, challenger, requester):
        """A proven lie: the bond of the result goes to the challenger, the requester and nobody."""
        self.locked[provider] -= RESULT_BOND
        self.bonds[provider] -= RESULT_BOND
        to_challenger = RESULT_BOND * CHALLENGER_SHARE // BASIS
        to_requester = RESULT_BOND * REQUESTER_SHARE // BASIS
        self.free[challenger] += to_challenger + self.challenge_bonds.pop(task)
        self.free[requester] += to_requester
        self.burned += RESULT_BOND - to_challenger - to_requester

    def settle(self, task, provider):
        """An answer is final: its bond is free and its author is paid."""
        self.locked[provider] -= RESULT_BOND
        self.credits[provider] += self.escrow.pop(task)

    def claim(self, provider):
        self.free[provider] += self.credits.pop(provider, 0)

    def audit(self):
        there = sum(self.free.values()) + sum(self.bonds.values()) + sum(self.escrow.values())
        there += sum(self.challenge_bonds.values()) + sum(self.credits.values())
        if there + self.burned != self.minted:
            raise RuntimeError(f"{there + self.burned} are there of {self.minted}")
        for provider, amount in self.locked.items():
            if not 0 <= amount <= self.bonds[provider]:
                raise RuntimeError(f"{provider}: {amount} locked of {self.bonds[provider]}")


class LedgerWorld(World):
    def __init__(self, seed, tasks, window, share):
        super().__init__(seed, tasks, window, share)
        self.ledger = Ledger()
        for number in range(PROVIDERS):
            self.ledger.open(number, 2 * STAKE)
            self.ledger.bond(number, STAKE)
        self.ledger.open("watcher", STAKE)
        for number in range(REQUESTERS):
            self.ledger.open(("requester", number), tasks * FEE)
        self.numbers = iter(range(tasks))

    def chain(self):
        while self.final < self.tasks:
            yield self.env.timeout(BLOCK)
            self.height += 1
            self.censoring = self.draws.random() < self.share
            self.ledger.audit()  # as invariant E1 does, once per block
            block, self.new_block = self.new_block, self.env.event()
            block.succeed()
        for number in range(PROVIDERS):
            self.ledger.claim(number)
        self.ledger.audit()

    def task(self):
        task = next(self.numbers)
        requester = ("requester", task % REQUESTERS)
        yield self.new_block
        self.ledger.submit(task, requester)
        yield self.new_block
        wrong = True
        while wrong is not None:
            provider = self.draws.randrange(PROVIDERS)
            while not self.ledger.can_lock(provider):
                provider = self.draws.randrange(PROVIDERS)
            self.ledger.lock(provider)
            wrong = provider < LAZY and self.draws.random() < GUESS_WRONG
            with self.providers[provider].request() as turn:
                yield turn
                yield self.env.timeout(0 if provider < LAZY else COMPUTE)
            yield self.new_block
            self.posted += wrong
            deadline = self.height + self.window
            check = self.env.process(self.check(wrong, deadline))
            while self.height <= deadline and not self.proven(check):
                yield self.new_block
            if self.proven(check):
                self.ledger.challenge(task, "watcher")
                self.ledger.slash(task, provider, "watcher", requester)
                continue
            self.missed += wrong
            wrong = None
            self.ledger.settle(task, provider)
        self.final += 1


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
        world = LedgerWorld(seed, options.tasks, options.window, options.share)
        world.run()
        posted += world.posted
        missed += world.missed
    seconds = time.process_time() - start
    print("safe_window_ledger", options.worlds * options.tasks, f"{seconds:.6f}", posted, missed)


if __name__ == "__main__":
    main()
