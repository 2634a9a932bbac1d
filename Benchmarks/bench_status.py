"""Questions while tasks end at full rate."""

from dataclasses import dataclass

from grid import Grid, programs
from laboratory import Laboratory
from processes import run, until
from report import Claim, Report, Table, percentile
from rounds import NotMeasured, alternate

QUESTION = "how long `ergon status` takes while tasks run at full rate, 10,000,000 queued"
TASKS = 10_000_000
ASKED = 200
START, IDLE, BUSY = "ergon --version", "status, no worker", "status, at full rate"
CONNECTED = "over one connection, 500,000 tasks/s"
ANSWERED = 100_000_000
"""More tasks than are answered while it is asked."""


@dataclass(frozen=True)
class Times:
    """Milliseconds, one a question."""

    single: list[float]


def measure(lab: Laboratory) -> Report:
    count = lab.size(ASKED)

    def asked(grid: Grid) -> Times:
        return Times([1e3 * grid("status").seconds for _ in range(count)])

    def start() -> Times:
        grid = Grid(lab)  # never started: nothing is asked
        command = [grid.ergon, "--version"]
        runs = [run(command, grid.folder, grid.environment) for _ in range(count)]
        return Times([1e3 * one.seconds for one in runs])

    def idle() -> Times:
        with Grid(lab, workers=0) as grid:
            grid.submit(grid.manifest("many", programs(TASKS, "[/bin/true]")))
            return asked(grid)

    def busy() -> Times:
        with Grid(lab) as grid:
            grid.submit(grid.manifest("many", programs(TASKS, "[/bin/true]")))
            until("tasks end", lambda: grid.campaigns()[0]["stages"][0]["done"] > 0)
            return asked(grid)

    def connected() -> Times:
        with Grid(lab, workers=0) as grid:
            grid.swarm(4, "--own-times", "--reported", 20_000)
            grid.submit(grid.manifest("many", programs(ANSWERED, "[/bin/true]")))
            until("tasks end", lambda: grid.campaigns()[0]["stages"][0]["done"] > TASKS)
            command = [grid.beside("swarm-bench"), grid.home, "--ask", count]
            said = run(command, grid.folder, grid.environment).out
            if grid.campaigns()[0]["state"] != "running":
                raise NotMeasured("the campaign ended too early")
            return Times([int(line) / 1000 for line in said.split()])

    rounds = alternate(
        {START: start, IDLE: idle, BUSY: busy, CONNECTED: connected}, lab.rounds
    )
    medians = Table(
        f"median of {count}",
        "ms",
        rounds.rows(lambda one: percentile(one.single, 50)),
        START,
        raw=rounds.raw(lambda one: one.single),
    )
    tails = Table(
        f"p99 of {count}", "ms", rounds.rows(lambda one: percentile(one.single, 99)), START
    )
    return Report(
        "status",
        QUESTION,
        (medians, tails),
        (
            Claim("ms of a status at full rate over one connection, p99", tails.value(CONNECTED), 20),
            Claim("ms of `ergon status` at full rate, p99", tails.value(BUSY), 20),
        ),
        rounds.absent,
        (
            "Each question is a command of its own: its start, a TLS connection and the answer. "
            "`ergon --version` shows the start alone. The tasks take both processors meanwhile, "
            "and the command has to wait for its turn as any other program. Over one connection: "
            "somebody who is connected already asks every 20 ms while four workers answer at once, "
            "each result with a time of its own.",
        ),
    )
