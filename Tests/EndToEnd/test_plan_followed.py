"""The coordinator follows its plan: what runs, runs where and when the plan on record says, and a
change of a signal moves it. A day of carbon intensities is replayed in 24 seconds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from ergon import Ergon, until
from record_log import Record, records

GRID = """
apiVersion: ergon/v1
kind: Grid
slot: 4 h
sites:
  north:
    carbon: {file: north.csv}
    nodes: {new: {count: 1, cores: 2, memory: 4 GiB, idle: 5 W, core: 5 W}}
  south:
    carbon: {file: south.csv}
    nodes: {old: {count: 1, cores: 2, memory: 4 GiB, idle: 5 W, core: 5 W}}
"""

CAMPAIGN = """
steps:
  work:
    split: {seeds: TASKS}
    run: [sh, -c, sleep SECONDS, "{seeds}"]
    resources: {cpus: 1, memory: 1 GiB, time: SECONDS s, limit: 10 s}
objective: {carbon: 1}
deadline: 24 h
"""

SPEED = 3600
CLEAN, DIRTY = 50, 500
SHARE = 0.95


@dataclass(frozen=True)
class Quota:
    """What a plan lets start: seconds since 1970."""

    worker: str
    opens: float
    closes: float


def campaign(tasks: int, seconds: float) -> str:
    return CAMPAIGN.replace("TASKS", str(tasks)).replace("SECONDS", str(seconds))


def signal(folder: Path, site: str, clean: range) -> None:
    """A day of hours, of which some are clean; in place in one step."""
    rows = [f"2020-06-01T{hour:02}:00Z,{CLEAN if hour in clean else DIRTY}" for hour in range(24)]
    draft = folder / f"{site}.new"
    draft.write_text("\n".join(["time,grams", *rows]) + "\n")
    draft.rename(folder / f"{site}.csv")


@pytest.fixture
def sites(ergon: Ergon, tmp_path: Path) -> Iterator[Cluster]:
    """One worker in the north, which is clean in hours 8 to 15, and one in the south, never."""
    signal(tmp_path, "north", range(8, 16))
    signal(tmp_path, "south", range(0))
    (tmp_path / "grid.yaml").write_text(GRID)
    cluster = Cluster(
        ergon, "--grid", tmp_path / "grid.yaml", "--signal-speed", SPEED,
        "--signal-start", "2020-06-01T00:00Z",
    )  # fmt: skip
    cluster.worker("n", 2, 4096, "--site", "north", "--node-class", "new")
    cluster.worker("s", 2, 4096, "--site", "south", "--node-class", "old")
    yield cluster


def plans(cluster: Cluster) -> list[tuple[Record, dict[str, Any]]]:
    """Those on record, in order, with their content."""
    found = []
    for record in records(cluster.home / "log"):
        if record["type"] == "plan-adopted":
            digest = record["plan"]
            path = cluster.home / "content" / digest[:2] / digest[2:]
            found.append((record, json.loads(path.read_text())))
    return found


def seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def quotas(plan: dict[str, Any]) -> list[Quota]:
    workers = {("north", "new"): "n", ("south", "old"): "s"}
    return [
        Quota(
            workers[quota["site"], quota["nodeClass"]], seconds(quota["opens"]),
            seconds(quota["closes"]),
        )
        for work in plan["work"]
        for quota in work["quotas"] or []
    ]  # fmt: skip


@dataclass(frozen=True)
class Run:
    worker: str
    start: float
    """Seconds since 1970, by the worker's clock."""
    wall: float


def column(values: list[int | list[int]]) -> list[int]:
    return [
        value
        for item in values
        for value in ([item[1]] * item[0] if isinstance(item, list) else [item])
    ]


def runs(cluster: Cluster) -> list[Run]:
    return [
        Run(record["worker"], start / 1e6, wall / 1e6)
        for record in records(cluster.home / "log")
        if record["type"] == "results"
        for start, wall in zip(
            accumulate(column(record["started"])), column(record["wall"]), strict=True
        )
    ]


def share_as_planned(cluster: Cluster) -> float:
    """Of the seconds that tasks ran, those of tasks that began where and when a plan said that was
    in force then, or was until a moment before."""
    adopted = [(seconds(record["time"]), quotas(plan)) for record, plan in plans(cluster)]
    followed = total = 0.0
    for run in runs(cluster):
        total += run.wall
        before = [quotas for time, quotas in adopted if time <= run.start]
        if any(
            quota.worker == run.worker and quota.opens <= run.start <= quota.closes
            for quotas in before[-2:]
            for quota in quotas
        ):
            followed += run.wall
    return followed / total


def test_it_runs_where_and_when_the_plan_said(sites: Cluster, ergon: Ergon) -> None:
    sites.submit(ergon.manifest(campaign(12, 0.5)))
    until("there is a plan", lambda: plans(sites))
    waits = sites.campaign()["notice"]
    assert waits.startswith("waiting until 08:00: forecast falls 500 → 50 g/kWh, saves ")
    assert ", latest start " in waits
    assert sites("explain", "last.work.3").out.strip().endswith(waits)
    assert sites.stage("work")["leased"] == 0
    assert sites.finish()["state"] == "complete"
    assert share_as_planned(sites) >= SHARE
    record, plan = plans(sites)[0]
    assert record["campaigns"] == [1] and record["objective"]["carbon"] == 1
    assert 0 < record["bound"] <= record["cost"]
    assert plan["sites"][0]["gramsPerKilowattHour"][:3] == [DIRTY, DIRTY, CLEAN]
    assert "slots from its signal" in plan["signals"][0]
    assert sites.json("audit", "verify")["verified"]


@pytest.mark.parametrize(("tasks", "length"), [(24, 0.8), (40, 0.5)])
def test_a_slot_filled_to_the_brim(sites: Cluster, ergon: Ergon, tasks: int, length: float) -> None:
    """The clean slots hold twenty and thirty-two of them; the others run before or after."""
    sites.submit(ergon.manifest(campaign(tasks, length)))
    until("there is a plan", lambda: plans(sites))
    assert sites.finish()["state"] == "complete"
    assert share_as_planned(sites) >= SHARE


def planned_cleanly(cluster: Cluster, manifest: Path) -> tuple[int, str]:
    """Of a campaign that is not there yet, the tasks in clean slots, and what is said of others."""
    plan = cluster.json("plan", manifest)
    assert plan["verdict"] == {"complete": True} and plan["bound"] <= plan["planned"]["cost"]
    begin = datetime.strptime(plan["start"], "%Y-%m-%d %H:%M")
    clean = {(8 - begin.hour) // 4, (12 - begin.hour) // 4}
    starts = plan["steps"][0]["starts"]
    assert sum(start["tasks"] for start in starts) == 32
    return sum(
        start["tasks"] for start in starts
        if start["nodes"] == "new@north" and start["slot"] in clean
    ), plan["notes"][0]  # fmt: skip


def test_a_plan_beside_what_is_planned(sites: Cluster, ergon: Ergon) -> None:
    other = ergon.manifest(campaign(32, 0.5), "other")
    alone, note = planned_cleanly(sites, other)
    assert (alone, note) == (32, "0 % of the nodes' time until then is others'")
    sites.submit(ergon.manifest(campaign(12, 0.5)))
    until("there is a plan", lambda: plans(sites))
    beside, note = planned_cleanly(sites, other)
    assert beside == 20
    assert note.endswith(" % of the nodes' time until then is others'") and note[:2] != "0 "
    assert [found["name"] for found in sites.campaigns()] == ["campaign"]
    assert sites("plan", other).out.startswith("other: 32 tasks of 1 step on 2 classes of nodes")


def test_no_plan_beside_nothing(ergon: Ergon) -> None:
    manifest = ergon.manifest(campaign(1, 0.5))
    refusal = Cluster(ergon)("plan", manifest, status=1).err
    assert "this coordinator plans nothing: it was started without --grid" in refusal
    refusal = ergon("plan", manifest, "--start", "2020-06-01", status=64).err
    assert "--signals and --start need --grid" in refusal


def test_a_change_of_the_signal_moves_it(sites: Cluster, ergon: Ergon, tmp_path: Path) -> None:
    sites.submit(ergon.manifest(campaign(12, 0.5)))
    until("there is a plan", lambda: plans(sites))
    assert {quota.worker for quota in quotas(plans(sites)[-1][1])} == {"n"}
    signal(tmp_path, "north", range(0))
    signal(tmp_path, "south", range(8, 16))
    until(
        "the plan has moved",
        lambda: {quota.worker for quota in quotas(plans(sites)[-1][1])} == {"s"},
    )
    assert sites.finish()["state"] == "complete"
    ran = runs(sites)
    assert sum(run.worker == "s" for run in ran) >= SHARE * len(ran)
    assert share_as_planned(sites) >= SHARE
