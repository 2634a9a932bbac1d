"""What the log costs: hashes, signatures, and waiting for the disk."""

from dataclasses import dataclass
from functools import partial

from grid import Grid, programs
from laboratory import Laboratory
from report import Claim, Report, Row, Table
from rounds import alternate

QUESTION = "what the log costs a coordinator at full rate"
TASKS = 1_000_000
WORKERS = 4
LOGGED, UNLOGGED = "with the log", "without"


@dataclass(frozen=True)
class Sample:
    wall: float
    """Seconds from the acceptance of the campaign to its end."""
    cpu: float
    """Microseconds of the coordinator's processors a task."""
    log: float
    """Bytes a task."""


def measure(lab: Laboratory) -> Report:
    count = lab.size(TASKS)
    rounds = alternate(
        {
            UNLOGGED: partial(run, lab, count, "unlogged-bench"),
            LOGGED: partial(run, lab, count, None),
        },
        lab.rounds,
    )
    wall = Table(
        f"{count:,} tasks", "s", rounds.rows(lambda one: one.wall), UNLOGGED, tasks=count
    )
    cpu = Table("coordinator", "us/task", rounds.rows(lambda one: one.cpu), UNLOGGED)
    sizes = tuple(one.log for one in rounds.samples.get(LOGGED, []))
    log = Table("log on disk", "bytes/task", (Row(LOGGED, sizes),) if sizes else (), "")
    return Report(
        "log",
        QUESTION,
        (wall, cpu, log),
        (
            Claim("with the log / without", wall.ratio(LOGGED, UNLOGGED), 1 / 0.9),
            Claim("bytes of log a task", log.value(LOGGED), 100),
        ),
        rounds.absent,
        (
            f"{WORKERS} workers that answer at once, each result with a time of its own. "
            "`unlogged-bench` is the same coordinator, which writes no record and signs nothing; "
            "accounts are kept by both.",
        ),
    )


def run(lab: Laboratory, count: int, program: str | None) -> Sample:
    with Grid(lab, workers=0, coordinator=program) as grid:
        grid.swarm(WORKERS, "--own-times")
        ended = grid.finish(grid.manifest("log", programs(count, "[/bin/true]")))
        size = sum(file.stat().st_size for file in (grid.home / "log").glob("segment-*"))
    return Sample(
        ended.sealed - ended.accepted, 1e6 * ended.coordinator_cpu / count, size / count
    )
