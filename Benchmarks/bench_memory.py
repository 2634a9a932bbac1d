"""A hundred million tasks queued: what the coordinator holds."""

import time
from dataclasses import dataclass

from grid import Grid, programs
from laboratory import Laboratory
from report import Claim, Report, Row, Table
from rounds import alternate

QUESTION = "how much memory a coordinator takes for tasks that wait, and for tasks that are done"
TASKS = 100_000_000
DONE = 10_000_000


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


@dataclass(frozen=True)
class Afterwards:
    """MiB."""

    idle: float
    done: float
    """The most at any time until all were done."""
    forgotten: float


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

    def finished() -> Afterwards:
        with Grid(lab, workers=0) as grid:
            grid.swarm(4, "--own-times")
            idle = grid.coordinator.memory("VmRSS")
            grid.finish(grid.manifest("done", programs(DONE, "[/bin/true]")))
            done = grid.coordinator.memory("VmHWM")
            grid("forget", "last")
            # Older states are shown for a moment more.
            time.sleep(3)
            return Afterwards(idle, done, grid.coordinator.memory("VmRSS"))

    rounds = alternate({"ergon": ergon}, lab.rounds)
    found = rounds.samples.get("ergon", [])
    afterwards = alternate({"ergon": finished}, lab.rounds)
    ended = afterwards.samples.get("ergon", [])
    later = (
        Row("idle", tuple(one.idle for one in ended)),
        Row(f"the most until {DONE:,} are done", tuple(one.done for one in ended)),
        Row("after `forget`", tuple(one.forgotten for one in ended)),
    )
    done = Table("ergon's coordinator", "MiB", later if ended else (), "idle")
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
        (table, done),
        (
            Claim("MiB above idle with tasks queued", table.value("of it above idle"), 64),
            Claim(f"MiB with {DONE:,} done", done.value(later[1].contender), 300),
            Claim(
                "after `forget` / before", done.ratio("after `forget`", later[1].contender), 1
            ),
        ),
        {
            **rounds.absent,
            **afterwards.absent,
            "HyperQueue, Dask, Ray": "hold each task as an object; so many do not fit here",
        },
    )
