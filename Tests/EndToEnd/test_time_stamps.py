"""Time-stamps of a log's checkpoint, by an authority of openssl's, read by openssl."""

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from certificates import openssl
from ergon import Ergon
from forging import flip, rewrite, seed_of
from record_log import Record, checkpoint
from recorded import verify

CONFIGURATION = """
[tsa]
serial = FOLDER/serial
signer_cert = FOLDER/tsa.pem
signer_key = FOLDER/tsa-key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
"""


class Authority(http.server.HTTPServer):
    """Answers as `openssl ts -reply` does, on this machine alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        folder.mkdir()
        (folder / "tsa.conf").write_text(CONFIGURATION.replace("FOLDER", str(folder)))
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=time", "-days", "2", "-keyout", folder / "tsa-key.pem",
            "-out", folder / "tsa.pem", "-addext", "extendedKeyUsage=critical,timeStamping",
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Authority)
        assert self.headers["Content-Type"] == "application/timestamp-query"
        folder = self.server.folder
        query = folder / "query.tsq"
        query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        done = subprocess.run(
            ["openssl", "ts", "-reply", "-config", folder / "tsa.conf", "-section", "tsa",
             "-queryfile", query],
            capture_output=True, check=True,
        )  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Length", str(len(done.stdout)))
        self.end_headers()
        self.wfile.write(done.stdout)

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    server = Authority(tmp_path / "authority")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def is_believed(authority: Authority, stamps: Path, size: int) -> bool:
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", stamps / f"{size}", "-in", stamps / f"{size}.tsr",
         "-CAfile", authority.folder / "tsa.pem"],
        capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


def test_a_checkpoint_is_stamped(ergon: Ergon, home: Path, authority: Authority) -> None:
    exported = ergon.folder / "exported"
    ergon("audit", "export", "log", exported, "--home", home)
    assert ergon("audit", "verify", exported, "-o", "json").json()["timeStamp"] is None
    size = checkpoint(exported)[1]
    said = ergon("audit", "stamp", authority.url, exported).out
    assert said.startswith(f"the first {size} records were there at 2")
    stamps = exported / "stamps"
    assert (stamps / f"{size}").read_bytes() == (exported / "checkpoint").read_bytes()
    assert is_believed(authority, stamps, size)
    found = ergon("audit", "verify", exported, "-o", "json").json()["timeStamp"]
    assert found["records"] == size and found["time"] in said
    flip(stamps / f"{size}", 3)
    assert not is_believed(authority, stamps, size)
    assert any("stamps" in place for place, _ in verify(ergon, exported, log=exported))


def test_a_stamped_past_cannot_be_rewritten(
    ergon: Ergon, home: Path, authority: Authority
) -> None:
    ergon("audit", "stamp", authority.url, "--home", home)
    assert "time-stamp: the first" in ergon("audit", "verify", "--home", home).out

    def renamed(found: list[Record]) -> None:
        found[0]["version"] = "0.0.1"

    rewrite(home, renamed, seed_of(home))
    assert ("the time-stamp", "rewritten") in [
        (place, problem.split()[-1]) for place, problem in verify(ergon, home)
    ]


def test_a_stamp_of_something_else_is_found(
    ergon: Ergon, home: Path, authority: Authority
) -> None:
    ergon("audit", "stamp", authority.url, "--home", home)
    (stamp,) = (home / "stamps").glob("*.tsr")
    other = authority.folder / "other"
    openssl("ts", "-query", "-data", authority.folder / "tsa.pem", "-sha256", "-out", other)
    openssl("ts", "-reply", "-config", authority.folder / "tsa.conf", "-section", "tsa",
            "-queryfile", other, "-out", stamp)  # fmt: skip
    assert (str(stamp), "this is of another checkpoint") in [
        (str(Path(place).resolve()), problem) for place, problem in verify(ergon, home)
    ]


def test_no_stamp_is_kept_that_is_none(ergon: Ergon, home: Path, authority: Authority) -> None:
    (authority.folder / "tsa.conf").write_text(
        CONFIGURATION.replace("FOLDER", str(authority.folder)).replace(
            "digests = sha256", "digests = sha512"
        )
    )
    refused = ergon("audit", "stamp", authority.url, "--home", home, status=1)
    assert "refused, with status 2" in refused.err
    assert not (home / "stamps").exists()
