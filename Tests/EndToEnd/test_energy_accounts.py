"""Every joule has an owner and a source (docs/ENERGY.md, "Meters")."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from ergon import until
from record_log import records

WATTS = 40
RANGE = 262_143_328_850

BURN = """
import time
end = time.process_time() + 0.4
while time.process_time() < end:
    pass
"""


class FakeMachine:
    """A folder that stands for `/`, whose processors' meter goes on by itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.zone = root / "sys/class/powercap/intel-rapl:0"
        self.zone.mkdir(parents=True)
        (self.zone / "name").write_text("package-0\n")
        (self.zone / "max_energy_range_uj").write_text(f"{RANGE}\n")
        # It starts anew before long.
        self.energy = self.first = RANGE - 10_000_000
        self.is_there = True
        self.is_over = threading.Event()
        self.write()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def write(self) -> None:
        counter = self.zone / "energy_uj"
        if not self.is_there:
            counter.unlink(missing_ok=True)
            return
        new = self.zone / "new"
        new.write_text(f"{self.energy % RANGE}\n")
        os.replace(new, counter)

    def run(self) -> None:
        while not self.is_over.wait(0.01):
            self.energy += WATTS * 10_000
            self.write()

    def end(self) -> None:
        self.is_over.set()
        self.thread.join()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FakeMachine]:
    machine = FakeMachine(tmp_path / "machine")
    yield machine
    machine.end()


def burning(cluster: Cluster, tasks: int, command: str = "python3 {code}/burn.py") -> Path:
    (cluster.ergon.folder / "burn.py").write_text(BURN)
    return cluster.ergon.manifest(
        f"code: [burn.py]\nsteps:\n  burn:\n    split: {{seeds: {tasks}}}\n"
        f'    run: [sh, -c, "{command}"]\n'
    )


def stop_workers(cluster: Cluster) -> None:
    """What their meters told last is on record then."""
    for worker in cluster.workers.values():
        worker.stop()


def energies(cluster: Cluster) -> list[dict[str, Any]]:
    return [record for record in records(cluster.home / "log") if record["type"] == "energy"]


def results(cluster: Cluster) -> list[dict[str, Any]]:
    return [record for record in records(cluster.home / "log") if record["type"] == "results"]


def test_what_a_meter_told_is_somebodys_to_the_microjoule(
    cluster: Cluster, machine: FakeMachine
) -> None:
    cluster.worker("w1", 2, 2048, "--meter-root", machine.root, "--site", "north")
    flag = cluster.ergon.folder / "once"
    flag.mkdir()
    once = f"python3 {{code}}/burn.py; [ {{index}} != 2 ] || ! rmdir {flag}"
    cluster.submit(burning(cluster, 6, once))
    assert cluster.finish()["state"] == "complete"
    stop_workers(cluster)
    told = energies(cluster)
    assert told and all(record.get("dropped") is None for record in told)
    for record in told:
        shares = sum(share["dynamic"] + share["idle"] for share in record["shares"])
        assert record["energy"] == shares + record["unallocated"] + record["remainder"]
        assert record["meter"] == "rapl"
    total = sum(record["energy"] for record in told)
    assert 0 < total <= machine.energy - machine.first
    # Results have it from the meter, those that failed as well.
    assert all(meter == "rapl" for record in results(cluster) for meter in meters(record))
    report = cluster.json("report", "last", "--energy", "--intensity", 300)
    campaign, worker = report["campaigns"][0], report["workers"][0]
    assert campaign["succeeded"]["energyMicrojoules"] == 0
    assert campaign["failed"]["attempts"] == 1 and campaign["failed"]["measuredMicrojoules"] > 0
    measured = sum(
        campaign[kind]["measuredMicrojoules"] for kind in ("succeeded", "failed", "superseded")
    )
    stage = campaign["stages"][0]
    assert measured + campaign["unreportedMicrojoules"] == stage["dynamicMicrojoules"]
    assert worker["energyMicrojoules"] == total and worker["meter"] == "rapl"
    assert worker["energyMicrojoules"] == sum(
        worker[f"{part}Microjoules"] for part in ("dynamic", "idle", "unallocated", "remainder")
    )
    (site,) = report["sites"]
    assert (site["site"], site["workers"]) == ("north", 1)
    assert site["energyMicrojoules"] == total
    assert worker["dynamicMicrojoules"] == stage["dynamicMicrojoules"]
    assert campaign["measuredCarbon"]["sciMicrogramsPerUnit"] > 0 and campaign["unit"] == "seeds"
    assert "modelledCarbon" not in campaign
    text = cluster("report", "--energy", "--zone", "GB").out
    assert "rapl ±10 %" in text and "231 g/kWh" in text and "PanDA" in text
    audit = cluster.json("audit", "verify")
    assert audit["verified"] and audit["metered"]["energyMicrojoules"] == str(total)
    assert "measured" in cluster("status", "last").out


def meters(record: dict[str, Any]) -> list[str | None]:
    """Of each of its attempts."""
    counts = sum(count for _, count in record["tasks"])
    column = record.get("meters", [[counts, None]])
    return [
        single
        for value in column
        for single in ([value[1]] * value[0] if isinstance(value, list) else [value])
    ]


def test_time_without_a_meter_is_labelled_and_its_tasks_are_modelled(
    cluster: Cluster, machine: FakeMachine
) -> None:
    cluster.worker("w1", 2, 2048, "--meter-root", machine.root)
    machine.is_there = False
    until("the counter is gone", lambda: not (machine.zone / "energy_uj").exists())
    cluster.submit(burning(cluster, 4))
    assert cluster.finish()["state"] == "complete"
    machine.is_there = True
    until("the counter is back", lambda: (machine.zone / "energy_uj").exists())

    def is_measured() -> bool:
        cluster.submit(burning(cluster, 5))
        assert cluster.finish()["state"] == "complete"
        spent = cluster.json("report", "last", "--energy")["campaigns"][0]
        measured: int = spent["succeeded"]["measuredMicrojoules"]
        return measured > 0

    until("tasks are measured again", is_measured)
    stop_workers(cluster)
    gaps = [record["dropped"] for record in energies(cluster) if "dropped" in record]
    assert {"absent", "begins"} >= set(gaps) and "absent" in gaps
    report = cluster.json("report", "--energy")
    first = report["campaigns"][0]
    assert first["succeeded"]["measuredMicrojoules"] == 0
    assert first["succeeded"]["energyMicrojoules"] > 0
    assert report["workers"][0]["droppedIntervals"] == len(gaps)
    assert cluster.json("audit", "verify")["verified"]


def test_one_worker_of_a_node_tells_its_energy(cluster: Cluster, machine: FakeMachine) -> None:
    cluster.worker("w1", 2, 2048, "--meter-root", machine.root)
    cluster.worker("w2", 2, 2048, "--meter-root", machine.root)
    assert "another worker of this node reads its meter" in cluster.workers["w2"].err
    cluster.submit(burning(cluster, 8))
    assert cluster.finish()["state"] == "complete"
    stop_workers(cluster)
    assert {record["worker"] for record in energies(cluster)} == {"w1"}
    assert sum(record["energy"] for record in energies(cluster)) <= machine.energy - machine.first


def test_a_killed_worker_leaves_accounts_that_hold(cluster: Cluster, machine: FakeMachine) -> None:
    cluster.worker("w1", 2, 2048, "--meter-root", machine.root)
    cluster.submit(burning(cluster, 12))
    until("some tasks are done", lambda: cluster.stage("burn")["done"] >= 3)
    cluster.workers["w1"].kill()
    cluster.worker("w1", 2, 2048, "--meter-root", machine.root)
    assert cluster.finish()["state"] == "complete"
    stop_workers(cluster)
    assert len({record["interval"][0] for record in energies(cluster)}) == 2
    assert cluster.json("audit", "verify")["verified"]
    # Nobody else than the meter says so after a start, either.
    before = cluster.json("report", "--energy")
    cluster.coordinator.stop()
    cluster.start()
    after = cluster.json("report", "--energy")
    assert after == before


def test_a_host_or_a_command_may_tell(cluster: Cluster, machine: FakeMachine) -> None:
    power = cluster.ergon.folder / "power"
    power.write_text("75 W\n")
    cluster.worker("w1", 2, 2048, "--meter-root", "/", "--meter", f"command:cat {power}")
    root = machine.root / "vm"
    (root / "run").mkdir(parents=True)
    (root / "run/energy").write_text("5000000 uJ\n")
    cluster.worker("w2", 2, 2048, "--meter-root", root, "--meter", "host:/run/energy")
    cluster.worker("w3", 2, 2048, "--meter", "none")
    assert "no meter" not in cluster.workers["w1"].err + cluster.workers["w2"].err
    cluster.submit(burning(cluster, 3))
    assert cluster.finish()["state"] == "complete"
    (root / "run/energy").write_text("9000000 uJ\n")
    stop_workers(cluster)
    told = [record for record in energies(cluster) if record["worker"] == "w2"]
    assert [record.get("meter") for record in told] == ["host"]
    assert sum(record["energy"] for record in told) == 4_000_000
