"""A reader of the log by `docs/LOG.md` alone, which shares nothing with the program's own."""

import base64
import hashlib
import json
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def _table() -> list[int]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value

    return [entry(value) for value in range(256)]


TABLE = _table()


def crc32c(content: bytes) -> int:
    """RFC 3720, section B.4."""
    value = 0xFFFFFFFF
    for byte in content:
        value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


def segments(log: Path) -> list[Path]:
    return sorted(log.glob("segment-*.log"))


def frames(segment: Path) -> Iterator[tuple[int, bytes]]:
    """Where each record of a segment begins, and the record."""
    content = segment.read_bytes()
    magic, version, peaks, first = struct.unpack_from("<8sIIQ", content)
    assert (magic, version, peaks) == (b"ergonlog", 1, first.bit_count())
    place = 24 + 32 * peaks
    assert crc32c(content[:place]) == struct.unpack_from("<I", content, place)[0]
    place, number = place + 4, first
    while place < len(content):
        length, complement, checksum = struct.unpack_from("<HHI", content, place)
        record = content[place + 8 : place + 8 + length]
        assert length ^ complement == 0xFFFF and len(record) == length
        assert crc32c(struct.pack("<Q", number) + record) == checksum
        yield place + 8, record
        place, number = place + 8 + length, number + 1


def leaves(log: Path) -> list[bytes]:
    return [record for segment in segments(log) for _, record in frames(segment)]


def records(log: Path) -> list[Record]:
    found: list[Record] = [json.loads(leaf) for leaf in leaves(log)]
    assert [record["seq"] for record in found] == list(range(len(found)))
    return found


def root(log_leaves: list[bytes]) -> bytes:
    """The RFC 6962 tree head."""
    if len(log_leaves) == 1:
        return hashlib.sha256(b"\0" + log_leaves[0]).digest()
    half = 1 << (len(log_leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(log_leaves[:half]) + root(log_leaves[half:])).digest()


def checkpoint(log: Path) -> tuple[str, int, bytes]:
    """Origin, size and root of the last checkpoint; its signature is not looked at."""
    origin, size, head = (log / "checkpoint").read_text().split("\n")[:3]
    return origin, int(size), base64.b64decode(head)


def key_identifier(name: str, key: bytes) -> bytes:
    """Of a key of a signed note (c2sp.org/signed-note); `key` begins with its algorithm."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def _members(ranges: list[list[int]]) -> list[int]:
    return [first + number for first, count in ranges for number in range(count)]


def _column(values: list[Any], is_run: Any) -> list[Any]:
    """Expands `[n, value]`, which stands for n equal neighbours."""
    return [
        single
        for value in values
        for single in ([value[1]] * value[0] if is_run(value) else [value])
    ]


def commits(log: Path, campaign: int = 1) -> Counter[tuple[str, int]]:
    """How often each task, as stage and number, is on record as done."""
    done: Counter[tuple[str, int]] = Counter()
    for record in records(log):
        if record["type"] == "results" and record["campaign"] == campaign:
            tasks = _members(record["tasks"])
            outcomes = _column(
                record.get("outcomes", ["succeeded"] * len(tasks)),
                lambda value: isinstance(value, list),
            )
            assert len(outcomes) == len(tasks)
            for task, outcome in zip(tasks, outcomes, strict=True):
                done[record["stage"], task] += outcome == "succeeded"
    return done
