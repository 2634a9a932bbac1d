"""The log as a coordinator serves it over HTTPS, to whoever has a certificate."""

import http.client
import json
import shutil
import ssl
from pathlib import Path

import pytest

from cluster import Cluster
from ergon import Ergon
from forging import flip
from record_log import checkpoint, leaves
from recorded import CAMPAIGN
from test_export import MODULE, bundled, files, go


@pytest.fixture
def done(cluster: Cluster) -> Cluster:
    """A campaign has ended, and the coordinator still runs."""
    cluster.worker()
    cluster.submit(cluster.ergon.manifest(CAMPAIGN.replace("HOW", "true")))
    cluster.finish()
    return cluster


def auditor(cluster: Cluster) -> Path:
    home = cluster.ergon.folder / "auditor"
    if not home.exists():
        cluster.ergon("login", "--home", home, cluster.token("auditor", name="alice"))
    return home


def ports(cluster: Cluster) -> dict[str, int]:
    found: dict[str, int] = json.loads((cluster.home / "coordinator.json").read_text())
    return found


def url(cluster: Cluster) -> str:
    return f"https://127.0.0.1:{ports(cluster)['data']}/log"


def key(cluster: Cluster) -> str:
    return (cluster.home / "log-key.pub").read_text().strip()


def verify(cluster: Cluster, *more: object, status: int = 0) -> dict[str, object]:
    answer: dict[str, object] = cluster.ergon(
        "audit", "verify", url(cluster), "--home", auditor(cluster), "--key", key(cluster),
        "-o", "json", *more, status=status,
    ).json()  # fmt: skip
    return answer


def ask(cluster: Cluster, path: str, method: str = "GET", login: Path | None = None) -> int:
    """The status that a request gets, and nothing of the client's own in between."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if login is not None:
        identity = login / "identity"
        context.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    connection = http.client.HTTPSConnection(
        "127.0.0.1", ports(cluster)["data"], context=context, timeout=30
    )
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_served_log_is_verified_and_grows(done: Cluster) -> None:
    kept = done.ergon.folder / "kept"
    first = verify(done, "--keep", kept)
    assert first["verified"] is True
    assert bundled(kept) == leaves(done.home / "log")[: checkpoint(kept)[1]]
    size = checkpoint(kept)[1]
    earlier = shutil.copy(kept / "checkpoint", done.ergon.folder / "earlier")
    done.submit(done.ergon.manifest(CAMPAIGN.replace("HOW", "true"), "second"), "--again")
    done.finish()
    again = verify(done, "--keep", kept, "--since", earlier)
    assert again["verified"] is True and checkpoint(kept)[1] > size
    shown = done.ergon("audit", "show", kept, "-o", "json").out.encode()
    assert shown.splitlines() == leaves(done.home / "log")[: checkpoint(kept)[1]]
    assert verify(done)["root"] == again["root"]


def test_what_is_served_is_the_exported_log(done: Cluster) -> None:
    kept, exported = done.ergon.folder / "kept", done.ergon.folder / "exported"
    verify(done, "--keep", kept)
    done.ergon("audit", "export", "log", exported, "--home", done.home)
    served, written = (
        {path.relative_to(folder): content for path, content in files(folder).items()}
        for folder in (kept, exported)
    )
    assert served.keys() == written.keys()
    assert [path for path in served if served[path] != written[path]] == []


def test_a_byte_that_changed_is_named_by_its_url(done: Cluster) -> None:
    verify(done)
    tiles = done.home / "tiles" / "tile"
    for folder in (tiles / "entries" / "000.p", tiles / "0" / "000.p"):
        newest = max(folder.iterdir(), key=lambda path: int(path.name))
        flip(newest, 40)
        said = verify(done, status=1)
        assert f"{url(done)}/tile/0/000.p/{newest.name}" in json.dumps(said)
        flip(newest, 40)
    newest.unlink()
    assert "the file is not there" in json.dumps(verify(done, status=1))


def test_a_restarted_coordinator_puts_its_tiles_right(done: Cluster) -> None:
    """A crash may leave anything of what was not yet on disk."""
    verify(done)
    done.coordinator.kill()
    bundles = done.home / "tiles" / "tile" / "entries" / "000.p"
    for bundle in bundles.iterdir():
        bundle.write_bytes(b"")
    done.start()
    assert verify(done)["verified"] is True


def test_who_may_read_what(done: Cluster) -> None:
    reader = auditor(done)
    assert ask(done, "/log/checkpoint", login=reader) == 200
    assert ask(done, "/log/checkpoint", login=done.home) == 200
    assert ask(done, "/log/checkpoint", "HEAD", login=reader) == 200
    assert ask(done, "/log/checkpoint", login=done.worker_home("w1")) == 403
    for method in ("PUT", "POST", "DELETE"):
        assert ask(done, "/log/checkpoint", method, login=reader) == 405
    for path in (
        "/log/", "/log/content", "/log/index.sqlite", "/log/tile/../../log-key",
        "/log/content/../../log-key", "/log/tile/%2e%2e/%2e%2e/log-key", "/log//etc/passwd",
        "/log/tile/0/000.p/", "/log/tile//0", "/log/../log-key", "/log/tile/0/999",
    ):  # fmt: skip
        assert ask(done, path, login=reader) == 404, path
    digest = next(iter(done.results()["outputs"]))["sha256"]
    assert ask(done, f"/content/sha256/{digest}", login=reader) == 403
    assert ask(done, f"/log/content/{digest[:2]}/{digest[2:]}", login=reader) == 404
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        ask(done, "/log/checkpoint")


def test_there_is_no_log(ergon: Ergon, done: Cluster) -> None:
    wrong = url(done).replace("/log", "/nothing")
    reader = auditor(done)
    said = ergon("audit", "verify", wrong, "--home", done.home, "--key", key(done), status=1)
    assert "no log here" in said.err
    ergon("audit", "verify", url(done), "--home", ergon.folder / "none", status=64)
    done.coordinator.stop()
    ergon("audit", "verify", url(done), "--home", reader, "--key", key(done), status=69)


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go: apt install golang-go")
@pytest.mark.skipif(not MODULE.exists(), reason="no x/mod: apt install golang-golang-x-mod-dev")
def test_another_implementation_agrees_with_what_was_served(done: Cluster) -> None:
    earlier, later = done.ergon.folder / "before", done.ergon.folder / "after"
    verify(done, "--keep", earlier)
    done.submit(done.ergon.manifest(CAMPAIGN.replace("HOW", "true"), "second"), "--again")
    done.finish()
    verify(done, "--keep", later)
    said = go(earlier, later, key(done))
    assert said.returncode == 0, said.stderr
