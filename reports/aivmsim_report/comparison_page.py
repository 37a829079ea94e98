"""The page that compares two files."""

from html import escape

from . import invariants, metrics
from .chart import BLUE, Absent, Axis, Chart, Panel, Series, styled
from .comparison import Comparison, Difference, Side
from .facts import NLUX
from .html import Charts, cards, details, drawn_all, facts_table, section, table
from .page import whole
from .study import file_hash
from .verdict import STATUS
from .words import count, listed, number, percent, plural

MOST_ROWS = 400
MOST_BARS = 24
# The metrics of the headline: (metric, what it is, unit, scale of a value to that unit).
HEADLINE_METRICS = (
    ("cheating_gain", "the attacker's gain over honest play", "LUX", 1e-9),
    ("p_final_corrupt", "the share of wrong results among the final", "percentage points", 100),
    ("ttf_mean", "the mean time to finality", "s", 1),
    ("attacker_net", "the attacker's account", "LUX", 1e-9),
    ("slash_escape", "the slash that escaped", "LUX", 1e-9),
)


def render(found: Comparison) -> str:
    charts: Charts = {}
    body = [
        _head(found),
        _settings(found),
        _violations(found),
        drawn_all(charts, all_charts(found)),
        _table(found),
        _provenance(found),
    ]
    title = f"{found.a.path.name} and {found.b.path.name}"
    return whole(title, "\n".join(filter(None, body)), charts)


def _head(found: Comparison) -> str:
    names = f"a = {found.a.path.name}, b = {found.b.path.name}"
    line = ", ".join(
        f"{side}: {plural(one.runs, 'run')}"
        + "".join(f", {count(n)} {STATUS.get(word, word)}" for word, n in one.statuses.items()
                  if word != "clean")
        for side, one in (("a", found.a), ("b", found.b))
    )  # fmt: skip
    sure = [one for one in found.differences if one.sure]
    paired = sum(one.paired for one in found.differences)
    how = (
        "Runs of one seed are compared pair by pair."
        if paired == len(found.differences)
        else "The files share no seed, so the runs are compared as independent samples."
        if not paired
        else "Runs of one seed are compared pair by pair where the files share seeds."
    )
    bad = bool(found.a.violated or found.b.violated)
    word = "FAIL" if bad else "PASS"
    return (
        f'<header><p class="kicker">aivmsim \u00b7 comparison \u00b7 {escape(names)}</p>'
        f"<h1>What changed from a to b? <span>{escape(headline(found))}</span></h1>"
        f'<p class="dim">{escape(how)} All intervals of this page hold together with 95 %. '
        "Those of <code>aivmsim compare</code> are narrower, because each holds by itself: of many "
        "some exclude zero by chance, so it may mark with * what is not sure here.</p>"
        f'<p class="verdict {word}"><b>{word}</b> <code>{escape(line)}</code></p>'
        + cards([
            ("point compared" if found.points == 1 else "points compared", count(found.points)),
            ("metrics and points compared", count(found.compared)),
            ("of those differ", count(len(found.differences))),
            ("beyond chance", count(len(sure))),
        ])
        + "</header>"
    )  # fmt: skip


def headline(found: Comparison) -> str:
    """The differences worth knowing, as measured and whether they are sure."""
    if not found.differences:
        return "Nothing that was measured: every metric of every run is the same."
    parts = []
    for metric, what, unit, scale in HEADLINE_METRICS:
        of_metric = [one for one in found.differences if one.metric == metric]
        sure = [one for one in of_metric if one.sure]
        if not sure:
            continue
        strongest = max(sure, key=lambda one: abs(one.estimate.value))
        direction = "higher" if strongest.estimate.value > 0 else "lower"
        where = (
            f" (most at {place_text(strongest)}; {len(sure)} of {len(of_metric)} points)"
            if strongest.place
            else ""
        )
        low, high = (abs(end) * scale for end in strongest.estimate[1:3])
        parts.append(
            f"{what} is {number(abs(strongest.estimate.value) * scale)} {unit} {direction} in b "
            f"[{number(min(low, high))}, {number(max(low, high))}]{where}"
        )
    if parts:
        text = "; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}."
    if all(one.estimate.n < 2 for one in found.differences):
        return (
            "One run of each cannot tell it from chance: "
            f"{plural(len(found.differences), 'metric differs', 'metrics differ')}. Run more seeds."
        )
    sure_names = sorted({one.metric for one in found.differences if one.sure})
    if sure_names:
        return f"Surely only {listed(sure_names[:6])}; see below."
    return (
        f"Nothing surely: {plural(len(found.differences), 'difference')} in the metrics, but every "
        "interval spans zero, or there are too few runs for one."
    )


def place_text(one: Difference) -> str:
    return ", ".join(f"{words_of_key(key)} {value}" for key, value in one.place.items())


def words_of_key(key: str) -> str:
    return key.rsplit(".", 1)[-1].replace("_", " ")


def _settings(found: Comparison) -> str:
    if not found.settings:
        return section("What was set differently", '<p class="absent">Nothing.</p>')
    rows = [[f"<code>{escape(key)}</code>", escape(a), escape(b)] for key, a, b in found.settings]
    return section("What was set differently", table(["key", "a", "b"], rows))


def _violations(found: Comparison) -> str:
    names = sorted(found.a.violated.keys() | found.b.violated.keys())
    if not names:
        return ""
    rows = [
        [f"<b>{escape(name)}</b> {escape(known.name if (known := invariants.named(name)) else '')}",
         escape(known.meaning if known else ""),
         *(plural(side.violated.get(name, 0), "run") for side in (found.a, found.b))]
        for name in names
    ]  # fmt: skip
    return section("Violated invariants", table(["invariant", "promise", "a", "b"], rows))


def all_charts(found: Comparison) -> list[Chart | Absent]:
    if not found.keys:
        return [relative(found)]
    return [over_points(found, *row) for row in HEADLINE_METRICS
            if any(one.metric == row[0] for one in found.differences)]  # fmt: skip


def relative(found: Comparison) -> Chart | Absent:
    """Of two single points: every difference as a share of a."""
    title = "Differences as a share of a"
    rows = [one for one in found.differences if one.relative is not None]
    rows.sort(key=lambda one: (not one.sure, -abs(one.relative or 0)))
    rows = rows[:MOST_BARS]
    if not rows:
        return Absent("relative", title, "No metric that is not zero in a differs.")
    rows.sort(key=lambda one: one.relative or 0)
    names = [one.metric for one in rows]

    def share(one: Difference, end: float | None) -> float | None:
        return None if end is None else end / abs(one.a)

    series = Series(
        "b minus a, as a share of a", "points", names, [one.relative for one in rows], BLUE,
        low=[share(one, one.estimate.low) for one in rows],
        high=[share(one, one.estimate.high) for one in rows],
        hover=[f"{one.metric}{unit_text(one)}: {shown(one, one.a)} \u2192 {shown(one, one.b)}"
               for one in rows],
    )  # fmt: skip
    sure = [one for one in rows if one.sure]
    text = (
        f"{plural(len(sure), 'metric differs', 'metrics differ')} surely, most "
        f"{max(sure, key=lambda one: abs(one.relative or 0)).metric}."
        if sure
        else "No difference is told from chance: one run of each."
        if all(one.estimate.n < 2 for one in rows)
        else "No interval excludes zero."
    )
    panel = Panel(Axis(categories=names), Axis("b minus a, share of a", percent=True), [series],
                  levels=[(0, "no difference")])  # fmt: skip
    note = "Those whose interval excludes zero first, then the largest." if len(
        found.differences) > MOST_BARS else ""  # fmt: skip
    return Chart("relative", title, [panel], note, text, height=430)


def over_points(
    found: Comparison, metric: str, what: str, unit: str, scale: float
) -> Chart | Absent:
    """A metric's difference over the points: the first key on x, a line per value of the others."""
    key, others = found.keys[0], found.keys[1:]
    rows = [one for one in found.differences if one.metric == metric]
    title = f"Difference: {what.removeprefix('the ')}"
    sure = [one for one in rows if one.sure]
    same = found.points - len(rows)
    rest = f" It is the same at {same} of {plural(found.points, 'point')}." if same else ""
    if not sure:
        why = f"Every interval spans zero, at {plural(len(rows), 'point')}.{rest}"
        return Absent(f"difference_{metric}", title, why)
    texts = sorted({one.place[key] for one in rows}, key=_order)
    lines: dict[str, list[Difference]] = {}
    for one in rows:
        name = ", ".join(f"{words_of_key(k)} {one.place[k]}" for k in others)
        lines.setdefault(name, []).append(one)
    names = sorted(lines, key=_order)
    series = []
    for index, name in enumerate(names[:6]):
        line = sorted(lines[name], key=lambda one: _order(one.place[key]))
        series.append(Series(
            name or "b minus a", "linked", [one.place[key] for one in line],
            [one.estimate.value * scale for one in line], width=1,
            low=[None if one.estimate.low is None else one.estimate.low * scale for one in line],
            high=[None if one.estimate.high is None else one.estimate.high * scale for one in line],
            hover=[f"{place_text(one)}<br>{number(one.a * scale)} \u2192 {number(one.b * scale)}"
                   for one in line],
            **styled(index)))  # fmt: skip
    higher = sum(one.estimate.value > 0 for one in sure)
    ways = [f"{way} in b at {n}" for way, n in (("higher", higher), ("lower", len(sure) - higher))
            if n]  # fmt: skip
    text = f"Surely {' and '.join(ways)} of {plural(found.points, 'point')}.{rest}"
    note = f"Shown for 6 of {len(names)} lines; the table has all." if len(names) > 6 else ""
    panel = Panel(Axis(words_of_key(key), categories=texts), Axis(f"b minus a, {unit}"), series,
                  levels=[(0, "no difference")])  # fmt: skip
    return Chart(f"difference_{metric}", title, [panel], note, text, height=360)


def _order(text: str) -> tuple[float, str]:
    """Numbers by size, with their unit or without."""
    digits = "".join(c for c in text.split(" ")[-1] if c.isdigit() or c == ".").strip(".")
    try:
        return float(digits), text
    except ValueError:
        return float("inf"), text


def _table(found: Comparison) -> str:
    rows = sorted(found.differences, key=lambda one: (not one.sure, one.metric))
    head = [words_of_key(key) for key in found.keys]
    head += ["metric", "a", "b", "b minus a", "interval", "runs", ""]
    cells = [
        [*(escape(one.place[key]) for key in found.keys),
         f"<code>{escape(one.metric)}</code>{unit_text(one)}",
         shown(one, one.a), shown(one, one.b), shown(one, one.estimate.value, "+"), _interval(one),
         plural(one.estimate.n, "pair") if one.paired else f"{one.estimate.n:.0f} or more a side",
         "<b>differs</b>" if one.sure else ""]
        for one in rows[:MOST_ROWS]
    ]  # fmt: skip
    if not cells:
        return ""
    hidden = len(rows) - len(cells)
    note = f"{plural(hidden, 'more row', 'more rows')} are left out." if hidden else ""
    content = details(plural(len(cells), "difference"), table(head, cells))
    return section("Every difference", content, note)


def _interval(one: Difference) -> str:
    low, high = one.estimate.low, one.estimate.high
    return "none" if low is None or high is None else f"{shown(one, low)} to {shown(one, high)}"


def shown(one: Difference, value: float, sign: str = "") -> str:
    """A value of the metric as `aivmsim compare` shows it: money in LUX."""
    return f"{value / NLUX if metrics.unit(one.metric) == 'nLUX' else value:{sign}.4g}"


def unit_text(one: Difference) -> str:
    unit = metrics.unit(one.metric).replace("nLUX", "LUX")
    return f" [{escape(unit)}]" if unit not in ("", "share") else ""


def _provenance(found: Comparison) -> str:
    def of(name: str, side: Side) -> list[tuple[str, str]]:
        return [
            (f"{name}: file", str(side.path)),
            (f"{name}: study", str(side.row["name"])),
            (f"{name}: code version", str(side.row["code_version"])),
            (f"{name}: created", str(side.row["created"])),
            (f"{name}: SHA-256 of the file", file_hash(side.path)),
        ]

    facts = of("a", found.a) + of("b", found.b)
    facts.append(("matched by", ", ".join(found.keys) or "one point each"))
    if any(found.unmatched):
        facts.append(("points without a partner", f"{found.unmatched[0]} of a, "
                                                  f"{found.unmatched[1]} of b"))  # fmt: skip
    facts.append(("level of each interval", percent(found.level)))
    return section("Where this comes from", facts_table(facts))
