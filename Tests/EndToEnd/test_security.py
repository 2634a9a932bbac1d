"""Who may not come in, does not: at each of the three ports, with a reason in the log."""

import json
import shutil
import socket
import ssl
from collections.abc import Callable
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from certificates import Authority, Identity
from cluster import Cluster
from ergon import Answer, until

PORTS = ("control", "data", "enrolment")
GREETING = {
    "control": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "data": b"GET / HTTP/1.1\r\nHost: coordinator\r\n\r\n",
}
GREETING["enrolment"] = GREETING["control"]
"""The first words of a client, to which every server answers."""

ALERT = b"\x15"
"""Begins what a server says in TLS to a client that does not speak it (RFC 8446, section 5.1)."""


# A client that we know all of


def address(cluster: Cluster, port: str) -> tuple[str, int]:
    ports = json.loads((cluster.home / "coordinator.json").read_text())
    return ports["host"], ports[port]


def client(cluster: Cluster, port: str, identity: Identity | None = None) -> ssl.SSLContext:
    """TLS as the program itself speaks it, perhaps with a certificate."""
    context = ssl.create_default_context(cafile=str(Authority.of(cluster.home).certificate))
    context.check_hostname = False
    context.set_alpn_protocols(["http/1.1" if port == "data" else "h2"])
    if identity:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def knock(cluster: Cluster, port: str, context: ssl.SSLContext | None) -> str:
    """Connects and says the first words.

    Returns why that did not work; empty if there is an answer.
    """
    with socket.create_connection(address(cluster, port), timeout=10) as plain:
        try:
            secure = context.wrap_socket(plain) if context else plain
            with secure:
                secure.sendall(GREETING[port])
                first = secure.recv(1)
                return "" if first and first != ALERT else "closed"
        except (ssl.SSLError, ConnectionError) as refusal:
            return str(refusal)


def own(cluster: Cluster) -> Identity:
    """The operator's credentials that every home has."""
    return Identity(cluster.home / "identity")


def expect_in_log(cluster: Cluster, *texts: str) -> None:
    """One line of the coordinator's log has them all."""
    until(
        f"the log says {texts}",
        lambda: any(all(text in line for text in texts) for line in cluster.log.splitlines()),
        seconds=5,
    )


@pytest.mark.parametrize("port", PORTS)
def test_right_credentials_are_answered(cluster: Cluster, port: str) -> None:
    """Or else the refusals below would prove nothing."""
    assert knock(cluster, port, client(cluster, port, own(cluster))) == ""
    assert "refused" not in cluster.log


# Certificates

Maker = Callable[[Cluster, Path], Identity | None]


def none(_: Cluster, __: Path) -> None:
    return None


def of_another_authority(_: Cluster, folder: Path) -> Identity:
    return Authority.made(folder / "other").issue(folder / "identity")


def of_an_authority_of_the_same_name(cluster: Cluster, folder: Path) -> Identity:
    subject = Authority.of(cluster.home).subject
    return Authority.made(folder / "other", subject).issue(folder / "identity")


def expired(cluster: Cluster, folder: Path) -> Identity:
    return Authority.of(cluster.home).issue(folder / "identity", days=-1)


def for_servers(cluster: Cluster, folder: Path) -> Identity:
    return Authority.of(cluster.home).issue(folder / "identity", usage="serverAuth")


def self_signed(_: Cluster, folder: Path) -> Identity:
    authority = Authority.made(folder / "identity", usage="digitalSignature, keyCertSign")
    shutil.copy(authority.certificate, folder / "identity" / "cert.pem")
    shutil.copy(authority.key, folder / "identity" / "key.pem")
    return Identity(folder / "identity")


WRONG: dict[Maker, str] = {
    none: "the client showed no certificate",
    of_another_authority: "it is from an unknown authority",
    of_an_authority_of_the_same_name: "it names our authority as its issuer, but was not signed",
    expired: "it expired at",
    for_servers: "it is not meant for clients",
    self_signed: "it is self-signed",
}
"""And what the coordinator's log says of it."""


@pytest.mark.parametrize("port", ["control", "data"])
@pytest.mark.parametrize("maker", WRONG, ids=lambda maker: maker.__name__)
def test_a_wrong_certificate(cluster: Cluster, tmp_path: Path, maker: Maker, port: str) -> None:
    identity = maker(cluster, tmp_path)
    assert knock(cluster, port, client(cluster, port, identity)) != ""
    expect_in_log(cluster, "connection refused", WRONG[maker])


@pytest.mark.parametrize("port", PORTS)
def test_tls_1_2(cluster: Cluster, port: str) -> None:
    context = client(cluster, port, own(cluster))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert "protocol version" in knock(cluster, port, context)
    expect_in_log(cluster, "connection refused", "does not speak TLS 1.3")


@pytest.mark.parametrize("port", PORTS)
def test_no_tls_at_all(cluster: Cluster, port: str) -> None:
    assert knock(cluster, port, None) != ""
    what = "speaks plain HTTP where TLS is needed" if port == "data" else "does not speak TLS"
    expect_in_log(cluster, "connection refused", what)


@pytest.mark.parametrize("port", PORTS)
def test_a_refusal_names_the_port(cluster: Cluster, port: str) -> None:
    knock(cluster, port, None)
    expect_in_log(cluster, "warning: connection refused", f"port={port}")


# What a certificate allows


def get(cluster: Cluster, identity: Identity, path: str) -> int:
    """The status of a request at the data port."""
    host, port = address(cluster, "data")
    connection = HTTPSConnection(host, port, context=client(cluster, "data", identity))
    connection.request("GET", path)
    return connection.getresponse().status


ABSENT = "/content/sha256/" + "0" * 64


def test_content_is_for_names_we_know(cluster: Cluster, tmp_path: Path) -> None:
    authority = Authority.of(cluster.home)
    for role, status in (("worker", 404), ("submitter", 404), ("auditor", 403)):
        identity = authority.issue(tmp_path / role, f"spiffe://ergon/{role}/mallory")
        assert get(cluster, identity, ABSENT) == status, role
    expect_in_log(cluster, "auditor mallory")
    for number, name in enumerate(("", "spiffe://elsewhere/worker/w1", "spiffe://ergon/king/w1")):
        identity = authority.issue(tmp_path / f"{number}", name)
        assert get(cluster, identity, ABSENT) == 403, name


@pytest.mark.parametrize("path", ["/content/sha256/../../log-key", "/../authority", "/log"])
def test_only_content_is_served(cluster: Cluster, path: str) -> None:
    assert get(cluster, own(cluster), path) in (400, 404)


def acting_as(cluster: Cluster, identity: Path, **changes: int) -> Path:
    """A home that is a login with those credentials; its ports perhaps others."""
    home = cluster.ergon.folder / "login"
    home.mkdir()
    shutil.copytree(identity, home / "identity")
    ports = json.loads((cluster.home / "coordinator.json").read_text()) | changes
    (home / "coordinator.json").write_text(json.dumps(ports))
    return home


TRUE = "steps: {work: {run: ['true']}}\n"


def test_a_worker_gives_no_orders(cluster: Cluster) -> None:
    cluster.worker("w1")
    manifest = cluster.ergon.manifest(TRUE)
    cluster.submit(manifest)
    cluster.finish()
    home = acting_as(cluster, cluster.worker_home("w1") / "identity")
    commands: list[list[object]] = [
        ["submit", manifest], ["cancel", "last"], ["status"], ["results"], ["worker", "list"],
        ["token", "create"], ["explain", "last.work.0"], ["logs", "last.work.0"],
    ]  # fmt: skip
    for command in commands:
        answer = cluster.ergon(*command, "--home", home, status=1)
        assert "refused: a certificate of role worker may not do this" in answer.err, command
        assert answer.out == ""
    expect_in_log(cluster, "worker w1 asked for what only operator or submitter may do")
    assert len(cluster.campaigns()) == 1


def login(cluster: Cluster, role: str) -> Path:
    home = cluster.ergon.folder / role
    answer = cluster.ergon("login", "--home", home, cluster.token(role, name="alice"))
    assert f"{role} alice" in answer.out
    return home


def test_an_auditor_reads_and_a_submitter_submits(cluster: Cluster) -> None:
    manifest = cluster.ergon.manifest(TRUE)
    auditor, submitter = login(cluster, "auditor"), login(cluster, "submitter")
    cluster.ergon("submit", "--home", submitter, manifest)
    assert cluster.campaign()["by"] == "spiffe://ergon/submitter/alice"
    cluster.ergon("status", "--home", auditor)
    for home, command in (
        (auditor, ["submit", manifest]),
        (auditor, ["cancel", "last"]),
        (auditor, ["token", "create"]),
        (submitter, ["token", "create"]),
    ):
        answer = cluster.ergon(*command, "--home", home, status=1)
        assert "refused: " in answer.err
    assert cluster.campaign()["state"] == "running"


def test_a_submitter_is_no_worker(cluster: Cluster) -> None:
    submitter = login(cluster, "submitter")
    answer = cluster.ergon("worker", "--home", submitter, status=1)
    assert "the coordinator refuses this worker" in answer.err
    assert "a certificate of role submitter may not do this" in answer.err
    assert cluster.json("worker", "list")["workers"] == []


def test_the_enrolment_port_does_nothing_else(cluster: Cluster) -> None:
    """Not even for the operator."""
    _, enrolment = address(cluster, "enrolment")
    home = acting_as(cluster, cluster.home / "identity", control=enrolment)
    answer = cluster.ergon("status", "--home", home, status=69)
    assert answer.out == ""


# Join tokens


def join(cluster: Cluster, token: str, name: str = "stranger") -> Answer:
    """Tries to join, which must not work, and leaves no key behind."""
    home = cluster.ergon.folder / name
    answer = cluster.ergon("worker", "--home", home, "--join", token, status=1)
    assert answer.out == ""
    assert not list(home.rglob("*.pem"))
    return answer


NOT_ACCEPTED = "this join token is not accepted; ask for a new one"


def test_a_token_is_good_for_one(cluster: Cluster) -> None:
    token = cluster.token(name="first")
    cluster.ergon("login", "--home", cluster.ergon.folder / "first", token)
    assert NOT_ACCEPTED in join(cluster, token).err
    expect_in_log(cluster, "join refused", "has been used")


def altered(token: str, part: int) -> str:
    """With one letter of a part changed: 1 is the token's name, 2 its secret, 3 the pin."""
    text, place = token.split("@")
    parts = text.split(".")
    parts[part] = ("B" if parts[part][0] == "A" else "A") + parts[part][1:]
    return ".".join(parts) + "@" + place


def test_a_token_with_another_name(cluster: Cluster) -> None:
    assert NOT_ACCEPTED in join(cluster, altered(cluster.token(), 1)).err
    expect_in_log(cluster, "join refused", "is not one of ours")


def test_a_token_with_another_secret(cluster: Cluster) -> None:
    """A few tries, and it is of no use any more, even with the right secret."""
    token = cluster.token()
    for attempt in range(1, 6):
        assert NOT_ACCEPTED in join(cluster, altered(token, 2)).err
        expect_in_log(cluster, "join refused", "secret", "is wrong", f"({attempt} of 5)")
    assert NOT_ACCEPTED in join(cluster, token).err
    expect_in_log(cluster, "join refused", "is burnt")


def test_a_token_with_another_pin(cluster: Cluster) -> None:
    """The bearer does not talk to a coordinator that is not the one it was sent to."""
    answer = join(cluster, altered(cluster.token(), 3))
    assert "the token is for another coordinator" in answer.err
    assert "joined" not in cluster.log


def test_a_token_that_has_expired(cluster: Cluster) -> None:
    """Its time is set back in the file, with nobody looking."""
    token = cluster.token()
    cluster.coordinator.stop()
    path = cluster.home / "tokens.json"
    tokens = json.loads(path.read_text())
    tokens["tokens"][-1]["expires"] -= 16 * 60 * 1_000_000
    path.write_text(json.dumps(tokens, sort_keys=True, separators=(",", ":")))
    cluster.start()
    assert NOT_ACCEPTED in join(cluster, token).err
    expect_in_log(cluster, "join refused", "expired at")


@pytest.mark.parametrize("lifetime", ["0", "-1", "600000000000000000", "soon"])
def test_a_lifetime_that_cannot_be(cluster: Cluster, lifetime: str) -> None:
    cluster("token", "create", f"--lifetime={lifetime}", status=64)


def test_something_that_is_no_token(cluster: Cluster) -> None:
    for text in ("token", "token@127.0.0.1:1", "ergon1.a.b.c@127.0.0.1:1"):
        answer = cluster.ergon("worker", "--home", "stranger", "--join", text, status=64)
        assert "not of the form TOKEN@HOST:PORT" in answer.err


def test_secrets_stay_secret(cluster: Cluster) -> None:
    """Private keys are for their owner's eyes; a token's secret is written nowhere."""
    token = cluster.token(name="w2")
    cluster.ergon("login", "--home", cluster.ergon.folder / "w2", token)
    cluster.worker("w1")
    secret = token.split(".")[2].encode()
    folder = cluster.ergon.folder
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    keys = [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
    private = [*keys, cluster.home / "log-key", cluster.home / "tokens.json"]
    assert len(keys) == 5, "authority, coordinator, operator and two who joined"
    assert [oct(path.stat().st_mode & 0o777) for path in private] == ["0o600"] * len(private)
    assert [path for path in files if secret in path.read_bytes()] == []


def test_a_key_that_others_can_read(cluster: Cluster) -> None:
    cluster.coordinator.stop()
    key = cluster.home / "authority" / "authority-key.pem"
    key.chmod(0o640)
    answer = cluster("coordinator", status=1)
    assert f"{key}: the private key can be read by others" in answer.err
    assert f"chmod 600 {key}" in answer.err
