"""A histogram with a fitted peak as an SVG picture, written by hand: equal content, equal bytes."""

from html import escape

import numpy as np

from fit_peak import Peak
from histogram import Histogram
from peak_as_text import round_up

WIDTH, HEIGHT = 760, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 24, 56, 60
CURVE_POINTS = 160
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2933 }
  .title { font-size: 18px; font-weight: 600 }
  .bars { fill: #c9d9ea; stroke: #4a78a8; stroke-width: 1 }
  .errors { stroke: #1f2933; stroke-width: 1 }
  .curve { fill: none; stroke: #c2410c; stroke-width: 2.5 }
  .axis { stroke: #1f2933; stroke-width: 1 }
  .end { text-anchor: end } .middle { text-anchor: middle }
"""


class Frame:
    """Places values on the picture, in pixels with one decimal."""

    def __init__(self, histogram: Histogram) -> None:
        self.axis = histogram.axis
        counts = histogram.inside
        self.ceiling = round_up(float(counts.max()) + float(np.sqrt(counts.max())))

    def x(self, value: float) -> str:
        share = (value - self.axis.lower) / (self.axis.upper - self.axis.lower)
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"

    def y(self, value: float) -> str:
        return f"{HEIGHT - BOTTOM - value / self.ceiling * (HEIGHT - TOP - BOTTOM):.1f}"


def picture(histogram: Histogram, peak: Peak, title: str, notes: list[str]) -> str:
    frame = Frame(histogram)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        text(LEFT, 32, title, "title"),
        bars(histogram, frame),
        errors(histogram, frame),
        curve(peak, frame),
        *axes(histogram, frame),
        *(text(LEFT + 18, TOP + 24 + 22 * line, note) for line, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text(x: float | str, y: float | str, content: str, kind: str = "") -> str:
    place = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{place}>{escape(content)}</text>'


def bars(histogram: Histogram, frame: Frame) -> str:
    """One outline around all bars."""
    edges = histogram.axis.lower + np.arange(histogram.axis.bins + 1) * histogram.axis.width
    steps = [f"M{frame.x(edges[0])},{frame.y(0)}"]
    for left, right, count in zip(edges, edges[1:], histogram.inside, strict=False):
        steps.append(f"L{frame.x(left)},{frame.y(count)}L{frame.x(right)},{frame.y(count)}")
    return f'<path class="bars" d="{"".join(steps)}L{frame.x(edges[-1])},{frame.y(0)}Z"/>'


def errors(histogram: Histogram, frame: Frame) -> str:
    """Square root of each count, up and down."""
    lines = [
        f"M{frame.x(x)},{frame.y(n - n**0.5)}L{frame.x(x)},{frame.y(n + n**0.5)}"
        for x, n in zip(histogram.axis.centres, histogram.inside.tolist(), strict=True)
        if n > 0
    ]
    return f'<path class="errors" d="{"".join(lines)}"/>'


def curve(peak: Peak, frame: Frame) -> str:
    xs = np.linspace(peak.low, peak.high, CURVE_POINTS)
    heights = np.clip(peak.at(xs), 0, frame.ceiling)
    points = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in zip(xs, heights, strict=True))
    return f'<polyline class="curve" points="{points}"/>'


def axes(histogram: Histogram, frame: Frame) -> list[str]:
    axis, ground = histogram.axis, HEIGHT - BOTTOM
    path = f"M{LEFT},{TOP}V{ground}H{WIDTH - RIGHT}"
    marks: list[str] = []
    for edge in range(0, axis.bins + 1, 10):
        value = axis.lower + edge * axis.width
        path += f"M{frame.x(value)},{ground}v6"
        marks.append(text(frame.x(value), ground + 22, f"{value:g}", "middle"))
    for step in range(5):
        count = frame.ceiling * step / 4
        path += f"M{LEFT},{frame.y(count)}h-6"
        marks.append(text(LEFT - 10, float(frame.y(count)) + 5, f"{count:,.0f}", "end"))
    label = text(WIDTH - RIGHT, HEIGHT - 14, histogram.label, "end")
    return [f'<path class="axis" fill="none" d="{path}"/>', *marks, label]
