#!/usr/bin/env python3
"""Draws bench/scale.csv, the output of `scale_bench --csv`, as bench/scale.svg: CPU time per
decided block against the number of validators, both axes logarithmic.

    build/release/bench/scale_bench --csv > bench/scale.csv && bench/scale_picture.py
"""

import csv
import math
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLOURS = ["#1b6ca8", "#c8553d", "#5a8f29"]


def series(rows):
    """{(k, alpha, beta): [(validators, milliseconds per block)]}, the sizes in order."""
    out = {}
    for row in rows:
        if int(row["validators"]) < 20:
            continue  # parameters of their own
        key = tuple(int(row[name]) for name in ("k", "alpha", "beta"))
        per_block = 1e3 * float(row["cpu_seconds"]) / int(row["blocks"])
        out.setdefault(key, []).append((int(row["validators"]), per_block))
    return {key: sorted(points) for key, points in out.items()}


def scale(low, high, start, end):
    """Maps [low, high] to [start, end], logarithmically."""
    span = math.log(high) - math.log(low)
    return lambda value: start + (end - start) * (math.log(value) - math.log(low)) / span


def powers(low, high):
    return [10.0**n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def drawing(lines):
    across = [x for points in lines.values() for x, _ in points]
    up = [y for points in lines.values() for _, y in points]
    ticks = powers(min(up), max(up))
    x_of = scale(min(across), max(across), LEFT, WIDTH - RIGHT)
    y_of = scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" role="img">'
    )
    yield "<title>CPU time per decided block against the number of validators</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield f'<text x="{LEFT}" y="20" font-size="14">CPU milliseconds per decided block</text>'
    for tick in ticks:
        y = y_of(tick)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    for size in sorted(set(across) - {21}):  # its label would lie on that of 20
        x = x_of(size)
        yield f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="#333333"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size}</text>'
    yield (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        "validators</text>"
    )
    for number, ((k, alpha, beta), points) in enumerate(sorted(lines.items())):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in points:
            yield (
                f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}">'
                f"<title>{x} validators: {y:.2f} ms</title></circle>"
            )
        yield (
            f'<text x="{LEFT + 12}" y="{TOP + 18 + 18 * number}" fill="{colour}">'
            f"k {k}, alpha {alpha}, beta {beta}</text>"
        )
    yield "</svg>"


def main():
    with open(HERE / "scale.csv", newline="") as file:
        lines = series(csv.DictReader(file))
    (HERE / "scale.svg").write_text("\n".join(drawing(lines)) + "\n")


if __name__ == "__main__":
    main()
