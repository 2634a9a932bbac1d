"""A small campaign that stops half-way until a test says go on, and keeps a list of its starts."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ergon import Ergon, until
from unsplit import seed

TASKS, FREE = 24, 12
"""So many tasks in all; so many do not wait."""

STEPS = """
seed: 7
steps:
  make:
    split: {seeds: TASKS}
    run:
      - sh
      - -c
      - |
        echo "{index} $$ $PWD" >> FOLDER/started
        until [ {index} -lt FREE ] || [ -e FOLDER/gate ]; do sleep 0.02; done
        echo {index} {seed} > {out.text}
    outputs: {text: {file: text.txt, merge: lines}}
    resources: {memory: 16 MiB}
"""


@dataclass(frozen=True)
class Start:
    """One start of a task: its number, its process, and the folder it ran in."""

    task: int
    process: int
    folder: str


class GatedCampaign:
    def __init__(self, ergon: Ergon) -> None:
        self.folder = ergon.folder
        text = STEPS.replace("TASKS", f"{TASKS}").replace("FREE", f"{FREE}")
        self.manifest = ergon.manifest(text.replace("FOLDER", f"{self.folder}"), "gated")

    output = "make.text"
    bytes_out = "".join(f"{task} {seed(7, 'make', task)}\n" for task in range(TASKS)).encode()
    """What the merged output must be, whatever happens on the way."""

    stages = {("make", task) for task in range(TASKS)} | {
        ("make.text/1", 0), ("make.text/1", 1), ("make.text/2", 0),
    }  # fmt: skip
    """All there is to be done: the tasks and a merge tree of fan-in 16."""

    def starts(self) -> list[Start]:
        path = self.folder / "started"
        lines = path.read_text().splitlines() if path.exists() else []
        parts = (line.split(" ", 2) for line in lines)
        return [Start(int(task), int(process), folder) for task, process, folder in parts]

    def waiting(self, folder: Path | str = "") -> list[Start]:
        """Starts, of tasks that run under `folder`, that are stopped at the gate."""
        return [
            start
            for start in self.starts()
            if start.task >= FREE and start.folder.startswith(str(folder))
        ]

    def wait_at_gate(self, *folders: Path | str, tasks: int = 2) -> None:
        """Waits until so many tasks of each worker, by its folder, are stopped at the gate."""
        until(
            "tasks stop at the gate",
            lambda: all(len(self.waiting(folder)) >= tasks for folder in folders),
        )

    def counts(self) -> Counter[int]:
        return Counter(start.task for start in self.starts())

    def open_gate(self) -> None:
        (self.folder / "gate").touch()


def once(*again: Start) -> Counter[int]:
    """Each task started once, and those once more."""
    return Counter(range(TASKS)) + Counter(start.task for start in again)


def path_of(folder: Path) -> Path:
    """A run's only numbered folder."""
    (found,) = folder.glob("[0-9]*")
    return found
