"""Measures Ergon beside what the system itself takes and beside others that do the same.

    python3 Benchmarks/run.py [--only NAME] [--runs 5] [--json FILE] [--scale 1] [--ergon PATH]

Prints a table for each benchmark; every sample is in the JSON. Contenders are run in turn, never
two at once. All of it is on this machine's loopback interface, in a temporary folder."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_audit
import bench_idle
import bench_latency
import bench_log
import bench_memory
import bench_meter
import bench_noop
import bench_outputs
import bench_overhead
import bench_restart
import bench_status
import bench_submit
import bench_warm
import bench_zero
from laboratory import HERE, Laboratory
from machine import facts, load
from peers import versions
from report import Report, caveats, document, text
from rounds import NotMeasured, note

BENCHMARKS: dict[str, Callable[[Laboratory], Report]] = {
    "noop": bench_noop.measure,
    "warm": bench_warm.measure,
    "latency": bench_latency.measure,
    "overhead": bench_overhead.measure,
    "outputs": bench_outputs.measure,
    "submit": bench_submit.measure,
    "memory": bench_memory.measure,
    "restart": bench_restart.measure,
    "status": bench_status.measure,
    "zero": bench_zero.measure,
    "log": bench_log.measure,
    "audit": bench_audit.measure,
    "idle": bench_idle.measure,
    "meter": bench_meter.measure,
}


def main() -> int:
    options = arguments()
    ergon = options.ergon.resolve()
    if not os.access(ergon, os.X_OK):
        print(f"no executable at {ergon}: `make release` makes it", file=sys.stderr)
        return 64
    # So that a SIGTERM, too, stops what was started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="ergon-bench-", ignore_cleanup_errors=True) as folder:
        lab = Laboratory(ergon, Path(folder), options.runs, options.scale)
        make_floor(lab)
        machine = {**facts(ergon), "peers": versions(), "began": time.time(), "loadBefore": load()}
        reports: list[Report] = []
        for name in options.only or BENCHMARKS:
            note(name)
            reports.append(outcome(name, lab))
            print(text(reports[-1]), end="\n\n", flush=True)
            machine |= {"loadAfter": load(), "seconds": time.time() - machine["began"]}
            write(options, reports, machine)
    for caveat in caveats(options.runs, options.scale, machine["loadBefore"][0]):
        print(f"caution: {caveat}")
    return 0


def outcome(name: str, lab: Laboratory) -> Report:
    try:
        return BENCHMARKS[name](lab)
    except NotMeasured as reason:
        return Report(name, "", (), absent={"all of it": str(reason)})


def write(
    options: argparse.Namespace, reports: list[Report], machine: dict[str, Any]
) -> None:
    """After each benchmark, so that what is done is not lost with what fails."""
    if options.json:
        said = {"runs": options.runs, "scale": options.scale, "only": options.only}
        content = document(reports, machine, said) | {
            "caveats": caveats(options.runs, options.scale, machine["loadBefore"][0]),
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="repeatable")
    parser.add_argument("--runs", type=int, default=5, help="rounds of each; default 5")
    parser.add_argument("--json", type=Path, help="write everything into this file")
    parser.add_argument("--scale", type=float, default=1, help="sizes times this; default 1")
    parser.add_argument(
        "--ergon",
        type=Path,
        default=Path(os.environ.get("ERGON", HERE.parent / ".build-release/release/ergon")),
        help="the executable; default: $ERGON, else the release build",
    )
    options = parser.parse_args()
    if options.runs < 1 or not 0 < options.scale <= 1:
        parser.error("--runs is at least 1, --scale above 0 and at most 1")
    return options


def make_floor(lab: Laboratory) -> None:
    source = HERE / "floor.c"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(lab.floor), str(source)]
    subprocess.run(command, check=True, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
