"""How far the town's answer to a question is, and why a step cannot be made, in words: one literal table each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.statement.steps import Refusal, StepError
from conversations.institution import State
from locales import Catalogue, mark

STATES = {
    State.WAITING: mark("wartet auf Antworten"),
    State.UNASSIGNED: mark("niemandem zugeteilt"),
    State.DIFFERENT: mark("verschieden beantwortet"),
    State.UNKNOWN: mark("niemand kann es einschätzen"),
    State.OUTDATED: mark("nach der Entscheidung hat sich eine Antwort geändert"),
    State.AGREED: mark("einig"),
    State.DECIDED: mark("entschieden"),
}

REFUSALS = {
    Refusal.KNOWN: mark("Diese Stelle ist schon genannt: {what}"),
    Refusal.UNKNOWN: mark("Diese Stelle gibt es hier nicht: {what}"),
    Refusal.NO_QUESTION: mark("Eine Frage oder ein Feld {what} gibt es nicht."),
    Refusal.NO_REASON: mark("Dazu gehört eine Begründung. Bitte schreiben Sie, warum."),
    Refusal.NO_FIELD: mark("Bitte wählen Sie mindestens ein Feld."),
    Refusal.TOO_LONG: mark("Das ist zu lang. Höchstens {what} Zeichen sind möglich. Nichts wurde gespeichert."),
    Refusal.NO_VALUE: mark("{what} ist keine Antwort auf diese Frage."),
    Refusal.NOT_PRESENTED: mark(
        "Eine Stellungnahme ist möglich, sobald die Koordination den Stellen die Antworten der Kommune zeigt."
    ),
    Refusal.NOT_ASKED: mark("Zu Feld {what} hat diese Stelle keinen Teil bekommen."),
    Refusal.OPEN_QUESTIONS: mark("Das geht erst, wenn jede Frage geklärt ist. Noch nicht geklärt: {what}"),
    Refusal.NO_FUNCTION: mark("Bitte nennen Sie die Funktion, und bei einer Stelle auch das Dezernat oder Amt."),
    Refusal.SAME: mark("Seit Fassung {what} hat sich nichts geändert."),
    Refusal.CLOSED: mark("Dieser Selbstcheck ist beendet. Es ändert sich nichts mehr."),
    Refusal.NO_STATEMENT: mark("Diese Umfrage fragt einzelne Menschen; zu ihr gibt es keine gemeinsame Erklärung."),
}
NAMED = 12  # questions that a refusal names


def refused(words: Catalogue, error: StepError) -> str:
    """Why a step cannot be made, in words."""
    if error.why is Refusal.OPEN_QUESTIONS:
        return unsettled(words, error.what.split(", "))
    what: object = int(error.what) if error.why is Refusal.TOO_LONG else error.what
    return words.t(REFUSALS[error.why], what=what)


def unsettled(words: Catalogue, ids: Sequence[str]) -> str:
    """That questions are in the way: of many the first, and how many more there are."""
    told, rest = words.t(REFUSALS[Refusal.OPEN_QUESTIONS], what=", ".join(ids[:NAMED])), len(ids) - NAMED
    return told + " " + words.n("und {n} weitere", "und {n} weitere", rest) if rest > 0 else told
