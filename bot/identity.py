"""Who is who: pseudonyms, sealed addresses and codes, all made with the key that lies outside the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conversations.store.tombstones import sync_folder
from conversations.survey import ALPHABET, CODE_LENGTH

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LENGTH = 32  # bytes of the key
NONCE = 12


class KeyFileError(ValueError):
    """The key file is missing, unreadable or damaged; the message says which and never shows a byte of it."""


@dataclass(frozen=True, repr=False)
class Key:
    """The secret of one installation. Whoever has only the database can match nobody and read no address."""

    secret: bytes

    def __repr__(self) -> str:
        return "Key(…)"

    def _digest(self, purpose: bytes, message: bytes) -> str:
        return hmac.digest(self.secret, purpose + b"\0" + message, "sha256")[:16].hex()

    def respondent(self, salt: bytes, user: int, person: int = 1) -> str:
        """The pseudonym of a person in one survey; `person` counts the people at one telephone. 32 hex digits."""
        return self._digest(b"respondent", salt + b"%d/%d" % (user, person))

    def organiser(self, commune: int, user: int) -> str:
        """The pseudonym under which an organiser of a commune is known. 32 hex digits."""
        return self._digest(b"organiser", b"%d/%d" % (commune, user))

    def chat(self, user: int) -> str:
        """The name under which a chat's wrong codes are counted for an hour. 32 hex digits."""
        return self._digest(b"chat", b"%d" % user)

    def check(self) -> str:
        """A fingerprint that tells whether a database belongs to this key. 32 hex digits."""
        return self._digest(b"check", b"weltoffen")

    def seal(self, chat: int, owner: str) -> bytes:
        """A chat's number, readable only with the key and only for its owner."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, b"%d" % chat, owner.encode())

    def unseal(self, sealed: bytes, owner: str) -> int:
        """The chat's number. Raises KeyFileError where key, owner or bytes do not belong together."""
        from cryptography.exceptions import InvalidTag

        try:
            return int(self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode()))
        except InvalidTag as error:
            raise KeyFileError("an address in the database cannot be opened with this key") from error

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # imported with the first address, not before

        return AESGCM(hmac.digest(self.secret, b"seal", "sha256"))


def read_key(path: Path) -> Key:
    """The key in a file of 64 hex digits. Raises KeyFileError."""
    try:
        text = path.read_text("ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError as error:
        raise KeyFileError(f"there is no key file {path}") from error
    except (OSError, ValueError) as error:
        raise KeyFileError(f"the key file {path} cannot be read") from error
    if len(secret) != LENGTH:
        raise KeyFileError(f"the key file {path} must hold {LENGTH * 2} hex digits")
    return Key(secret)


def create_key(path: Path) -> Key:
    """A new key, written to a new file that only its owner may read. Raises KeyFileError where the file exists."""
    secret = secrets.token_bytes(LENGTH)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyFileError(f"the key file {path} exists already") from error
    with os.fdopen(handle, "w") as file:
        file.write(secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path)
    return Key(secret)


# ---- another key in place of this one: safe whenever it is interrupted ------------------------------------------


def next_key(path: Path) -> Key:
    """A new key beside the one in use; it takes its place with `settled_key`, after the database was changed."""
    return create_key(_next(path))


def half_rotated(path: Path) -> bool:
    """Whether a new key waits beside the one in use."""
    return _next(path).exists()


def settled_key(path: Path, fingerprint: str | None) -> None:
    """Ends a rotation, also one that was interrupted: of both keys the one stays that the database knows.

    Where it knows neither both are left as they are.
    """
    waiting = _next(path)
    if not waiting.exists():
        return
    if read_key(path).check() == fingerprint:
        waiting.unlink()
    elif read_key(waiting).check() == fingerprint:
        waiting.replace(path)
    sync_folder(path)


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def new_code() -> str:
    """A code of 8 of 30 characters, drawn evenly."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def new_id(length: int = 6) -> str:
    """A short id in lower case for a survey or a statement."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length)).lower()


def new_salt() -> bytes:
    """A survey's salt: 16 random bytes."""
    return secrets.token_bytes(16)


def new_token() -> str:
    """The secret of a one-time link: 128 bits, URL-safe."""
    return secrets.token_urlsafe(16)


def hashed(token: str) -> str:
    """How a one-time link's secret is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
