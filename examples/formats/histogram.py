"""Integer histograms in the UHI JSON form (schema version 1 of the PyPI package `uhi`).

A file holds an object, name to histogram. There is no `writer_info`: it would put library
versions into the bytes of a result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whole_file import read_json, write_json


@dataclass(frozen=True)
class Axis:
    """Bins of equal width over [lower, upper), an underflow and an overflow bin beside them."""

    lower: float
    upper: float
    bins: int

    @property
    def width(self) -> float:
        return (self.upper - self.lower) / self.bins

    @property
    def centres(self) -> NDArray[np.float64]:
        return self.lower + (np.arange(self.bins, dtype=np.float64) + 0.5) * self.width


@dataclass(frozen=True)
class Histogram:
    """Counts have the shape (bins + 2): underflow, the bins, overflow."""

    axis: Axis
    counts: NDArray[np.int64]
    label: str = ""

    @property
    def inside(self) -> NDArray[np.int64]:
        return self.counts[1:-1]

    @property
    def entries(self) -> int:
        return int(self.counts.sum())

    def to_uhi(self) -> dict[str, Any]:
        axis: dict[str, Any] = {
            "type": "regular",
            "lower": self.axis.lower,
            "upper": self.axis.upper,
            "bins": self.axis.bins,
            "underflow": True,
            "overflow": True,
            "circular": False,
        }
        if self.label:
            axis["metadata"] = {"label": self.label}
        storage = {"type": "int", "values": [int(count) for count in self.counts]}
        return {"uhi_schema": 1, "axes": [axis], "storage": storage}


def fill(axis: Axis, values: ArrayLike, label: str = "") -> Histogram:
    """Counts every value once; each value's bin depends on that value alone."""
    numbers = np.asarray(values, dtype=np.float64)
    position = np.floor((numbers - axis.lower) / axis.width)
    bins = np.clip(position, -1, axis.bins).astype(np.int64) + 1
    return Histogram(axis, np.bincount(bins, minlength=axis.bins + 2).astype(np.int64), label)


def write_histograms(path: Path, histograms: Mapping[str, Histogram]) -> None:
    write_json(path, {name: histogram.to_uhi() for name, histogram in histograms.items()})


def read_histogram(path: Path, name: str) -> Histogram:
    """One histogram of a file, as `write_histograms` or a merge of its files wrote it."""
    uhi = read_json(path)[name]
    (axis,) = uhi["axes"]
    counts = np.asarray(uhi["storage"]["values"], dtype=np.int64)
    regular = Axis(axis["lower"], axis["upper"], axis["bins"])
    return Histogram(regular, counts, axis.get("metadata", {}).get("label", ""))
