"""Every public name explains itself: with an example that runs, and with units."""

import doctest
import inspect
import re

import pytest

import aivmsim

MODULES = ("kernels", "op", "salib")


def public_names():
    """(name, object) of everything that is documented: functions and classes of the package."""
    for name in aivmsim.__all__:
        found = getattr(aivmsim, name)
        if not inspect.ismodule(found):
            if callable(found):
                yield name, found
            continue
        assert name in MODULES
        for member, value in vars(found).items():
            ours = getattr(value, "__module__", "") == found.__name__
            if not member.startswith("_") and callable(value) and ours:
                yield f"{name}.{member}", value


def members(kind):
    """(name, docstring) of the public methods and properties that a class itself defines."""
    for name, value in vars(kind).items():
        if name.startswith("_") or not (callable(value) or isinstance(value, property)):
            continue
        yield name, inspect.getdoc(value) or ""


NAMES = sorted(public_names())
CLASSES = [(name, found) for name, found in NAMES if inspect.isclass(found)]


def test_the_list_is_not_empty():
    assert len(NAMES) > 90 and len(CLASSES) > 60


@pytest.mark.parametrize("name, found", NAMES, ids=[name for name, _ in NAMES])
def test_a_docstring_has_examples_that_run(name, found):
    text = inspect.getdoc(found) or ""
    assert "Examples\n--------" in text, f"{name} has no section Examples"
    runner = doctest.DocTestRunner(verbose=False)
    example = doctest.DocTestParser().get_doctest(text, {"aivmsim": aivmsim}, name, None, 0)
    assert example.examples or "terminal" in text, f"{name} has an empty section Examples"
    report = []
    runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_every_public_member_has_a_docstring():
    bare = [f"{name}.{member}" for name, kind in CLASSES for member, text in members(kind)
            if not text]  # fmt: skip
    assert not bare


# By the last part of a name: the words of which one must be in its text.
UNITS = {
    "_ns": r"nanosecond|\bns\b",
    "_s": r"second|\bs\b",
    "fee": r"nLUX|LUX",
    "bond": r"nLUX|LUX",
    "stake": r"nLUX|LUX",
    "balance": r"nLUX|LUX",
}


def unit_of(name: str) -> str | None:
    return next((words for end, words in UNITS.items() if name.endswith(end)), None)


def test_amounts_and_times_say_their_unit():
    silent = [f"{name}.{member}" for name, kind in CLASSES for member, text in members(kind)
              if isinstance(vars(kind)[member], property) and (words := unit_of(member))
              and not re.search(words, text)]  # fmt: skip
    assert not silent


def test_every_metric_with_a_unit_names_one_that_is_known():
    known = {"", "s", "nLUX", "ppm", "blocks", "share"}
    assert {metric.unit for metric in aivmsim.METRICS.values()} <= known
