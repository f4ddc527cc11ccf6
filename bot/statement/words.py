"""How far the town's answer to a question is, in words: one literal table."""

from __future__ import annotations

from conversations.institution import State
from locales import mark

STATES = {
    State.WAITING: mark("wartet auf Antworten"),
    State.UNASSIGNED: mark("niemandem zugeteilt"),
    State.DIFFERENT: mark("verschieden beantwortet"),
    State.UNKNOWN: mark("niemand kann es einschätzen"),
    State.OUTDATED: mark("nach der Entscheidung hat sich eine Antwort geändert"),
    State.AGREED: mark("einig"),
    State.DECIDED: mark("entschieden"),
}
