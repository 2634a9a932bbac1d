"""A campaign of a million tasks and one of a hundred million: the same few bytes."""

from grid import Grid, programs
from laboratory import Laboratory
from peers import ONLY_COMMAND
from processes import run
from report import Claim, Report, Table
from rounds import alternate

QUESTION = "how long a submit takes, from the start of the command to its acknowledgement on disk"
SMALL, LARGE = 1_000_000, 100_000_000


def measure(lab: Laboratory) -> Report:
    """The sizes are not scaled: they are what it is about, and cost nothing."""
    with Grid(lab, workers=0) as grid:
        made: list[int] = []

        def submit(count: int) -> float:
            made.append(count)
            manifest = grid.manifest(f"many-{len(made)}", programs(count, "[/bin/true]"))
            return 1e3 * grid("submit", "--again", manifest).seconds

        def start_of_command() -> float:
            return 1e3 * run([grid.ergon, "--version"], grid.folder, grid.environment).seconds

        rounds = alternate(
            {
                "ergon --version": start_of_command,
                f"submit of {SMALL:,}": lambda: submit(SMALL),
                f"submit of {LARGE:,}": lambda: submit(LARGE),
            },
            lab.rounds,
        )
    table = Table("submit", "ms", rounds.rows(float), "ergon --version")
    return Report(
        "submit",
        QUESTION,
        (table,),
        (
            Claim(f"ms of a submit of {SMALL:,}", table.value(f"submit of {SMALL:,}"), 30),
            Claim(f"ms of a submit of {LARGE:,}", table.value(f"submit of {LARGE:,}"), 30),
            Claim(
                "submit of the large one / of the small one",
                table.ratio(f"submit of {LARGE:,}", f"submit of {SMALL:,}"),
                1.1,
            ),
        ),
        {
            **rounds.absent,
            "HyperQueue": f"its package makes an object of each task; arrays are {ONLY_COMMAND}",
            "Dask, Ray": "have no submit apart from the client that waits for the results",
        },
        ("`ergon --version` shows what the start of the command alone takes.",),
    )
