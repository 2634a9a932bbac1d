"""Whoever holds a coordinator's key can write its log anew; this does."""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path

from certificates import openssl
from record_log import Record, checkpoint, crc32c, key_identifier, records, root, segments

SPKI = bytes.fromhex("302a300506032b6570032100")
"""Before an Ed25519 public key in DER (RFC 8410)."""


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def seed_of(home: Path) -> bytes:
    return (home / "log-key").read_bytes()


def rewrite(home: Path, change: Callable[[list[Record]], None], seed: bytes) -> None:
    """Changes records and makes everything fit again: numbers, checksums, tree, checkpoint,
    the signature and the key that verifies it."""
    log = home / "log"
    (segment,) = segments(log)
    found = records(log)
    change(found)
    forged = b""
    texts: list[bytes] = []
    for number, record in enumerate(found):
        text = json.dumps(
            record | {"seq": number}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
        checksum = crc32c(struct.pack("<Q", number) + text)
        forged += struct.pack("<HHI", len(text), len(text) ^ 0xFFFF, checksum) + text
        texts.append(text)
    segment.write_bytes(segment.read_bytes()[:28] + forged)
    sign(home, texts, seed)


def sign(home: Path, texts: list[bytes], seed: bytes) -> None:
    name, _, _ = checkpoint(home / "log")
    folder = home.parent
    (folder / "seed.der").write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
    private = ["-keyform", "DER", "-inkey", folder / "seed.der"]
    openssl("pkey", "-in", folder / "seed.der", "-pubout", "-outform", "DER",
            "-out", folder / "public.der")  # fmt: skip
    public = b"\1" + (folder / "public.der").read_bytes()[len(SPKI) :]
    identifier = key_identifier(name, public)
    note = f"{name}\n{len(texts)}\n{base64.b64encode(root(texts)).decode()}\n"
    (folder / "forged").write_text(note)
    openssl("pkeyutl", "-sign", *private, "-rawin", "-in", folder / "forged",
            "-out", folder / "forged.signature")  # fmt: skip
    signature = base64.b64encode(identifier + (folder / "forged.signature").read_bytes())
    (home / "log" / "checkpoint").write_text(f"{note}\n— {name} {signature.decode()}\n")
    key = f"{name}+{identifier.hex()}+{base64.b64encode(public).decode()}\n"
    (home / "log-key.pub").write_text(key)
