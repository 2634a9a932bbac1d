"""Ergon as a site runs it: a coordinator and its workers as processes of their own, with mutual
TLS and the durable log on, on the loopback interface and ports that the system picks."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from laboratory import SLOTS, Laboratory
from processes import Running, Timing, run, until
from rounds import NotMeasured


@dataclass(frozen=True)
class Ended:
    """A campaign's times, seconds since 1970 by the clock of this machine, and its processors."""

    began: float
    """When `ergon submit` was started."""
    accepted: float
    """The time of the record that the campaign is accepted."""
    sealed: float
    """The time of the record that it has ended."""
    worker_cpu: float
    """Seconds of processors: the workers with the tasks, and the coordinator."""
    coordinator_cpu: float

    @property
    def seconds(self) -> float:
        return self.sealed - self.began


class Grid:
    """Starts on entry, stops on exit."""

    def __init__(
        self, lab: Laboratory, workers: int = 1, coordinator: str | None = None
    ) -> None:
        """`coordinator`: another program than ours beside it, to be the coordinator."""
        self.ergon = lab.ergon
        self.folder = lab.fresh("ergon")
        self.home = self.folder / "home"
        kept = {name: os.environ[name] for name in ("LANG", "PATH") if name in os.environ}
        self.environment = kept | {"HOME": str(self.folder)}
        self.wanted = workers
        self.other = coordinator
        self.workers: list[Running] = []
        self.coordinator: Running

    def __enter__(self) -> "Grid":
        ready = self.folder / "ready"
        words: list[object] = [self.ergon, "coordinator", "--quiet"]
        if self.other:
            words = [self.beside(self.other)]
        words += ["--home", self.home, "--ready-file", ready]
        self.coordinator = self.launch("coordinator", words)
        try:
            until("the coordinator listens", lambda: self.is_there(ready))
            for number in range(1, self.wanted + 1):
                self.join(f"w{number}")
            until("the workers are connected", self.is_complete)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        for running in [*reversed(self.workers), self.coordinator]:
            running.stop()

    def start(self, name: str, *words: object, **variables: str) -> Running:
        return self.launch(name, [self.ergon, *words], **variables)

    def launch(self, name: str, words: list[object], **variables: str) -> Running:
        said = self.folder / f"{name}.said"
        return Running(words, self.folder, said, self.environment | variables)

    def beside(self, program: str) -> Path:
        """A program that is built beside ours."""
        path = self.ergon.parent / program
        if not os.access(path, os.X_OK):
            raise NotMeasured(f"no executable at {path}: `swift build --product {program}`")
        return path

    def is_there(self, ready: Path) -> bool:
        self.coordinator.check()
        return ready.exists()

    def join(self, name: str, *options: object) -> None:
        token = self("token", "create", "--role", "worker", "--name", name).out.strip()
        home = self.folder / name
        words = ["worker", "--home", home, "--cpus", SLOTS, "--memory", 4096, "--quiet", *options]
        self.workers.append(self.start(name, *words, ERGON_JOIN=token))

    def swarm(self, workers: int, *options: object) -> None:
        """Connects that many workers that answer every lease at once, all in one process, which
        ends with the grid."""
        words = [self.beside("swarm-bench"), self.home, "--workers", workers, *options]
        self.workers.append(self.launch(f"swarm-{self.wanted}", words))
        self.wanted += workers
        until("the swarm is connected", self.is_complete, 120)

    def is_complete(self) -> bool:
        for worker in self.workers:
            worker.check()
        connected: int = self.json("status")["workers"]
        return connected == self.wanted

    # Commands

    def __call__(self, command: str, *words: object) -> Timing:
        """A command with this coordinator's home."""
        group = [command, *words[:1]] if command == "token" else [command]
        rest = words[len(group) - 1 :]
        return run(
            [self.ergon, *group, "--home", self.home, *rest], self.folder, self.environment
        )

    def json(self, command: str, *words: object) -> Any:
        return json.loads(self(command, *words, "-o", "json").out)

    def submit(self, manifest: Path) -> int:
        number: int = self.json("submit", "--again", manifest)["campaign"]
        return number

    def campaigns(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("status")["campaigns"]
        return found

    def manifest(self, name: str, step: str) -> Path:
        """Writes a manifest of one step."""
        path = self.folder / f"{name}.yaml"
        path.write_text(
            f"apiVersion: ergon/v1\nkind: Campaign\nmetadata: {{name: {name}}}\n"
            f"steps:\n  step:\n{step}"
        )
        return path

    def finish(self, manifest: Path) -> Ended:
        """Submits a campaign and waits for its end, without asking for it again and again: that
        would take processors from what is measured."""
        before = self.cpu()
        began = time.time()
        number = self.submit(manifest)
        self("watch", number)
        after = self.cpu()
        found = next(one for one in self.campaigns() if one["campaign"] == number)
        if found["state"] != "complete":
            raise NotMeasured(f"the campaign ended as {found['state']}")
        if "sealed" not in found:
            raise NotMeasured("this build's `ergon status` does not say when a campaign ended")
        return Ended(
            began,
            found["accepted"] / 1e6,
            found["sealed"] / 1e6,
            after[0] - before[0],
            after[1] - before[1],
        )

    def cpu(self) -> tuple[float, float]:
        return sum(worker.cpu for worker in self.workers), self.coordinator.cpu


def programs(count: int, command: str) -> str:
    """A step of so many tasks of one slot each; `command` is a YAML list."""
    return (
        f"    split: {{seeds: {count}}}\n    run: {command}\n"
        "    resources: {cpus: 1, memory: 16 MiB, time: 1 s, limit: 1 min}\n"
    )
