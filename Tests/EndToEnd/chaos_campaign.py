"""Campaigns that all follow from a seed, somebody who submits one after the other, and what must
come out: steps that feed each other, every kind of merge, files that ride and files that do not."""

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos import Chaos
from cluster import Cluster
from ergon import Answer, Running
from record_log import commits

DRAWS = 96
OUTPUTS = DRAWS + 6
"""Those that are kept one by one, and the merged ones."""

MANIFEST = """
apiVersion: ergon/v1
kind: Campaign
metadata: {name: NAME}
seed: SEED
code: ["*.py", "*.awk"]
inputs: {tables: {files: NAME/*.csv}}
steps:
  draw:
    split: {seeds: DRAWS}
    run: [python3, "{code}/draw.py", "{seed}", "{out.points}", "{out.counts}", "{out.rows}"]
    outputs:
      points: {file: points.txt}
      counts: {file: counts.json, merge: counts}
      rows: {file: rows.csv, merge: csv}
    resources: {memory: 16 MiB}
    retry: {backoff: 100 ms, lost-workers: 20}
  fill:
    over: draw.points
    split: {outputs: 2}
    run: [python3, "{code}/fill.py", "{out.bins}", "{out.sums}", "{inputs}"]
    outputs:
      bins: {file: bins.json, merge: histogram}
      sums: {file: sums.txt, merge: lines}
    resources: {memory: 16 MiB}
    retry: {backoff: 100 ms, lost-workers: 20}
  select:
    over: tables
    split: {rows: 3}
    run:
      - sh
      - -c
      - |
        sleep 900 &  # nobody waits for it: it must not outlive its worker
        (cat "{input}"; sleep 0.05) | awk -F, -f "$1" first={first} count={count} - > {out.rows}
      - select
      - "{code}/select.awk"
    outputs: {rows: {file: rows.csv, merge: {kind: csv, fan-in: 5}}}
    resources: {memory: 16 MiB}
    retry: {backoff: 100 ms, lost-workers: 20}
  count:
    over: fill.sums
    split: {lines: 4}
    run: [awk, -f, "{code}/count.awk", "first={first}", "count={count}", "{input}"]
    outputs: {total: {file: total.json, merge: {kind: counts, fan-in: 2}}}
    resources: {memory: 16 MiB}
    retry: {backoff: 100 ms, lost-workers: 20}
"""

DRAW = """
import json, random, sys, time

seed, points, counts, rows = sys.argv[1:]
dice = random.Random(int(seed))
numbers = [dice.gauss(0, 1) for _ in range(dice.randrange(200, 2000))]
time.sleep(dice.uniform(0, 0.2))
with open(points, "w") as file:
    file.writelines(f"{number!r}\\n" for number in numbers)
with open(counts, "w") as file:
    json.dump({"points": len(numbers), "negative": sum(number < 0 for number in numbers)}, file)
with open(rows, "w") as file:
    file.write(f"seed,smallest\\n{seed},{min(numbers)!r}\\n")
"""

FILL = """
import json, sys, time

bins, sums, *inputs = sys.argv[1:]
values, total = [0] * 42, []
for name in inputs:
    numbers = [float(line) for line in open(name)]
    for number in numbers:
        values[min(max(int((number + 4) * 5), -1), 40) + 1] += 1
    total.append((len(numbers), sum(number > 1 for number in numbers)))
time.sleep(0.001 * (total[0][0] % 100))
axis = {"type": "regular", "lower": -4, "upper": 4, "bins": 40, "underflow": True,
        "overflow": True, "circular": False}
with open(bins, "w") as file:
    json.dump({"points": {"uhi_schema": 1, "axes": [axis],
                          "storage": {"type": "int", "values": values}}}, file)
with open(sums, "w") as file:
    file.writelines(f"{count} {large}\\n" for count, large in total)
"""

SELECT = """
NR == 1 { print $0 ",sum" }
NR > first + 1 && NR <= first + count + 1 { print $0 "," $1 + $2 }
"""

COUNT = """
NR > first && NR <= first + count { points += $1; large += $2 }
END { printf "{\\"points\\": %d, \\"large\\": %d}\\n", points, large > "total.json" }
"""

PROGRAMS = {"draw.py": DRAW, "fill.py": FILL, "select.awk": SELECT, "count.awk": COUNT}


class Campaigns:
    """Their manifests and inputs, in a folder that several clusters may use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name, text in PROGRAMS.items():
            (folder / name).write_text(text)

    def manifest(self, seed: int) -> Path:
        name = f"chaos-{seed}"
        path = self.folder / f"{name}.yaml"
        if not path.exists():
            self._write_tables(self.folder / name, random.Random(seed))
            text = MANIFEST.replace("NAME", name).replace("SEED", f"{seed}")
            path.write_text(text.replace("DRAWS", f"{DRAWS}"))
        return path

    def _write_tables(self, folder: Path, dice: random.Random) -> None:
        folder.mkdir()
        for table in "ab":
            rows = [f"{dice.randrange(1000)},{dice.randrange(1000)}\n" for _ in range(60)]
            (folder / f"{table}.csv").write_text("".join(["x,y\n", *rows]))


# What comes out


@dataclass(frozen=True)
class Outcome:
    """What must not depend on anything that goes wrong: the outputs by file, as SHA-256, and how
    often each task is on record as done."""

    outputs: dict[str, str]
    commits: Counter[tuple[str, int]]


def outcome(cluster: Cluster, number: int) -> Outcome:
    folder = cluster.ergon.folder / f"fetched-{number}"
    results = cluster.json("results", number, "--fetch", folder, "--all")
    outputs = {
        output["file"]: hashlib.sha256((folder / output["file"]).read_bytes()).hexdigest()
        for output in results["outputs"]
    }
    return Outcome(outputs, commits(cluster.home / "log", number))


# Who submits

NO_COORDINATOR = 69


class Submitter:
    """Submits one campaign after the other and watches each to its end; whenever nobody answers,
    it tries again. `go_on` is to be called again and again; nothing here waits."""

    PAUSE = 1.0
    """Seconds between two tries."""

    def __init__(
        self, name: str, chaos: Chaos, campaigns: Campaigns, seeds: Iterator[int]
    ) -> None:
        self.name, self.chaos, self.campaigns, self.seeds = name, chaos, campaigns, seeds
        self.seed = next(seeds)
        self.number: int | None = None
        self.accepted: dict[int, int] = {}
        """The number of each campaign, by its seed, that the coordinator has acknowledged."""
        self.command: Running | None = None
        self.commands = self.unanswered = 0
        self.begun = self.ended = -float("inf")

    def go_on(self, submits: bool = True) -> None:
        """Begins nothing new unless it `submits`."""
        if self.command is None:
            is_due = time.monotonic() > self.ended + self.PAUSE
            if is_due and (submits or self.number is not None):
                self.command = self._start()
        elif self.command.has_ended:
            self._take(self.command.wait())
            self.command, self.ended = None, time.monotonic()

    @property
    def has_ended(self) -> bool:
        """All it has submitted is complete."""
        return self.command is None and self.number is None

    def _start(self) -> Running:
        self.commands, self.begun = self.commands + 1, time.monotonic()
        home = ("--home", self.chaos.cluster.home)
        words: tuple[object, ...] = ("watch", *home, self.number)
        if self.number is None:
            words = ("submit", *home, self.campaigns.manifest(self.seed), "-o", "json")
        return self.chaos.cluster.ergon.start(f"{self.name}-{self.commands}", *words)

    def _take(self, answer: Answer) -> None:
        disk = self.chaos.disk
        was_full = disk is not None and disk.was_full(self.begun)
        if answer.status == NO_COORDINATOR or (answer.status == 1 and was_full):
            self.unanswered += 1
            return
        assert answer.status == 0, f"seed {self.seed}, campaign {self.number}: {answer}"
        if self.number is None:
            self.number = json.loads(answer.out)["campaign"]
            self.accepted[self.seed] = self.number
        else:
            self.number, self.seed = None, next(self.seeds)
