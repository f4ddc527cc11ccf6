"""The two documents for data protection officers: what the database holds and who asks, put into their templates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Any

import conversations.store
from bot.organising import PARKED
from conversations.conversation import PERSONS
from conversations.survey import BY_LANGUAGE, PAUSE, SMALLEST_GROUP, Commune, text_in
from locales import SOURCE

COLUMNS = Path(conversations.store.__file__).with_name("columns.toml")
"""What every table and column means, and when it is erased; its head explains the form."""
RECORD = Path(__file__).with_name("verarbeitungsverzeichnis.md")
ASSESSMENT = Path(__file__).with_name("folgenabschaetzung.md")

BLANKS = {
    "name": "Name der Kommune",
    "office": "Stelle, die die Umfrage macht",
    "contact": "Kontakt dieser Stelle",
    "controller": "Verantwortlicher mit Anschrift, vertreten durch",
    "data_protection_officer": "Datenschutzbeauftragte Person mit Kontakt",
    "legal_basis": "Rechtsgrundlage",
    "recipients": "wer was liest",
    "supervisory_authority": "zuständige Aufsichtsbehörde",
    "retention_days": "Zahl der Tage bis zur Löschung",
    "minimum_age": "Mindestalter",
}


class Person(StrEnum):
    """How a column relates to a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    SEALED = "sealed"
    TEXT = "text"
    COUNT = "count"


RELATIONS = {
    Person.NONE: "keiner",
    Person.PSEUDONYM: "pseudonym",
    Person.SEALED: "verschlüsselt",
    Person.TEXT: "Klartext",
    Person.COUNT: "Zählung",
}
ABOUT = {
    "participants": "Teilnehmende",
    "organisers": "Betreuende der Umfrage",
    "contacts": "Ansprechpersonen der Kommune",
}


class ColumnsError(ValueError):
    """The documentation of the columns cannot be used; the message names everything that is wrong."""


@dataclass(frozen=True)
class Column:
    """One column. `erased` names a rule of erasure."""

    name: str
    meaning: str
    person: Person
    purpose: str
    erased: str


@dataclass(frozen=True)
class Table:
    """One table. `about` says whom it is about: keys of ABOUT."""

    name: str
    meaning: str
    purpose: str
    about: Sequence[str]
    erased: str
    columns: Sequence[Column]

    @property
    def relations(self) -> Sequence[Person]:
        """How its columns relate to people, each way once; empty where none does."""
        return [p for p in Person if p is not Person.NONE and any(c.person is p for c in self.columns)]


@dataclass(frozen=True)
class Documented:
    """All tables, and the rules of erasure by name."""

    erasure: Mapping[str, str]
    tables: Sequence[Table]


def documented(text: str | None = None) -> Documented:
    """What columns.toml (or `text` in its form) says. Raises ColumnsError naming all that is wrong."""
    found = tomllib.loads(COLUMNS.read_text("utf-8") if text is None else text)
    erasure, wrong, tables = found.get("erasure", {}), [], []
    for name, table in found.get("table", {}).items():
        wrong += _wrong(name, table, ("meaning", "purpose", "erased"), {"about", "columns"}, erasure)
        wrong += [f"{name}: about names {who!r}, who is unknown" for who in table.get("about", ()) if who not in ABOUT]
        columns = []
        for key, column in table.get("columns", {}).items():
            wrong += _wrong(f"{name}.{key}", column, ("meaning", "person"), {"purpose", "erased"}, erasure)
            columns.append({"name": key, "purpose": table.get("purpose"), "erased": table.get("erased"), **column})
        related = any(c.get("person") != Person.NONE for c in columns)
        if related != bool(table.get("about")):
            wrong.append(f"{name}: about and the columns disagree on whether it relates to people")
        tables.append({"name": name, **table, "columns": columns})
    if wrong:
        raise ColumnsError("\n".join(f"columns.toml: {w}" for w in wrong))
    return Documented(erasure, [_table(t) for t in tables])


def _wrong(
    name: str, entry: Mapping[str, Any], needed: Sequence[str], optional: set[str], erasure: Mapping[str, str]
) -> list[str]:
    """What is wrong with the entry of a table or column."""
    wrong = [f"{name}: {key} is missing or empty" for key in needed if not str(entry.get(key, "")).strip()]
    wrong += [f"{name}: unknown key {key}" for key in sorted(set(entry) - set(needed) - optional)]
    if "erased" in entry and entry["erased"] not in erasure:
        wrong.append(f"{name}: there is no rule of erasure {entry['erased']!r}")
    if "person" in entry and entry["person"] not in list(Person):
        wrong.append(f"{name}: person must be one of {', '.join(Person)}")
    return wrong


def _table(entry: Mapping[str, Any]) -> Table:
    columns = [
        Column(c["name"], c["meaning"], Person(c["person"]), c["purpose"], c["erased"]) for c in entry["columns"]
    ]
    return Table(entry["name"], entry["meaning"], entry["purpose"], entry["about"], entry["erased"], columns)


def record(commune: Commune | None = None) -> str:
    """The record of processing activities (Art. 30 GDPR) in German Markdown; blanks where no commune is given."""
    return _filled(RECORD, commune)


def assessment(commune: Commune | None = None) -> str:
    """The template of a data protection impact assessment (Art. 35(7) GDPR) in German Markdown."""
    return _filled(ASSESSMENT, commune)


def _filled(template: Path, commune: Commune | None) -> str:
    """A template with everything filled in. Raises KeyError for a placeholder that nobody fills."""
    kept = documented()
    values: dict[str, object] = {key: f"**[ausfüllen: {text}]**" for key, text in BLANKS.items()}
    if commune is not None:
        given = {f.name: getattr(commune, f.name) for f in fields(commune) if f.name in BLANKS}
        values |= {k: plain(text_in(v, SOURCE) if k in BY_LANGUAGE else str(v)) for k, v in given.items()}
    values |= {f"k_{voice}": k for voice, k in SMALLEST_GROUP.items()}
    values |= {
        "hours": int(PARKED.total_seconds() // 3600),
        "pause": PAUSE // 60,
        "persons": PERSONS,
        "personal_tables": _personal(kept),
        "erasure": _erasure(kept),
        "every_column": _columns(kept),
    }
    return Template(template.read_text("utf-8")).substitute(values)


def plain(text: str) -> str:
    """A commune's words in one line, so that no character of them is read as Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", " ".join(text.split()))


def _personal(kept: Documented) -> str:
    """The tables that relate to people, one line each."""
    rows = [
        (f"`{t.name}`", t.meaning, t.purpose, ", ".join(ABOUT[a] for a in t.about),
         ", ".join(RELATIONS[p] for p in t.relations))
        for t in kept.tables if t.relations
    ]  # fmt: skip
    return _markdown(("Tabelle", "Was darin steht", "Wozu", "Betroffene", "Personenbezug"), rows)


def _erasure(kept: Documented) -> str:
    """The rules of erasure, each with what it concerns."""
    rows = []
    for rule, sentence in kept.erasure.items():
        concerned = [f"`{t.name}`" for t in kept.tables if t.erased == rule]
        concerned += [f"`{t.name}.{c.name}`" for t in kept.tables for c in t.columns if c.erased == rule != t.erased]
        rows.append((sentence, ", ".join(concerned)))
    return _markdown(("Frist", "Betrifft"), rows)


def _columns(kept: Documented) -> str:
    """Every column of every table."""
    parts = []
    for table in kept.tables:
        rows = [(f"`{c.name}`", c.meaning, RELATIONS[c.person], c.purpose) for c in table.columns]
        own = [f"`{c.name}`: {kept.erasure[c.erased]}." for c in table.columns if c.erased != table.erased]
        erased = " ".join([f"Löschung: {kept.erasure[table.erased]}.", *own])
        lines = [f"### `{table.name}`", f"{table.meaning}.", erased]
        parts.append("\n\n".join([*lines, _markdown(("Spalte", "Bedeutung", "Personenbezug", "Zweck"), rows)]))
    return "\n\n".join(parts)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
