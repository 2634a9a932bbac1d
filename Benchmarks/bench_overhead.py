"""Tasks of 100 ms: what is left of the machine for them."""

from grid import Grid, programs
from laboratory import SLOTS, Laboratory
from peers import driven, each
from processes import run
from report import Claim, Report, Table
from rounds import alternate

QUESTION = "how much longer than ideal tasks of 100 ms take"
TASKS = 400
SECONDS = 0.1


def measure(lab: Laboratory) -> Report:
    # A number that the slots divide, or the ideal would not be one.
    count = -(-lab.size(TASKS) // SLOTS) * SLOTS
    ideal = count * SECONDS / SLOTS
    command = ["/bin/sleep", str(SECONDS)]

    def floor() -> float:
        return float(run([lab.floor, count, SLOTS, *command], lab.folder).out)

    def ergon() -> float:
        with Grid(lab) as grid:
            step = programs(count, f"[/bin/sleep, '{SECONDS}']")
            return grid.finish(grid.manifest("sleep", step)).seconds

    def xargs() -> float:
        given = f"{SECONDS}\n" * count
        return run(["xargs", f"-P{SLOTS}", "-n1", "/bin/sleep"], lab.folder, given=given).seconds

    def peer(name: str) -> float:
        return driven(lab, name, "programs", count, command)[0]

    rounds = alternate(
        {
            "ideal": lambda: ideal,
            "floor": floor,
            "ergon": ergon,
            "xargs -P2": xargs,
            **each(peer),
        },
        lab.rounds,
    )
    table = Table(f"{count} x sleep 0.1", "s", rounds.rows(float), "ideal")
    return Report(
        "overhead",
        QUESTION,
        (table,),
        (Claim("ergon / ideal", table.ratio("ergon", "ideal"), 1.01),),
        rounds.absent,
        (
            "ergon: from the start of `ergon submit`, as in `noop`.",
            "Each start of `sleep` takes its time too: see the floor.",
        ),
    )
