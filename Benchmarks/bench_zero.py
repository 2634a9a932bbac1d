"""Workers that answer at once: how many tasks a second the coordinator deals with."""

from dataclasses import dataclass
from functools import partial

from grid import Grid, programs
from laboratory import Laboratory
from report import Claim, Report, Table
from rounds import alternate

QUESTION = "what a coordinator deals with when its workers need no time at all"
TASKS = 1_000_000
RATE = 250_000
"""Tasks a second that are promised."""
SWARMS = (1, 4, 16)
ALIKE = {workers: f"{workers} workers" for workers in SWARMS}
OWN = {workers: f"{workers} workers, each its own time" for workers in SWARMS}


@dataclass(frozen=True)
class Sample:
    wall: float
    """Seconds from the record that the campaign is accepted to the one that it has ended."""
    coordinator: float
    """Microseconds of processors a task."""
    swarm: float
    log: float
    """Bytes a task."""


def measure(lab: Laboratory) -> Report:
    count = lab.size(TASKS)
    rounds = alternate(
        {
            name: partial(run, lab, count, workers, options)
            for names, options in ((ALIKE, ()), (OWN, ("--own-times",)))
            for workers, name in names.items()
        },
        lab.rounds,
    )
    wall = Table(
        f"{count:,} tasks", "s", rounds.rows(lambda one: one.wall), "4 workers", tasks=count
    )
    cpu = Table(
        "processors of the coordinator",
        "us/task",
        rounds.rows(lambda one: one.coordinator),
        "",
    )
    swarm = Table(
        "processors of the workers", "us/task", rounds.rows(lambda one: one.swarm), ""
    )
    log = Table("log on disk", "bytes/task", rounds.rows(lambda one: one.log), "")
    limit = count / RATE
    return Report(
        "zero",
        QUESTION,
        (wall, cpu, swarm, log),
        (
            *(Claim(f"s with {n} workers", wall.value(f"{n} workers"), limit) for n in SWARMS),
            *(Claim(f"s with {OWN[n]}", wall.value(OWN[n]), limit) for n in SWARMS),
            Claim("16 workers / 4, each result its own time", wall.ratio(OWN[16], OWN[4]), 1),
        ),
        rounds.absent,
        (
            "All workers are one process, each with its own certificate and TLS connection. A "
            "worker says of a lease in one report that all its tasks succeeded and took no time; "
            "in the other rows each result has a time of its own, so that none can be shared. The "
            "first three rows are a few waits for the disk, and little else.",
        ),
    )


def run(lab: Laboratory, count: int, workers: int, options: tuple[str, ...]) -> Sample:
    with Grid(lab, workers=0) as grid:
        grid.swarm(workers, *options)
        ended = grid.finish(grid.manifest("zero", programs(count, "[/bin/true]")))
        size = sum(file.stat().st_size for file in (grid.home / "log").glob("segment-*"))
    return Sample(
        ended.sealed - ended.accepted,
        1e6 * ended.coordinator_cpu / count,
        1e6 * ended.worker_cpu / count,
        size / count,
    )
