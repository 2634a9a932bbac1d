"""The executable under test: called to its end, or started and watched, always as a process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = Path(os.environ.get("ERGON", ROOT / ".build" / "debug" / "ergon")).resolve()

PATIENCE = 60.0
"""Seconds that anything may take before a test gives up; nothing is expected to need them."""

Found = TypeVar("Found")


def until(what: str, condition: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """Asks again and again until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


def is_alive(process: int) -> bool:
    """Whether a process runs that need not be our child; one that only waits to be reaped
    does not."""
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit status and its two streams."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Running:
    """A started process, leader of a group of its own; its streams go to files."""

    def __init__(self, command: list[str], environment: dict[str, str], files: Path) -> None:
        self.out_file, self.err_file = files.with_suffix(".out"), files.with_suffix(".err")
        with self.out_file.open("ab") as out, self.err_file.open("ab") as err:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=files.parent,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self.out_file.read_text()

    @property
    def err(self) -> str:
        return self.err_file.read_text()

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> Answer:
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs: {self.process.args!r}\n{self.err}") from None
        return Answer(status, self.out, self.err)

    def kill(self) -> None:
        """SIGKILL to it and to its whole group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> Answer:
        """SIGTERM; one that does not end on it is killed, and that is a fault."""
        self.send(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            if not self.has_ended:
                self.kill()


class Ergon:
    """Calls and starts `ergon` in a folder and an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        self.environment = kept | {"HOME": str(folder), "PATH": path}

    def __call__(self, *arguments: object, status: int = 0, seconds: float = PATIENCE) -> Answer:
        """Runs a command to its end, which must be by that exit status."""
        command = [str(EXECUTABLE), *(str(argument) for argument in arguments)]
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == status, (
            f"`ergon {' '.join(command[1:])}` ended with {done.returncode}, not {status}:\n"
            f"{done.stdout}\n{done.stderr}"
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, name: str, *arguments: object, **variables: str) -> Running:
        """Starts a command whose streams go to `name.out` and `name.err`."""
        command = [str(EXECUTABLE), *(str(argument) for argument in arguments)]
        running = Running(command, self.environment | variables, self.folder / name)
        self.started.append(running)
        return running

    def stop_all(self) -> None:
        """The last first: workers go before their coordinator."""
        faults: list[str] = []
        for running in reversed(self.started):
            if not running.has_ended:
                try:
                    running.stop()
                except AssertionError as fault:
                    faults.append(str(fault))
        self.started.clear()
        assert not faults, "did not stop on SIGTERM:\n" + "\n".join(faults)

    def manifest(self, text: str, name: str = "campaign") -> Path:
        """Writes a manifest: the first lines of every one, and then `text`."""
        path = self.folder / f"{name}.yaml"
        head = f"apiVersion: ergon/v1\nkind: Campaign\nmetadata: {{name: {name}}}\n"
        path.write_text(head + text)
        return path
