"""What stands in which cell of a contributor's sheet.

Whatever a person may not change (questions, order, the marker) is written down here once: `sheets` writes these values,
and `returned` compares a sheet that comes back with the very same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.view import RATINGS, cut, units
from conversations.conversation import REFERRED, SKIPPED, Conversation
from conversations.questionnaire import Question, Questionnaire
from conversations.survey import Survey
from locales import FSI, PDI, STATEMENT, Catalogue, catalogue, complete, kept, languages, mark

FORMAT = 1
MARKER = "weltoffen"  # the hidden sheet that says whose sheet this is
CELL_LIMIT = 32_767  # UTF-16 units that a cell holds

GUIDE, QUESTIONS, REPORTS = mark("Anleitung"), mark("Fragen"), mark("Selbstauskunft")
UNSURE = mark("weiß ich nicht")
LABELS = {**{rating.value: label for rating, label in RATINGS.items()}, SKIPPED: mark("übersprungen"), REFERRED: UNSURE}
"""What the drop-down offers: value → label."""

HEAD = (mark("Nr."), mark("Handlungsfeld"), mark("Kriterium"), mark("Frage"), mark("Was ist gemeint?"),
        mark("Antwort"), mark("Beleg oder Notiz"), mark("bitte an"))  # fmt: skip
ANSWER, EVIDENCE, TARGET = 5, 6, 7  # columns of "Fragen" that are filled in, from 0
REPORT_HEAD = (mark("Nr."), mark("Handlungsfeld"), mark("Frage"), mark("Was ist gemeint?"), mark("Ihr Text"))
REPORT = 4  # the one of "Selbstauskunft"


@dataclass(frozen=True)
class Form:
    """A contributor's sheet in one language: its locked cells, row by row, as they go out and must come back."""

    survey: Survey
    questionnaire: Questionnaire
    questions: tuple[str, ...]
    language: str

    @property
    def words(self) -> Catalogue:
        """The texts in its language."""
        return catalogue(self.language)

    @cached_property
    def rated(self) -> list[Question]:
        """The rating questions, one row each."""
        return [q for q in self.questionnaire.questions if q.rating and q.id in self.questions]

    @cached_property
    def told(self) -> list[Question]:
        """The open questions, one row each."""
        return [q for q in self.questionnaire.questions if not q.rating and q.id in self.questions]

    @cached_property
    def rows(self) -> list[tuple[str, ...]]:
        """The locked cells of "Fragen": id, field, criterion, wording, help."""
        criterion = self.questionnaire.criterion_of
        return [
            (q.id, self._field(q), self._titled(criterion[q.id].id, criterion[q.id].title), *self._asked(q))
            for q in self.rated
        ]

    @cached_property
    def report_rows(self) -> list[tuple[str, ...]]:
        """The locked cells of "Selbstauskunft": id, field, wording, help."""
        return [(q.id, self._field(q), *self._asked(q)) for q in self.told]

    def _field(self, question: Question) -> str:
        field = self.questionnaire.spots[question.id].group.field
        return self._titled(field.id, field.title) if field else ""

    def _titled(self, identifier: str, title: str) -> str:
        return f"{identifier} {self.words.of(self.questionnaire.name, title)}"

    def _asked(self, question: Question) -> tuple[str, str]:
        voice, kind = self.survey.voices[0], self.survey.commune.kind
        help_ = question.help[voice][kind] if voice in question.help else ""
        of, name = self.words.of, self.questionnaire.name
        return of(name, question.text[voice][kind]), of(name, help_) if help_ else ""


@dataclass(frozen=True)
class Marker:
    """Whose sheet it is: hidden in it, with a checksum. `seen` tells what its contributor had said when it went out."""

    survey: str
    contributor: str
    questionnaire: str
    language: str
    questions: tuple[str, ...]
    seen: str
    format: int = FORMAT

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Names and values as they stand in the hidden sheet."""
        found = [
            ("format", str(self.format)), ("survey", self.survey), ("contributor", self.contributor),
            ("questionnaire", self.questionnaire), ("language", self.language),
            ("questions", " ".join(self.questions)), ("seen", self.seen),
        ]  # fmt: skip
        return [*found, ("check", hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16])]


def spoken(questionnaire: Questionnaire) -> list[str]:
    """The languages in which there can be a sheet."""
    return [
        code for code in languages()
        if kept(code, STATEMENT) and complete(code, STATEMENT) and complete(code, questionnaire.name)
    ]  # fmt: skip


def seen(questions: Sequence[str], given: Conversation | None) -> str:
    """A fingerprint of what a contributor has said to these questions."""
    said = [] if given is None else [
        [q, given.answers.get(q), given.given(q), given.referrals.get(q)] for q in questions
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said if any(any(s[1:]) for s in said) else []).encode()).hexdigest()[:16]


def written(given: Conversation | None, question: str) -> str:
    """What was said to a question, several texts one below the other, as far as a cell holds it."""
    text = bare("\n\n".join(given.given(question)) if given else "")
    return text if units(text) <= CELL_LIMIT else cut(text, CELL_LIMIT - 1) + "…"


def bare(text: str) -> str:
    """A text for a cell or a terminal, without the marks around inserted values, which are for screens in all scripts.

    Two characters that XML does not know are shown as unknown ones.
    """
    return text.translate(_UNFIT)


_UNFIT = {ord(FSI): None, ord(PDI): None, 0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}
