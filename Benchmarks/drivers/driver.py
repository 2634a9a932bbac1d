"""A peer's side: a process in the peer's own environment that does as it is told, line by line.

It says `{"ready": VERSION}` when its cluster is up. A request is one line of JSON on standard
input, `{"verb": …, "count": n, "command": […]}`; its answer is one line of JSON, `{"seconds":
[…]}` or `{"fault": …}`. At the end of its input it takes its cluster down."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO


class Peer(Protocol):
    """A cluster with two slots that is up and idle."""

    def programs(self, count: int, command: list[str]) -> float:
        """Runs a program so many times.

        - Returns: seconds from the submit to the end of the last."""
        ...

    def functions(self, count: int) -> float:
        """Calls a Python function that does nothing so many times; seconds as above."""
        ...

    def latency(self, count: int, command: list[str]) -> list[float]:
        """Runs a program so many times, each when the one before has ended; seconds of each."""
        ...


def answers_stream() -> TextIO:
    """The standard output for us alone: what libraries print goes to standard error instead."""
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return stream


def serve(peer: Peer, version: str, answers: TextIO) -> None:
    def answer(content: dict[str, object]) -> None:
        print(json.dumps(content), file=answers, flush=True)

    answer({"ready": version})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer({"seconds": measured(peer, **request)})
        except Exception as fault:  # whatever a peer raises is told, and is the end of it
            answer({"fault": f"{type(fault).__name__}: {fault}"})
            return


def measured(peer: Peer, verb: str, count: int, command: list[str]) -> list[float]:
    match verb:
        case "programs":
            return [peer.programs(count, command)]
        case "functions":
            return [peer.functions(count)]
        case "latency":
            return peer.latency(count, command)
    raise ValueError(f"no verb: {verb}")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run_program(command: list[str]) -> None:
    """What a task of a peer that knows functions only does to run a program."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def nothing(number: int) -> int:
    return number
