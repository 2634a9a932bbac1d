"""HyperQueue as its Python package brings it: a server and a worker of two cores in this process.

The package's cluster has no key and no journal and offers neither; what encrypts and keeps a
journal is the `hq` command, which is not in the package. That is less work. But its worker forks
each task from this process, Python and all, which costs it more than it costs the command.

Its client asks for the end of a job once a second, too seldom to measure by. So the tasks tell:
they end when a last one, which depends on all others, prints the time."""

import os
import socket
import time
from pathlib import Path

import hyperqueue
from hyperqueue.cluster import WorkerConfig

from driver import answers_stream, serve

CLOCK = ["/bin/date", "+%s.%N"]
PATIENCE = 60.0
"""Seconds within which a task alone must have ended."""


class HyperQueue:
    def __init__(self, client: hyperqueue.Client) -> None:
        self.client = client

    def programs(self, count: int, command: list[str]) -> float:
        """Standard streams go to two files a task, as is its default; those of a program that
        says nothing go nowhere, which is faster."""
        silent = os.path.basename(command[0]) in ("true", "sleep")
        streams = {"stdout": None, "stderr": None} if silent else {}
        job = hyperqueue.Job(max_fails=0)
        tasks = [job.program(command, **streams) for _ in range(count)]
        end = Path.cwd() / "end"
        job.program(CLOCK, deps=tasks, stdout=str(end), stderr=None)
        began = time.time()
        self.client.wait_for_jobs([self.client.submit(job)])
        return float(end.read_text()) - began

    def functions(self, count: int) -> float:
        raise NotImplementedError("a function is a Python process of its own to it")

    def latency(self, count: int, command: list[str]) -> list[float]:
        """The task itself prints the time, whatever the command: what comes after is left out."""
        return [self.single(Path.cwd() / f"single-{number}") for number in range(count)]

    def single(self, end: Path) -> float:
        job = hyperqueue.Job()
        job.program(CLOCK, stdout=str(end), stderr=None)
        began = time.time()
        self.client.submit(job)
        while not (end.exists() and end.read_text().endswith("\n")):
            if time.time() > began + PATIENCE:
                raise TimeoutError(f"no task ended within {PATIENCE:.0f} s")
            time.sleep(0.05)
        return float(end.read_text()) - began


def main() -> None:
    answers = answers_stream()
    address = socket.gethostbyname(socket.gethostname())
    if not address.startswith("127."):
        raise SystemExit(f"its server listens where the host's name points: {address}")
    home = os.path.join(os.getcwd(), "server")
    with hyperqueue.LocalCluster(home, WorkerConfig(cores=2)) as cluster:
        serve(HyperQueue(cluster.client()), hyperqueue.get_version(), answers)


if __name__ == "__main__":
    main()
