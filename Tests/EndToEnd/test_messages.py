"""What people are told when something is wrong, and the exit status that goes with it."""

import hashlib
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster import Cluster
from ergon import Ergon, Running, until
from gated import GatedCampaign, path_of

TRUE = "steps: {work: {run: ['true']}}\n"
SPEAKS = """
steps:
  work:
    split: {seeds: 3}
    run: [sh, -c, 'echo {index} > {out.text}']
    outputs: {text: {file: text.txt, merge: lines}}
"""

# `ergon run` and its processes


def children(process: int) -> dict[str, int]:
    """By what they are: `coordinator`, or the name of a worker's home."""
    found: dict[str, int] = {}
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        for child in thread.read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            # One that has ended, but was not waited for yet, has no words any more.
            if "--home" in words:
                found[Path(words[words.index("--home") + 1]).name] = int(child)
    return found


def run_to_gate(ergon: Ergon) -> tuple[Running, Path, dict[str, int]]:
    campaign = GatedCampaign(ergon)
    run = ergon.start("run", "run", campaign.manifest, "--workers", "2", "--cpus", "2")
    campaign.wait_at_gate("", tasks=1)
    parts = children(run.process.pid)
    assert parts.keys() == {"coordinator", "w1", "w2"}
    return run, path_of(ergon.folder / "ergon-runs" / "gated"), parts


@pytest.mark.parametrize("lost", [["w1", "w2"], ["coordinator"]], ids=["workers", "coordinator"])
def test_run_ends_when_nothing_runs_any_more(ergon: Ergon, lost: list[str]) -> None:
    run, folder, parts = run_to_gate(ergon)
    for part in lost:
        os.kill(parts[part], signal.SIGKILL)
    answer = run.wait()
    assert answer.status == 1
    assert f"{folder}/{lost[0]}.log: " in answer.err
    assert answer.err.endswith("see that log\n")


def test_run_goes_on_with_one_worker(ergon: Ergon) -> None:
    run, _, parts = run_to_gate(ergon)
    os.kill(parts["w2"], signal.SIGKILL)
    (ergon.folder / "gate").touch()
    assert run.wait().status == 0


def test_a_second_signal_ends_it_at_once(ergon: Ergon) -> None:
    run, _, parts = run_to_gate(ergon)
    os.kill(parts["w1"], signal.SIGSTOP)  # now the first signal alone does not end it
    run.send(signal.SIGTERM)
    until("the other worker ends", lambda: "w2" not in children(run.process.pid))
    run.send(signal.SIGTERM)
    assert run.wait().status == 130


# Folders and addresses


@pytest.mark.parametrize(
    "command",
    [
        ["run", "MANIFEST", "--runs", "file/runs"],
        ["results", "--fetch", "file/results"],
        ["coordinator", "--home", "file/home"],
        ["worker", "--home", "file/worker", "--join", "TOKEN"],
        ["login", "--home", "file/login", "TOKEN"],
    ],
    ids=lambda words: words[0],
)
def test_a_folder_that_cannot_be_made(cluster: Cluster, command: list[str]) -> None:
    ergon = cluster.ergon
    cluster.submit(ergon.manifest(TRUE))
    (ergon.folder / "file").write_text("in the way")
    ergon.environment["ERGON_HOME"] = str(cluster.home)
    given = {"MANIFEST": ergon.folder / "campaign.yaml", "TOKEN": cluster.token("submitter")}
    answer = ergon(*(given.get(word, word) for word in command), status=1)
    assert "/file/" in answer.err and "cannot be made" in answer.err


def test_no_room_for_temporary_files(cluster: Cluster) -> None:
    cluster.worker()
    cluster.submit(cluster.ergon.manifest(SPEAKS))
    cluster.finish()
    temporary = cluster.ergon.folder / "temporary"
    cluster.ergon.environment["TMPDIR"] = str(temporary)
    assert "TMPDIR" in cluster("results", "--print", "work.text", status=1).err
    temporary.mkdir()
    assert cluster("results", "--print", "work.text").out == "0\n1\n2\n"
    assert list(temporary.iterdir()) == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def test_nobody_answers_where_one_joins(cluster: Cluster) -> None:
    token = cluster.token("submitter").rsplit(":", 1)[0]
    answer = cluster.ergon("login", "--home", "me", f"{token}:{free_port()}", status=69)
    assert "nothing answers there" in answer.err and "new token" not in answer.err


def test_content_that_cannot_be_reached(cluster: Cluster) -> None:
    cluster.worker()
    cluster.submit(cluster.ergon.manifest(SPEAKS))
    cluster.finish()
    path = cluster.home / "coordinator.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": free_port()}))
    assert "cannot be reached" in cluster("results", "--print", "work.text", status=69).err


def test_joining_fails_on_our_own_disk(cluster: Cluster) -> None:
    """A new token would not help."""
    home = cluster.ergon.folder / "me"
    home.mkdir()
    (home / "identity").write_text("in the way")
    answer = cluster.ergon("login", "--home", home, cluster.token("submitter"), status=1)
    assert str(home / "identity") in answer.err and "new token" not in answer.err


def test_an_operator_elsewhere_makes_tokens(cluster: Cluster) -> None:
    ergon = cluster.ergon
    ergon("login", "--home", "me", cluster.token("operator", "me"))
    token = ergon("token", "create", "--home", "me", "--role", "submitter").out.strip()
    ergon("login", "--home", "you", token)
    assert "no campaigns" in ergon("status", "--home", "you").out


@pytest.mark.parametrize("port", [0, 65_536, -1, "7000", None])
def test_a_port_that_is_none(cluster: Cluster, port: object) -> None:
    path = cluster.home / "coordinator.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"control": port}))
    assert f"{path}: does not hold" in cluster("status", status=1).err


# What a coordinator says of its disk


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: path.write_text("wrong"), "is now " + hashlib.sha256(b"wrong").hexdigest()),
        (Path.unlink, "is not in the store"),
    ],
    ids=["rotten", "absent"],
)
def test_a_manifest_that_is_not_as_it_was(
    cluster: Cluster, damage: Callable[[Path], object], problem: str
) -> None:
    cluster.submit(cluster.ergon.manifest(TRUE))
    digest = cluster.campaign()["manifest"]
    cluster.coordinator.stop()
    path = cluster.home / "content" / digest[:2] / digest[2:]
    path.chmod(0o644)
    damage(path)
    answer = cluster.ergon("coordinator", "--home", cluster.home, status=1)
    assert digest in answer.err and problem in answer.err


def test_a_store_that_takes_nothing(cluster: Cluster) -> None:
    """Not for want of room."""
    shutil.rmtree(cluster.home / "content" / "incoming")
    answer = cluster("submit", cluster.ergon.manifest(TRUE), status=70)
    assert "the manifest cannot be stored" in answer.err and "make room" not in answer.err
    assert f"{cluster.home}/content/incoming" in cluster.log


# What is told about what is known


def test_how_wrong_the_energy_may_be(cluster: Cluster) -> None:
    """It is what the workers say, so there must be one."""
    cluster.submit(cluster.ergon.manifest(SPEAKS))
    assert "modelled, of which" in cluster("status").out
    cluster.worker()
    assert "modelled (±50 %), of which" in cluster("status").out
    assert cluster.json("status")["energyUncertaintyPercent"] == 50


def test_records_after_the_checkpoint_are_counted(cluster: Cluster) -> None:
    ergon, checkpoint = cluster.ergon, cluster.home / "log" / "checkpoint"
    until("the start is signed", checkpoint.exists)
    before = checkpoint.read_text()
    cluster.worker()
    cluster.submit(ergon.manifest(TRUE))
    cluster.finish()
    cluster.coordinator.stop()
    verify = ["audit", "verify", "--home", cluster.home]
    assert "not signed" not in ergon(*verify).out
    assert ergon(*verify, "-o", "json").json()["recordsNotSigned"] == 0
    checkpoint.write_text(before)
    said = ergon(*verify, "-o", "json").json()
    count = said["records"] - int(before.splitlines()[1])
    assert count > 0 and said["recordsNotSigned"] == count and said["verified"]
    lines = ergon(*verify).out.splitlines()
    assert lines[-2:] == [f"{count} records after the checkpoint are not signed", "verified"]
