"""Data quality by run: is a run's data like that of all the others together?

    dqm_runs.py list    --in table.csv --out runs.txt
    dqm_runs.py fill    --in table.csv --run 165617 --out fill.json
    dqm_runs.py compare --fill fill.json --reference all.json --runs runs.txt --index 4 \\
        --out flag.csv --counts counts.json

The reference is the sum of all fills; the run itself is taken out of it before comparing.
"""

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whole_file import read_json, write_json, write_text

IntArray = NDArray[np.int64]

AXES: dict[str, tuple[float, float, int]] = {
    "pt1": (0.0, 120.0, 24),
    "pt2": (0.0, 120.0, 24),
    "eta1": (-2.5, 2.5, 20),
    "eta2": (-2.5, 2.5, 20),
    "phi1": (-3.1416, 3.1416, 18),
    "phi2": (-3.1416, 3.1416, 18),
}
"""Lower edge, upper edge, bins. GeV and rad; what lies outside goes into the first or last bin."""

FEW_EVENTS = 50
FLAGS = ("good", "bad", "few events")


def runs_in(table: Path) -> list[int]:
    """Sorted."""
    with table.open(encoding="utf-8", newline="") as lines:
        return sorted({int(row["Run"]) for row in csv.DictReader(lines)})


def fill(table: Path, run: int | None) -> dict[str, Any]:
    """Of one run, or of all together."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if run in (None, int(row["Run"]))]
    histograms = {name: binned([float(row[name]) for row in rows], name) for name in AXES}
    return {"events": len(rows), "histograms": histograms}


def binned(values: list[float], name: str) -> list[int]:
    lower, upper, bins = AXES[name]
    place = np.floor((np.array(values) - lower) / (upper - lower) * bins).astype(np.int64)
    counts: list[int] = np.bincount(np.clip(place, 0, bins - 1), minlength=bins).tolist()
    return counts


def distance(counts: IntArray, others: IntArray) -> float:
    """Chi square by degree of freedom of two histograms of different size (Gagunashvili 2006).

    Bins that are empty in both are left out.
    """
    one, other = float(counts.sum()), float(others.sum())
    used = (counts + others) > 0
    if one == 0 or other == 0:
        return 0.0
    off = np.sqrt(other / one) * counts - np.sqrt(one / other) * others
    chi2 = float((off[used] ** 2 / (counts + others)[used]).sum())
    return chi2 / max(int(used.sum()) - 1, 1)


def worst(fill_of_run: dict[str, Any], reference: dict[str, Any]) -> tuple[str, float]:
    """The quantity that differs most, and by how much."""
    distances: dict[str, float] = {}
    for name in AXES:
        counts = np.array(fill_of_run["histograms"][name], dtype=np.int64)
        everything = np.array(reference["histograms"][name], dtype=np.int64)
        distances[name] = distance(counts, everything - counts)
    name = max(distances, key=lambda key: distances[key])
    return name, distances[name]


def compare(options: argparse.Namespace) -> None:
    fill_of_run, reference = read_json(options.fill), read_json(options.reference)
    run = options.runs.read_text(encoding="utf-8").split()[options.index]
    name, size = worst(fill_of_run, reference)
    verdict = "bad" if size > options.limit else "good"
    flag = "few events" if fill_of_run["events"] < FEW_EVENTS else verdict
    row = f"{run},{fill_of_run['events']},{name},{size:.4f},{flag}"
    write_text(options.out, f"run,events,worst,chi2_ndf,flag\n{row}\n")
    write_json(options.counts, {known: int(known == flag) for known in FLAGS})


def main() -> None:
    parser = argparse.ArgumentParser(description="Data quality by run.")
    steps = parser.add_subparsers(dest="step", required=True)
    for step in ("list", "fill", "compare"):
        one = steps.add_parser(step)
        one.add_argument("--out", type=Path, required=True)
        if step == "compare":
            for name in ("fill", "reference", "runs", "counts"):
                one.add_argument(f"--{name}", type=Path, required=True)
            one.add_argument("--index", type=int, required=True, help="line of the run in --runs")
            one.add_argument("--limit", type=float, default=2.0)
        else:
            one.add_argument("--in", dest="table", type=Path, required=True)
        if step == "fill":
            one.add_argument("--run", type=int, help="all runs if not named")
    options = parser.parse_args()
    match options.step:
        case "list":
            write_text(options.out, "".join(f"{run}\n" for run in runs_in(options.table)))
        case "fill":
            write_json(options.out, fill(options.table, options.run))
        case "compare":
            compare(options)


if __name__ == "__main__":
    main()
