"""A run of a questionnaire in one commune: who asks, the codes by which one enters, when it is open."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conversations.questionnaire import Kind, Voice

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # 30 characters that are told apart when read aloud or handwritten
CODE_LENGTH = 8
TRIES = 5  # wrong codes per chat before a pause
PAUSE = 3600  # seconds of that pause
BACKUP_DAYS = 30  # how long a backup may be kept, as the notice promises
SMALLEST_GROUP: Mapping[Voice, int] = {Voice.ADMINISTRATION: 10, Voice.POLITICS: 5, Voice.SOCIETY: 5}
REQUIRED = (
    "name", "kind", "office", "contact", "controller", "data_protection_officer", "legal_basis", "recipients",
    "supervisory_authority", "retention_days", "minimum_age", "next_steps",
)  # fmt: skip
BY_LANGUAGE = ("legal_basis", "recipients", "next_steps")  # whole sentences; the others are names and addresses
Texts = Mapping[str, str]  # by language; German is always there


class CommuneError(ValueError):
    """A commune file that cannot be used; the message names every part that is missing or wrong."""


class FiguresError(ValueError):
    """Figures of a survey that do not add up, or cannot be shown beside others; the message names the places."""


@dataclass(frozen=True)
class Commune:
    """Who asks and who is responsible, from the commune's file."""

    name: str
    kind: Kind
    office: str
    contact: str
    controller: str
    data_protection_officer: str
    legal_basis: Texts
    recipients: Texts
    supervisory_authority: str
    retention_days: int
    minimum_age: int
    next_steps: Texts


def text_in(texts: Texts, language: str) -> str:
    """A text of the commune, in `language` where it wrote it, else in German."""
    return texts.get(language) or texts["de"]


def commune(text: str, file: str = "commune.toml") -> Commune:
    """The commune described by a TOML file. Raises CommuneError naming all that is missing or wrong."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommuneError(f"{file}: {error}") from error
    wrong = [f"{key} is missing" for key in REQUIRED if key not in table]
    wrong += [f"unknown key {key}" for key in sorted(set(table) - set(REQUIRED))]
    for key in REQUIRED:
        value = table.get(key)
        if key in ("retention_days", "minimum_age"):
            top = 3650 if key == "retention_days" else 120
            if key in table and (type(value) is not int or not 1 <= value <= top):
                wrong.append(f"{key} must be a whole number from 1 to {top}")
        elif key in BY_LANGUAGE and isinstance(value, dict):
            if not value.get("de"):
                wrong.append(f"{key} as a table needs a text for de")
            wrong += [f"{key}.{code} {why}" for code, text in value.items() if (why := _unfit(text))]
        elif key in table and (why := _unfit(value)):
            wrong.append(f"{key} {why}")
    if "\n" in str(table.get("name")):
        wrong.append("name must be one line")
    if table.get("kind") is not None and table["kind"] not in list(Kind):
        wrong.append(f"kind must be {' or '.join(Kind)}")
    if wrong:
        raise CommuneError("\n".join(f"{file}: {w}" for w in wrong))
    for key in BY_LANGUAGE:
        table[key] = {"de": table[key]} if isinstance(table[key], str) else dict(table[key])
    table["kind"] = Kind(table["kind"])
    return Commune(**table)


_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _unfit(value: object) -> str | None:
    """Why something in a commune's file is no text that can be shown everywhere."""
    if not (isinstance(value, str) and value.strip()):
        return "must be a text that is not empty"
    if len(value) > 400:
        return "is longer than 400 characters"
    return "holds characters that control a screen" if _UNWANTED.search(value) else None


class Status(StrEnum):
    """Whether a survey takes answers."""

    NOT_YET = "not-yet"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Survey:
    """One Erhebung. Times are aware datetimes; `closed` says that it was closed and its release made.

    `salt` is None once it has been erased: from then on nobody can be matched with an answer. `languages` are those the
    organiser stands by; none: every one in which the questionnaire is complete.
    """

    id: str
    commune_id: int
    commune: Commune
    questionnaire: str
    voices: tuple[Voice, ...]
    codes: Mapping[Voice, str]
    groups: Mapping[Voice, int] = field(default_factory=dict)
    opens: datetime | None = None
    closes: datetime | None = None
    closed: bool = False
    salt: bytes | None = None
    languages: tuple[str, ...] = ()

    def status(self, now: datetime) -> Status:
        """Whether it takes answers at `now`."""
        if self.closed or (self.closes is not None and now >= self.closes):
            return Status.CLOSED
        if self.opens is not None and now < self.opens:
            return Status.NOT_YET
        return Status.OPEN


def fold_code(text: str) -> str | None:
    """The code somebody typed or dictated: case, spaces, dashes and any script's digits folded; None if it is none."""
    letters = []
    for character in unicodedata.normalize("NFKC", text):
        digit = unicodedata.digit(character, None)
        if digit is not None:
            letters.append(str(digit))
        elif character.isalpha() and len(character.upper()) == 1:  # ß would become two
            letters.append(character.upper())
        elif not (character.isspace() or unicodedata.category(character) in ("Pd", "Cf") or character == "."):
            return None
    code = "".join(letters)
    return code if re.fullmatch(f"[{ALPHABET}]{{{CODE_LENGTH}}}", code) else None
