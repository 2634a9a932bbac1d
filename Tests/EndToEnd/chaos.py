"""What goes wrong in a cluster of real processes, and when: all of it from one seed."""

import os
import random
import signal
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cluster import GRACE, Cluster
from ergon import Running

COORDINATOR, WORKERS, DISK = "coordinator", "workers", "disk"

CPUS = 1
"""Hardware threads of each worker."""


class Kind(Enum):
    KILL = "kill"
    """SIGKILL; in the end it is started again."""
    STOP = "stop"
    """SIGSTOP, in the end SIGCONT: connections stay half open meanwhile."""
    FILL = "fill"
    """The disk has no room left."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong from `begin` to `end`, in seconds since the start."""

    kind: Kind
    target: str
    begin: float
    end: float


# Which faults, and when

PAUSE = (0.5, 2.5)
"""Seconds between the beginnings of two faults: at least one kill in three seconds, on average."""

LONGEST_STEP = 0.5
"""The most seconds that pass from one look at the clock to the next."""

NOTICED = 5.0
"""Seconds within which it is noticed that there is room on the disk again."""

AGAIN = 1.0
"""Seconds until a coordinator that has refused to start is started again."""


WEIGHTS = {
    (Kind.KILL, COORDINATOR): 4.0, (Kind.KILL, WORKERS): 4.0,
    (Kind.STOP, COORDINATOR): 0.3, (Kind.STOP, WORKERS): 1.0, (Kind.FILL, DISK): 0.8,
}  # fmt: skip
"""How often each happens, compared with the others."""


def faults(seed: int, workers: list[str], with_disk: bool) -> Iterator[Fault]:
    """In the order of their beginnings, without an end; never two at once for one target."""
    dice = random.Random(seed)
    kinds = [(kind, whose) for kind, whose in WEIGHTS if with_disk or whose != DISK]
    weights = [WEIGHTS[kind] for kind in kinds]
    now, free = 0.0, defaultdict[str, float](float)
    while True:
        now += dice.uniform(*PAUSE)
        ((kind, whose),) = dice.choices(kinds, weights)
        target = dice.choice(workers) if whose == WORKERS else whose
        length = _length(dice, kind)
        if free[target] <= now:
            free[target] = now + length
            yield Fault(kind, target, now, now + length)


def _length(dice: random.Random, kind: Kind) -> float:
    """In seconds: now and then more than the grace period, and than it takes to notice."""
    match kind:
        case Kind.KILL:
            return dice.choice([0.0, 0.3, 1.0, 2.0 * GRACE])
        case Kind.STOP:
            return dice.uniform(8, 30) if dice.random() < 1 / 3 else dice.uniform(0.5, 5)
        case Kind.FILL:
            return dice.uniform(1.5, 6)


# Doing it


class SmallDisk:
    """A file system of its own, in memory, that can be filled."""

    SIZE = "512m"

    def __init__(self, folder: Path) -> None:
        """Needs the right to mount.

        :raises OSError: with what was said against it.
        """
        self.folder, self.ballast = folder, folder / "ballast"
        self.full_at = -float("inf")
        """When it was last seen to be full, by the monotonic clock."""
        folder.mkdir()
        options = f"size={self.SIZE},mode=700"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "ergon-chaos", folder],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise OSError(done.stderr.strip())

    def fill(self) -> None:
        """Takes whatever is left, to the last page."""
        with self.ballast.open("ab") as ballast:
            room = os.statvfs(self.folder)
            size, end = room.f_bavail * room.f_frsize, os.fstat(ballast.fileno()).st_size
            while size >= room.f_frsize:
                try:
                    os.posix_fallocate(ballast.fileno(), end, size)
                    end += size
                except OSError:  # somebody else was faster
                    size //= 2
        self.full_at = time.monotonic()

    def free(self) -> None:
        self.full_at = time.monotonic()
        self.ballast.unlink(missing_ok=True)

    def was_full(self, since: float) -> bool:
        """Whether somebody may have found it full since then."""
        return self.full_at + NOTICED >= since

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class Chaos:
    """Does to a cluster what was planned, mends it again, and counts. `go_on` is to be called
    again and again; nothing here waits."""

    def __init__(self, cluster: Cluster, plan: Iterator[Fault], disk: SmallDisk | None) -> None:
        self.cluster, self.plan, self.disk = cluster, plan, disk
        self.ready = cluster.ergon.folder / f"ready-{cluster.starts}"
        self.looked = self.launched = time.monotonic()
        self.seconds = 0.0
        """Since the start."""
        self.next: Fault | None = next(plan)
        self.under_way: list[Fault] = []
        self.faults: list[Fault] = []
        """What was done so far."""
        self.refusals = 0
        """How often a coordinator has refused to start on a full disk."""

    @property
    def kills(self) -> int:
        return sum(fault.kind is Kind.KILL for fault in self.faults)

    def process(self, target: str) -> Running:
        return self.cluster.coordinator if target == COORDINATOR else self.cluster.workers[target]

    def go_on(self) -> None:
        """What is due begins or ends, in its order."""
        now = time.monotonic()
        # A machine that was busy elsewhere does not make up for it by a volley.
        self.seconds += min(now - self.looked, LONGEST_STEP)
        self.looked = now
        while True:
            first = min(self.under_way, key=lambda fault: fault.end, default=None)
            begin = self.next.begin if self.next else float("inf")
            if first and first.end <= min(self.seconds, begin):
                self.under_way.remove(first)
                self.mend(first)
            elif self.next and begin <= self.seconds:
                self.strike(self.next)
                self.next = next(self.plan)
            else:
                break
        if self.disk and self.is_struck(DISK):
            self.disk.fill()
        self.check()

    def end(self) -> None:
        """All is mended at once, and nothing begins any more."""
        self.next = None
        for fault in sorted(self.under_way, key=lambda fault: fault.target != DISK):
            self.mend(fault)
        self.under_way.clear()

    def is_struck(self, target: str) -> bool:
        return any(fault.target == target for fault in self.under_way)

    def strike(self, fault: Fault) -> None:
        if self.is_struck(fault.target):
            return  # a coordinator that did not start on a full disk
        if fault.target != DISK and self.process(fault.target).has_ended:
            return self.check()
        self.under_way.append(fault)
        self.faults.append(fault)
        match fault.kind:
            case Kind.KILL:
                self.process(fault.target).kill()
            case Kind.STOP:
                self.process(fault.target).send(signal.SIGSTOP)
            case Kind.FILL:
                assert self.disk
                self.disk.fill()

    def mend(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.KILL if fault.target == COORDINATOR:
                self.launched = time.monotonic()
                self.ready = self.cluster.launch()
            case Kind.KILL:
                self.cluster.launch_worker(fault.target, CPUS)
            case Kind.STOP:
                self.process(fault.target).send(signal.SIGCONT)
            case Kind.FILL:
                assert self.disk
                self.disk.free()

    def check(self) -> None:
        """Nothing ends that was not killed, save that a coordinator need not start on a full disk;
        whoever looks after it tries again."""
        for name in (COORDINATOR, *self.cluster.workers):
            process = self.process(name)
            if self.is_struck(name) or not process.has_ended:
                continue
            may_refuse = self.disk and self.disk.was_full(self.launched)
            if name == COORDINATOR and may_refuse and not self.ready.exists():
                self.refusals += 1
                now = self.seconds
                self.under_way.append(Fault(Kind.KILL, name, now, now + AGAIN))
            else:
                status = process.process.returncode
                raise AssertionError(f"{name} ended by itself, with {status}:\n{process.err}")

    def __str__(self) -> str:
        """In numbers."""
        counts = Counter((fault.kind, _whose(fault.target)) for fault in self.faults)
        parts = [f"{number} {kind.value}s of {whose}" for (kind, whose), number in counts.items()]
        longer = sum(
            fault.kind is Kind.STOP and fault.end - fault.begin > GRACE for fault in self.faults
        )
        parts.append(f"{longer} stops longer than the grace period")
        parts.append(f"{self.refusals} starts refused on a full disk")
        return ", ".join(sorted(parts))


def _whose(target: str) -> str:
    return f"the {target}" if target in (COORDINATOR, DISK) else WORKERS


def left_running(folder: Path) -> dict[int, str]:
    """Processes, by number, that are at work under a folder, with their commands."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end while we look
            where = os.readlink(entry / "cwd")
            if where.startswith(f"{folder}/"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(entry.name)] = f"{where}: {command.decode(errors='replace')}"
    return found
