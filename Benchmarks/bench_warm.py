"""Python functions that do nothing, in processes that stay."""

from laboratory import Laboratory
from peers import DRIVEN, driven, each
from report import Claim, Report, Table
from rounds import NotMeasured, alternate

QUESTION = "what a task that does nothing costs in a Python process that stays"
TASKS = 100_000
PEER_TASKS = 10_000
"""Peers get fewer, and their figures are scaled up."""

ERGON = "ergon"
NAMES = ("dask", "ray")
RATE = 50_000
"""Tasks a second that are promised."""


def measure(lab: Laboratory) -> Report:
    count, few = lab.size(TASKS), lab.size(PEER_TASKS)

    def peer(name: str) -> float:
        return driven(lab, name, "functions", few, [])[0] * count / few

    titles = [DRIVEN[name] for name in NAMES]
    rounds = alternate(
        {
            ERGON: ergon,
            **each(peer, NAMES),
        },
        lab.rounds,
    )
    table = Table(
        f"{count:,} functions that do nothing", "s", rounds.rows(float), ERGON, tasks=count
    )
    return Report(
        "warm",
        QUESTION,
        (table,),
        (
            Claim("seconds", table.value(ERGON), count / RATE),
            *(
                Claim(f"ergon / {title}", table.ratio(ERGON, title), 1 / 10)
                for title in titles
            ),
        ),
        {
            **rounds.absent,
            "HyperQueue": "starts a Python process for each function",
        },
        (f"Peers: {few:,} functions, scaled up.",),
    )


def ergon() -> float:
    """The place of a warm campaign, finished on a `Grid` as in `noop`."""
    raise NotMeasured("no step can be `warm:` yet")
