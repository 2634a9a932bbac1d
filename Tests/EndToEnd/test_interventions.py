"""What people do to campaigns and workers while they run, and what is on record of it."""

from pathlib import Path

import pytest

from cluster import Cluster
from ergon import until
from gated import FREE, GatedCampaign, once
from record_log import commits

PICKY = """
steps:
  make:
    split: {seeds: 6}
    run:
      - sh
      - -c
      - |
        echo start {index} >&2
        [ {index} -ne 4 ] || [ -e FOLDER/mended ] || exit 3
        echo {index} > {out.text}
    outputs: {text: {file: text.txt, merge: {kind: lines, fan-in: 2}}}
    retry: {attempts: 2, backoff: 0 s}
    resources: {memory: 16 MiB}
  count:
    with: {all: make.text}
    run: [sh, -c, 'wc -l < {with.all} > {out.lines}']
    outputs: {lines: {file: lines.txt}}
    resources: {memory: 16 MiB}
"""


def picky(cluster: Cluster) -> Path:
    """A campaign whose fifth task fails until the file `mended` is there."""
    return cluster.ergon.manifest(PICKY.replace("FOLDER", f"{cluster.ergon.folder}"))


def text_of(tasks: list[int]) -> bytes:
    return "".join(f"{task}\n" for task in tasks).encode()


def test_forget(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    cluster.submit(campaign.manifest)
    assert "has not ended" in cluster("forget", "last", status=1).err
    campaign.open_gate()
    cluster.worker("w1")
    assert cluster.finish()["state"] == "complete"
    assert "is forgotten" in cluster("forget", "last").out
    assert "no such campaign" in cluster("status", "1", status=64).err
    cluster.coordinator.stop()
    cluster.start()
    assert "no such campaign" in cluster("results", "1", status=64).err
    cluster("audit", "verify")
    assert "forgotten by" in cluster("audit", "show").out


def test_hold_and_release(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    cluster.submit(campaign.manifest)
    assert "is held" in cluster("hold", "last", "--reason", "the beam is off").out
    cluster.worker("w1")
    held = cluster.campaign()
    assert (held["state"], held["heldReason"]) == ("held", "the beam is off")
    assert "the beam is off" in cluster("explain", "last.make.0").out
    assert "already" in cluster("hold", "last", status=1).err
    assert campaign.starts() == []
    campaign.open_gate()
    assert "goes on" in cluster("release", "last").out
    assert cluster.finish()["state"] == "complete"
    assert cluster.fetch(campaign.output) == campaign.bytes_out
    assert "not held" in cluster("release", "last", status=1).err
    cluster("audit", "verify")


def test_resume_a_cancelled_campaign(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker("w1")
    cluster.submit(campaign.manifest)
    campaign.wait_at_gate(cluster.worker_home("w1"))
    until("the first half is on record", lambda: cluster.stage("make")["done"] == FREE)
    stopped = campaign.waiting()
    assert "cancelled" in cluster("cancel", "last").out
    until("its attempts are on record", lambda: cluster.campaign()["superseded"]["attempts"] == 2)
    assert "superseded" in cluster("explain", f"last.make.{stopped[0].task}").out
    assert "resume it" in cluster("retry", "last", status=1).err
    campaign.open_gate()
    assert "goes on" in cluster("resume", "last").out
    assert cluster.finish()["state"] == "complete"
    assert cluster.fetch(campaign.output) == campaign.bytes_out
    assert campaign.counts() == once(*stopped)
    cluster("audit", "verify")
    assert "complete" in cluster("coverage").out


def test_retry_what_failed(cluster: Cluster) -> None:
    """What was made without the failed task is made anew; nothing else is."""
    cluster.worker("w1")
    cluster.submit(picky(cluster))
    results = cluster.finish()
    assert results["state"] == "incomplete"
    assert [failure["task"] for failure in results["failures"]] == [4]
    assert cluster.fetch("make.text") == text_of([0, 1, 2, 3, 5])

    attempts = cluster.json("explain", "last.make.4")["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["exit 3", "exit 3"]
    assert all(attempt["energyMicrojoules"] > 0 for attempt in attempts)
    assert cluster("logs", "last.make.4", "--attempt", "1").out == "start 4\n"

    (cluster.ergon.folder / "mended").touch()
    assert "1 failed task is started again" in cluster("retry", "last.make.4").out
    assert cluster.finish()["state"] == "complete"
    assert cluster.fetch("make.text") == text_of([0, 1, 2, 3, 4, 5])
    assert cluster.fetch("count.lines").split() == [b"6"]
    assert len(cluster.json("explain", "last.make.4")["attempts"]) == 2
    done = commits(cluster.home / "log")
    assert [done["make", task] for task in range(6)] == [1] * 6
    assert done["make.text/1", 0] == 1, "a merge that does not read the task stays as it was"
    assert done["make.text/1", 2] == done["count", 0] == 2
    cluster("audit", "verify")
    assert "failed for good" in cluster("retry", "last", status=1).err


def test_drain_and_release_a_worker(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker("w1")
    cluster.submit(campaign.manifest)
    campaign.wait_at_gate(cluster.worker_home("w1"))
    assert "is given no more" in cluster("worker", "drain", "w1").out
    assert "draining" in cluster("worker", "list").out
    cluster.submit(cluster.ergon.manifest("steps: {work: {run: ['true']}}\n", "after"))
    assert "w1 is draining" in cluster("explain", "after.work.0").out
    campaign.open_gate()
    until("it has nothing left", lambda: cluster.stage("make", "gated")["leased"] == 0)
    assert cluster.stage("work", "after")["leased"] == 0
    cluster("worker", "release", "w1")
    for name in ("gated", "after"):
        assert cluster.finish(name)["state"] == "complete"
    assert cluster.fetch(campaign.output, "gated") == campaign.bytes_out
    assert campaign.counts() == once()


def test_quarantine_a_worker(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker("w1")
    cluster.submit(campaign.manifest)
    campaign.wait_at_gate(cluster.worker_home("w1"))
    lost = campaign.waiting()
    until("what ended is told", lambda: cluster.stage("make")["done"] >= FREE)
    out = cluster("worker", "quarantine", "w1", "--reason", "smoke").out
    assert "w1 is given nothing" in out
    listed = cluster.json("worker", "list")["workers"][0]
    assert (listed["standing"], listed["reason"]) == ("quarantined", "smoke")
    cluster.worker("w2")
    campaign.open_gate()
    assert cluster.finish()["state"] == "complete"
    assert cluster.fetch(campaign.output) == campaign.bytes_out
    assert campaign.counts() == once(*lost)
    assert "no worker" in cluster("worker", "drain", "w9", status=64).err
    cluster("audit", "verify")


@pytest.mark.parametrize("selector", ["1-2", "1,2", "all"])
def test_several_campaigns_at_once(cluster: Cluster, selector: str) -> None:
    for name in ("first", "second"):
        cluster.submit(cluster.ergon.manifest("steps: {work: {run: ['true']}}\n", name))
    assert cluster("cancel", selector).out == "1: cancelled\n2: cancelled\n"
    assert {campaign["state"] for campaign in cluster.campaigns()} == {"cancelled"}


def test_a_black_hole_is_taken_out(cluster: Cluster) -> None:
    """A worker on which everything fails at once does not eat the campaign."""
    text = """
steps:
  work:
    split: {seeds: 40}
    run: [sh, -c, 'case $PWD in */hole/*) exit 7;; esac; echo {index} > {out.text}']
    outputs: {text: {file: text.txt, merge: lines}}
    retry: {attempts: 2, backoff: 0 s}
    resources: {memory: 16 MiB}
"""
    cluster.worker("hole", cpus=4)
    cluster.worker("sound", cpus=1)
    cluster.submit(cluster.ergon.manifest(text))
    assert cluster.finish()["state"] == "complete"
    assert cluster.fetch("work.text") == text_of(list(range(40)))
    hole = next(w for w in cluster.json("worker", "list")["workers"] if w["name"] == "hole")
    assert hole["standing"] == "quarantined"
    assert "exit 7" in hole["reason"]


def test_a_task_that_takes_its_workers_with_it(cluster: Cluster) -> None:
    """It is given up after three workers, and everything else is done."""
    text = """
steps:
  work:
    split: {seeds: 8}
    run: [sh, -c, '[ {index} -ne 2 ] || kill -9 $(ps -o ppid= -p $$); echo {index} > {out.text}']
    outputs: {text: {file: text.txt, merge: lines}}
    retry: {backoff: 0 s}
    resources: {memory: 16 MiB}
"""
    names = ["w1", "w2", "w3", "w4"]
    workers = [cluster.worker(name, cpus=1) for name in names]
    cluster.submit(cluster.ergon.manifest(text))
    results = cluster.finish()
    assert results["state"] == "incomplete"
    (failure,) = results["failures"]
    assert (failure["task"], failure["reason"]) == (2, "the worker was lost")
    assert sum(worker.has_ended for worker in workers) == 3
    assert cluster.fetch("work.text") == text_of([0, 1, 3, 4, 5, 6, 7])
    cluster("audit", "verify")
