"""What the log says of attempts, and where it contradicts itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from record_log import Record, _column, _members


LOST = "workerLost"
"""The failure of an attempt whose worker was lost: the coordinator's finding, not a report."""


@dataclass(frozen=True)
class Attempt:
    """One of a record's results."""

    record: int
    campaign: int
    stage: str
    task: int
    worker: str
    lease: tuple[int, int]
    """Epoch and serial."""
    report: tuple[int, int] | None
    """Life and batch, unless the coordinator itself found it."""
    failure: str | None
    """What went wrong, in the log's words."""
    counts: bool
    """False if another attempt came first, or the campaign had ended."""

    @property
    def work(self) -> tuple[int, str, int]:
        return self.campaign, self.stage, self.task


def attempts(log: list[Record]) -> list[Attempt]:
    return [attempt for record in log for attempt in _attempts(record)]


def _attempts(record: Record) -> Iterator[Attempt]:
    if record["type"] not in ("results", "superseded"):
        return
    tasks = _members(record["tasks"])
    outcomes = _column(
        record.get("outcomes", ["succeeded"] * len(tasks)), lambda value: isinstance(value, list)
    )
    (epoch, serial), report = record["lease"], record.get("report")
    for task, outcome in zip(tasks, outcomes, strict=True):
        yield Attempt(
            record["seq"], record["campaign"], record["stage"], task, record["worker"],
            (epoch, serial), report and tuple(report), _failure(outcome),
            record["type"] == "results",
        )  # fmt: skip


def _failure(outcome: str | dict[str, Any]) -> str | None:
    if isinstance(outcome, str):
        return None
    ((kind, value),) = ((kind, value) for kind, value in outcome.items() if kind != "final")
    return kind if value is True else f"{kind}: {value}"


def contradictions(log: list[Record]) -> list[str]:
    """Whatever cannot be true beside what is on record before it."""
    reader = _Reader()
    for record in log:
        reader.read(record)
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.epoch = 0
        self.workers: set[str] = set()
        self.accepted: set[int] = set()
        self.sealed: set[int] = set()
        self.holders: dict[tuple[int, int], tuple[str, int, str]] = {}
        """Worker, campaign and stage of every lease."""
        self.answered: set[tuple[tuple[int, int], int]] = set()
        """Leases and tasks."""
        self.reported: set[tuple[str, tuple[int, int], int]] = set()
        """Workers, reports and tasks."""
        self.done: set[tuple[int, str, int]] = set()

    def read(self, record: Record) -> None:
        match record["type"]:
            case "coordinator-started":
                self.claim(record["epoch"] == self.epoch + 1, f"record {record['seq']}: epoch")
                self.epoch = record["epoch"]
            case "worker-joined":
                self.workers.add(record["worker"])
            case "campaign-accepted":
                self.accepted.add(record["campaign"])
            case "campaign-sealed":
                self.sealed.add(record["campaign"])
            case "results" | "superseded":
                for attempt in _attempts(record):
                    self.take(attempt)

    def take(self, attempt: Attempt) -> None:
        holder = (attempt.worker, attempt.campaign, attempt.stage)
        self.claim(attempt.campaign in self.accepted, f"{attempt}: not accepted")
        self.claim(attempt.worker in self.workers, f"{attempt}: of a stranger")
        self.claim(attempt.lease[0] <= self.epoch, f"{attempt}: of an epoch to come")
        self.claim(
            self.holders.setdefault(attempt.lease, holder) == holder,
            f"{attempt}: its lease is {self.holders[attempt.lease]}",
        )
        if attempt.report:
            report = (attempt.worker, attempt.report, attempt.task)
            self.claim(report not in self.reported, f"{attempt}: counted twice")
            self.reported.add(report)
        if attempt.counts:
            self.count(attempt)

    def count(self, attempt: Attempt) -> None:
        """A worker that was thought lost may come back with its lease, and answer."""
        answer = (attempt.lease, attempt.task)
        self.claim(attempt.campaign not in self.sealed, f"{attempt}: after the seal")
        self.claim(answer not in self.answered, f"{attempt}: twice under one lease")
        self.claim(attempt.work not in self.done, f"{attempt}: done before")
        if attempt.failure != LOST:
            self.answered.add(answer)
        if attempt.failure is None:
            self.done.add(attempt.work)

    def claim(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.found.append(otherwise)
