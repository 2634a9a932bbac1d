"""Flag unusual samples of one sensor: a robust rolling z-score over the samples before.

    anomaly.py --in machine.csv --first 4000 --count 4000 --flagged flagged.csv --counts c.json

Reads `timestamp,value` rows. A range also reads the rows before it that its scores depend on, so
ranges joined in order give exactly the answer for the whole file.
"""

import argparse
import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whole_file import write_json, write_text

FloatArray = NDArray[np.float64]

MAD_TO_SIGMA = 1.4826
"""Standard deviation over median absolute deviation, for a normal distribution."""
SMALLEST_SPREAD = 1e-3
"""Of the median: a sensor that stands still has no spread of its own."""
SCORE_BINS = 20


@dataclass(frozen=True)
class Rule:
    """`hold` samples in a row whose |z| against `window` samples before them exceeds `cut`."""

    window: int
    cut: float
    hold: int

    @property
    def halo(self) -> int:
        """Rows before a range that decide about its first row."""
        return self.window + self.hold - 1


@dataclass(frozen=True)
class Series:
    """Consecutive rows of the file, from row `first` on; both of one length."""

    first: int
    times: list[str]
    values: list[str]


def read_series(path: Path, first: int, stop: int) -> Series:
    """Fewer rows, or none, where the file ends before."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(itertools.islice(csv.reader(lines), 1 + first, 1 + stop))
    return Series(first, [row[0] for row in rows], [row[1] for row in rows])


def scores(values: FloatArray, window: int) -> FloatArray:
    """z of each value against median and spread of the `window` before it; NaN without those."""
    z = np.full(len(values), np.nan)
    if len(values) > window:
        before = np.lib.stride_tricks.sliding_window_view(values, window)[:-1]
        median = np.median(before, axis=1)
        deviation = np.median(np.abs(before - median[:, None]), axis=1)
        floor = SMALLEST_SPREAD * np.maximum(np.abs(median), 1e-9)
        z[window:] = (values[window:] - median) / (MAD_TO_SIGMA * np.maximum(deviation, floor))
    return z


def held(hot: NDArray[np.bool_], hold: int) -> NDArray[np.bool_]:
    """Which samples end a run of at least `hold` hot ones."""
    if len(hot) == 0:
        return hot
    runs = np.concatenate([np.zeros(hold - 1, dtype=bool), hot])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(runs, hold).all(axis=1))


def flagged_lines(series: Series, z: FloatArray, flags: NDArray[np.bool_], skip: int) -> list[str]:
    lines = ["row,timestamp,value,z"]
    for place in np.nonzero(flags)[0]:
        if place >= skip:
            row = series.first + int(place)
            lines.append(f"{row},{series.times[place]},{series.values[place]},{z[place]:.3f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Flag unusual sensor samples.")
    parser.add_argument("--in", dest="channel", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--window", type=int, default=288, help="samples before; 288 are a day")
    parser.add_argument("--cut", type=float, default=8.0)
    parser.add_argument("--hold", type=int, default=3)
    parser.add_argument("--flagged", type=Path, required=True)
    parser.add_argument("--counts", type=Path, required=True)
    options = parser.parse_args()
    rule = Rule(options.window, options.cut, options.hold)
    start = max(0, options.first - rule.halo)
    series = read_series(options.channel, start, options.first + options.count)
    skip = options.first - start
    z = scores(np.array([float(value) for value in series.values]), rule.window)
    flags = held(np.abs(z) > rule.cut, rule.hold)
    size = np.abs(z[skip:])
    bins = np.minimum(size[~np.isnan(size)], SCORE_BINS).astype(np.int64)
    counts = {
        "rows": max(len(z) - skip, 0),
        "flagged": int(flags[skip:].sum()),
        "scores": np.bincount(bins, minlength=SCORE_BINS + 1).tolist(),
        "rule": {"window": rule.window, "hold": rule.hold, "cut": f"{rule.cut:g}"},
    }
    write_text(options.flagged, "\n".join(flagged_lines(series, z, flags, skip)) + "\n")
    write_json(options.counts, counts)


if __name__ == "__main__":
    main()
