"""Processes: run to their end, or started, looked at and stopped; each within a time."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rounds import NotMeasured

PATIENCE = 900.0
"""Seconds that a run may take at most; nothing is expected to need them."""

STOPPING = 30.0
"""Seconds a process has to end after SIGTERM."""

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Timing:
    """What a run took, in seconds."""

    seconds: float
    cpu: float
    """Of all processors, in user and kernel, with its children."""
    out: str = ""


def run(
    command: Sequence[object],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    given: str | None = None,
    patience: float = PATIENCE,
) -> Timing:
    """Runs a command to its end, which must be a good one, from its start to its being reaped."""
    words = [str(word) for word in command]
    used, began = children_cpu(), time.monotonic()
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        raise NotMeasured(f"`{words[0]}` does not start: {error.strerror}") from None
    try:
        out, err = process.communicate(given, timeout=patience)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NotMeasured(f"`{words[0]}` did not end within {patience:.0f} s") from None
        raise
    timing = Timing(time.monotonic() - began, children_cpu() - used, out)
    if process.returncode != 0:
        lines = err.strip().splitlines() or [""]
        raise NotMeasured(f"`{' '.join(words[:3])}` exited {process.returncode}: {lines[-1]}")
    return timing


def children_cpu() -> float:
    """Seconds of all children that were reaped until now, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Running:
    """A started process, leader of a group of its own; its streams go to a file."""

    def __init__(
        self, command: Sequence[object], folder: Path, said: Path, environment: Mapping[str, str]
    ) -> None:
        self.said = said
        with said.open("ab") as stream:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def check(self) -> None:
        """One that has ended before its time is a reason not to measure."""
        if self.process.poll() is not None:
            lines = self.said.read_text(errors="replace").strip().splitlines() or [""]
            raise NotMeasured(f"`{self.said.stem}` ended too early: {lines[-1]}")

    @property
    def cpu(self) -> float:
        """Seconds of processors until now, with the children that were reaped."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(ticks) for ticks in fields[11:15]) / TICK

    @property
    def ran(self) -> float:
        """Seconds of processors of all its threads, to the nanosecond, without children: by the
        clock that Linux has for each process (clock_getcpuclockid)."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def memory(self, field: str) -> float:
        """MiB: `VmRSS`, what it has now, or `VmHWM`, the most it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        value = next(line.split()[1] for line in status if line.startswith(f"{field}:"))
        return int(value) / 1024

    def stop(self) -> None:
        stop(self.process)


def stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL to the whole group of one that does not end on it."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOPPING)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(what: str, condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Asks again and again until the answer is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise NotMeasured(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)
