"""Python functions that do nothing, in processes that stay."""

import shutil

from grid import Grid
from laboratory import HERE, Laboratory
from peers import DRIVEN, driven, each
from report import Claim, Report, Table
from rounds import alternate

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
            ERGON: lambda: ergon(lab, count),
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


PROGRAM = """import ergon_warm

ergon_warm.serve(lambda task: None)
"""

STEP = """    split: {{seeds: {count}}}
    warm: [python3, "{{code}}/nothing.py"]
    resources: {{cpus: 1, memory: 16 MiB, time: 1 s, limit: 1 min}}
code: [nothing.py, ergon_warm.py]
"""


def ergon(lab: Laboratory, count: int) -> float:
    """Seconds from the start of `ergon submit` to the time of the record that all has ended; the
    two interpreters start within."""
    with Grid(lab) as grid:
        (grid.folder / "nothing.py").write_text(PROGRAM)
        shutil.copy(HERE.parent / "examples" / "ergon_warm.py", grid.folder)
        return grid.finish(grid.manifest("warm", STEP.format(count=count))).seconds
