"""Where workers say that they stand, and what the coordinator's grid file has to say to that."""

import hashlib
import os
import platform
from importlib import metadata
from pathlib import Path

from cluster import Cluster
from ergon import Ergon
from record_log import records

GRID = """
apiVersion: ergon/v1
kind: Grid
sites:
  north: {nodes: {new: {count: 2, cores: 2, memory: 4 GiB, idle: 10 W, core: 5 W}}}
  south: {nodes: {old: {count: 2, cores: 2, memory: 4 GiB, idle: 20 W, core: 9 W}}}
"""


def places(cluster: Cluster) -> dict[str, tuple[str | None, str | None]]:
    workers = cluster.json("worker", "list")["workers"]
    return {worker["name"]: (worker["site"], worker["nodeClass"]) for worker in workers}


def test_a_worker_says_where_it_stands(ergon: Ergon, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    cluster = Cluster(ergon, "--grid", tmp_path / "grid.yaml")
    cluster.worker("w1", 1, 512, "--site", "north", "--node-class", "new")
    cluster.worker("w2", 1, 512, "--site", "south")
    cluster.worker("w3", 1, 512)
    expected = {"w1": ("north", "new"), "w2": ("south", None), "w3": (None, None)}
    assert places(cluster) == expected
    # It is on record, and so known after a start even of workers that do not come back.
    for name in expected:
        cluster.workers[name].stop()
    cluster.coordinator.stop()
    cluster.start()
    assert places(cluster) == expected
    joined = {
        record["worker"]: (record.get("site"), record.get("nodeClass"))
        for record in records(cluster.home / "log")
        if record["type"] == "worker-joined"
    }
    assert joined == expected


def test_a_place_that_is_not_in_the_grid_file_is_refused(ergon: Ergon, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    cluster = Cluster(ergon, "--grid", tmp_path / "grid.yaml")
    for options, problem in [
        (("--site", "west"), "the coordinator's grid has no site `west`, but `north`, `south`"),
        (
            ("--site", "north", "--node-class", "old"),
            "site `north` has no node class `old`, but `new`",
        ),
    ]:
        answer = cluster.launch_worker("w1", 1, 512, *options).wait()
        assert answer.status == 1
        assert problem in answer.err
        assert "--site and --node-class" in answer.err
    assert places(cluster) == {}


def test_what_tasks_run_on_is_on_record(cluster: Cluster) -> None:
    cluster.worker("w1", 1, 512)
    cluster.worker("w2", 1, 512, "--path", "/nowhere")
    cluster.workers["w1"].stop()
    cluster.worker("w1", 1, 512)
    found = {
        record["worker"]: record["platform"]
        for record in records(cluster.home / "log")
        if record["type"] == "worker-joined"
    }
    listed = sorted({f"{it.metadata['Name']}=={it.version}" for it in metadata.distributions()})
    packages = hashlib.sha256("".join(f"{line}\n" for line in listed).encode()).hexdigest()
    assert found["w1"]["python"] == {"version": platform.python_version(), "packages": packages}
    assert "python" not in found["w2"]
    assert found["w1"]["kernel"].startswith(f"Linux {platform.release()}")
    assert found["w1"]["threads"] == os.cpu_count()
    assert found["w1"]["features"] == found["w2"]["features"]
