"""Fit a Gaussian on a straight line to the highest peak of a histogram.

fit_peak.py --in mass.json --half 6 --out fit.json
"""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from histogram import Histogram, read_histogram
from whole_file import read_json, write_json

DECIMALS = 4


class NoPeak(Exception):
    """Nothing to fit: the histogram has too few entries."""


@dataclass(frozen=True)
class Peak:
    """The fitted curve, in counts by bin at x; mean, width, low and high in the unit of x.

    Base and slope are those of the line at the mean; errors are one standard deviation.
    """

    mean: float
    mean_error: float
    width: float
    width_error: float
    height: float
    base: float
    slope: float
    low: float
    high: float
    chi2: float
    freedom: int
    entries: int

    def at(self, x: Any) -> Any:
        return curve(x, self.mean, self.width, self.height, self.base, self.slope)


def curve(x: Any, mean: float, width: float, height: float, base: float, slope: float) -> Any:
    return height * np.exp(-0.5 * ((x - mean) / width) ** 2) + base + slope * (x - mean)


def fit(histogram: Histogram, half: float) -> Peak:
    """Least squares over the bins within `half` of the highest; errors sqrt(n), at least 1.

    Where the curve describes the counts badly, the errors of the result grow by sqrt(chi2 / ndf),
    the scale factor of the Particle Data Group (Review of Particle Physics, introduction).
    """
    counts = histogram.inside.astype(np.float64)
    if counts.sum() < 20:
        raise NoPeak(f"{int(counts.sum())} entries are too few for a fit of five parameters")
    top = float(histogram.axis.centres[counts.argmax()])
    near = np.abs(histogram.axis.centres - top) <= half
    x, y = histogram.axis.centres[near], counts[near]
    errors = np.sqrt(np.maximum(y, 1))
    start = [top, half / 3, y.max(), y.min(), 0.0]
    found, covariance = curve_fit(
        curve, x, y, start, sigma=errors, absolute_sigma=True, maxfev=20_000
    )
    chi2 = float((((y - curve(x, *found)) / errors) ** 2).sum())
    freedom = len(x) - len(start)
    spread = np.sqrt(np.diag(covariance) * max(1.0, chi2 / freedom))
    width = histogram.axis.width / 2
    return Peak(
        mean=rounded(found[0]),
        mean_error=rounded(spread[0]),
        width=rounded(abs(found[1])),
        width_error=rounded(spread[1]),
        height=rounded(found[2]),
        base=rounded(found[3]),
        slope=rounded(found[4]),
        low=rounded(x[0] - width),
        high=rounded(x[-1] + width),
        chi2=rounded(chi2),
        freedom=freedom,
        entries=int(counts.sum()),
    )


def rounded(number: float) -> float:
    return round(float(number), DECIMALS)


def read_peak(path: Path) -> Peak:
    return Peak(**read_json(path))


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit a peak.")
    parser.add_argument("--in", dest="histogram", type=Path, required=True)
    parser.add_argument("--name", default="mass", help="which histogram of the file")
    parser.add_argument("--half", type=float, required=True, help="half the fitted range")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    peak = fit(read_histogram(options.histogram, options.name), options.half)
    write_json(options.out, asdict(peak))


if __name__ == "__main__":
    main()
