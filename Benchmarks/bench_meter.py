"""What a worker's meter takes of a processor."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grid import Grid, programs
from laboratory import SLOTS, Laboratory
from processes import until
from report import Claim, Report, Row, Table
from rounds import Rounds, alternate

QUESTION = "what it costs a worker to read its node's meter and to say whose energy it was"
TASKS = 10_000
SECONDS = 20.0
"""For so long it is watched."""
WATTS = 50
SHARE = "% of a processor"


@dataclass(frozen=True)
class Sample:
    idle: float
    """Percent of one processor that the worker takes without work."""
    waiting: float
    """The same while tasks run that do nothing."""
    full: float
    """Microseconds of processors for a task that does nothing, its own with them."""


def measure(lab: Laboratory) -> Report:
    count = lab.size(TASKS)

    def watched(meter: str) -> Sample:
        with Grid(lab, workers=0) as grid, counter(grid.folder / "joules"):
            grid.wanted = 1
            grid.join("w1", "--meter", meter.replace("FOLDER", str(grid.folder)))
            until("the worker is connected", grid.is_complete)
            time.sleep(1)
            idle = load(grid)
            sleeping = programs(SLOTS, f"[/bin/sleep, '{SECONDS + 5}']")
            grid.submit(grid.manifest("sleep", sleeping))
            time.sleep(2)
            waiting = load(grid)
            time.sleep(5)
            ended = grid.finish(grid.manifest("noop", programs(count, "[/bin/true]")))
            return Sample(idle, waiting, 1e6 * ended.worker_cpu / count)

    rounds = alternate(
        {
            "metered": lambda: watched("host:FOLDER/joules"),
            "modelled": lambda: watched("none"),
        },
        lab.rounds,
    )
    tables = tuple(
        Table(what, unit, rows(rounds, name), "")
        for what, unit, name in (
            ("without work", SHARE, "idle"), (f"{SLOTS} sleeping tasks", SHARE, "waiting"),
            (f"{count:,} tasks, as fast as they go", "us/task", "full"),
        )
    )  # fmt: skip
    return Report(
        "meter",
        QUESTION,
        tables,
        tuple(
            Claim(f"{SHARE} for the meter, {table.title}", excess(table), 0.5)
            for table in tables[:2]
        ),
        rounds.absent,
        (
            "The meter is a counter in a file that another process writes; `modelled` reads none.",
        ),
    )


def rows(rounds: Rounds[Sample], name: str) -> tuple[Row, ...]:
    return rounds.rows(lambda one: float(getattr(one, name)))


def excess(table: Table) -> float | None:
    metered, modelled = table.value("metered"), table.value("modelled")
    return None if metered is None or modelled is None else metered - modelled


def load(grid: Grid) -> float:
    worker = grid.workers[0]
    before, began = worker.ran, time.monotonic()
    time.sleep(SECONDS)
    return 100 * (worker.ran - before) / (time.monotonic() - began)


@contextmanager
def counter(path: Path) -> Iterator[None]:
    """A counter of so many watts, as the host of a virtual machine would write it."""
    path.write_text("0 J\n")
    began, over = time.monotonic(), threading.Event()

    def count() -> None:
        while not over.wait(0.1):
            draft = path.with_suffix(".new")
            draft.write_text(f"{WATTS * (time.monotonic() - began):.3f} J\n")
            draft.rename(path)

    writer = threading.Thread(target=count)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()
