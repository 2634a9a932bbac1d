"""A log of a million records: written, verified, and asked for the proof of one output."""

import os
import shutil
from functools import partial
from pathlib import Path
from statistics import median

from grid import Grid
from laboratory import Laboratory
from processes import run
from report import Claim, Report, Table
from rounds import NotMeasured, alternate

QUESTION = "how long an auditor waits for a log of 1,000,000 records"
RECORDS = 1_000_000
PROOFS = 20
"""Of so many outputs, by name, one process each; the median counts."""
SEGMENTS, TILES = "the coordinator's own", "exported"
SIGNED = "exported, a worker's signature under every record"
APPENDED, PROVEN = "records appended and signed", "one output"


def measure(lab: Laboratory) -> Report:
    """`restart-bench`, built beside `ergon`, writes the logs: each record has one task's result."""
    writer = lab.ergon.parent / "restart-bench"
    if not os.access(writer, os.X_OK):
        raise NotMeasured(f"no executable at {writer}: `swift build --product restart-bench`")
    count = lab.size(RECORDS)
    grid = Grid(lab, workers=0)
    with grid:  # so that keys are there
        pass
    home = grid.home
    exported, signed = grid.folder / "exported", grid.folder / "signed"

    def write(*more: str) -> float:
        """Microseconds a record."""
        shutil.rmtree(home / "log")
        timing = run(
            [writer, home, "--tasks", count, "--reported", 1, "--outputs", "--no-snapshots",
             "--signed", *more], grid.folder,
        )  # fmt: skip
        return 1e6 * timing.seconds / count

    def export(folder: Path) -> None:
        run([lab.ergon, "audit", "export", "log", folder, "--home", home], grid.folder)

    def verify(*which: object) -> float:
        """Seconds."""
        return run([lab.ergon, "audit", "verify", *which], grid.folder).seconds

    def prove() -> float:
        """Milliseconds; the index is there."""
        return median(
            1e3
            * run([lab.ergon, "audit", "prove", f"work.out/{task}", exported], grid.folder).seconds
            for task in range(0, count, max(count // PROOFS, 1))
        )

    write("--signed-reports")
    export(signed)
    appended = alternate({APPENDED: write}, lab.rounds)
    export(exported)
    run([lab.ergon, "audit", "prove", "work.out/0", exported], grid.folder)
    verified = alternate(
        {
            SEGMENTS: partial(verify, "--home", home),
            TILES: partial(verify, exported),
            SIGNED: partial(verify, signed),
        },
        lab.rounds,
    )
    proven = alternate({PROVEN: prove}, lab.rounds)
    append = Table("one record, with the disk's part", "us", appended.rows(float), "")
    check = Table(f"verify of {count:,} records", "s", verified.rows(float), "")
    proof = Table(f"proof out of {count:,} records", "ms", proven.rows(float), "")
    return Report(
        "audit",
        QUESTION,
        (append, check, proof),
        (
            Claim("us to append and sign a record", append.value(APPENDED), 50),
            Claim("s to verify the coordinator's log", check.value(SEGMENTS), 5),
            Claim("s to verify the exported log", check.value(TILES), 5),
            Claim("s to verify it with a signature a record", check.value(SIGNED), 5),
            Claim("ms of a process that proves an output", proof.value(PROVEN), 10),
        ),
        appended.absent | verified.absent | proven.absent,
        (
            "Each record is of one task with an output and a log, decided by the coordinator's "
            f"core and written in groups as it writes them; {size(home / 'log'):,.0f} MB. "
            "The log is in the page cache. Workers sign reports, not tasks: how many signatures a "
            "log has depends on how many results they report at a time. Records without any are "
            "the one end, a signature under each record the other.",
        ),
    )


def size(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("segment-*")) / 1e6
