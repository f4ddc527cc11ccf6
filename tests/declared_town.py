"""The long form of a town answered by eight offices of five departments, with everything a statement can hold.

Marks and numbers are those of Dessau-Roßlau (samples.dessau_answers); offices and functions are of the kind that 001
prints, texts are made up. Two versions: in the second one an answer has changed, and a text.
No store and no step is needed for it: it is declared from values. signed_town is what the steps make of a town.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from samples import FACTS, dessau_answers, selbstcheck

from conversations.conversation import REFERRED, Conversation
from conversations.conversation import Statement as Said
from conversations.institution import Contributor, Decision, Position, contribution, fingerprint, positions
from conversations.questionnaire import Voice, chosen
from reports.release import Release, declared
from reports.statement import Remark, Signature, Statement

OFFICES = (  # id, department, function, name, what it answers
    ("c1", "Stabsstelle OB", "Integrationsbüro, Koordination", None, ("1", "4", "7.m", "7.b")),
    ("c2", "Dezernat I", "Beauftragte für Bürgeranliegen", "A. Beispiel", ("7.1", "7.2")),
    ("c3", "Dezernat II, Amt für Sicherheit und Ordnung", "Leitung Ausländerbehörde", None, ("2.9", "4.1", "7.4")),
    ("c4", "Dezernat III", "Abteilungsleitung Stadtentwicklung", None, ("2.4", "2.6", "6")),
    ("c5", "Dezernat IV", "Wirtschaftsförderung", None, ("3", "2.3")),
    ("c6", "Dezernat IV, Referat Sportförderung", "Referatsleitung", None, ("2.8", "2.7", "5")),
    ("c7", "Dezernat V", "Sozialcontrolling", None, ("2.1", "2.2", "2.5", "2.10", "2.m", "2.b")),
    ("c8", "Dezernat V", "Behindertenbeauftragte", None, ("2.6", "7.2", "7.3")),
)
DIFFERENT = {("c3", "4.1.1"): "rather-yes", ("c8", "2.6.1"): "no"}
HOSTILE = '<script>alert(1)</script> \u202e {{ 7 * 7 }} & "Anführung"'
LONG = "\n\n".join(
    f"Absatz {n}: " + "Wir arbeiten mit den Trägern der Migrationsarbeit zusammen. " * 15 for n in range(11)
)
EDITED = """Die Stadt arbeitet an **offenen Strukturen**. In Handlungsfeld 1 wurden 12 von 14 Fragen bearbeitet.

## Was als Nächstes zu tun ist

- Die Fragen 1.4.2 und 1.4.3 (Monitoring) nach der Einführung von Kennzahlen beantworten.
- Ein <b>Bericht</b> an den Stadtrat.

1. Erst die Leitung,
2. dann alle Fachbereiche.
"""


def conversation(one: Contributor, year: int) -> Conversation:
    """What an office hands in: the town's answers to its part, and what it says otherwise or cannot say."""
    values = {q: v for q, v in dessau_answers().items() if q in one.questions}
    values |= {q: v for (who, q), v in DIFFERENT.items() if who == one.id}
    referrals = {"1.4.2": "Statistikstelle"} if one.id == "c1" else {}
    texts = {
        "c1": [("1.1.1", "Konzept von 2018"), ("1.1.1", "Leitbild"),
               ("1.m", "Seit 2016 gibt es eine Steuerungsgruppe."), ("1.b", "Träger und Migrantenorganisationen.")],
        "c3": [("4.1.1", "Schulung 2019, Nachweis im Personalamt")],
        "c6": [("5.m", HOSTILE), ("5.1.3", "x" * 400)],
        "c7": [("2.m", LONG)],
    }.get(one.id, [])  # fmt: skip
    if year > 2026 and one.id == "c1":
        values["1.1.1"] = "no"
    return Conversation(
        FACTS.survey, one.respondent or "", Voice.ADMINISTRATION, "de", "paper", handed_in=True,
        answers={**values, **dict.fromkeys(referrals, REFERRED)}, referrals=referrals,
        statements=tuple(Said(q, t) for q, t in texts),
    )  # fmt: skip


@cache
def offices() -> list[Contributor]:
    """The eight offices with their parts."""
    return [
        Contributor(
            i, department, function, name, f"r{i}", frozenset(q for p in part for q in chosen(selbstcheck(), p))
        )
        for i, department, function, name, part in OFFICES
    ]


def decisions(found: Mapping[str, Conversation]) -> dict[str, Decision]:
    """Decided is whatever differs, and what nobody can rate."""
    made = {}
    for question, value in dessau_answers().items():
        given = [
            contribution(one, question, found[one.respondent or ""]) for one in offices() if question in one.questions
        ]
        unrated = value in ("cannot-say", "skipped")
        if unrated or (any(q == question for _, q in DIFFERENT) and len(given) > 1):
            reason = (
                "Dazu gibt es noch keine Zahlen."
                if unrated
                else "Das Personalamt kennt den Alltag; so sieht es auch die Leitung."
            )
            made[question] = Decision(value, None, reason, fingerprint(given))
    return made


def found_positions(year: int = 2026) -> tuple[dict[str, Conversation], dict[str, Position]]:
    """What the offices said, and the town's answers."""
    said = {one.respondent or "": conversation(one, year) for one in offices()}
    return said, positions(selbstcheck(), offices(), said, decisions(said))


def block(year: int = 2026, version: int = 1, **rest: Any) -> Statement:
    """The statement as it is signed."""
    said, found = found_positions(year)
    return Statement(
        Signature(version, "Integrationsbüro, Leitung", date(year, 11, 2)), offices(), said, found,
        remarks=[Remark("c3", "4", "Unsere Schulungen wirken länger.\n\nDas bleibt so.", f"{year}-10-29"),
                 Remark("c4", "6", HOSTILE, f"{year}-10-30")],
        choice=(("4", "5"), "Hier liegt am meisten im Argen; 93 von 105 Fragen sind bearbeitet."),
        **{"texts": {"1": EDITED}, **rest},
    )  # fmt: skip


@cache
def first_version() -> Release:
    """The statement of 2026."""
    return declared(selbstcheck(), FACTS, block())


@cache
def second_version() -> Release:
    """Two years later; 1.1.1 is answered otherwise, and the overall text is edited."""
    facts = replace(FACTS, closed=date(2028, 11, 2), released=date(2028, 11, 2))
    texts = {"overall": "Insgesamt sind 93 von 105 Fragen bearbeitet."}
    return declared(selbstcheck(), facts, block(2028, 2, texts=texts), first_version().document)
