"""Who else is installed here, and a talk with each: `make bench-peers` installs them."""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from laboratory import HERE, Laboratory
from processes import PATIENCE, stop
from rounds import NotMeasured

PLACE = HERE / ".peers"
INSTALL = "not installed: `make bench-peers`"
ONLY_COMMAND = "part of its `hq` command, which PyPI does not have"
"""Of HyperQueue, why what its package lacks is not measured."""
DRIVEN = {"hyperqueue": "HyperQueue (plain, no journal)", "dask": "Dask (TLS)", "ray": "Ray"}
"""Peers with a driver, and what they are called in tables."""


Sample = TypeVar("Sample")


def each(
    peer: Callable[[str], Sample], names: Iterable[str] = tuple(DRIVEN)
) -> dict[str, Callable[[], Sample]]:
    """A contender for each of these peers, by what it is called in tables."""
    return {DRIVEN[name]: partial(peer, name) for name in names}


def gnu_parallel() -> Path:
    """Debian's, unpacked here or installed in the system."""
    own = PLACE / "parallel" / "usr" / "bin" / "parallel"
    found = own if own.exists() else shutil.which("parallel")
    if found is None:
        raise NotMeasured(INSTALL)
    return Path(found)


def python_of(peer: str) -> Path:
    python = PLACE / peer / "bin" / "python"
    if not python.exists():
        raise NotMeasured(INSTALL)
    return python


def versions() -> dict[str, str]:
    """Of all peers, or why there is none; asked of the packages, not of us."""
    found = {"xargs": first_line(["xargs", "--version"])}
    for peer, package in {"hyperqueue": "hyperqueue", "dask": "distributed", "ray": "ray"}.items():
        try:
            question = f"from importlib.metadata import version; print(version('{package}'))"
            found[peer] = first_line([str(python_of(peer)), "-c", question])
        except NotMeasured as reason:
            found[peer] = str(reason)
    try:
        found["parallel"] = first_line([str(gnu_parallel()), "--version"])
    except NotMeasured as reason:
        found["parallel"] = str(reason)
    return found


def first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()[0]


class Driven:
    """A peer's cluster: up on entry, down on exit."""

    def __init__(self, lab: Laboratory, peer: str) -> None:
        self.peer = peer
        self.python = python_of(peer)
        # Ray's sockets need a short path.
        self.folder = lab.fresh(peer[0])

    def __enter__(self) -> "Driven":
        with (self.folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [self.python, HERE / "drivers" / f"{self.peer}_driver.py"],
                cwd=self.folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        try:
            self.hear(120)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """The end of its input tells it to end; one that does not is stopped with its group."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it ended by itself
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            stop(self.process)
        self.process.stdout.close()

    def ask(self, verb: str, count: int, command: list[str] | None = None) -> list[float]:
        """Seconds by the peer's own client, whose cluster was up before."""
        assert self.process.stdin is not None
        request = {"verb": verb, "count": count, "command": command or []}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        found: list[float] = self.hear(PATIENCE)["seconds"]
        return found

    def hear(self, seconds: float) -> dict[str, Any]:
        """Each answer is a line, and there is only one at a time."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            if time.monotonic() >= end:
                raise NotMeasured(f"no answer within {seconds:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            lines = (self.folder / "said").read_text(errors="replace").strip().splitlines() or [""]
            raise NotMeasured(f"its driver ended: {lines[-1]}")
        answer: dict[str, Any] = json.loads(line)
        if "fault" in answer:
            raise NotMeasured(answer["fault"])
        return answer


def driven(lab: Laboratory, peer: str, verb: str, count: int, command: list[str]) -> list[float]:
    """One request to a cluster that was started for it and is stopped after it, so that it does
    not idle beside the next contender."""
    with Driven(lab, peer) as cluster:
        return cluster.ask(verb, count, command)
