"""Words: the languages, and a catalogue for each, compiled in memory from the committed .po files.

Babel is imported where it is needed first: it takes a while, and a bot can ask for updates before it needs a word.
"""

from __future__ import annotations

import gettext
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

FOLDER = Path(__file__).parent
SOURCE = "de"  # German text is the msgid
MESSAGES = "messages"  # the domain of the interface
STATEMENT = "statement"  # the part of it that only coordinators and contributors of a town's statement read
KEPT_IN = "kept_in"  # the one key of languages.toml that is no language
FSI, PDI = "\u2068", "\u2069"  # around every inserted value, so that it does not turn its neighbours round
LRM, RLM = "\u200e", "\u200f"  # beside punctuation that belongs to a word of that direction in a text of the other
_COMMAND = re.compile(r"(?<!\S)/(?=[a-z])")  # where a command begins within a sentence

T = TypeVar("T")


class LanguageError(ValueError):
    """A language or catalogue that only we can have broken; the message names it."""


@dataclass(frozen=True)
class Language:
    """One entry of languages.toml.

    `forms` is the number of plural forms, `plural` gives the form of a number by gettext's `rule`. `states` says of
    each domain, and by "*" of all others, whether a person has reviewed it. `between` stands between two sentences.
    """

    code: str
    name: str
    direction: str
    tag: str
    babel: str
    offered: bool
    states: Mapping[str, str]
    forms: int
    plural: Callable[[int], int]
    rule: str
    between: str

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return self.direction == "rtl"

    def state(self, domain: str) -> str:
        """Whether a person has reviewed a domain: "source", "machine", or "reviewed AB 2026-11-21"."""
        return self.states.get(domain, self.states["*"])

    def machine(self, *domains: str) -> bool:
        """Whether there is one among these domains that nobody has reviewed yet."""
        return any(self.state(domain) == "machine" for domain in domains)


def mark(text: str) -> str:
    """Marks a text of a literal table for extraction; it is looked up later, through a variable."""
    return text


@cache
def languages() -> Mapping[str, Language]:
    """The offered languages by code, in the order of languages.toml."""
    return {code: language for code, language in known().items() if language.offered}


@cache
def known() -> Mapping[str, Language]:
    """All languages of languages.toml by code, also those switched off. Raises LanguageError naming the entry."""
    found = {}
    for code, entry in _table().items():
        if code == KEPT_IN:
            continue
        try:
            rule = re.fullmatch(r"nplurals=(\d); plural=(.+);", entry["plural"])
            if rule is None:
                raise ValueError("plural is not gettext's form")
            plural: Callable[[int], int] = gettext.c2py(rule[2])
            fields = {k: entry[k] for k in ("name", "direction", "tag", "babel", "offered")}
            found[code] = Language(
                code=code, states=_states(entry["state"]), forms=int(rule[1]), plural=plural, rule=rule[0],
                between=entry.get("between", " "), **fields,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise LanguageError(f"languages.toml: {code}: {error}") from error
    return found


STATE = re.compile(r"source|machine|reviewed [A-Z]{2,4} \d{4}-\d\d-\d\d")


def _states(given: str | Mapping[str, str]) -> Mapping[str, str]:
    """The states by domain: one for all, or a table that has one for all others too. Raises ValueError."""
    states = {"*": given} if isinstance(given, str) else dict(given)
    if "*" not in states:
        raise ValueError('state has no entry for "*", all other domains')
    if wrong := [state for state in states.values() if not STATE.fullmatch(state)]:
        raise ValueError(f"state {wrong[0]!r} is none of source, machine, reviewed AB 2026-11-21")
    return states


@cache
def kept_in() -> Mapping[str, frozenset[str]]:
    """The domains that are kept in some languages only, with these. Raises LanguageError for unknown languages."""
    found = {domain: frozenset(codes) for domain, codes in _table().get(KEPT_IN, {}).items()}
    for domain, codes in found.items():
        if unknown := sorted(codes - set(known())):
            raise LanguageError(f"languages.toml: {KEPT_IN}: {domain}: there is no language {', '.join(unknown)}")
    return found


def kept(code: str, domain: str) -> bool:
    """Whether a language has a catalogue of a domain, or should have."""
    return code == SOURCE or code in kept_in().get(domain, {code})


def _table() -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / "languages.toml").read_text("utf-8"))


def offered(code: str | None) -> str | None:
    """The offered language for what an app says of itself ("en-US", "zh-hans", None), if there is one."""
    wanted = (code or "").replace("_", "-").split("-")[0].lower()
    return next((one for one in languages() if base(one) == wanted), None)


def base(code: str) -> str:
    """The language of a code without script and variant, as Telegram names it: "zh" of zh_Hans, "de" of de@simple."""
    return code.partition("@")[0].partition("_")[0]


def closed(text: str) -> str:
    """A text that was cut off; what is isolated where it ends, is closed."""
    return text + PDI * (text.count(FSI) - text.count(PDI))


Entry = tuple[str, ...]  # one text, or one per plural form


class Catalogue:
    """All texts in one language. German texts are the keys; every inserted value is isolated by FSI … PDI."""

    def __init__(self, language: Language, entries: Mapping[str, Mapping[str, Entry]]) -> None:
        """`entries` holds, per domain, the translations that are complete and not fuzzy."""
        self.language = language
        self._entries = entries
        self._messages = {**entries.get(STATEMENT, {}), **entries.get(MESSAGES, {})}
        if language.right_to_left:  # or the slash of a command would stand behind its word
            self._messages = {k: tuple(_COMMAND.sub(f"{LRM}/", s) for s in v) for k, v in self._messages.items()}

    def t(self, message: str, /, **values: object) -> str:
        """An interface text with `{name}` filled in; the German one where no translation exists."""
        entry = self._messages.get(message)
        text = entry[0] if entry else message
        return self._fill(text, values) if values else text

    def n(self, one: str, many: str, number: int, /, **values: object) -> str:
        """An interface text in the plural form of `number`, which is inserted as `{n}`."""
        entry = self._messages.get(one)
        if entry is not None and len(entry) == self.language.forms:
            message = entry[self.language.plural(number)]
        else:
            message = one if number == 1 else many
        return self._fill(message, {"n": number, **values})

    def of(self, domain: str, message: str) -> str:
        """A text of a questionnaire or of the assessment. Raises LanguageError where the language lacks it."""
        if self.language.code == SOURCE:
            return message
        entry = self._entries.get(domain, {}).get(message)
        if entry is None:
            raise LanguageError(f"{self.language.code}/{domain}: no translation of {message!r}")
        return entry[0]

    def joined(self, *sentences: str) -> str:
        """Sentences one after the other, as the language writes them: Chinese without a space between them."""
        return self.language.between.join(sentences)

    def number(self, value: int | Fraction, digits: int = 0) -> str:
        """A number in the language's digits and separators, rounded half up to `digits` decimals."""
        return _number(self.language.babel, value, digits)

    def day(self, day: date) -> str:
        """A day, written out."""
        from babel.dates import format_date

        return format_date(day, format="long", locale=self.language.babel)

    def _fill(self, message: str, values: Mapping[str, object]) -> str:
        return message.format_map({k: self._isolated(v) for k, v in values.items()})

    def _isolated(self, value: object) -> str:
        if isinstance(value, int):
            return self.number(value)
        return f"{FSI}{value}{PDI}"


@lru_cache(maxsize=4096)
def _number(locale: str, value: int | Fraction, digits: int) -> str:
    from babel.numbers import format_decimal

    whole = (Fraction(value) * 10**digits + Fraction(1, 2)).__floor__()
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(Decimal(whole).scaleb(-digits), format=pattern, locale=locale)


@cache
def catalogue(code: str) -> Catalogue:
    """The catalogue of an offered language. Raises LanguageError naming what is missing or broken."""
    if code not in known():
        raise LanguageError(f"there is no language {code!r}; there are: {', '.join(known())}")
    language = known()[code]
    folder = FOLDER / code / "LC_MESSAGES"
    return Catalogue(language, {path.stem: entries(path) for path in sorted(folder.glob("*.po"))})


@cache
def complete(code: str, domain: str) -> bool:
    """Whether a language has every text of a domain (compared with the committed .pot), none of it fuzzy."""
    if code == SOURCE:
        return True
    translated, template = FOLDER / code / "LC_MESSAGES" / f"{domain}.po", FOLDER / f"{domain}.pot"
    return translated.exists() and template.exists() and keys(template) <= set(entries(translated))


@dataclass(frozen=True)
class Progress:
    """How far a language is with a domain: how many texts there are, are translated, and are fuzzy."""

    texts: int
    translated: int
    fuzzy: int


def progress(code: str, domain: str) -> Progress:
    """How far a language is with a domain; everything is in the source."""
    from babel.messages.pofile import read_po

    wanted, path = keys(FOLDER / f"{domain}.pot"), FOLDER / code / "LC_MESSAGES" / f"{domain}.po"
    if code == SOURCE:
        return Progress(len(wanted), len(wanted), 0)
    if not path.exists():
        return Progress(len(wanted), 0, 0)
    with path.open("rb") as file:
        fuzzy = sum(message.fuzzy for message in read_po(file) if message.id)
    return Progress(len(wanted), len(wanted & set(entries(path))), fuzzy)


def keys(template: Path) -> set[str]:
    """The msgids of a .pot file."""
    from babel.messages.pofile import read_po

    with template.open("rb") as file:
        return {_id(message.id) for message in read_po(file) if message.id}


def entries(path: Path) -> Mapping[str, Entry]:
    """The translations of one .po file that are filled in and not fuzzy."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        try:
            catalog = read_po(file, abort_invalid=True)
        except Exception as error:
            raise LanguageError(f"{path.parent.parent.name}/{path.name}: {error}") from error
    found: dict[str, Entry] = {}
    for message in catalog:
        strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
        filled = tuple(string for string in strings if string)
        if message.id and not message.fuzzy and len(filled) == len(strings):
            found[_id(message.id)] = filled
    return found


def _id(message_id: str | list[str] | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]
