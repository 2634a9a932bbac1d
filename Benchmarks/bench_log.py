"""What the log costs: hashes, signatures, and waiting for the disk."""

from dataclasses import dataclass
from functools import partial

from grid import Grid, programs
from laboratory import Laboratory
from report import Claim, Report, Table
from rounds import alternate

QUESTION = "what the log costs a coordinator at full rate"
TASKS = 1_000_000
PROCESSES = 10_000
WORKERS = 4
LOGGED, UNLOGGED = "with the log", "without"
REAL = "processes, "
"""What the names of those begin with that run `/bin/true` and not nothing at all."""


@dataclass(frozen=True)
class Sample:
    wall: float
    """Seconds from the acceptance of the campaign to its end."""
    cpu: float
    """Microseconds of the coordinator's processors a task."""
    log: float
    """Bytes a task."""


def measure(lab: Laboratory) -> Report:
    count, processes = lab.size(TASKS), lab.size(PROCESSES)
    rounds = alternate(
        {
            UNLOGGED: partial(answered, lab, count, "unlogged-bench"),
            LOGGED: partial(answered, lab, count, None),
            REAL + UNLOGGED: partial(started, lab, processes, "unlogged-bench"),
            REAL + LOGGED: partial(started, lab, processes, None),
        },
        lab.rounds,
    )
    wall = Table(
        f"{count:,} tasks answered at once, {processes:,} x /bin/true",
        "s",
        rounds.rows(lambda one: one.wall),
        "",
    )
    cpu = Table("coordinator", "us/task", rounds.rows(lambda one: one.cpu), "")
    log = Table("log on disk", "bytes/task", rounds.rows(lambda one: one.log), "")
    return Report(
        "log",
        QUESTION,
        (wall, cpu, log),
        (
            Claim("answered at once, with / without", wall.ratio(LOGGED, UNLOGGED), 1 / 0.9),
            Claim(
                "/bin/true, with / without", wall.ratio(REAL + LOGGED, REAL + UNLOGGED), 1 / 0.9
            ),
            Claim("bytes of log a task answered at once", log.value(LOGGED), 100),
            Claim("bytes of log a /bin/true", log.value(REAL + LOGGED), 100),
        ),
        rounds.absent,
        (
            f"Answered at once: by {WORKERS} workers, each result with a time of its own. "
            "Processes: by one worker, two at a time. `unlogged-bench` is the same coordinator, "
            "which writes no record and signs nothing; accounts are kept by both.",
        ),
    )


def answered(lab: Laboratory, count: int, program: str | None) -> Sample:
    with Grid(lab, workers=0, coordinator=program) as grid:
        grid.swarm(WORKERS, "--own-times")
        return sample(grid, count)


def started(lab: Laboratory, count: int, program: str | None) -> Sample:
    with Grid(lab, coordinator=program) as grid:
        return sample(grid, count)


def sample(grid: Grid, count: int) -> Sample:
    ended = grid.finish(grid.manifest("log", programs(count, "[/bin/true]")))
    size = sum(file.stat().st_size for file in (grid.home / "log").glob("segment-*"))
    return Sample(
        ended.sealed - ended.accepted, 1e6 * ended.coordinator_cpu / count, size / count
    )
