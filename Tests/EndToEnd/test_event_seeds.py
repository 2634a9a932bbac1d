"""What is drawn for an event does not depend on how many tasks or workers there are."""

import hashlib
from pathlib import Path

from ergon import Ergon

ROWS = 21
"""Of each of two files: one, three or seven tasks have as many rows each."""

PROGRAM = '''
import argparse, hashlib, pathlib, random

parser = argparse.ArgumentParser()
for name in ("in", "first", "count", "seed", "out"):
    parser.add_argument(f"--{name}", dest=name + "_", required=True)
given = parser.parse_args()
content = pathlib.Path(given.in_).read_bytes()
name = hashlib.sha256(content).hexdigest()
rows = content.decode().splitlines()[1:]
with open(given.out_, "w") as out:
    for event in range(int(given.first_), int(given.first_) + int(given.count_)):
        text = f"ergon-event-seed-v1\\n{given.seed_}\\n{name}\\n{event}"
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        print(name[:8], event, rows[event], seed, random.Random(seed).gauss(0, 1), file=out)
'''

MANIFEST = """
seed: 20
inputs:
  tracks: {files: [a.csv, b.csv]}
code: [draw.py]
steps:
  smear:
    over: tracks
    split: {rows: ROWS}
    run: [python3, "{code}/draw.py", --in, "{input}", --first, "{first}", --count, "{count}",
          --seed, "{seed}", --out, "{out.drawn}"]
    outputs: {drawn: {file: drawn.txt, merge: {kind: lines, fan-in: 2}}}
    resources: {cpus: 1, memory: 64 MiB, time: 1 s, limit: 1 min}
"""


def merged(ergon: Ergon, tasks: int, workers: int, name: str) -> bytes:
    """What the campaign leaves with so many tasks for each file."""
    manifest = ergon.manifest(MANIFEST.replace("ROWS", str(ROWS // tasks)), name)
    summary = ergon("run", manifest, "--workers", workers, "-o", "json").json()
    (stage,) = [
        stage
        for stage in summary["status"]["campaigns"][0]["stages"]
        if stage["name"] == "smear"
    ]
    assert stage["tasks"] == 2 * tasks
    (output,) = summary["results"]["outputs"]
    file: Path = Path(summary["folder"]) / "outputs" / output["file"]
    return file.read_bytes()


def test_neither_tasks_nor_workers_show(ergon: Ergon) -> None:
    (ergon.folder / "draw.py").write_text(PROGRAM)
    for name in "ab":
        rows = "".join(f"{name}{row}\n" for row in range(ROWS))
        (ergon.folder / f"{name}.csv").write_text(f"track\n{rows}")
    found = {
        (tasks, workers, turn): merged(ergon, tasks, workers, f"c{tasks}-{workers}-{turn}")
        for tasks in (1, 3, 7)
        for workers in (1, 3)
        for turn in ((1, 2) if tasks == 3 else (1,))
    }
    first = found[1, 1, 1]
    assert [case for case, bytes_ in found.items() if bytes_ != first] == []
    lines = [line.split() for line in first.decode().splitlines()]
    assert len(lines) == 2 * ROWS
    drawn = {tuple(line[:2]): int(line[3]) for line in lines}
    assert len(set(drawn.values())) == 2 * ROWS
    given = seed_of_step(20, "smear")
    for name in "ab":
        digest = hashlib.sha256((ergon.folder / f"{name}.csv").read_bytes()).hexdigest()
        for event in range(ROWS):
            text = f"ergon-event-seed-v1\n{given}\n{digest}\n{event}"
            expected = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
            assert drawn[digest[:8], str(event)] == expected


def seed_of_step(seed: int, step: str) -> int:
    """As docs/REPRODUCIBILITY.md has it, of a step that is not split by seeds."""
    digest = hashlib.sha256(f"ergon-seed-v1\n{seed}\n{step}\n".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 11
