"""What the Auswertung shows, as values: reads voices, fields and criteria out of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conversations.questionnaire import Criterion, Field, Question, Questionnaire, Voice
from locales import Catalogue, known
from reports import words
from reports.assessment import Draft, field_draft
from reports.document import Document, Quote, evaluation_of
from reports.evaluation import Evaluation, FieldFigures, Figures


@dataclass(frozen=True)
class Group:
    """One group of the breakdown by language. `code` is None for the merged rest, and so is its BCP 47 `tag`."""

    code: str | None
    tag: str | None
    name: str
    n: int


@dataclass(frozen=True)
class VoiceView:
    """A voice whose figures are shown."""

    id: Voice
    name: str
    evaluation: Evaluation
    n: int
    k: int
    not_handed_in: int | None
    groups: tuple[Group, ...]

    @property
    def symbol(self) -> str:
        """The name of its drawing; a town's statement has one of its own, as in the mirror."""
        return "voice-statement" if self.evaluation.institution else f"voice-{self.id}"


@dataclass(frozen=True)
class Hidden:
    """A voice that is withheld."""

    id: Voice
    name: str
    k: int


@dataclass(frozen=True)
class FieldRow:
    """One field as one voice sees it."""

    voice: VoiceView
    figures: FieldFigures
    draft: Draft


@dataclass(frozen=True)
class CriterionView:
    """One criterion as all voices see it."""

    id: str
    title: str
    cells: tuple[tuple[VoiceView, Figures], ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class FieldView:
    """One field as all voices see it."""

    id: str
    title: str
    rows: tuple[FieldRow, ...]
    criteria: tuple[CriterionView, ...]
    own: tuple[tuple[str, tuple[Quote, ...]], ...]


class Views:
    """All that is shown, derived from one release; `spoken` are the statements that may be shown, by question."""

    def __init__(
        self,
        document: Document,
        questionnaire: Questionnaire,
        catalogue: Catalogue,
        spoken: Mapping[str, list[Quote]],
    ) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.voices: tuple[VoiceView, ...] = tuple(self._voices())
        self.hidden = tuple(
            Hidden(Voice(voice), catalogue.t(words.VOICE[Voice(voice)]), block["k"])
            for voice, block in self._blocks()
            if block["withheld"]
        )
        taking_part: dict[Voice, VoiceView | Hidden] = {
            **{one.id: one for one in self.voices},
            **{one.id: one for one in self.hidden},
        }
        self.taking_part = tuple(taking_part[v] for v in questionnaire.voices if v in taking_part)
        rated = [field for field in questionnaire.fields if field.criteria] if self.voices else []
        self.fields = tuple(self._field(field, spoken) for field in rated)
        self.spoken = tuple(
            (self._wording(question), tuple(spoken[question.id]))
            for question in questionnaire.spoken
            if question.id in spoken
        )

    def question(self, question: Question, voice: VoiceView) -> str:
        """The wording of a question for a voice."""
        kind = self.document["survey"]["kind"]
        return words.asked(self.catalogue, self.questionnaire, question, voice.id, kind)

    def _blocks(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The voices in the order of the questionnaire (the document's own order is the alphabet's)."""
        blocks = self.document["voices"]
        return [(voice, blocks[voice]) for voice in self.questionnaire.voices if voice in blocks]

    def _voices(self) -> Iterator[VoiceView]:
        for voice, block in self._blocks():
            evaluation = evaluation_of(self.document, self.questionnaire, voice)
            if evaluation is None:
                continue
            names = {code: language.name for code, language in known().items()}
            groups = tuple(
                Group(
                    code=group["code"] if group["code"] in names else None,
                    tag=known()[group["code"]].tag if group["code"] in names else None,
                    name=words.group(self.catalogue, group["code"], names),
                    n=group["n"],
                )
                for group in block["languages"]
            )
            name = words.voice(self.catalogue, Voice(voice), evaluation.institution)
            yield VoiceView(Voice(voice), name, evaluation, block["n"], block["k"], block["not_handed_in"], groups)

    def _field(self, field: Field, spoken: Mapping[str, list[Quote]]) -> FieldView:
        rows = []
        for voice in self.voices:
            figures = next(f for f in voice.evaluation.fields if f.id == field.id)
            rows.append(
                FieldRow(voice, figures, field_draft(self.questionnaire, voice.evaluation, figures, self.catalogue))
            )
        return FieldView(
            id=field.id,
            title=words.title(self.catalogue, self.questionnaire, field.id),
            rows=tuple(rows),
            criteria=tuple(self._criterion(criterion) for criterion in field.criteria),
            own=tuple((self._wording(q), tuple(spoken[q.id])) for q in field.open if q.id in spoken),
        )

    def _criterion(self, criterion: Criterion) -> CriterionView:
        return CriterionView(
            id=criterion.id,
            title=words.title(self.catalogue, self.questionnaire, criterion.id),
            cells=tuple((voice, voice.evaluation.criteria[criterion.id]) for voice in self.voices),
            questions=criterion.questions,
        )

    def _wording(self, question: Question) -> str:
        """In whose words an open question is printed: those of the first voice shown."""
        voice = next((v.id for v in self.voices), None)
        return words.asked(self.catalogue, self.questionnaire, question, voice, self.document["survey"]["kind"])
