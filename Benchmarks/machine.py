"""On what it was measured: numbers without this are worth nothing."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from laboratory import HERE


def facts(ergon: Path) -> dict[str, Any]:
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memoryMiB": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "nice": os.nice(0),
        "commit": commit(),
        "ergon": asked([str(ergon), "--version"]),
        "ergonBytes": ergon.stat().st_size,
    }


def load() -> list[float]:
    """Mean runnable processes over the last 1, 5 and 15 minutes."""
    return list(os.getloadavg())


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def commit() -> str:
    """With `+` behind it if files differ from it."""
    name = asked(["git", "-C", str(HERE), "rev-parse", "--short=12", "HEAD"])
    changed = asked(["git", "-C", str(HERE), "status", "--porcelain", "--untracked-files=no"])
    return name + ("+" if changed not in ("", "unknown") else "")


def asked(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
