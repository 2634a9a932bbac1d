"""10,000 processes that do nothing, two at a time."""

from dataclasses import dataclass
from pathlib import Path

from grid import Grid, programs
from laboratory import SLOTS, Laboratory
from peers import ONLY_COMMAND, driven, each, gnu_parallel
from processes import run
from report import Claim, Report, Row, Table
from rounds import alternate

QUESTION = "what a task that does nothing costs, as a process of its own"
TASKS = 10_000
PARALLEL_TASKS = 1_000
"""GNU parallel is so much slower that it gets fewer; its figures are scaled up."""

ERGON = "ergon"


@dataclass(frozen=True)
class Sample:
    """Seconds."""

    wall: float
    cpu: float | None = None
    """Of processors, of all processes in sum; None of peers that do not show it."""


def measure(lab: Laboratory) -> Report:
    contenders = Contenders(lab)
    rounds = alternate(
        {
            "floor": contenders.floor,
            ERGON: contenders.ergon,
            "ergon run": contenders.ergon_run,
            "xargs -P2": contenders.xargs,
            **each(contenders.peer),
            "GNU parallel": contenders.parallel,
        },
        lab.rounds,
    )
    count = contenders.count
    wall = Table(f"{count:,} x /bin/true", "s", rounds.rows(lambda one: one.wall), tasks=count)
    costs = tuple(
        Row(name, tuple(1e6 * cost / count for cost in costs))
        for name, samples in rounds.samples.items()
        if (costs := [one.cpu for one in samples if one.cpu is not None])
    )
    cpu = Table("CPU of all processes", "us/task", costs)
    rows = (Row(ERGON, tuple(contenders.log)),) if ERGON in rounds.samples else ()
    log = Table("log on disk", "bytes/task", rows)
    return Report(
        "noop",
        QUESTION,
        (wall, cpu, log),
        (
            Claim("ergon / floor", wall.ratio(ERGON, "floor"), 1.15),
            Claim("ergon / xargs -P2", wall.ratio(ERGON, "xargs -P2"), 1),
            Claim("ergon / HyperQueue encrypted", None, 1 / 2.5),
            Claim("bytes of log a task", log.value(ERGON), 100),
        ),
        rounds.absent | {"HyperQueue encrypted with journal": ONLY_COMMAND},
        (
            "ergon: one coordinator and one worker that are up before, as are HyperQueue, Dask and "
            "Ray; from the start of `ergon submit` to the time of the record that the campaign "
            "has ended. `ergon run` has all its starts and stops within.",
            "HyperQueue's package has neither encryption nor a journal, which is less work, and "
            "forks from a Python process, which is more: its `hq` command can be much faster. Its "
            "end is the start of a last task that waits for all others.",
            f"GNU parallel: {contenders.few:,} tasks, scaled up.",
        ),
    )


class Contenders:
    """Each method is one run of one contender."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.count = lab.size(TASKS)
        self.few = lab.size(PARALLEL_TASKS)
        self.log: list[float] = []
        """Bytes of log a task, one for each run of `ergon`."""

    def floor(self) -> Sample:
        timing = run([self.lab.floor, self.count, SLOTS, "/bin/true"], self.lab.folder)
        return Sample(float(timing.out), timing.cpu)

    def ergon(self) -> Sample:
        with Grid(self.lab) as grid:
            ended = grid.finish(self.manifest(grid))
            self.log.append(size_of_log(grid) / self.count)
        return Sample(ended.seconds, ended.worker_cpu + ended.coordinator_cpu)

    def ergon_run(self) -> Sample:
        grid = Grid(self.lab)  # never started: it only writes the manifest
        words = ["run", self.manifest(grid), "--workers", 1, "--cpus", SLOTS]
        timing = run([self.lab.ergon, *words], grid.folder, grid.environment)
        return Sample(timing.seconds, timing.cpu)

    def manifest(self, grid: Grid) -> Path:
        return grid.manifest("noop", programs(self.count, "[/bin/true]"))

    def xargs(self) -> Sample:
        command = ["xargs", f"-P{SLOTS}", "-I{}", "/bin/true"]
        timing = run(command, self.lab.folder, given=lines(self.count))
        return Sample(timing.seconds, timing.cpu)

    def parallel(self) -> Sample:
        command = [gnu_parallel(), f"-j{SLOTS}", "-N0", "/bin/true"]
        timing = run(command, self.lab.folder, given=lines(self.few))
        scale = self.count / self.few
        return Sample(timing.seconds * scale, timing.cpu * scale)

    def peer(self, name: str) -> Sample:
        (seconds,) = driven(self.lab, name, "programs", self.count, ["/bin/true"])
        return Sample(seconds)


def lines(count: int) -> str:
    return "".join(f"{number}\n" for number in range(count))


def size_of_log(grid: Grid) -> int:
    return sum(file.stat().st_size for file in (grid.home / "log").rglob("*") if file.is_file())
