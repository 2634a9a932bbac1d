"""A coordinator and its workers: separate processes with mutual TLS between them, on ports that
the system picks."""

from pathlib import Path
from typing import Any

from ergon import PATIENCE, Answer, Ergon, Running, until

GRACE = 2
"""Seconds that a worker may be away before its tasks go to others."""


class Cluster:
    def __init__(self, ergon: Ergon, *options: object) -> None:
        """A coordinator with these options at every start, and no worker yet."""
        self.ergon = ergon
        self.options = options
        self.home = ergon.folder / "home"
        self.workers: dict[str, Running] = {}
        self.starts = 0
        self.coordinator = self.start()

    # Processes

    def start(self) -> Running:
        """Starts a coordinator on the home, new or not, and waits until it listens."""
        ready = self.launch()
        until("the coordinator listens", lambda: ready.exists() or self.coordinator.has_ended)
        assert ready.exists(), self.coordinator.err
        return self.coordinator

    def launch(self) -> Path:
        """Starts a coordinator and waits for nothing; the file is there once it listens."""
        self.starts += 1
        ready = self.ergon.folder / f"ready-{self.starts}"
        self.coordinator = self.ergon.start(
            f"coordinator-{self.starts}", "coordinator", "--home", self.home,
            "--grace", GRACE, "--ready-file", ready, *self.options,
        )  # fmt: skip
        return ready

    def worker(
        self, name: str = "w1", cpus: int = 2, memory: int = 2048, *options: object
    ) -> Running:
        """Starts a worker, a new one with a join token, and waits until it is connected."""
        worker = self.launch_worker(name, cpus, memory, *options)
        until(
            f"worker {name} is connected",
            lambda: name in self.connected() or worker.has_ended,
        )
        assert not worker.has_ended, worker.err
        return worker

    def launch_worker(
        self, name: str, cpus: int = 2, memory: int = 2048, *options: object
    ) -> Running:
        """Starts a worker and waits for nothing, unless it is new and needs a token."""
        home = self.worker_home(name)
        variables = {} if home.exists() else {"ERGON_JOIN": self.token(name=name)}
        worker = self.ergon.start(
            name, "worker", "--home", home, "--cpus", cpus, "--memory", memory,
            "--drain-time", 0, *options, **variables,
        )  # fmt: skip
        self.workers[name] = worker
        return worker

    def worker_home(self, name: str) -> Path:
        return self.ergon.folder / name

    def token(self, role: str = "worker", name: str | None = None) -> str:
        named = [] if name is None else ["--name", name]
        return self("token", "create", "--role", role, *named).out.strip()

    @property
    def log(self) -> str:
        """What every coordinator of this home has said."""
        starts = range(1, self.starts + 1)
        files = (self.ergon.folder / f"coordinator-{start}.err" for start in starts)
        return "".join(file.read_text() for file in files)

    # Commands

    def __call__(self, command: str, *arguments: object, status: int = 0) -> Answer:
        """A command with this coordinator's home; groups have their word for what before that."""
        is_group = command in ("token", "audit", "worker", "log")
        words = [command, *arguments[:1]] if is_group else [command]
        rest = arguments[len(words) - 1 :]
        return self.ergon(*words, "--home", self.home, *rest, status=status)

    def json(self, command: str, *arguments: object) -> Any:
        return self(command, *arguments, "-o", "json").json()

    def connected(self) -> set[str]:
        workers = self.json("worker", "list")["workers"]
        return {worker["name"] for worker in workers if worker["connected"]}

    def submit(self, manifest: Path, *more: object) -> int:
        number: int = self.json("submit", manifest, *more)["campaign"]
        return number

    def campaigns(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("status")["campaigns"]
        return found

    def campaign(self, selector: object = "last") -> dict[str, Any]:
        found: dict[str, Any] = self.json("status", selector)["campaigns"][0]
        return found

    def stage(self, name: str, selector: object = "last") -> dict[str, Any]:
        stages = self.campaign(selector)["stages"]
        found: dict[str, Any] = next(stage for stage in stages if stage["name"] == name)
        return found

    def results(self, selector: object = "last") -> dict[str, Any]:
        found: dict[str, Any] = self.json("results", selector)
        return found

    def finish(self, selector: object = "last", seconds: float = PATIENCE) -> dict[str, Any]:
        """Waits until the campaign has ended, and returns its results."""
        until(
            f"campaign {selector} ends",
            lambda: self.campaign(selector)["state"] not in ("running", "held"),
            seconds,
        )
        return self.results(selector)

    def fetch(self, output: str, selector: object = "last") -> bytes:
        """The bytes of one output, as `ergon results --fetch` leaves them."""
        folder = self.ergon.folder / "fetched"
        results = self.json("results", selector, "--fetch", folder, "--all")
        named = {found["name"]: found["file"] for found in results["outputs"]}
        return Path(folder / named[output]).read_bytes()
