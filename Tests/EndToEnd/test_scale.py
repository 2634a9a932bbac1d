"""Ten thousand tasks that do nothing: what they cost is printed, that they end is tested."""

import time

from cluster import Cluster
from ergon import ROOT
from record_log import commits

TASKS = 10_000


def test_ten_thousand_tasks(cluster: Cluster) -> None:
    for name in ("w1", "w2"):
        cluster.worker(name, cpus=1)
    begin = time.monotonic()
    cluster.submit(ROOT / "manifests" / "noop.yaml")
    assert cluster.finish(seconds=600)["state"] == "complete"
    seconds = time.monotonic() - begin
    print(f"{TASKS} tasks in {seconds:.1f} s: {TASKS / seconds:.0f} tasks/s")
    assert cluster.stage("nothing")["done"] == TASKS
    done = commits(cluster.home / "log")
    assert done.keys() == {("nothing", task) for task in range(TASKS)}
    assert set(done.values()) == {1}
    finished = {
        worker["name"]: worker["finishedTasks"] for worker in cluster.json("worker", "list")["workers"]
    }
    assert sum(finished.values()) == TASKS and min(finished.values()) > 0
