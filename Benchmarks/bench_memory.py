"""A hundred million tasks queued: what the coordinator holds."""

from dataclasses import dataclass

from grid import Grid, programs
from laboratory import Laboratory
from report import Claim, Report, Row, Table
from rounds import alternate

QUESTION = "how much memory a coordinator takes for tasks that wait"
TASKS = 100_000_000


@dataclass(frozen=True)
class Memory:
    """MiB."""

    idle: float
    queued: float
    most: float
    """At any time until then."""

    @property
    def growth(self) -> float:
        return self.most - self.idle


def measure(lab: Laboratory) -> Report:
    """The size is not scaled: it is what it is about, and costs nothing."""

    def ergon() -> Memory:
        with Grid(lab, workers=0) as grid:
            # A first small one, so that what the first submit of all loads is not counted.
            grid.submit(grid.manifest("small", programs(1, "[/bin/true]")))
            idle = grid.coordinator.memory("VmRSS")
            grid.submit(grid.manifest("large", programs(TASKS, "[/bin/true]")))
            grid.json("status")
            coordinator = grid.coordinator
            return Memory(idle, coordinator.memory("VmRSS"), coordinator.memory("VmHWM"))

    rounds = alternate({"ergon": ergon}, lab.rounds)
    found = rounds.samples.get("ergon", [])
    rows = (
        Row("idle", tuple(one.idle for one in found)),
        Row(f"{TASKS:,} queued", tuple(one.queued for one in found)),
        Row("the most at any time", tuple(one.most for one in found)),
        Row("of it above idle", tuple(one.growth for one in found)),
    )
    table = Table("ergon's coordinator", "MiB", rows if found else (), "idle")
    return Report(
        "memory",
        QUESTION,
        (table,),
        (Claim("MiB above idle with tasks queued", table.value("of it above idle"), 64),),
        {
            **rounds.absent,
            "after 10,000,000 finished": "needs workers that answer without work, and `forget`",
            "HyperQueue, Dask, Ray": "hold each task as an object; so many do not fit here",
        },
    )
