#!/usr/bin/env python3
"""What "Let's Wait Awhile" saves, reckoned without the planner: docs/ENERGY.md, "Figures".

    pip install numpy && Benchmarks/waits.py FOLDER [FORECASTS]

FOLDER has carbon_ZONE_2020_30min.csv. For each zone: the saving of long jobs until Monday or
Thursday at nine, whole and interruptible, in strict windows; and where every window ends half an
hour later, also that of the jobs compared with, which start at once or half an hour later, knowing
which is better.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

JOBS = Path(__file__).parents[1] / "Tests" / "ErgonPlannerTests" / "Fixtures" / "batch-jobs.csv"
NINE = 18
"""Half hours from midnight."""


def intensities(folder: Path, zone: str) -> Any:
    with (folder / f"carbon_{zone}_2020_30min.csv").open() as file:
        rows = [row for row in csv.reader(file) if row[0] >= "2020-01-01" and row[0][0] == "2"]
    return np.array([float(row[1]) for row in rows])


def next_meeting(end: int) -> int:
    """The next Monday or Thursday at nine; 1 January 2020 was a Wednesday."""
    day = end // 48 + (1 if end % 48 > NINE else 0)
    while (day + 2) % 7 not in (0, 3):
        day += 1
    return day * 48 + NINE


def saved(actual: Any, grace: int, forecasts: int) -> tuple[float, float]:
    """In per cent, whole and interruptible, where windows end `grace` half hours later."""
    with JOBS.open() as file:
        jobs = [(int(start), int(length)) for start, length in csv.reader(file)]
    sums = np.concatenate([[0], np.cumsum(actual)])
    before = sum(
        min(sums[start + late + length] - sums[start + late] for late in range(grace + 1))
        for start, length in jobs
    )
    whole = cut = 0.0
    for seed in range(forecasts):
        noise = np.random.default_rng(seed).normal(0, 0.05 * actual.mean(), size=len(actual))
        thought = actual + noise
        thought_sums = np.concatenate([[0], np.cumsum(thought)])
        for start, length in jobs:
            end = min(next_meeting(start + length) + grace, len(actual))
            runs = thought_sums[start + length : end + 1] - thought_sums[start : end + 1 - length]
            first = start + int(np.argmin(runs))
            whole += sums[first + length] - sums[first]
            cleanest = np.argsort(thought[start:end], kind="stable")[:length]
            cut += actual[start + cleanest].sum()
    return (100 * (1 - whole / forecasts / before), 100 * (1 - cut / forecasts / before))


def main() -> None:
    folder, forecasts = Path(sys.argv[1]), int((sys.argv[2:] or ["10"])[0])
    for zone in ("DE", "GB", "FR"):
        actual = intensities(folder, zone)
        for grace, what in ((0, "strict"), (1, "half an hour later")):
            whole, cut = saved(actual, grace, forecasts)
            print(f"{zone}, {what}: {whole:.2f} % whole, {cut:.2f} % interruptible", flush=True)


if __name__ == "__main__":
    main()
