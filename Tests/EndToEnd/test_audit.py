"""The log, months later: a whole one is verified, and any change to it is found and named."""

import base64
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from certificates import openssl
from cluster import Cluster
from ergon import Ergon
from forging import SPKI, flip, rewrite, seed_of
from record_log import Record, checkpoint, commits, frames, leaves, records, root, segments
from recorded import CAMPAIGN, verify

# A whole log


def test_coverage_is_complete(ergon: Ergon, home: Path) -> None:
    answer = ergon("coverage", "--home", home)
    assert "complete: everything declared was counted exactly once" in answer.out
    for where in (["--home", home], ["--log", home / "log"]):
        said = ergon("coverage", "campaign", *where, "-o", "json").json()
        assert said["complete"] is True
        (entry,) = said["coverage"]
        assert entry["covered"] == [{"first": 0, "count": 5}]


def test_a_whole_log_is_verified(ergon: Ergon, home: Path) -> None:
    log = home / "log"
    said = ergon("audit", "verify", "--home", home, "-o", "json").json()
    assert said["verified"] is True and said["findings"] == []
    assert said["records"] == len(records(log))
    assert said["root"] == root(leaves(log)).hex()
    assert said["outputsRead"] == 1
    answer = ergon("audit", "verify", log)
    assert answer.out.splitlines()[-1] == "verified"
    assert "--key with your own is better" in answer.err
    for key in (home / "log-key.pub", (home / "log-key.pub").read_text().strip()):
        assert ergon("audit", "verify", log, "--key", key).err == ""


def test_an_auditor_needs_nothing_secret(ergon: Ergon, home: Path) -> None:
    """Only the log, the content and the public key."""
    elsewhere = ergon.folder / "elsewhere"
    for part in ("log", "content"):
        shutil.copytree(home / part, elsewhere / part)
    shutil.copy(home / "log-key.pub", elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    assert "verified" in ergon("audit", "verify", elsewhere / "log").out
    after = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    assert before == after, "nothing is written"


def test_another_reader_agrees(ergon: Ergon, home: Path) -> None:
    """By docs/LOG.md: checksums, tree, checkpoint and signature, with nothing of the program's."""
    log = home / "log"
    origin, size, head = checkpoint(log)
    assert (size, head) == (len(leaves(log)), root(leaves(log)))
    name, _, key = (home / "log-key.pub").read_text().strip().split("+", 2)
    assert name == origin
    note, signature = (log / "checkpoint").read_text().split("\n\n")
    files = {"key": SPKI + base64.b64decode(key)[1:], "note": f"{note}\n".encode()}
    files["signature"] = base64.b64decode(signature.split()[2])[4:]
    for name, content in files.items():
        (ergon.folder / name).write_bytes(content)
    openssl(
        "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", ergon.folder / "key",
        "-rawin", "-in", ergon.folder / "note", "-sigfile", ergon.folder / "signature",
    )  # fmt: skip


def test_the_records_can_be_read(ergon: Ergon, home: Path) -> None:
    shown = ergon("audit", "show", "--home", home, "-o", "json").out
    assert shown.encode().splitlines() == leaves(home / "log")
    people = ergon("audit", "show", "--home", home).out.splitlines()
    assert len(people) == len(leaves(home / "log"))
    some = ergon("audit", "show", "--home", home, "--campaign", 1, "-o", "json").out
    kinds = {json.loads(line)["type"] for line in some.splitlines()}
    assert kinds == {"campaign-accepted", "results", "campaign-sealed"}
    assert set(commits(home / "log").values()) == {1}


def test_a_gap_is_named(ergon: Ergon) -> None:
    text = CAMPAIGN.replace("HOW", "exit 9") + "    retry: {attempts: 1}\n"
    ergon("run", ergon.manifest(text), status=1)
    home = ergon.folder / "ergon-runs" / "campaign" / "1" / "coordinator"
    answer = ergon("coverage", "--home", home, status=1)
    assert "gap: work over seeds, seeds 2: task 2 failed: exit 9" in answer.out
    assert answer.out.splitlines()[-1] == "not complete"
    said = ergon("coverage", "--home", home, "-o", "json", status=1).json()
    assert said["complete"] is False
    assert "verified" in ergon("audit", "verify", "--home", home).out


def test_a_log_that_is_being_written(cluster: Cluster) -> None:
    """Nothing is locked and nobody is asked."""
    cluster.submit(cluster.ergon.manifest("steps: {work: {run: ['true']}}\n"))
    assert "campaign 1 `campaign`: running" in cluster("audit", "verify").out
    assert "not run" in cluster("coverage", status=1).out


# A damaged log


@pytest.mark.parametrize("which", [0, 1, -2, -1])
@pytest.mark.parametrize("where", ["first", "last", "checksum", "length"])
def test_a_flipped_bit_in_a_record(ergon: Ergon, home: Path, which: int, where: str) -> None:
    (segment,) = segments(home / "log")
    all_frames = list(frames(segment))
    number = which % len(all_frames)
    place, record = all_frames[number]
    offset = {"first": 0, "last": len(record) - 1, "checksum": -1, "length": -8}[where]
    flip(segment, place + offset)
    found = verify(ergon, home)
    assert f"record {number}" in found[0][0], found
    assert segment.name in found[0][1] and f"{place - 8}" in found[0][1]


def test_no_bit_can_be_flipped(ergon: Ergon, home: Path) -> None:
    """Every 97th byte of the segment, and every 7th of the checkpoint."""
    (segment,) = segments(home / "log")
    for path, step in ((segment, 97), (home / "log" / "checkpoint", 7)):
        for place in range(0, path.stat().st_size, step):
            flip(path, place)
            verify(ergon, home)
            flip(path, place)
    assert "verified" in ergon("audit", "verify", "--home", home).out


def test_a_log_cut_short(ergon: Ergon, home: Path) -> None:
    """Within a record or between two: the checkpoint knows that there was more."""
    (segment,) = segments(home / "log")
    content = segment.read_bytes()
    for place, record in list(frames(segment))[-3:]:
        for end in (place - 8, place, place + len(record) - 1):
            segment.write_bytes(content[:end])
            assert any("signed checkpoint" in problem for _, problem in verify(ergon, home))


def test_a_segment_that_is_gone(ergon: Ergon, home: Path) -> None:
    (segment,) = segments(home / "log")
    segment.unlink()
    verify(ergon, home)


def test_an_output_that_was_changed(ergon: Ergon, home: Path) -> None:
    seal = records(home / "log")[-1]
    digest = seal["outputs"][0]["digest"]
    flip(home / "content" / digest[:2] / digest[2:], 0)
    assert [place for place, _ in verify(ergon, home)] == ["output work.text"]


def test_a_manifest_that_is_gone(ergon: Ergon, home: Path) -> None:
    """Without it no claim can be checked, and that is said."""
    digest = records(home / "log")[1]["manifest"]
    (home / "content" / digest[:2] / digest[2:]).unlink()
    assert any("manifest" in problem for _, problem in verify(ergon, home))


# A forged log


def nothing(_: list[Record]) -> None:
    pass


def test_our_forger_is_good(ergon: Ergon, home: Path) -> None:
    """A log written anew without a change is the same log, byte for byte."""
    before = [path.read_bytes() for path in sorted((home / "log").iterdir())]
    rewrite(home, nothing, seed_of(home))
    assert [path.read_bytes() for path in sorted((home / "log").iterdir())] == before
    assert "verified" in ergon("audit", "verify", "--home", home).out


def test_another_key(ergon: Ergon, home: Path) -> None:
    """A checkpoint by another key is refused by who brings the right one, and only the key
    beside the log says otherwise."""
    right = (home / "log-key.pub").read_text().strip()
    rewrite(home, nothing, bytes(32))
    assert "verified" in ergon("audit", "verify", "--home", home).out
    assert [place for place, _ in verify(ergon, home, "--key", right)] == ["checkpoint"]


def result(found: list[Record]) -> Record:
    """The last result of a task, not of a merge."""
    return [record for record in found if record.get("stage") == "work"][-1]


def less_energy(found: list[Record]) -> None:
    changed = result(found)
    column = changed["energy"][0]
    changed["energy"][0] = [column[0], column[1] - 1] if isinstance(column, list) else column - 1


def done_twice(found: list[Record]) -> None:
    found.insert(found.index(result(found)) + 1, result(found))


def lost(found: list[Record]) -> None:
    found.remove(result(found))


def of_a_stranger(found: list[Record]) -> None:
    result(found)["worker"] = "mallory"


def merged_before_done(found: list[Record]) -> None:
    late = result(found)
    found.remove(late)
    found.insert(len(found) - 1, late)


def claimed_whole(found: list[Record]) -> None:
    found[-1]["coverage"][0]["declared"] = [0, 6]
    found[-1]["coverage"][0]["covered"] = [[0, 6]]


def another_output(found: list[Record]) -> None:
    found[-1]["outputs"][0]["digest"] = "0" * 64


FORGERIES = [
    less_energy, done_twice, lost, of_a_stranger, merged_before_done, claimed_whole,
    another_output,
]  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_claim_that_does_not_hold(
    ergon: Ergon, home: Path, forgery: Callable[[list[Record]], None]
) -> None:
    """By whoever holds the coordinator's own key: all fits, but it cannot have been."""
    rewrite(home, forgery, seed_of(home))
    found = verify(ergon, home)
    assert all(place.startswith("record ") for place, _ in found), found
    numbers = [int(place.removeprefix("record ")) for place, _ in found]
    assert numbers == sorted(numbers)


# A coordinator on a damaged log


def test_the_coordinator_refuses_damage(ergon: Ergon, home: Path) -> None:
    (segment,) = segments(home / "log")
    place, _ = list(frames(segment))[2]
    flip(segment, place)
    before = {path: path.read_bytes() for path in (home / "log").iterdir()}
    answer = ergon("coordinator", "--home", home, status=1)
    assert f"{segment}:{place - 8}: record 2 does not have its checksum" in answer.err
    remedy = answer.err.split("does not have its checksum\n")[1].splitlines()[0]
    assert remedy.startswith("    ") and len(remedy.split()) > 3
    assert {path: path.read_bytes() for path in (home / "log").iterdir()} == before


def test_the_coordinator_refuses_a_shorter_log(ergon: Ergon, home: Path) -> None:
    (segment,) = segments(home / "log")
    place, _ = list(frames(segment))[-1]
    segment.write_bytes(segment.read_bytes()[: place - 8])
    answer = ergon("coordinator", "--home", home, status=1)
    assert f"{segment}:{place - 8}: " in answer.err and "signed checkpoint" in answer.err


def test_an_unfinished_record_is_cut_off(cluster: Cluster) -> None:
    """It was never acknowledged; the coordinator says so and starts."""
    cluster.coordinator.stop()
    (segment,) = segments(cluster.home / "log")
    whole = segment.read_bytes()
    segment.write_bytes(whole + struct.pack("<HHI", 100, 100 ^ 0xFFFF, 0) + b'{"v":1')
    assert "an unfinished record of 14 bytes" in cluster("audit", "verify").out
    cluster.start()
    assert segment.read_bytes().startswith(whole)
    assert [record["type"] for record in records(cluster.home / "log")] == [
        "coordinator-started", "coordinator-started",
    ]  # fmt: skip
    assert "unfinished" in cluster.log or "cut" in cluster.log


LOSES = """
steps:
  work:
    split: {seeds: 4}
    run: [sh, -c, 'echo {index} > {out.text}']
    outputs:
      text:
        file: text.txt
        merge: {run: [sh, -c, 'exit 3', "{inputs}", "{out}"], fan-in: 2}
"""


def test_coverage_is_of_the_result_and_not_only_of_the_work(ergon: Ergon) -> None:
    ergon("run", ergon.manifest(LOSES), status=1)
    (home,) = (ergon.folder / "ergon-runs").glob("*/1/coordinator")
    answer = ergon("coverage", "--home", home, status=1)
    assert "gap: work.text was not made" in answer.out
    assert answer.out.splitlines()[-1] == "not complete"
