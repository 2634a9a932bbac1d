"""One process, task after task: the Python side of Ergon's warm steps (docs/WARM.md).

    import ergon_warm

    model = load_model()                                 # once

    def tag(task: ergon_warm.Task) -> None:              # for each task
        table = model.predict(task.inputs[0])
        table.write(task.outputs["tags"])

    ergon_warm.serve(tag)

A task whose function returns is done; one whose function raises has failed, and what it raised is
kept as its log. This file needs nothing but Python 3.9: copy it beside the program that uses it,
and name it under `code`."""

import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ANSWER_PERIOD = 0.005
"""Seconds after which what is done of many tasks is said, so that it counts even if a later one
brings the process down."""


@dataclass(frozen=True)
class Step:
    """What all tasks have in common."""

    campaign: str
    step: str
    seed: int
    """Of the campaign; `Task.seed` and `Task.seeds` are made of it."""
    code: str
    """The folder of the campaign's programs."""
    files: Mapping[str, Sequence[str]]
    """Paths of what is named under `with`."""
    total: int = 1
    """Seeds of the step, if it is split by seeds."""
    per_task: int = 1
    events: int = 0
    """Of each seed, if the manifest says how many."""
    is_split_by_seeds: bool = False


@dataclass(frozen=True)
class Task:
    """One task; where a field says nothing about the step's split, it is empty."""

    step: Step
    number: int
    first: int = 0
    """First event, line or seed."""
    count: int = 0
    inputs: Sequence[str] = ()
    """Paths of the files it reads."""
    line: str = ""
    point: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Paths to write to, by the outputs' names."""
    folder: str = "."
    """Its own, empty at first."""

    @property
    def seed(self) -> int:
        """The one seed of a task; of a step split by seeds, the first."""
        return self._seed(str(self.first) if self.step.is_split_by_seeds else "")

    @property
    def seeds(self) -> list[int]:
        """All seeds of a task of a step that is split by seeds."""
        return [self._seed(str(number)) for number in range(self.first, self.first + self.count)]

    def _seed(self, number: str) -> int:
        text = f"ergon-seed-v1\n{self.step.seed}\n{self.step.step}\n{number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11


def serve(function: Callable[[Task], object]) -> None:
    """Calls `function` for each task until there are no more. What it prints goes to standard
    error: standard output is for the answers."""
    questions, answers = own_streams()
    step = read_step(questions.readline())
    answers.write(b"ready\n")
    for line in questions:
        word, _, rest = line.partition(b" ")
        if word == b"run":
            first, count = rest.split()
            answer = run_many(function, step, int(first), int(count), answers)
        elif word == b"task":
            answer = run_one(function, read_task(step, rest))
        else:
            raise ValueError(f"not a line of the protocol: {line!r}")
        answers.write(answer)


def own_streams() -> tuple[Any, Any]:
    """The standard streams as they were; what others write to standard output then is no
    answer."""
    questions = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    return questions, answers


def run_many(
    function: Callable[[Task], object], step: Step, first: int, count: int, answers: Any
) -> bytes:
    """Tasks of which nothing but their numbers was said; the first that fails is the last."""
    begun, told = first, time.monotonic() + ANSWER_PERIOD
    for number in range(first, first + count):
        try:
            function(numbered(step, number))
        except Exception:
            done = f"done {begun} {number - begun}\n" if number > begun else ""
            return done.encode() + failure(number)
        if time.monotonic() >= told and number + 1 < first + count:
            answers.write(f"done {begun} {number + 1 - begun}\n".encode())
            begun, told = number + 1, time.monotonic() + ANSWER_PERIOD
    return f"done {begun} {first + count - begun}\n".encode()


def run_one(function: Callable[[Task], object], task: Task) -> bytes:
    try:
        function(task)
    except Exception:
        return failure(task.number)
    return f"done {task.number} 1\n".encode()


def failure(number: int) -> bytes:
    """Of the exception that is being handled."""
    return f"failed {number} {json.dumps(traceback.format_exc())}\n".encode()


def numbered(step: Step, number: int) -> Task:
    first = number * step.per_task
    count = min(step.per_task, step.total - first) if step.is_split_by_seeds else 0
    return Task(step, number, first if step.is_split_by_seeds else 0, count)


def read_step(line: bytes) -> Step:
    said = json.loads(line)
    if said["ergon"] != 1:
        raise ValueError(f"version {said['ergon']} of the protocol, and 1 is known here")
    seeds = said.get("seeds", {})
    return Step(
        campaign=said["campaign"],
        step=said["step"],
        seed=said["seed"],
        code=said["code"],
        files=said["with"],
        total=seeds.get("total", 1),
        per_task=seeds.get("per-task", 1),
        events=seeds.get("events", 0),
        is_split_by_seeds="seeds" in said,
    )


def read_task(step: Step, line: bytes) -> Task:
    said = json.loads(line)
    return Task(
        step=step,
        number=said["task"],
        first=said.get("first", 0),
        count=said.get("count", 0),
        inputs=said["inputs"],
        line=said.get("line", ""),
        point=said.get("point", {}),
        outputs=said["outputs"],
        folder=said["folder"],
    )
