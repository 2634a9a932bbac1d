"""Everything at once: coordinator and workers are killed and stopped and the disk is filled, over
and over, and what comes out is what comes out when nothing happens.

    ERGON_CHAOS_SECONDS=1200 ERGON_CHAOS_KILLS=200 python3 -m pytest Tests/EndToEnd/test_chaos.py

goes on for so many seconds or kills, whatever is reached first. ERGON_CHAOS_SEED names what happens
when, as the first line of an earlier run has named it; ERGON_CHAOS_FILL=0 leaves the disk alone.
"""

import itertools
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from attempts import LOST, attempts, contradictions
from chaos import COORDINATOR, CPUS, DISK, Chaos, Fault, Kind, SmallDisk, faults, left_running
from chaos_campaign import OUTPUTS, Campaigns, Outcome, Submitter, outcome
from cluster import Cluster
from ergon import Ergon, until
from record_log import Record, records

SECONDS = float(os.environ.get("ERGON_CHAOS_SECONDS", "90"))
KILLS = int(os.environ.get("ERGON_CHAOS_KILLS", "20"))
SEED = int(os.environ.get("ERGON_CHAOS_SEED") or random.SystemRandom().randrange(10**6))

NAMES = ["w1", "w2", "w3"]
SUBMITTERS = 2
"""So many campaigns are under way at any time."""

PATIENCE = 300.0
"""Seconds within which all campaigns end once nothing goes wrong any more."""

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints what people should see even if all is well."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="", flush=True)

    return say


@pytest.fixture
def disk(tmp_path: Path, say: Say) -> Iterator[SmallDisk | None]:
    """A disk to be filled, for the home of a coordinator; its log is copied away in the end."""
    home = tmp_path / "chaos" / "home"
    home.parent.mkdir()
    if os.environ.get("ERGON_CHAOS_FILL") == "0":
        say("chaos: the disk is not filled: ERGON_CHAOS_FILL=0")
        yield None
        return
    try:
        disk = SmallDisk(home)
    except OSError as fault:
        home.rmdir()
        say(f"chaos: the disk is not filled: it cannot be mounted: {fault}")
        yield None
        return
    yield disk
    if (home / "log").exists():
        shutil.copytree(home / "log", home.parent / "log")
    disk.unmount()


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster to which nothing happens."""
    with started(tmp_path / "quiet") as ergon:
        cluster = Cluster(ergon)
        cluster.worker(cpus=3)
        yield cluster


@pytest.fixture
def chaos(tmp_path: Path, disk: SmallDisk | None) -> Iterator[Chaos]:
    """A cluster to which everything happens."""
    with started(tmp_path / "chaos") as ergon:
        cluster = Cluster(ergon)
        for worker in NAMES:
            cluster.worker(worker, CPUS)
        chaos = Chaos(cluster, faults(SEED, NAMES, disk is not None), disk)
        try:
            yield chaos
        finally:
            chaos.end()


@contextmanager
def started(folder: Path) -> Iterator[Ergon]:
    """In a folder of its own; ends what was started, whatever went wrong."""
    folder.mkdir(exist_ok=True)
    ergon = Ergon(folder)
    try:
        yield ergon
    finally:
        ergon.stop_all()


def test_chaos(tmp_path: Path, quiet: Cluster, chaos: Chaos, say: Say) -> None:
    say(f"chaos: ERGON_CHAOS_SEED={SEED}, for {SECONDS:g} s or {KILLS} kills")
    campaigns = Campaigns(tmp_path / "campaigns")
    expected = {1: undisturbed(quiet, campaigns, 1)}
    ports = (chaos.cluster.home / "coordinator.json").read_bytes()
    accepted = live_through(chaos, campaigns, say)
    assert (chaos.cluster.home / "coordinator.json").read_bytes() == ports
    say(f"chaos: {check_attempts(chaos.cluster)}")
    found = check_campaigns(chaos.cluster, accepted)
    for number, seed in found.items():
        if seed not in expected:
            expected[seed] = undisturbed(quiet, campaigns, seed)
        assert outcome(chaos.cluster, number) == expected[seed], f"campaign {number}, seed {seed}"
        chaos.cluster("coverage", number)
    chaos.cluster.ergon.stop_all()
    chaos.cluster("audit", "verify")
    assert crashes(chaos.cluster.ergon.folder) == []
    until("nothing is left running", lambda: not left_running(chaos.cluster.ergon.folder), 5)
    tasks = sum(len(expected[seed].commits) for seed in found.values())
    say(f"chaos: {len(found)} campaigns complete, {tasks} tasks, each committed once\n")


def undisturbed(quiet: Cluster, campaigns: Campaigns, seed: int) -> Outcome:
    number = quiet.submit(campaigns.manifest(seed))
    assert quiet.finish(number)["state"] == "complete"
    found = outcome(quiet, number)
    assert len(found.outputs) == OUTPUTS and set(found.commits.values()) == {1}
    return found


def live_through(chaos: Chaos, campaigns: Campaigns, say: Say) -> dict[int, int]:
    """Until everything that was submitted meanwhile is complete.

    :return: the campaigns that were acknowledged, their seeds by their numbers.
    """
    seeds = itertools.count(1)
    submitters = [Submitter(f"user-{name}", chaos, campaigns, seeds) for name in range(SUBMITTERS)]
    while chaos.seconds < SECONDS and chaos.kills < KILLS:
        chaos.go_on()
        for submitter in submitters:
            submitter.go_on()
        time.sleep(0.05)
    say(f"chaos: {chaos.seconds:.0f} s: {chaos}")
    chaos.end()

    def is_over() -> bool:
        chaos.go_on()
        for submitter in submitters:
            submitter.go_on(submits=False)
        return all(submitter.has_ended for submitter in submitters)

    until("all campaigns are complete", is_over, PATIENCE)
    return {number: seed for user in submitters for seed, number in user.accepted.items()}


def check_attempts(cluster: Cluster) -> str:
    """The log does not contradict itself, and what went wrong was none of the tasks' doing.

    :return: the attempts in numbers.
    """
    log = records(cluster.home / "log")
    assert contradictions(log) == []
    found = attempts(log)
    failures = Counter(attempt.failure for attempt in found if attempt.counts)
    assert failures.keys() <= {None, LOST}, failures
    superseded = sum(not attempt.counts for attempt in found)
    return f"{failures[None]} attempts done, {failures[LOST]} lost, {superseded} superseded"


def check_campaigns(cluster: Cluster, accepted: dict[int, int]) -> dict[int, int]:
    """What was acknowledged is there and complete. Of what was submitted without an answer it is
    not known whether it is there; if it is, it has to be complete as well.

    :return: the seeds of all campaigns by their numbers.
    """

    def all_have_ended() -> bool:
        return all(campaign["state"] not in ("running", "held") for campaign in cluster.campaigns())

    until("campaigns end that nobody watches", all_have_ended, PATIENCE)
    campaigns = cluster.campaigns()
    assert {campaign["state"] for campaign in campaigns} == {"complete"}
    found = {
        int(campaign["campaign"]): int(campaign["name"].removeprefix("chaos-"))
        for campaign in campaigns
    }
    assert accepted.items() <= found.items()
    return found


def crashes(folder: Path) -> list[str]:
    """Whoever stopped at a fault of its own, even if it was killed over it."""
    return [path.name for path in folder.glob("*.err") if "Fatal error" in path.read_text()]


# What happens when


@pytest.mark.parametrize("seed", range(8))
def test_what_happens_follows_from_the_seed(seed: int) -> None:
    """For a target nothing begins before the last has ended, and kills come fast enough."""

    def minutes(count: int) -> list[Fault]:
        plan = faults(seed, NAMES, with_disk=True)
        return list(itertools.takewhile(lambda fault: fault.begin < 60 * count, plan))

    found = minutes(10)
    assert found == minutes(10)
    assert {fault.target for fault in found} == {*NAMES, COORDINATOR, DISK}
    for target in (*NAMES, COORDINATOR, DISK):
        own = [fault for fault in found if fault.target == target]
        assert all(first.end <= then.begin for first, then in itertools.pairwise(own))
    assert sum(fault.kind is Kind.KILL for fault in found) >= 200


# What the log says


def results(serial: int = 1, batch: int = 1, **more: object) -> Record:
    """One task, done under a lease of the first epoch."""
    return {
        "type": "results", "seq": 0, "campaign": 1, "stage": "work", "worker": "w1",
        "lease": [1, serial], "report": [7, batch], "tasks": [[0, 1]],
    } | more  # fmt: skip


BEFORE: list[Record] = [
    {"type": "coordinator-started", "seq": 0, "epoch": 1},
    {"type": "worker-joined", "seq": 1, "worker": "w1"},
    {"type": "worker-joined", "seq": 2, "worker": "w2"},
    {"type": "campaign-accepted", "seq": 3, "campaign": 1},
]
LOSS = results(report=None, outcomes=[{"final": False, "workerLost": True}])
FAILURE = results(outcomes=[{"final": False, "exit": 3}])
SEAL: Record = {"type": "campaign-sealed", "seq": 9, "campaign": 1}
LATE = results(2, 2, type="superseded")


@pytest.mark.parametrize(
    "after",
    [[results(), SEAL], [LOSS, results()], [FAILURE, results(2, 2)], [results(), SEAL, LATE]],
)
def test_a_log_that_makes_sense(after: list[Record]) -> None:
    assert contradictions(BEFORE + after) == []


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ([results(), results(2, 2)], "done before"),
        ([FAILURE, results(batch=2)], "twice under one lease"),
        ([results(), results(2, type="superseded")], "counted twice"),
        ([SEAL, results()], "after the seal"),
        ([results(campaign=2)], "not accepted"),
        ([results(worker="w3")], "of a stranger"),
        ([results(lease=[2, 1])], "of an epoch to come"),
        ([LOSS, results(worker="w2")], "its lease is"),
        ([BEFORE[0]], "epoch"),
    ],
)
def test_a_log_that_contradicts_itself(after: list[Record], what: str) -> None:
    (found,) = contradictions(BEFORE + after)
    assert what in found
