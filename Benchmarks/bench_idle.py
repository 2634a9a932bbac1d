"""A thousand workers with nothing to do."""

import time
from dataclasses import dataclass

from grid import Grid
from laboratory import Laboratory
from report import Claim, Report, Row, Table
from rounds import alternate

QUESTION = "what 1,000 connected workers without work cost their coordinator"
WORKERS = 1000
SECONDS = 20.0
"""For so long it is watched."""


@dataclass(frozen=True)
class Sample:
    memory: float
    """KiB of the coordinator for each worker."""
    cpu: float
    """Percent of one processor."""
    alone: float
    """The same without any worker."""


def measure(lab: Laboratory) -> Report:
    count = lab.size(WORKERS)

    def ergon() -> Sample:
        with Grid(lab, workers=0) as grid:
            # What the first connection of all loads is not counted.
            grid.swarm(1)
            alone = load(grid)
            before = grid.coordinator.memory("VmRSS")
            grid.swarm(count, "--first", 2)
            cpu = load(grid)
            grown = grid.coordinator.memory("VmRSS") - before
        return Sample(1024 * grown / count, cpu, alone)

    rounds = alternate({"ergon": ergon}, lab.rounds)
    found = rounds.samples.get("ergon", [])
    memory = Table(
        f"{count:,} workers", "KiB/worker", rounds.rows(lambda one: one.memory), "ergon"
    )
    rows = (
        Row("one worker", tuple(one.alone for one in found)),
        Row(f"{count:,} workers", tuple(one.cpu for one in found)),
    )
    cpu = Table("coordinator", "% of a processor", rows if found else (), "")
    return Report(
        "idle",
        QUESTION,
        (memory, cpu),
        (
            Claim("KiB a worker", memory.value("ergon"), 150),
            Claim("% of a processor", cpu.value(f"{count:,} workers"), 2),
        ),
        rounds.absent,
        (
            "The workers are one process, each with its own certificate and TLS connection; both "
            "ends probe a connection that is idle every 10 s.",
        ),
    )


def load(grid: Grid) -> float:
    before, began = grid.coordinator.cpu, time.monotonic()
    time.sleep(SECONDS)
    return 100 * (grid.coordinator.cpu - before) / (time.monotonic() - began)
