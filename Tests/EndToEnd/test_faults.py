"""Whatever dies or goes wrong: nothing is lost, nothing counts twice, and it is said."""

import hashlib
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from chaos import SmallDisk
from cluster import Cluster
from ergon import Ergon, Running, is_alive, until
from gated import FREE, GatedCampaign, Start, once, path_of
from record_log import commits


def check_result(campaign: GatedCampaign, merged: bytes, log: Path) -> None:
    """The bytes of an undisturbed run, and every task on record as done exactly once."""
    assert merged == campaign.bytes_out
    done = commits(log)
    assert done.keys() == campaign.stages
    assert set(done.values()) == {1}, done


def wait_half_way(cluster: Cluster, campaign: GatedCampaign) -> None:
    """All that does not wait is on record, and every worker's two threads are at the gate."""
    campaign.wait_at_gate(*(cluster.worker_home(name) for name in cluster.workers))
    until("the first half is on record", lambda: cluster.stage("make")["done"] == FREE)


def wait_for_end(starts: list[Start]) -> None:
    until("tasks end", lambda: not any(is_alive(start.process) for start in starts))


# What dies


def test_an_undisturbed_run(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    campaign.open_gate()
    cluster.worker("w1")
    cluster.worker("w2")
    cluster.submit(campaign.manifest)
    assert cluster.finish()["state"] == "complete"
    check_result(campaign, cluster.fetch(campaign.output), cluster.home / "log")
    assert campaign.counts() == once()


def test_a_worker_is_killed(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    doomed = cluster.worker("w1")
    cluster.worker("w2")
    cluster.submit(campaign.manifest)
    wait_half_way(cluster, campaign)
    lost = campaign.waiting(cluster.worker_home("w1"))
    doomed.kill()
    wait_for_end(lost)
    campaign.open_gate()
    assert cluster.finish()["state"] == "complete"
    check_result(campaign, cluster.fetch(campaign.output), cluster.home / "log")
    assert campaign.counts() == once(*lost)


def test_a_killed_worker_comes_back(cluster: Cluster) -> None:
    campaign = GatedCampaign(cluster.ergon)
    doomed = cluster.worker("w1")
    cluster.submit(campaign.manifest)
    wait_half_way(cluster, campaign)
    lost = campaign.waiting()
    doomed.kill()
    campaign.open_gate()
    cluster.worker("w1")
    assert cluster.finish()["state"] == "complete"
    check_result(campaign, cluster.fetch(campaign.output), cluster.home / "log")
    assert campaign.counts() == once(*lost)


def test_the_coordinator_is_killed(cluster: Cluster) -> None:
    """What runs goes on; what ends while nobody listens is reported later. Nothing runs twice."""
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker("w1")
    cluster.worker("w2")
    cluster.submit(campaign.manifest)
    wait_half_way(cluster, campaign)
    cluster.coordinator.kill()
    running = campaign.waiting()
    assert all(is_alive(start.process) for start in running)
    campaign.open_gate()
    wait_for_end(running)
    cluster.start()
    assert cluster.finish()["state"] == "complete"
    check_result(campaign, cluster.fetch(campaign.output), cluster.home / "log")
    assert campaign.counts() == once()


def test_coordinator_and_worker_are_killed(cluster: Cluster) -> None:
    """What a submit acknowledged is on disk; what was done is not done again."""
    campaign = GatedCampaign(cluster.ergon)
    worker = cluster.worker("w1")
    cluster.submit(campaign.manifest)
    wait_half_way(cluster, campaign)
    lost = campaign.waiting()
    cluster.coordinator.kill()
    worker.kill()
    campaign.open_gate()
    cluster.start()
    assert cluster.campaign()["state"] == "running"
    assert cluster.stage("make")["done"] == FREE
    cluster.worker("w1")
    assert cluster.finish()["state"] == "complete"
    check_result(campaign, cluster.fetch(campaign.output), cluster.home / "log")
    assert campaign.counts() == once(*lost)


def children(process: int) -> list[int]:
    threads = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_run_is_stopped_and_goes_on(ergon: Ergon, how: signal.Signals) -> None:
    campaign = GatedCampaign(ergon)
    first = ergon.start("first", "run", campaign.manifest)
    campaign.wait_at_gate("", tasks=1)
    parts = children(first.process.pid)
    assert len(parts) == 3, "a coordinator and two workers"
    first.send(how)
    answer = first.wait()
    until("its parts end with it", lambda: not any(map(is_alive, parts)))
    wait_for_end(campaign.waiting())
    if how != signal.SIGKILL:
        assert answer.status == 1
        assert "the same command goes on from here" in answer.err
        assert answer.out == ""
    before = campaign.counts()
    folder = path_of(ergon.folder / "ergon-runs" / "gated")
    done = {task for stage, task in commits(folder / "coordinator" / "log") if stage == "make"}
    assert 0 < len(done) <= FREE
    campaign.open_gate()
    second = ergon("run", campaign.manifest)
    assert f"goes on in {folder}" in second.err
    assert path_of(folder.parent) == folder
    merged = (folder / "outputs" / "make.text.txt").read_bytes()
    check_result(campaign, merged, folder / "coordinator" / "log")
    again = campaign.counts() - before
    assert not again.keys() & done, "what was done ran again"


def test_a_run_that_has_ended_is_run_anew(ergon: Ergon) -> None:
    campaign = GatedCampaign(ergon)
    campaign.open_gate()
    for number in (1, 2):
        ergon("run", campaign.manifest)
        folder = ergon.folder / "ergon-runs" / "gated" / f"{number}"
        merged = (folder / "outputs" / "make.text.txt").read_bytes()
        check_result(campaign, merged, folder / "coordinator" / "log")
    assert campaign.counts() == once() + once()


# What goes wrong in a task


def run(ergon: Ergon, text: str, *more: object, status: int = 0) -> dict[str, Any]:
    """The results of one small campaign, run to its end."""
    answer = ergon("run", ergon.manifest(text), "-o", "json", *more, status=status)
    results: dict[str, Any] = answer.json()["results"]
    return results


def reason(results: dict[str, Any], stage: str = "work", task: int = 0) -> str:
    (failure,) = results["failures"]
    assert (failure["stage"], failure["task"]) == (stage, task)
    text: str = failure["reason"]
    return text


TABLES = """
inputs: {tables: {files: "*.csv"}}
steps:
  copy:
    over: tables
    split: {rows: 2}
    run:
      - sh
      - -c
      - tail -n +$(( {first} + 2 )) "{input}" | head -n {count} > {out.rows};
        ! grep broken {out.rows}
    outputs: {rows: {file: rows.txt, merge: MERGE}}
    retry: {attempts: 2}
"""


def write_tables(folder: Path) -> None:
    """Five tables of four rows; the last rows of the third are of no use."""
    for table in "abcde":
        rows = [f"{table}{row}" for row in range(4)]
        if table == "c":
            rows[3] = "broken"
        (folder / f"{table}.csv").write_text("\n".join(["row", *rows]) + "\n")


def test_one_bad_file_among_many(ergon: Ergon) -> None:
    write_tables(ergon.folder)
    results = run(ergon, TABLES.replace("MERGE", "lines"), status=1)
    assert results["state"] == "incomplete"
    assert reason(results, "copy", 5) == "exit 1"
    by_source = {entry["source"]: entry for entry in results["coverage"]}
    assert by_source.keys() == {f"tables/{table}.csv" for table in "abcde"}
    bad = by_source.pop("tables/c.csv")
    assert bad["covered"] == [{"first": 0, "count": 2}]
    gap = {"range": {"first": 2, "count": 2}, "reason": "task 5 failed: exit 1"}
    assert bad["gaps"] == [gap]
    for entry in by_source.values():
        assert entry["covered"] == [entry["declared"]] == [{"first": 0, "count": 4}]
        assert entry["gaps"] == []
    (output,) = results["outputs"]
    assert output["file"] == "copy.rows.partial.txt"
    assert output["missing"] == [{"first": 5, "count": 1}]
    merged = path_of(ergon.folder / "ergon-runs" / "campaign") / "outputs" / output["file"]
    good = [f"{table}{row}" for table in "abcde" for row in range(4)]
    assert merged.read_text().split() == [row for row in good if row not in ("c2", "c3")]


def test_a_bad_file_is_named_to_people(ergon: Ergon) -> None:
    write_tables(ergon.folder)
    answer = ergon("run", ergon.manifest(TABLES.replace("MERGE", "lines")), status=1)
    assert "incomplete" in answer.out
    assert re.search(r"failed: copy\.5 \(c\.csv[^)]*\): exit 1", answer.out)
    assert "copy.rows.partial.txt" in answer.out and "without task 5" in answer.out
    assert "c.csv" in answer.out


def test_no_result_rather_than_a_partial_one(ergon: Ergon) -> None:
    write_tables(ergon.folder)
    merge = "{kind: lines, missing: error}"
    results = run(ergon, TABLES.replace("MERGE", merge), status=1)
    assert results["outputs"] == []
    assert results["state"] == "failed"
    assert not list((ergon.folder / "ergon-runs").glob("*/*/outputs/*"))


def test_a_task_beyond_its_time(ergon: Ergon) -> None:
    """It is stopped, with what it started."""
    text = """
steps:
  work:
    run: [sh, -c, 'sleep 600 & echo $! > FOLDER/child; wait']
    resources: {limit: 1 s}
    retry: {attempts: 1}
"""
    results = run(ergon, text.replace("FOLDER", f"{ergon.folder}"), status=1)
    assert reason(results) == "time limit"
    assert results["state"] == "failed"
    assert not is_alive(int((ergon.folder / "child").read_text()))


@pytest.mark.parametrize(("attempts", "status"), [(3, 0), (2, 1)])
def test_a_task_that_succeeds_at_the_third_attempt(
    ergon: Ergon, attempts: int, status: int
) -> None:
    text = """
steps:
  work:
    run: [sh, -c, 'echo >> FOLDER/starts; [ $(wc -l < FOLDER/starts) -ge 3 ] || exit 3']
    retry: {attempts: ATTEMPTS}
"""
    text = text.replace("FOLDER", f"{ergon.folder}").replace("ATTEMPTS", f"{attempts}")
    answer = ergon("run", ergon.manifest(text), "-o", "json", status=status).json()
    campaign = answer["status"]["campaigns"][0]
    assert campaign["failed"]["attempts"] == 2
    assert campaign["succeeded"]["attempts"] == (1 if status == 0 else 0)
    assert campaign["state"] == ("complete" if status == 0 else "failed")
    if status == 1:
        assert reason(answer["results"]) == "exit 3"


def test_a_program_that_does_not_exist(ergon: Ergon) -> None:
    text = "steps: {work: {run: [no-such-program, --now], retry: {attempts: 2}}}\n"
    told = reason(run(ergon, text, status=1))
    assert "no-such-program is not on this worker" in told


def test_a_task_that_kills_itself(ergon: Ergon) -> None:
    text = "steps: {work: {run: [sh, -c, 'kill -SEGV $$'], retry: {attempts: 1}}}\n"
    assert reason(run(ergon, text, status=1)) == "signal 11"


def test_a_task_that_forgets_an_output(ergon: Ergon) -> None:
    text = """
steps:
  work:
    run: [sh, -c, 'echo a > {out.first}']
    outputs: {first: {file: first.txt}, second: {file: second.txt}}
    retry: {attempts: 1}
"""
    results = run(ergon, text, status=1)
    assert "second" in reason(results)
    assert results["outputs"] == []


def test_what_a_task_said_can_be_read(cluster: Cluster) -> None:
    text = "steps: {work: {run: [sh, -c, 'echo out; echo err >&2; exit 4']}}\n"
    cluster.worker()
    cluster.submit(cluster.ergon.manifest(text))
    assert cluster.finish()["state"] == "failed"
    assert cluster("logs", "campaign.work.0").out == "out\nerr\n"
    assert "failed for good: exit 4" in cluster("explain", "campaign.work.0").out


# Wrong bytes

COPY = """
inputs: {one: {url: "https://data.example/one.txt", sha256: DIGEST, format: lines}}
steps:
  work:
    over: one
    split: all
    run: [sh, -c, 'touch FOLDER/ran; cp {input} {out.copy}']
    outputs: {copy: {file: copy.txt}}
    retry: {attempts: 1}
"""


def copying(folder: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return COPY.replace("DIGEST", f'"{digest}"').replace("FOLDER", f"{folder}")


def test_a_wrong_byte_in_an_input(ergon: Ergon) -> None:
    """An input named by digest is refused before anything runs, and served when it is right."""
    text = copying(ergon.folder, b"right\n")
    data = ergon.folder / "data"
    data.mkdir()
    (data / "one.txt").write_bytes(b"wrong\n")
    answer = ergon("run", ergon.manifest(text), "--inputs", data, status=64)
    assert f"{data}/one.txt is not what the manifest names" in answer.err
    assert hashlib.sha256(b"wrong\n").hexdigest() in answer.err
    assert not (ergon.folder / "ergon-runs").exists() and not (ergon.folder / "ran").exists()
    (data / "one.txt").write_bytes(b"right\n")
    assert run(ergon, text, "--inputs", data)["state"] == "complete"


def test_a_file_that_rots_in_the_store(cluster: Cluster) -> None:
    """No task ever sees it."""
    content = b"right\n"
    data = cluster.ergon.folder / "data"
    data.mkdir()
    (data / "one.txt").write_bytes(content)
    manifest = cluster.ergon.manifest(copying(cluster.ergon.folder, content))
    cluster.submit(manifest, "--inputs", data)
    digest = hashlib.sha256(content).hexdigest()
    stored = cluster.home / "content" / digest[:2] / digest[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"wrong\n")
    cluster.worker()
    results = cluster.finish()
    assert results["state"] == "failed"
    assert "one.txt" in reason(results)
    assert not (cluster.ergon.folder / "ran").exists()


# What people do


def test_cancel(cluster: Cluster) -> None:
    """What runs is stopped, nothing new starts, and what is done stays on record."""
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker()
    cluster.submit(campaign.manifest)
    wait_half_way(cluster, campaign)
    assert cluster("cancel", "gated").out == "gated: cancelled\n"
    running = campaign.waiting()
    wait_for_end(running)
    results = cluster.results()
    assert results["state"] == "cancelled"
    (entry,) = results["coverage"]
    assert entry["covered"] == [{"first": 0, "count": FREE}]
    gap = entry["gaps"][0]
    assert gap["range"]["first"] == FREE
    assert f"{FREE}" in gap["reason"] and gap["reason"].endswith("not run")
    assert "the campaign is cancelled" in cluster("explain", f"gated.make.{FREE}").out
    cluster("watch", status=1)
    assert len(commits(cluster.home / "log")) == FREE
    assert campaign.counts().keys() <= {*range(FREE), *(start.task for start in running)}


def test_a_worker_that_is_too_small(cluster: Cluster) -> None:
    text = "steps: {work: {run: ['true'], resources: {cpus: 3, memory: 64 MiB}}}\n"
    cluster.submit(cluster.ergon.manifest(text))
    assert "no worker is connected" in cluster("explain", "campaign.work.0").out
    cluster.worker("small", cpus=2)
    told = cluster("explain", "campaign.work.0").out
    assert told == "campaign.work.0 waits: no connected worker has 3 hardware threads\n"
    assert cluster.campaign()["state"] == "running"
    cluster.worker("narrow", cpus=3, memory=32)
    assert "no connected worker has 64 MiB of memory" in cluster("explain", "last.work.0").out
    cluster.worker("large", cpus=3)
    assert cluster.finish()["state"] == "complete"
    assert cluster("explain", "campaign.work.0").out == "campaign.work.0 is done\n"


def test_a_second_coordinator_on_one_home(cluster: Cluster) -> None:
    """It is told so, and the first goes on."""
    answer = cluster("coordinator", status=1)
    assert "another coordinator is using this log" in answer.err
    assert cluster.campaigns() == []


def test_a_worker_waits_for_its_coordinator(cluster: Cluster) -> None:
    worker: Running = cluster.worker()
    cluster.coordinator.kill()
    until("it notices", lambda: "the coordinator is away" in worker.err)
    cluster.start()
    until("it comes back", lambda: cluster.connected() == {"w1"})
    assert not worker.has_ended


# A full disk


def ask(cluster: Cluster, command: str) -> int:
    """:return: the exit status, whatever it is."""
    asked = cluster.ergon.start("ask", command, "last", "--home", cluster.home)
    return asked.wait().status


def change_something(cluster: Cluster) -> bool:
    """Until the records do not fit any more into what the disk had given the log.

    :return: whether the coordinator waits for room.
    """
    ask(cluster, "hold"), ask(cluster, "release")
    return "waiting for room" in cluster.coordinator.err


def test_whoever_watches_sees_a_full_disk_through(ergon: Ergon) -> None:
    """Nothing can go on record while the disk is full; then it goes on as if nothing had been."""
    try:
        disk = SmallDisk(ergon.folder / "home")
    except OSError as fault:
        pytest.skip(f"a small disk cannot be mounted: {fault}")
    try:
        cluster = Cluster(ergon)
        campaign = GatedCampaign(ergon)
        cluster.worker("w1")
        cluster.submit(campaign.manifest)
        wait_half_way(cluster, campaign)
        watching = ergon.start("watch", "watch", "last", "--home", cluster.home)
        until("somebody watches", lambda: watching.err + watching.out)
        disk.fill()
        until("the log waits", lambda: change_something(cluster))
        campaign.open_gate()
        refused = cluster("status", status=1)
        assert "the coordinator's disk is full" in refused.err
        disk.free()
        until("there is room", lambda: ask(cluster, "status") == 0)
        ask(cluster, "release")
        assert watching.wait().status == 0
        assert cluster.finish()["state"] == "complete"
        assert cluster.fetch(campaign.output) == campaign.bytes_out
        assert campaign.counts() == once()
    finally:
        ergon.stop_all()
        disk.unmount()
