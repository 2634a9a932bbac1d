"""A log whose bytes are damaged: what the coordinator and `ergon log` say, and the way on."""

from pathlib import Path

import pytest

from cluster import Cluster
from ergon import Ergon
from record_log import commits, frames, records, segments

CAMPAIGN = """
steps:
  work:
    split: {seeds: 40}
    run: [sh, -c, 'echo {index} {seed} > {out.text}']
    outputs: {text: {file: text.txt, merge: lines}}
"""


@pytest.fixture
def ended(ergon: Ergon, cluster: Cluster) -> tuple[Cluster, bytes]:
    """A coordinator that has stopped after a campaign, and the campaign's result."""
    cluster.worker()
    cluster.submit(ergon.manifest(CAMPAIGN))
    cluster.finish()
    result = cluster.fetch("work.text")
    cluster.coordinator.stop()
    return cluster, result


def first_results(log: Path) -> int:
    types = [record["type"] for record in records(log)]
    return types.index("results")


def spoil(log: Path, record: int) -> tuple[Path, int]:
    """Flips a bit in a record.

    - Returns: its segment, and where its frame begins."""
    number = 0
    for segment in segments(log):
        for place, _ in frames(segment):
            if number == record:
                content = bytearray(segment.read_bytes())
                content[place + 5] ^= 1
                segment.write_bytes(content)
                return segment, place - 8
            number += 1
    raise AssertionError(f"no record {record}")


def test_a_whole_log_is_whole(ergon: Ergon, ended: tuple[Cluster, bytes]) -> None:
    home = ended[0].home
    said = ergon("log", "check", "--home", home, "-o", "json").json()
    count = len(records(home / "log"))
    assert said.pop("root")
    assert said == {
        "version": 1,
        "whole": True,
        "damage": [],
        "remedy": None,
        "records": count,
        "recordsToKeep": count,
        "recordsSigned": count,
        "unfinishedBytes": 0,
        "snapshots": [],
        "unusableSnapshots": [],
    }
    assert ergon("log", "check", home / "log").out.splitlines()[-1] == "whole"
    refused = ergon("log", "repair", "--truncate-at", count, "--home", home, status=1)
    assert "the log is whole" in refused.err


def test_damage_is_listed_with_its_place(ergon: Ergon, ended: tuple[Cluster, bytes]) -> None:
    home, log = ended[0].home, ended[0].home / "log"
    last = len(records(log)) - 1
    places = [(number, *spoil(log, number)) for number in (last, 2)]
    before = segments(log)[0].read_bytes()
    said = ergon("log", "check", "--home", home, "-o", "json", status=1).json()
    assert said["damage"] == [
        {
            "segment": str(segment),
            "offset": offset,
            "record": number,
            "problem": f"record {number} does not have its checksum",
        }
        for number, segment, offset in reversed(places)
    ]
    assert (said["whole"], said["recordsToKeep"]) == (False, 2)
    refused = ergon("coordinator", "--home", home, status=1).err
    assert f"{places[1][1]}:{places[1][2]}: record 2 does not have its checksum" in refused
    assert "ergon log repair --truncate-at 2" in refused
    too_many = ergon("log", "repair", "--truncate-at", 3, "--home", home, status=1).err
    assert "keep at most 2" in too_many
    assert segments(log)[0].read_bytes() == before


def test_what_is_given_up_is_done_again(ergon: Ergon, ended: tuple[Cluster, bytes]) -> None:
    cluster, result = ended
    log = cluster.home / "log"
    kept, count = first_results(log), len(records(log))
    size = segments(log)[0].stat().st_size
    _, offset = spoil(log, kept)
    said = ergon(
        "log", "repair", "--truncate-at", kept, "--home", cluster.home, "-o", "json"
    ).json()
    folder = Path(said.pop("folder"))
    assert said == {
        "version": 1,
        "kept": kept,
        "recordsGivenUp": count - kept,
        "bytesGivenUp": size - offset,
        "checkpointGivenUp": True,
    }
    assert folder.parent == log and (folder / "checkpoint").exists()
    (rest,) = folder.glob("segment-*")
    assert rest.name.endswith(f".from-{offset}") and rest.stat().st_size == size - offset
    last = records(log)[-1]
    assert (last["type"], last["records"]) == ("log-repaired", [kept, count - kept])

    cluster.start()
    cluster.finish()
    assert cluster.fetch("work.text") == result
    assert max(commits(log).values()) == 1
    cluster.coordinator.stop()
    assert "verified" in ergon("audit", "verify", "--home", cluster.home).out


def test_nobody_repairs_a_log_in_use(ergon: Ergon, cluster: Cluster) -> None:
    refused = ergon("log", "repair", "--truncate-at", 0, "--home", cluster.home, status=1)
    assert "another coordinator is using this log" in refused.err
    assert ergon("log", "check", "--home", cluster.home).out.endswith("whole\n")
