"""The log as others see it: tiles, proofs, an earlier checkpoint, and tools that are not ours."""

import base64
import hashlib
import os
import random
import shutil
import struct
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ergon import Ergon, until
from forging import flip, rewrite, seed_of
from record_log import Record, checkpoint, leaves, root
from recorded import verify

CORRUPTIONS = 1000 if os.environ.get("ERGON_SLOW") == "1" else 60
"""Bytes that are changed, one at a time."""


@pytest.fixture
def exported(ergon: Ergon, home: Path) -> Path:
    folder = ergon.folder / "exported"
    ergon("audit", "export", "log", folder, "--home", home)
    return folder


def bundled(folder: Path) -> list[bytes]:
    """All records of an exported log, by c2sp.org/tlog-tiles; of fewer than 256."""
    (bundle,) = (folder / "tile" / "entries" / "000.p").iterdir()
    content, found, place = bundle.read_bytes(), [], 0
    while place < len(content):
        (length,) = struct.unpack_from(">H", content, place)
        found.append(content[place + 2 : place + 2 + length])
        place += 2 + length
    assert len(found) == int(bundle.name)
    return found


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_tiles_hold_what_was_signed(ergon: Ergon, home: Path, exported: Path) -> None:
    """Read with nothing of the program's own."""
    assert bundled(exported) == leaves(home / "log")
    _, size, head = checkpoint(exported)
    assert (size, head) == (len(bundled(exported)), root(bundled(exported)))
    hashes = (exported / "tile" / "0" / "000.p" / str(size)).read_bytes()
    expected = [hashlib.sha256(b"\0" + record).digest() for record in bundled(exported)]
    assert hashes == b"".join(expected)
    assert (exported / "log-key.pub").read_bytes() == (home / "log-key.pub").read_bytes()


def test_an_exported_log_is_verified(ergon: Ergon, home: Path, exported: Path) -> None:
    key = (home / "log-key.pub").read_text().strip()
    shutil.move(home, home.parent / "gone")
    said = ergon("audit", "verify", exported, "--key", key, "-o", "json").json()
    assert said["verified"] is True and said["records"] == len(bundled(exported))
    assert "verified" in ergon("audit", "verify", exported).out
    shown = ergon("audit", "show", exported, "-o", "json").out.encode()
    assert shown.splitlines() == bundled(exported)
    assert "complete" in ergon("coverage", "--log", exported).out


def test_exporting_again_writes_what_is_new(ergon: Ergon, home: Path, exported: Path) -> None:
    before = files(exported)
    again = ergon("audit", "export", "log", exported, "--home", home, "-o", "json").json()
    assert again["written"] == 0 and files(exported) == before
    other = ergon.folder / "other"
    shutil.copytree(home, other)
    rewrite(other, another_version, seed_of(other))
    refused = ergon("audit", "export", "log", exported, "--home", other, status=1)
    assert "another log" in refused.err and files(exported) == before


def test_every_changed_byte_is_found(ergon: Ergon, exported: Path) -> None:
    """Anywhere: checkpoint, tiles, records; and the file is named, or the record."""
    key = (exported / "log-key.pub").read_text().strip()
    places = [
        (path, place)
        for path, content in files(exported).items()
        if path.is_relative_to(exported / "tile") or path.name == "checkpoint"
        for place in range(len(content))
    ]
    for path, place in random.Random(6).choices(places, k=CORRUPTIONS):
        flip(path, place)
        found = verify(ergon, exported, "--key", key, log=exported)
        assert any(
            path.name in problem
            or str(path.relative_to(exported)) in problem
            or place_.startswith(("record ", path.name))
            for place_, problem in found
        ), (path, place, found)
        flip(path, place)
    ergon("audit", "verify", exported, "--key", key)


def test_a_missing_file_is_named(ergon: Ergon, exported: Path) -> None:
    for path in files(exported / "tile"):
        path.rename(path.with_suffix(".away"))
        found = verify(ergon, exported, log=exported)
        assert any(str(path) in problem for _, problem in found), (path, found)
        path.with_suffix(".away").rename(path)


def another_version(found: list[Record]) -> None:
    found[0]["version"] = "0.0.1"


def test_a_log_that_its_own_operator_rewrites(ergon: Ergon, home: Path, exported: Path) -> None:
    """All fits, and the key is the right one: but somebody kept an earlier checkpoint."""
    kept = ergon.folder / "kept"
    shutil.copy(exported / "checkpoint", kept)
    assert "verified" in ergon("audit", "verify", "--home", home, "--since", kept).out
    rewrite(home, another_version, seed_of(home))
    assert "verified" in ergon("audit", "verify", "--home", home).out
    ((place, problem),) = verify(ergon, home, "--since", kept)
    assert place == "the earlier checkpoint" and "the log was rewritten" in problem


def test_a_checkpoint_of_another_log_is_no_earlier_one(ergon: Ergon, home: Path) -> None:
    kept = ergon.folder / "kept"
    kept.write_text("ergon.example/x\n1\n" + "A" * 43 + "=\n\n— ergon.example/x AAAAAAAA\n")
    refused = ergon("audit", "verify", "--home", home, "--since", kept, status=64)
    assert "no checkpoint of the log" in refused.err


# Proofs


def test_a_proof_convinces_with_nothing_but_the_record(
    ergon: Ergon, home: Path, exported: Path
) -> None:
    """From the coordinator's own log and from an exported one; checked by RFC 9162, 2.1.3.2."""
    for number, record in enumerate(leaves(home / "log")):
        proof = ergon("audit", "prove", number, exported).out
        assert proof == ergon("audit", "prove", number, "--home", home).out
        head, note = proof.split("\n\n", 1)
        title, index, *hashes = head.splitlines()
        assert (title, index) == ("c2sp.org/tlog-proof@v1", f"index {number}")
        assert note == (exported / "checkpoint").read_text()
        _, size, expected = checkpoint(exported)
        path = [base64.b64decode(line) for line in hashes]
        assert climb(hashlib.sha256(b"\0" + record).digest(), number, size, path) == expected
        shown = ergon("audit", "prove", number, exported, "--show").out
        assert shown.encode() == record
    ergon("audit", "prove", len(leaves(home / "log")), exported, status=64)


def climb(node: bytes, number: int, size: int, path: list[bytes]) -> bytes:
    last = size - 1
    for sibling in path:
        if number & 1 or number == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        number, last = number >> 1, last >> 1
    assert last == 0
    return node


# Tools that are not ours

MODULE = Path("/usr/share/gocode/src/golang.org/x/mod")
"""Debian's golang-golang-x-mod-dev."""

CHECKER = Path(__file__).with_name("check_tiles.go")


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go: apt install golang-go")
@pytest.mark.skipif(
    not MODULE.exists(), reason="no x/mod: apt install golang-golang-x-mod-dev"
)
def test_another_implementation_agrees(ergon: Ergon, home: Path, exported: Path) -> None:
    """Go's own checker: the note, every record's proof, and that one checkpoint extends another."""
    earlier = ergon.folder / "earlier"
    shutil.copytree(exported, earlier)
    up = ergon.folder / "up"
    ergon.start("again", "coordinator", "--home", home, "--ready-file", up)
    until("the coordinator listens", up.exists)
    ergon.stop_all()
    ergon("audit", "export", "log", exported, "--home", home)
    assert checkpoint(exported)[1] > checkpoint(earlier)[1]
    said = go(earlier, exported, (home / "log-key.pub").read_text().strip())
    assert said.returncode == 0, said.stderr
    assert f"{checkpoint(exported)[1]} records" in said.stdout
    flip(exported / "tile" / "0" / "000.p" / f"{checkpoint(exported)[1]}", 40)
    assert go(earlier, exported, (home / "log-key.pub").read_text().strip()).returncode != 0


def go(earlier: Path, later: Path, key: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOTOOLCHAIN": "local",
        "GOCACHE": str(later.parent / "go-cache"),
    }  # fmt: skip
    command = ["go", "run", str(CHECKER), str(earlier), str(later), key]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


# A witness


@pytest.fixture
def witness(ergon: Ergon, home: Path) -> tuple[str, Path]:
    """Where one listens that has been told of the log, and its key."""
    folder, up = ergon.folder / "witness", ergon.folder / "witness-up"
    ergon.start(
        "witness", "witness", "--home", folder, "--log", home / "log-key.pub",
        "--name", "witness.example/w1", "--ready-file", up,
    )  # fmt: skip
    until("the witness listens", lambda: up.exists() and up.read_text().endswith("\n"))
    return f"http://127.0.0.1:{up.read_text().strip()}", folder / "witness-key.pub"


def test_a_witness_signs_what_has_only_grown(
    ergon: Ergon, home: Path, witness: tuple[str, Path]
) -> None:
    url, key = witness
    folder = ergon.folder / "seen"
    up = ergon.folder / "up"
    for _ in range(2):
        said = ergon("audit", "export", "log", folder, "--home", home, "--witness", url,
                     "-o", "json").json()  # fmt: skip
        assert said["witnesses"] == 1
        assert ergon("audit", "verify", folder, "--witness", key).out.endswith("verified\n")
        up.unlink(missing_ok=True)
        again = ergon.start("again", "coordinator", "--home", home, "--ready-file", up)
        until("the coordinator listens", up.exists)
        again.stop()
    # The coordinator's own checkpoint has no such signature.
    found = verify(ergon, home, "--witness", key)
    assert found == [("checkpoint", "0 of the witnesses signed it, not 1")]


def test_a_witness_does_not_sign_a_rewritten_past(
    ergon: Ergon, home: Path, witness: tuple[str, Path]
) -> None:
    """By the log's own operator, with its own key; nor does a restart make the witness forget."""
    url, key = witness
    folder = ergon.folder / "seen"
    ergon("audit", "export", "log", folder, "--home", home, "--witness", url)
    rewrite(home, another_version, seed_of(home))
    forged = ergon.folder / "rewritten"
    refused = ergon(
        "audit", "export", "log", forged, "--home", home, "--witness", url, status=1
    )
    assert "another past" in refused.err
    assert "verified" in ergon("audit", "verify", forged).out
    found = verify(ergon, home, "--witness", key, log=forged)
    assert found == [("checkpoint", "0 of the witnesses signed it, not 1")]
    assert "verified" in ergon("audit", "verify", folder, "--witness", key).out


def test_a_witness_that_is_away_is_named(ergon: Ergon, home: Path) -> None:
    folder = ergon.folder / "seen"
    answer = ergon(
        "audit", "export", "log", folder, "--home", home,
        "--witness", "http://127.0.0.1:9", status=1,
    )  # fmt: skip
    assert "http://127.0.0.1:9/add-checkpoint" in answer.err
    assert "verified" in ergon("audit", "verify", folder).out


# A proof and an attestation, with a key and nothing else


def test_a_proof_and_an_attestation_are_checked_by_a_key(
    ergon: Ergon, home: Path, exported: Path
) -> None:
    key = exported / "log-key.pub"
    number = len(bundled(exported)) - 1
    proof, record = ergon.folder / "a.tlog-proof", ergon.folder / "record"
    proof.write_text(ergon("audit", "prove", number, exported).out)
    record.write_bytes(bundled(exported)[number])
    said = ergon("audit", "check", proof, "--record", record, "--key", key, "-o", "json").json()
    assert said["record"] == number and said["records"] == number + 1
    attestation, output = ergon.folder / "slsa.json", ergon.folder / "text.txt"
    ergon("audit", "export", "slsa", attestation, "--home", home)
    ergon("audit", "check", attestation, "--key", key)
    output.write_text("0\n1\n2\n3\n4\n")
    assert f"\n{output} is " in ergon("audit", "check", attestation, output, "--key", key).out
    output.write_text("0\n1\n2\n3\n5\n")
    refused = ergon("audit", "check", attestation, output, "--key", key, status=1)
    assert "none of its subjects" in refused.err


def test_every_changed_byte_of_evidence_is_found(
    ergon: Ergon, home: Path, exported: Path
) -> None:
    """Of a proof, of its record, of an attestation."""
    key = (exported / "log-key.pub").read_text().strip()
    number = len(bundled(exported)) // 2
    proof, record = ergon.folder / "a.tlog-proof", ergon.folder / "record"
    attestation = ergon.folder / "slsa.json"
    proof.write_text(ergon("audit", "prove", number, exported).out)
    record.write_bytes(bundled(exported)[number])
    ergon("audit", "export", "slsa", attestation, "--home", home)
    more: dict[Path, list[object]] = {
        proof: [proof, "--record", record],
        record: [proof, "--record", record],
        attestation: [attestation],
    }
    places = [(path, place) for path in more for place in range(path.stat().st_size)]
    for path, place in random.Random(8).choices(places, k=CORRUPTIONS):
        flip(path, place)
        refused = ergon("audit", "check", *more[path], "--key", key, status=1)
        assert str(more[path][0]) in refused.err, (path, place)
        flip(path, place)
    for arguments in more.values():
        ergon("audit", "check", *arguments, "--key", key)


# For people


def test_a_report_is_one_page_without_scripts(ergon: Ergon, home: Path, exported: Path) -> None:
    page = ergon.folder / "report.html"
    ergon("audit", "verify", exported, "--html", page)
    reader = Outline()
    reader.feed(page.read_text())
    assert reader.open == [] and reader.loaded == []
    assert "Verified" in reader.text and "work.text" in reader.text

    def scripted(found: list[Record]) -> None:
        for record in found:
            if "actor" in record:
                record["actor"] = "<script>alert(1)</script>"
        found[-1]["ending"] = "failed"

    rewrite(home, scripted, seed_of(home))
    ergon("audit", "verify", "--home", home, "--html", page, status=1)
    reader = Outline()
    reader.feed(page.read_text())
    assert reader.loaded == [] and "Not verified: " in reader.text
    assert "<script>alert(1)</script>" in reader.text


class Outline(HTMLParser):
    """What a page says, which elements were never closed, and what it would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe") or any(
            name in ("src", "href") or name.startswith("on") for name, _ in attrs
        ):
            self.loaded.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
