"""What every peer asks: the 34 rating questions of the short form, with the texts and buttons of weltoffen.

A button carries `r:NUMBER:VALUE`, and `s:`, `b:` or `e:` for skip, back and example, which nobody presses here.
Where the load server is and where answers are kept comes from the environment, as for weltoffen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from conversations.questionnaire import Kind, Voice, load

LABELS = {
    "yes": "ja", "rather-yes": "eher ja", "rather-no": "eher nein", "no": "nein", "cannot-say": "keine Einschätzung",
}  # fmt: skip
THANKS = "Vielen Dank. Das waren alle Fragen."
TABLE = "CREATE TABLE answer (user INTEGER, question TEXT, value TEXT, PRIMARY KEY (user, question)) WITHOUT ROWID"
INSERT = (
    "INSERT INTO answer (user, question, value) VALUES (?, ?, ?) "
    "ON CONFLICT (user, question) DO UPDATE SET value = excluded.value"
)
PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")


@dataclass(frozen=True)
class Asked:
    """One question as it stands in the chat: rows of (label, data)."""

    id: str
    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


def asked() -> tuple[Asked, ...]:
    """The questions, in order."""
    questionnaire = load()["kurzform-1"]
    found: list[Asked] = []
    for number, field in enumerate(questionnaire.fields, 1):
        for place, question in enumerate(field.questions, 1):
            n = len(found)
            head = f"Feld {number} von {len(questionnaire.fields)}, Frage {place} von {len(field.questions)}"
            text = f"{head}\n{field.title}\n\n{question.text[Voice.SOCIETY][Kind.CITY]}"
            rows = [((label, f"r:{n}:{value}"),) for value, label in LABELS.items()]
            back = (("zurück", f"b:{n}"),) if n else ()
            rows.append((*back, ("überspringen", f"s:{n}")))
            if Voice.SOCIETY in question.help:
                rows.append((("Beispiel ⓘ", f"e:{n}"),))
            found.append(Asked(question.id, text, tuple(rows)))
    return tuple(found)


API_URL = os.environ["TELEGRAM_API_URL"]
TOKEN = os.environ["TELEGRAM_BOT_TOKEN"]
DATABASE = os.environ["WELTOFFEN_DATABASE"]
QUESTIONS = asked()
