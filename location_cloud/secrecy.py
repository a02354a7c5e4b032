"""Personal data at rest: encrypted with a key that lies in a file of its own, never in the store."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from location_cloud.errors import BadInput, NotReady

KEY_FILE = "secret.key"
"""Below home, unless the settings name another."""

KEY_BYTES, NONCE_BYTES, NAME_BYTES = 32, 12, 4
"""AES-256; 96 random bits a message, enough for 2**32 of them (NIST SP 800-38D, 8.3); which key was used."""


@dataclass(frozen=True)
class Secrecy:
    """The keys: the first one encrypts, all of them decrypt, so that a new one can be put before the old."""

    keys: tuple[bytes, ...]

    def seal(self, told: bytes, owner: str) -> bytes:
        """Encrypted; opens for the same owner only. owner: what the row belongs to, e.g. its tenant."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self.keys[0]
        return _name(key) + nonce + AESGCM(key).encrypt(nonce, told, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """What was sealed. Raises NotReady if its key is not here or the bytes were changed."""
        name, nonce = sealed[:NAME_BYTES], sealed[NAME_BYTES : NAME_BYTES + NONCE_BYTES]
        for key in self.keys:
            if _name(key) == name:
                try:
                    return AESGCM(key).decrypt(nonce, sealed[NAME_BYTES + NONCE_BYTES :], owner.encode())
                except InvalidTag:
                    raise NotReady("personal data of a row were changed or moved", hint="restore the store") from None
        raise NotReady("the key of a row's personal data is not here", hint=f"put it back into {KEY_FILE}")

    def mark(self, text: str) -> str:
        """The same for equal texts, and of no use to anybody without the key: a plain hash of a phone number is found
        by trying all numbers.
        """
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self.keys[-1], digest_size=16).hexdigest()


def load_secrecy(path: Path) -> Secrecy:
    """The keys of a file, one a line, 32 bytes in base64; a new key in a file for its owner alone if there is none.

    Raises BadInput for a file that holds none, OSError if it cannot be read or made.
    """
    if not path.exists():
        _make(path)
    lines = [line.strip() for line in path.read_text("ascii", "replace").splitlines()]
    keys = tuple(_key(line, path) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise BadInput(f"{path}: holds no key")
    return Secrecy(keys)


def find_secrecy(home: Path, key_file: str) -> Secrecy:
    """The keys of the file that the settings name; "" = of KEY_FILE below home. Raises as `load_secrecy`."""
    return load_secrecy(Path(key_file) if key_file else home / KEY_FILE)


def _make(path: Path) -> None:
    """Written whole under another name, then linked: of several processes the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(hidden, path)
    except FileExistsError:
        pass
    finally:
        hidden.unlink()


def _key(line: str, path: Path) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput(f"{path}: a line is no key of {KEY_BYTES} bytes in base64")
    return key


def _name(key: bytes) -> bytes:
    return blake2b(key, digest_size=NAME_BYTES).digest()
