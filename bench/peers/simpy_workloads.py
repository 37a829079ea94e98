"""HOLD and PHOLD in SimPy, with the draws and check values of engine_bench.cpp.

Prints a line "name events cpu_seconds check" for each workload. Two forms: by callbacks on
timeouts, SimPy's faster one, and as processes, the way its users write.

    python simpy_workloads.py [--form callbacks|processes] [--only NAME ...]
"""

import argparse
import math
import time

import simpy

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
ENTITIES = 1000
EVENTS_EACH = 16


class SplitMix:
    __slots__ = ("state",)

    def __init__(self, state):
        self.state = state

    def next(self):
        self.state = z = (self.state + GOLDEN) & MASK
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31


def exponential(bits, log=math.log):
    return int(-log(1.0 - (bits >> 11) * 2.0**-53) * 1e9) + 1


class Done(Exception):
    """Raised after the last event of a workload."""


def run(env):
    """Runs until a handler raises Done; the CPU seconds that took."""
    start = time.process_time()
    try:
        env.run()
    except Done:
        pass
    return time.process_time() - start


class Hold:
    def __init__(self, pending, events):
        self.env = simpy.Environment()
        self.draws = SplitMix(42)
        self.pending = pending
        self.left = events
        self.check = 0

    def handle(self, value):
        """One event: returns the delay of the next."""
        if self.left == 0:
            raise Done
        self.left -= 1
        self.check = ((self.check ^ self.env.now ^ value) * GOLDEN) & MASK
        return exponential(self.draws.next())

    def callbacks(self):
        env, handle, timeout = self.env, self.handle, simpy.events.Timeout

        def fired(event):
            value = event._value
            timeout(env, handle(value), value + 1).callbacks.append(fired)

        for i in range(self.pending):
            timeout(env, exponential(self.draws.next()), i).callbacks.append(fired)

    def processes(self):
        def process(delay, value):
            while True:
                yield self.env.timeout(delay)
                delay = self.handle(value)
                value += 1

        start_in_order(
            self.env, process, [(exponential(self.draws.next()), i) for i in range(self.pending)]
        )

    def result(self):
        return self.check


class Phold:
    def __init__(self, events):
        self.env = simpy.Environment()
        self.left = events
        self.draws = [SplitMix(SplitMix(i + 1).next()) for i in range(ENTITIES)]
        self.count = [0] * ENTITIES
        self.sum = [0] * ENTITIES

    def first(self):
        return [
            (exponential(self.draws[i].next()), (i, i * EVENTS_EACH + j))
            for i in range(ENTITIES)
            for j in range(EVENTS_EACH)
        ]

    def handle(self, message):
        """One event: returns the delay of the next and the message it carries."""
        if self.left == 0:
            raise Done
        self.left -= 1
        entity, value = message
        self.count[entity] += 1
        self.sum[entity] = ((self.sum[entity] ^ value ^ self.env.now) * GOLDEN) & MASK
        draws = self.draws[entity]
        a = draws.next()
        b = draws.next()
        return exponential(b), ((a >> 32) * ENTITIES >> 32, value + 1)

    def callbacks(self):
        env, handle, timeout = self.env, self.handle, simpy.events.Timeout

        def fired(event):
            delay, message = handle(event._value)
            timeout(env, delay, message).callbacks.append(fired)

        for delay, message in self.first():
            timeout(env, delay, message).callbacks.append(fired)

    def processes(self):
        def process(delay, message):
            while True:
                yield self.env.timeout(delay)
                delay, message = self.handle(message)

        start_in_order(self.env, process, self.first())

    def result(self):
        check = 0
        for total, count in zip(self.sum, self.count):
            check = ((check ^ total ^ count) * GOLDEN) & MASK
        return check


def start_in_order(env, process, arguments):
    """Starts processes at time 0, in order, so that their first timeouts are scheduled in that
    order too."""
    for pair in arguments:
        env.process(process(*pair))


WORKLOADS = {
    "hold-1e3": (lambda: Hold(1_000, 1_000_000), 1_000_000, 0x546EA5A579874168),
    "phold": (lambda: Phold(1_000_000), 1_000_000, 0x35738C93E7A7D400),
    "hold-1e5": (lambda: Hold(100_000, 1_000_000), 1_000_000, 0x97C9178890F4835B),
    "hold-1e6": (lambda: Hold(1_000_000, 1_000_000), 1_000_000, 0xAAD9C708B0C4FAD5),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--form", choices=["callbacks", "processes"], default="callbacks")
    parser.add_argument("--only", nargs="*", choices=list(WORKLOADS), default=list(WORKLOADS))
    options = parser.parse_args()
    for name in options.only:
        make, events, expected = WORKLOADS[name]
        workload = make()
        getattr(workload, options.form)()
        seconds = run(workload.env)
        if workload.result() != expected:
            raise SystemExit(
                f"{name}: check value {workload.result():016x}, expected {expected:016x}"
            )
        print(name, events, f"{seconds:.6f}", f"{expected:016x}", flush=True)


if __name__ == "__main__":
    main()
