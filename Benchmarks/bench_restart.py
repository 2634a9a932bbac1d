"""The start of a coordinator that has done a million tasks."""

import os
import shutil
import time
from functools import partial
from pathlib import Path

from grid import Grid
from laboratory import Laboratory
from processes import run
from report import Claim, Report, Table
from rounds import NotMeasured, alternate

QUESTION = "how long a coordinator with 1,000,000 tasks on record takes from its start to listening"
TASKS = 1_000_000
EMPTY = "nothing on record"
BARE = "tasks without outputs"
FULL = "an output and a log each"
FOLDED = "the same, all records read"


def measure(lab: Laboratory) -> Report:
    """`restart-bench`, built beside `ergon`, writes the homes."""
    writer = lab.ergon.parent / "restart-bench"
    if not os.access(writer, os.X_OK):
        raise NotMeasured(f"no executable at {writer}: `swift build --product restart-bench`")
    count = lab.size(TASKS)

    def home(*options: str) -> Grid:
        grid = Grid(lab, workers=0)
        start(grid)  # so that keys and certificates are there
        if options:
            shutil.rmtree(grid.home / "log")
            run([writer, grid.home, "--tasks", count, *options], grid.folder)
        return grid

    homes = {
        EMPTY: home(),
        BARE: home("--snapshots"),
        FULL: home("--outputs"),
        FOLDED: home("--outputs", "--no-snapshots"),
    }
    rounds = alternate({name: partial(start, grid) for name, grid in homes.items()}, lab.rounds)
    table = Table(f"start after {count:,} tasks", "ms", rounds.rows(float), EMPTY)
    return Report(
        "restart",
        QUESTION,
        (table,),
        (
            Claim(f"ms of a start after {TASKS:,} tasks", table.value(BARE), 5000),
            Claim(f"ms of a start after {TASKS:,} tasks with outputs", table.value(FULL), 5000),
        ),
        rounds.absent,
        (
            "The log is in the page cache. Segments that a snapshot stands for are read and their "
            "checksums compared. "
            + ", ".join(f"{name}: {log_size(grid)}" for name, grid in homes.items())
            + ".",
        ),
    )


def start(grid: Grid) -> float:
    """Milliseconds."""
    (grid.folder / "ready").unlink(missing_ok=True)
    began = time.monotonic()
    with grid:
        return 1e3 * (time.monotonic() - began)


def log_size(grid: Grid) -> str:
    def size(pattern: str) -> int:
        files: list[Path] = sorted((grid.home / "log").glob(pattern))
        return sum(file.stat().st_size for file in files)

    log, snapshots = size("segment-*") / 1e6, size("snapshot-*") / 1e6
    return f"{log:,.0f} MB of log, {snapshots:,.0f} MB of snapshots"
