"""One task on an idle cluster, again and again."""

import time
from dataclasses import dataclass

from grid import Grid, programs
from laboratory import Laboratory
from peers import driven, each
from report import Claim, Report, Table, percentile
from rounds import NotMeasured, alternate

QUESTION = "how long one task takes on an idle cluster, from submit to its end on record"
TASKS = 200
PAUSE = 0.1
"""Seconds between two submits, so that the cluster is idle again."""

COMMAND, INSIDE = "ergon, with the start of `ergon submit`", "ergon, accepted to ended"


@dataclass(frozen=True)
class Latencies:
    """Milliseconds, one a task."""

    single: list[float]

    @property
    def median(self) -> float:
        return percentile(self.single, 50)

    @property
    def p99(self) -> float:
        return percentile(self.single, 99)


def measure(lab: Laboratory) -> Report:
    count = lab.size(TASKS)
    inside: list[Latencies] = []

    def ergon() -> Latencies:
        with Grid(lab) as grid:
            whole, part = singles(grid, count)
        inside.append(part)
        return whole

    def peer(name: str) -> Latencies:
        seconds = driven(lab, name, "latency", count, ["/bin/true"])
        return Latencies([1e3 * one for one in seconds])

    rounds = alternate({COMMAND: ergon, **each(peer)}, lab.rounds)
    if COMMAND in rounds.samples:
        rounds.samples[INSIDE] = inside
    medians = Table(
        f"median of {count} x one /bin/true",
        "ms",
        rounds.rows(lambda one: one.median),
        INSIDE,
        raw=rounds.raw(lambda one: one.single),
    )
    tails = Table(f"p99 of {count}", "ms", rounds.rows(lambda one: one.p99), INSIDE)
    return Report(
        "latency",
        QUESTION,
        (medians, tails),
        (
            Claim("ms of accepted to ended, median", medians.value(INSIDE), 3),
            Claim("ms of accepted to ended, p99", tails.value(INSIDE), 15),
        ),
        rounds.absent,
        (
            "Peers are asked by a client that is connected already, in its own process. Ergon has "
            "a command only, whose start counts in the first row; the second row has the time "
            "between the records that the campaign is accepted and that it has ended, without "
            "the way from the client and the disk's part of the last record.",
            "HyperQueue: from the submit to the time that the task itself prints; its Python "
            "client asks for the end once a second only.",
        ),
    )


def singles(grid: Grid, count: int) -> tuple[Latencies, Latencies]:
    manifests = [
        grid.manifest(f"one-{number}", programs(1, "[/bin/true]")) for number in range(count)
    ]
    grid.finish(grid.manifest("first", programs(1, "[/bin/true]")))
    began: dict[int, float] = {}
    for manifest in manifests:
        start = time.time()
        began[grid.submit(manifest)] = start
        time.sleep(PAUSE)
    grid("watch", "last")
    found = {one["campaign"]: one for one in grid.campaigns()}
    if any("sealed" not in found[number] for number in began):
        raise NotMeasured("this build's `ergon status` does not say when a campaign ended")
    ended = {number: found[number]["sealed"] / 1e6 for number in began}
    accepted = {number: found[number]["accepted"] / 1e6 for number in began}
    return (
        Latencies([1e3 * (ended[number] - start) for number, start in began.items()]),
        Latencies([1e3 * (ended[number] - accepted[number]) for number in began]),
    )
