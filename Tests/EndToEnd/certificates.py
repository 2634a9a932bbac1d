"""Certificates as a stranger would make them: by `openssl`, and not by the program under test."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = """
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = USAGE
subjectKeyIdentifier = hash
"""


def openssl(*arguments: object) -> str:
    command = ["openssl", *(str(argument) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def make_key(path: Path) -> Path:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    path.chmod(0o600)
    return path


@dataclass(frozen=True)
class Identity:
    """A folder as `ergon` keeps one: `key.pem`, `cert.pem`, `authority.pem`."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"


@dataclass(frozen=True)
class Authority:
    certificate: Path
    key: Path

    @classmethod
    def of(cls, home: Path) -> "Authority":
        """A coordinator's own, as only someone who has broken into it could use it."""
        folder = home / "authority"
        return cls(folder / "authority.pem", folder / "authority-key.pem")

    @classmethod
    def made(
        cls, folder: Path, subject: str = "/CN=another authority", usage: str = "keyCertSign"
    ) -> "Authority":
        folder.mkdir()
        key, certificate = make_key(folder / "authority-key.pem"), folder / "authority.pem"
        openssl(
            "req", "-x509", "-new", "-key", key, "-subj", subject, "-days", 30,
            "-addext", f"keyUsage = critical, {usage}", "-out", certificate,
        )  # fmt: skip
        return cls(certificate, key)

    @property
    def subject(self) -> str:
        """As `openssl` wants to be told it."""
        text = openssl("x509", "-in", self.certificate, "-noout", "-subject", "-nameopt", "compat")
        return text.strip().removeprefix("subject=").strip()

    def issue(
        self,
        folder: Path,
        name: str = "spiffe://ergon/operator/mallory",
        days: int = 30,
        usage: str = "clientAuth",
    ) -> Identity:
        """Credentials with that name (none, if it is empty)."""
        folder.mkdir()
        identity = Identity(folder)
        make_key(identity.key)
        request, extensions = folder / "request.pem", folder / "extensions"
        openssl("req", "-new", "-key", identity.key, "-subj", "/CN=mallory", "-out", request)
        named = f"subjectAltName = URI:{name}\n" if name else ""
        extensions.write_text(EXTENSIONS.replace("USAGE", usage) + named)
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
            "-CAcreateserial", "-CAserial", folder / "serial", "-days", days,
            "-extfile", extensions, "-out", identity.certificate,
        )  # fmt: skip
        (folder / "authority.pem").write_bytes(self.certificate.read_bytes())
        return identity
