"""2,000 tasks that each say 10 kB, no two the same."""

from dataclasses import dataclass
from pathlib import Path

from grid import Grid, programs
from laboratory import SLOTS, Laboratory
from peers import DRIVEN, ONLY_COMMAND, driven
from processes import run
from report import Claim, Report, Table
from rounds import NotMeasured, alternate

QUESTION = "what it takes to keep what tasks say, and how many files it makes"
TASKS = 2_000
BYTES = 10_000
SPEAK = ["/usr/bin/head", "-c", str(BYTES), "/dev/urandom"]
ERGON, HYPERQUEUE = "ergon", DRIVEN["hyperqueue"]


@dataclass(frozen=True)
class Kept:
    seconds: float
    files: int
    share: float
    """Of the bytes that were said, those that are on disk; more than 1 with what surrounds them."""


def measure(lab: Laboratory) -> Report:
    count = lab.size(TASKS)

    def kept(seconds: float, *places: Path) -> Kept:
        sizes = [
            file.stat().st_size for place in places for file in place.rglob("*") if file.is_file()
        ]
        return Kept(seconds, len(sizes), sum(sizes) / (count * BYTES))

    def separate_files() -> Kept:
        folder = lab.fresh("files")
        script = f"head -c {BYTES} /dev/urandom > {folder}/$0"
        given = "".join(f"{number}\n" for number in range(count))
        command = ["xargs", f"-P{SLOTS}", "-n1", "sh", "-c", script]
        return kept(run(command, folder, given=given).seconds, folder)

    def ergon() -> Kept:
        with Grid(lab) as grid:
            step = programs(count, f"[{', '.join(SPEAK)}]")
            ended = grid.finish(grid.manifest("speak", step))
            return kept(ended.seconds, grid.home / "content", grid.home / "log")

    def hyperqueue() -> Kept:
        (seconds,) = driven(lab, "hyperqueue", "programs", count, SPEAK)
        newest = max(lab.folder.glob("h-*"), key=lambda place: place.stat().st_ctime)
        files = [*newest.glob("*.stdout"), *newest.glob("*.stderr")]
        if len(files) != 2 * count:
            raise NotMeasured(f"{len(files)} files of {2 * count} were found")
        size = sum(file.stat().st_size for file in files)
        return Kept(seconds, len(files), size / (count * BYTES))

    rounds = alternate(
        {"separate files by xargs -P2": separate_files, ERGON: ergon, HYPERQUEUE: hyperqueue},
        lab.rounds,
    )
    time = Table(
        f"{count:,} x {BYTES // 1000} kB", "s", rounds.rows(lambda one: one.seconds), ERGON, count
    )
    files = Table("files", "files", rounds.rows(lambda one: one.files), "")
    share = Table("on disk by what was said", "", rounds.rows(lambda one: one.share), "")
    return Report(
        "outputs",
        QUESTION,
        (time, files, share),
        (
            Claim("ergon / HyperQueue's stream", None, 1),
            Claim("files that ergon makes", files.value(ERGON), 10),
        ),
        {
            **rounds.absent,
            "HyperQueue's stream": ONLY_COMMAND,
            "Dask, Ray": "do not keep what tasks say",
        },
        (
            "Ergon's files are those of its log and of its content store; of a task that says more "
            "than a bound only head and tail are kept, which the last table shows.",
            "HyperQueue's package: two files a task, no encryption, no journal.",
        ),
    )
