"""A histogram with a fitted peak, drawn in characters for a terminal."""

import math

import numpy as np

from detector import FloatArray
from fit_peak import Peak
from histogram import Histogram

ROWS = 20
"""Height of the drawing, in lines."""
EIGHTHS = " ▁▂▃▄▅▆▇█"
CURVE = "•"
LABEL_WIDTH = 8


def draw(histogram: Histogram, peak: Peak) -> list[str]:
    """A column a bin: bars for counts, dots for the fitted curve in its range."""
    counts = histogram.inside.astype(np.float64)
    ceiling = round_up(float(counts.max()))
    grid = [bar(count / ceiling) for count in counts]
    for column, height in enumerate(curve_heights(histogram, peak)):
        if 0 <= height < ceiling:
            grid[column][int(height / ceiling * ROWS)] = CURVE
    lines = []
    for row in reversed(range(ROWS + 1)):
        tick = axis_label(row, ceiling)
        lines.append(f"{tick:>{LABEL_WIDTH}} ┤" + "".join(column[row] for column in grid).rstrip())
    return [*lines, *bottom(histogram)]


def bar(fraction: float) -> list[str]:
    """The characters of one column, lowest first."""
    eighths = round(fraction * ROWS * 8)
    return [EIGHTHS[max(0, min(8, eighths - 8 * row))] for row in range(ROWS + 1)]


def curve_heights(histogram: Histogram, peak: Peak) -> FloatArray:
    """At each bin's centre; -1 outside the fitted range."""
    x = histogram.axis.centres
    return np.where((x > peak.low) & (x < peak.high), peak.at(x), -1.0)


def round_up(value: float) -> float:
    """The next number above whose quarters are round, too; at least 4."""
    power = max(10.0 ** math.floor(math.log10(max(value, 1.0)) - 1), 1.0)
    steps = (4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 60, 80, 100)
    return next(step * power for step in steps if step * power >= value)


def axis_label(row: int, ceiling: float) -> str:
    """A number on every fifth line, counted from the axis."""
    return f"{row / ROWS * ceiling:,.0f}" if row % 5 == 0 else ""


def bottom(histogram: Histogram) -> list[str]:
    """The axis, with a number under every tenth bin."""
    axis = histogram.axis
    numbers = [" "] * (axis.bins + 6)
    for edge in range(0, axis.bins + 1, 10):
        text = f"{axis.lower + edge * axis.width:g}"
        numbers[edge : edge + len(text)] = text
    rule = "".join("┬" if bin_ % 10 == 0 else "─" for bin_ in range(axis.bins + 1))
    margin = " " * (LABEL_WIDTH + 2)
    label = histogram.label.rjust(axis.bins)
    return [
        " " * (LABEL_WIDTH + 1) + "└" + rule,
        margin + "".join(numbers).rstrip(),
        margin + label,
    ]
