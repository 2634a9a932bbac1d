"""The same again: what is not run twice, what is run twice on purpose, and who vouches for it."""

from pathlib import Path

from cluster import Cluster
from record_log import records

COUNT = """
inputs: {words: {files: "*.words"}}
steps:
  count:
    over: words
    split: {files: 1}
    run: [sh, -c, 'wc -w < {input} > {out.number}']
    outputs: {number: {file: number.txt, merge: {kind: lines, fan-in: 2}}}
    determinism: bitwise
    resources: {memory: 16 MiB}
"""

SPOILT = """
steps:
  make:
    split: {seeds: 24}
    run:
      - sh
      - -c
      - |
        case $PWD in */w2/*) echo spoilt;; *) echo {index};; esac > {out.text}
        sleep 0.05
    outputs: {text: {file: text.txt, merge: lines}}
    determinism: bitwise
    resources: {memory: 16 MiB}
"""


def ran(cluster: Cluster) -> list[tuple[int, str, int]]:
    """Campaign, stage and number of tasks of every record of results."""
    return [
        (record["campaign"], record["stage"], sum(count for _, count in record["tasks"]))
        for record in records(cluster.home / "log")
        if record["type"] == "results"
    ]


def test_what_was_done_is_not_done_again(cluster: Cluster) -> None:
    folder = cluster.ergon.folder
    for number in range(4):
        (folder / f"{number}.words").write_text("word " * number)
    manifest = cluster.ergon.manifest(COUNT)
    cluster.worker("w1")
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "complete"
    assert sum(count for *_, count in ran(cluster)) == 4 + 2 + 1

    said = cluster("submit", manifest)
    assert "7 tasks are not run: campaign 1 has done the same" in said.err
    assert cluster.finish()["state"] == "complete"
    assert not [entry for entry in ran(cluster) if entry[0] == 2]

    (folder / "3.words").write_text("one two three four")
    assert cluster("submit", manifest, "-o", "json").json()["reused"] == {
        "campaign": 2, "tasks": 3 + 1,
    }  # fmt: skip
    assert cluster.finish()["state"] == "complete"
    again = [(stage, count) for campaign, stage, count in ran(cluster) if campaign == 3]
    assert sorted(again) == [("count", 1), ("count.number/1", 1), ("count.number/2", 1)]

    cluster("submit", "--again", manifest)
    assert cluster.finish()["state"] == "complete"
    assert sum(count for campaign, _, count in ran(cluster) if campaign == 4) == 7

    cluster.coordinator.stop()
    cluster.start()
    verified = cluster("audit", "verify", "-o", "json").json()
    assert verified["signatures"]["good"] == len(ran(cluster))
    assert verified["signatures"]["unsigned"] == 0 and verified["signatures"]["authority"]


def test_a_replay_finds_the_worker_that_spoils(cluster: Cluster) -> None:
    manifest = cluster.ergon.manifest(SPOILT)
    for name in ("w1", "w2", "w3"):
        cluster.worker(name, cpus=1)
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "complete"
    log = records(cluster.home / "log")
    assert "w2" in {record["worker"] for record in log if record["type"] == "results"}
    said = cluster("audit", "replay", "1", "--sample", 6, "-o", "json", status=1).json()
    assert said["accused"] == ["w2"] and said["different"] and said["missing"] == 0
    assert {share["worker"]: share["wrong"] > 0 for share in said["workers"]}["w1"] is False
    standing = {worker["name"]: worker["standing"] for worker in
                cluster("worker", "list", "-o", "json").json()["workers"]}  # fmt: skip
    assert standing == {"w1": "active", "w2": "quarantined", "w3": "active"}
    assert "verified" in cluster("audit", "verify").out


def test_a_replay_of_honest_work_finds_nothing(cluster: Cluster) -> None:
    manifest = cluster.ergon.manifest(SPOILT)
    for name in ("w1", "w3"):
        cluster.worker(name, cpus=1)
    cluster.submit(manifest)
    assert cluster.finish()["state"] == "complete"
    answer = cluster("audit", "replay", "last")
    assert "27 tasks the same, 0 alike, 0 different, 0 not run again" in answer.out
    cluster("audit", "verify")
    # What people call the campaign is still that one, and not those that repeat parts of it.
    assert "campaign 2 `campaign`: complete (repeats " in cluster("status").out
    for name in ("last", "campaign"):
        assert cluster.campaign(name)["campaign"] == 1
        assert "campaign 1 `campaign`" in cluster("coverage", name).out


def test_a_statement_is_exported(cluster: Cluster, tmp_path: Path) -> None:
    """An exported log is enough: authority, keys and signatures are in it."""
    cluster.worker("w1")
    cluster.submit(cluster.ergon.manifest(SPOILT.replace("seeds: 24", "seeds: 3")))
    assert cluster.finish()["state"] == "complete"
    cluster.coordinator.stop()
    folder = tmp_path / "exported"
    cluster.ergon("audit", "export", "log", folder, "--home", cluster.home)
    verified = cluster.ergon("audit", "verify", folder, "-o", "json").json()
    assert verified["signatures"]["good"] > 0 and verified["signatures"]["authority"]


def test_an_output_is_made_again(cluster: Cluster) -> None:
    cluster.worker("w1")
    (cluster.ergon.folder / "a.words").write_text("a b c")
    cluster.submit(cluster.ergon.manifest(COUNT))
    assert cluster.finish()["state"] == "complete"
    said = cluster("reproduce", "count.number", "-o", "json").json()
    assert said["verdict"] == "identical" and said["campaign"] == 1
    text = """
steps:
  make:
    run: [sh, -c, 'echo "[1.$(date +%N)]" > {out.value}']
    outputs: {value: {file: value.json}}
    resources: {memory: 16 MiB}
    determinism: HOW
"""
    nearly = "{class: statistical, compare: json, tolerance: 1}"
    for how, verdict, status in (("bitwise", "different", 1), (nearly, "within", 0)):
        cluster.submit(cluster.ergon.manifest(text.replace("HOW", how)), "--again")
        assert cluster.finish()["state"] == "complete"
        said = cluster("reproduce", "make.value", "-o", "json", status=status).json()
        assert said["verdict"] == verdict
    assert cluster("audit", "verify").status == 0
