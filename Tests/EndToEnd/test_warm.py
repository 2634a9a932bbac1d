"""Warm steps: one program a slot takes task after task (docs/WARM.md)."""

from pathlib import Path

import pytest

from attempts import attempts
from cluster import Cluster
from ergon import ROOT
from record_log import commits, records

PROGRAM = """
import os, pathlib, sys, time
import ergon_warm

notes = pathlib.Path({notes!r})
(notes / f"start-{{os.getpid()}}").touch()

def times(what):
    # How often this was asked before.
    with (notes / what).open("a") as note:
        note.write("1")
        return note.tell() - 1

def work(task):
    {body}

ergon_warm.serve(work)
"""


def warm(cluster: Cluster, body: str, step: str) -> Path:
    """A manifest of the step `work` with this function, which may leave notes in a folder."""
    notes = cluster.ergon.folder / "notes"
    notes.mkdir()
    program = PROGRAM.format(notes=str(notes), body=body)
    (cluster.ergon.folder / "work.py").write_text(program)
    library = (ROOT / "examples" / "ergon_warm.py").read_text()
    (cluster.ergon.folder / "ergon_warm.py").write_text(library)
    return cluster.ergon.manifest(
        f'code: [work.py, ergon_warm.py]\nsteps:\n  work:\n    warm: [python3, "{{code}}/work.py"]\n'
        f"{step}"
    )


def starts(cluster: Cluster) -> int:
    return len(list((cluster.ergon.folder / "notes").glob("start-*")))


def failures(cluster: Cluster) -> list[tuple[int, str]]:
    log = attempts(records(cluster.home / "log"))
    return sorted((one.task, one.failure) for one in log if one.failure is not None)


def test_two_processes_do_a_thousand_tasks(cluster: Cluster) -> None:
    cluster.worker()
    body = "assert (task.first, task.count) == (task.number * 2, 2) and len(task.seeds) == 2"
    cluster.submit(warm(cluster, body, "    split: {seeds: 2000, per-task: 2}\n"))
    assert cluster.finish()["state"] == "complete"
    assert commits(cluster.home / "log") == {("work", task): 1 for task in range(1000)}
    assert 1 <= starts(cluster) <= 2
    assert failures(cluster) == []
    assert cluster.campaign()["succeeded"]["cpuMicroseconds"] > 0
    cluster("audit", "verify")


@pytest.mark.parametrize(
    ("disaster", "failure"),
    [
        ("os._exit(3)", "exit: 3"),
        ("os._exit(0)", "exit: 1"),
        ("os.kill(os.getpid(), 11)", "signal: 11"),
        ("os.write(4, b'nonsense')", "signal: 9"),
        ("raise ValueError('no')", "exit: 1"),
    ],
)
def test_only_the_task_that_goes_wrong_is_tried_again(
    cluster: Cluster, disaster: str, failure: str
) -> None:
    cluster.worker()
    body = f"if task.number == 150 and times('150') < 2: {disaster}"
    manifest = warm(cluster, body, "    split: {seeds: 300}\n    retry: {backoff: 0 s}\n")
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "complete"
    assert commits(cluster.home / "log") == {("work", task): 1 for task in range(300)}
    # The first time it may have been one of many, and then nobody was to blame.
    assert set(failures(cluster)) == {(150, failure)}
    if disaster.startswith("raise"):
        assert len(failures(cluster)) == 2 and starts(cluster) <= 2


def test_a_task_beyond_its_time(cluster: Cluster) -> None:
    cluster.worker()
    body = "if task.number == 20 and times('20') < 2: time.sleep(600)"
    step = "    split: {seeds: 40}\n    resources: {limit: 1 s}\n    retry: {backoff: 0 s}\n"
    cluster.submit(warm(cluster, body, step))
    assert cluster.finish()["state"] == "complete"
    assert {task for task, _ in failures(cluster)} == {20}
    assert all("time" in said.lower() for _, said in failures(cluster))


def test_what_a_function_raises_is_its_log(cluster: Cluster) -> None:
    cluster.worker()
    body = "print('hello'); raise ValueError('what a pity')"
    cluster.submit(warm(cluster, body, "    retry: {attempts: 1}\n"))
    assert cluster.finish()["state"] == "failed"
    assert "ValueError: what a pity" in cluster("logs", "campaign.work.0").out
    assert "failed for good: exit 1" in cluster("explain", "campaign.work.0").out


def test_a_program_that_is_never_ready(cluster: Cluster) -> None:
    cluster.worker()
    manifest = warm(cluster, "pass", "    retry: {attempts: 1}\n")
    (cluster.ergon.folder / "work.py").write_text("import sys\nsys.exit('cannot load')\n")
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "failed"
    assert cluster("logs", "campaign.work.0").out == "cannot load\n"


def test_inputs_outputs_and_a_grid(cluster: Cluster) -> None:
    cluster.worker()
    for name in "abc":
        (cluster.ergon.folder / f"{name}.txt").write_text(f"{name}1\n{name}2\n")
    body = (
        "lines = open(task.inputs[0]).read().split()[task.first:][:task.count]\n"
        "    open(task.outputs['out'], 'w').write(f'{task.point[\"cut\"]} {lines[0]}\\n')"
    )
    step = (
        "    over: lists\n    split: {lines: 1}\n    points: {cut: [x, y]}\n"
        "    outputs: {out: {file: out.txt, merge: lines}}\n"
    )
    manifest = warm(cluster, body, step)
    lists = 'inputs: {lists: {files: "?.txt", format: lines}}\n'
    manifest.write_text(manifest.read_text().replace("code:", lists + "code:"))
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "complete"
    expected = [f"{cut} {name}{row}" for cut in "xy" for name in "abc" for row in (1, 2)]
    assert cluster.fetch("work.out").decode().splitlines() == expected
    assert starts(cluster) <= 2


def test_a_killed_worker_loses_nothing(cluster: Cluster) -> None:
    worker = cluster.worker()
    body = "if task.number == 500 and times('500') < 1: os.kill(os.getppid(), 9); time.sleep(600)"
    cluster.submit(warm(cluster, body, "    split: {seeds: 1000}\n"))
    worker.wait()
    cluster.worker()
    assert cluster.finish()["state"] == "complete"
    assert commits(cluster.home / "log") == {("work", task): 1 for task in range(1000)}
    cluster("audit", "verify")
