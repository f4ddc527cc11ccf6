"""The Beschlussvorlage: a paper for the council out of a release and of what only the office knows.

The office fills in a TOML file: number, submitter, the bodies that deal with it, goals of the Leitbild. Decision and
reasons are proposed by rule from the figures and the fields that were chosen; whatever is missing is named in the
document, and nothing is made up.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from conversations.questionnaire import Kind, Questionnaire
from locales import Catalogue, mark
from reports import words
from reports.checker import checked
from reports.document import Document, digest_of
from reports.evaluation import Standing
from reports.views import Views, VoiceView
from reports.wordfile import Properties, WordFile, own_template
from reports.wordml import Cell, Run, Style, Table, Writer, block, plain, writable

COUNCIL: Mapping[Kind, str] = {Kind.CITY: mark("Stadtrat"), Kind.DISTRICT: mark("Kreistag")}
NOTED: Mapping[Kind, str] = {
    Kind.CITY: mark("Der Stadtrat nimmt die Auswertung „{title}“, Stand {day}, zur Kenntnis."),
    Kind.DISTRICT: mark("Der Kreistag nimmt die Auswertung „{title}“, Stand {day}, zur Kenntnis."),
}
ORDERED: Mapping[Kind, str] = {
    Kind.CITY: mark("Der Stadtrat beauftragt die Verwaltung, im Workshop Maßnahmen zu diesen Schwerpunkten zu "
                    "erarbeiten: {fields}."),
    Kind.DISTRICT: mark("Der Kreistag beauftragt die Verwaltung, im Workshop Maßnahmen zu diesen Schwerpunkten zu "
                        "erarbeiten: {fields}."),
}  # fmt: skip
REPORTED: Mapping[Kind, str] = {
    Kind.CITY: mark("Die Verwaltung legt dem Stadtrat das Ergebnis vor."),
    Kind.DISTRICT: mark("Die Verwaltung legt dem Kreistag das Ergebnis vor."),
}
GROUNDS: Mapping[str, str] = {
    "legal_basis": mark("Gesetzliche Grundlagen"),
    "earlier_decisions": mark("Bereits gefasste und/oder zu ändernde Beschlüsse"),
    "opinions": mark("Vorliegende Gutachten und/oder Stellungnahmen"),
    "publication": mark("Hinweise zur Veröffentlichung"),
}
HEAD: Mapping[str, str] = {
    "number": mark("Drucksachen-Nr."),
    "submitter": mark("Einreicher"),
    "responsible": mark("Verantwortlich für die Umsetzung"),
}
VOTES: Mapping[str, str] = {
    "in_favour": mark("Für"),
    "against": mark("Gegen"),
    "abstentions": mark("Enthaltung"),
    "confirmed": mark("Bestätigung"),
}


class VorlageError(ValueError):
    """A file that cannot be read; the message names the key."""


@dataclass(frozen=True)
class Consultation:
    """A body that deals with the paper, and how it voted; the votes are empty before that."""

    body: str
    public: bool | None = None
    date: date | None = None
    in_favour: str = ""
    against: str = ""
    abstentions: str = ""
    confirmed: str = ""


@dataclass(frozen=True)
class Goal:
    """A field of the town's Leitbild; `goal` is the number of the goal, empty where the paper does not touch it."""

    field: str
    goal: str = ""


@dataclass(frozen=True)
class Vorlage:
    """What the office fills in. None: the key is missing; empty: there is nothing to say."""

    number: str | None = None
    submitter: str | None = None
    responsible: str | None = None
    title: str | None = None
    decision: str | None = None
    reasons: str | None = None
    legal_basis: str | None = None
    earlier_decisions: str | None = None
    opinions: str | None = None
    publication: str | None = None
    signature: str | None = None
    consultation: tuple[Consultation, ...] = ()
    goals: tuple[Goal, ...] = ()


def parsed(text: str, file: str = "vorlage.toml") -> Vorlage:
    """What stands in a file. Raises VorlageError naming every key that is unknown or of the wrong kind."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise VorlageError(f"{file}: {error}") from error
    known = {f.name for f in fields(Vorlage)}
    if unknown := sorted(table.keys() - known):
        raise VorlageError(f"{file}: unknown: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    plain_ones = {k: v for k, v in table.items() if k not in ("consultation", "goals")}
    if wrong := sorted(k for k, v in plain_ones.items() if not isinstance(v, str)):
        raise VorlageError(f"{file}: must be texts in quotation marks: {', '.join(wrong)}")
    return Vorlage(
        **plain_ones,
        consultation=tuple(_entries(table, "consultation", Consultation, file)),
        goals=tuple(_entries(table, "goals", Goal, file)),
    )


def _entries(table: Mapping[str, Any], key: str, kind: Any, file: str) -> Iterator[Any]:
    """The entries of [[key]], each read as a `kind`."""
    types = {"public": bool, "date": date}
    entries = table.get(key, [])
    if not isinstance(entries, list):
        raise VorlageError(f"{file}: {key} must be written as [[{key}]]")
    for n, entry in enumerate(entries, 1):
        known = [f.name for f in fields(kind)]
        wrong = [k for k, v in entry.items() if k not in known or not isinstance(v, types.get(k, str))]
        if wrong or not entry.get(known[0]):
            named = ", ".join(wrong) or known[0]
            raise VorlageError(f"{file}: [[{key}]] number {n}: look at {named}; there are: {', '.join(known)}")
        yield kind(**entry)


class Proposal:
    """What a release alone says for the council: title, decision and reasons by rule."""

    def __init__(self, document: Document, questionnaire: Questionnaire, catalogue: Catalogue) -> None:
        """Raises ReleaseError for a release that does not add up, VorlageError for one without levels."""
        checked(document, questionnaire)
        self.document = document
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.kind = Kind(document["survey"]["kind"])
        self.views = Views(document, questionnaire, catalogue, {})
        if not self.views.fields:
            raise VorlageError("this survey has no levels that are shown, so there is nothing for the council")
        self.day = catalogue.day(date.fromisoformat(document["survey"]["released"]))
        self.name = catalogue.of(questionnaire.name, questionnaire.title)
        self.choice: Mapping[str, Any] | None = (document.get("town") or {}).get("choice")

    def title(self) -> str:
        """What the paper is called."""
        return plain(self.catalogue.t("Auswertung „{title}“ der Weltoffenen Kommune, Stand {day}",
                                      title=self.name, day=self.day))  # fmt: skip

    def decision(self) -> str:
        """The decision: to take note, and where fields were chosen, what to do about them."""
        t = self.catalogue.t
        found = [t(NOTED[self.kind], title=self.name, day=self.day)]
        if self.choice:
            named = words.named(self.catalogue, self.questionnaire, self.choice["fields"])
            found += [t(ORDERED[self.kind], fields=named), t(REPORTED[self.kind])]
        return "\n".join(f"{n}. {plain(sentence)}" for n, sentence in enumerate(found, 1))

    def reasons(self) -> str:
        """The reasons: levels, coverage, and the fields proposed and chosen."""
        t, found = self.catalogue.t, []
        for voice in self.views.voices:
            standing = voice.evaluation.overall
            sentences = [t(words.LEVEL_SENTENCE[standing.level])] if standing.level else []
            sentences.append(words.coverage(self.catalogue, standing))
            if voice.evaluation.focus:
                named = words.named(self.catalogue, self.questionnaire, voice.evaluation.focus)
                sentences.append(t("Nach der Regel werden als Schwerpunkte vorgeschlagen: {fields}.", fields=named))
            if len(self.views.voices) > 1:
                sentences.insert(0, f"{voice.name}:")
            found.append(" ".join(sentences))
        if self.choice:
            named = words.named(self.catalogue, self.questionnaire, self.choice["fields"])
            reason = words.clean(self.choice["reason"]).strip()
            found.append(t("Gewählt sind: {fields}. Grund: {reason}", fields=named, reason=reason))
        found.append(t("Die Kennzahlen stehen in Anlage 1."))
        return "\n\n".join(plain(paragraph) for paragraph in found)


def begun(proposal: Proposal) -> str:
    """The TOML file to fill in, with the texts proposed by rule; its comments are German, as its readers are."""
    council = proposal.catalogue.t(COUNCIL[proposal.kind])
    written = {
        "TITLE": _toml(proposal.title()), "DECISION": _toml(proposal.decision()), "REASONS": _toml(proposal.reasons()),
        "COUNCIL": _toml(council),
    }  # fmt: skip
    text = (Path(__file__).parent / "templates" / "vorlage.toml").read_text("utf-8")
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda found: written[found[1]], text)


def _toml(text: str) -> str:
    """A text as TOML writes it, lines kept where there are several."""
    whole = writable(text)
    if "\n" not in whole:
        return json.dumps(whole, ensure_ascii=False)
    lines = (json.dumps(line, ensure_ascii=False)[1:-1] for line in whole.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def vorlage(
    document: Document, questionnaire: Questionnaire, catalogue: Catalogue, commune: str, filled: Vorlage, *,
    template: Path | None = None,
) -> tuple[bytes, list[str]]:  # fmt: skip
    """The Beschlussvorlage as a Word file, and what is missing in it.

    Raises ReleaseError, LanguageError, OfficeError and WordTemplateError as the Auswertung does, and VorlageError.
    """
    proposal = Proposal(document, questionnaire, catalogue)
    language = catalogue.language
    content = own_template("beschlussvorlage") if template is None else template.read_bytes()
    file = WordFile(content, template.name if template else "the template", language.tag)
    writer = Writer(file.styles, file.width, language.right_to_left, file.number)
    paper = Paper(writer, proposal, filled, writable(commune))
    values = paper.values()
    released = date.fromisoformat(document["survey"]["released"])
    about = Properties(paper.title, paper.commune, language.tag, catalogue.t("Beschlussvorlage"), released)
    return file.filled(values, about, language.right_to_left), paper.missing


class Paper:
    """The parts of the paper, each as markup; `missing` names what the office has not filled in."""

    def __init__(self, writer: Writer, proposal: Proposal, filled: Vorlage, commune: str) -> None:
        self.writer = writer
        self.proposal = proposal
        self.filled = filled
        self.commune = commune
        self.catalogue = proposal.catalogue
        self.missing: list[str] = []
        self.title = " ".join(writable(filled.title or "").split()) or proposal.title()

    def values(self) -> dict[str, Any]:
        """All variables of a template."""
        filled, t = self.filled, self.catalogue.t
        named = {
            name: writable(getattr(filled, name) or "")
            for name in (*HEAD, *GROUNDS, "signature")
        }  # fmt: skip
        return {
            **named,
            "commune": self.commune,
            "title": self.title,
            "headline": " · ".join(part for part in (t("Beschlussvorlage"), named["number"], self.commune) if part),
            "released": self.proposal.day,
            "digest": digest_of(self.proposal.document),
            "page_number": self.writer.page_number(self.catalogue),
            "head": block(*self._head()),
            "consultation": block(*self._consultation()),
            "decision": block(*self._decision()),
            "grounds": block(*self._grounds()),
            "goals": block(*self._goals()),
            "reasons": block(*self._reasons()),
            "resolved": block(*self._resolved()),
            "annex": block(*self._annex()),
        }

    def _given(self, key: str, name: str) -> Run:
        """What was filled in; where nothing was, that it is missing."""
        given = words.clean(getattr(self.filled, key) or "").strip()
        return Run(given) if given else self._lacking(name)

    def _lacking(self, name: str) -> Run:
        self.missing.append(name)
        return Run(self.catalogue.t("[fehlt noch]"), italic=True)

    # ---- the paper ----------------------------------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Beschlussvorlage"))
        for key, name in HEAD.items():
            yield writer.paragraph([Run(f"{t(name)}: ", bold=True), self._given(key, t(name))], Style.FACT)

    def _consultation(self) -> Iterator[str]:
        t = self.catalogue.t
        yield self.writer.heading(2, t("Beratungsfolge"))
        if not self.filled.consultation:
            yield self.writer.paragraph(self._lacking(t("Beratungsfolge")))
            return
        rows = [
            [Cell((words.clean(one.body),)), Cell((self._status(one),)), Cell((self._term(one),)),
             *(Cell((words.clean(getattr(one, key)),)) for key in VOTES)]
            for one in self.filled.consultation
        ]  # fmt: skip
        yield self.writer.table(Table(
            t("Wer die Vorlage berät, und wie abgestimmt wurde"),
            t("Eine Zeile je Gremium: Status, Termin, Stimmen. Vor der Sitzung sind die Stimmen leer."),
            (27, 16, 15, 8, 9, 12, 13),
            [Cell((t("Gremium"),)), Cell((t("Status"),)), Cell((t("Termin"),)),
             *(Cell((t(name),)) for name in VOTES.values())],
            rows,
        ))  # fmt: skip

    def _status(self, one: Consultation) -> Run:
        t = self.catalogue.t
        if one.public is None:
            return self._lacking(f"{t('Status')}: {words.clean(one.body)}")
        return Run(t("öffentlich") if one.public else t("nicht öffentlich"))

    def _term(self, one: Consultation) -> Run:
        if one.date is None:
            return self._lacking(f"{self.catalogue.t('Termin')}: {words.clean(one.body)}")
        return Run(f"{one.date:%d.%m.%Y}")

    def _decision(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(2, t("Titel"))
        yield writer.paragraph(self.title)
        yield writer.heading(2, t("Beschluss"))
        yield writer.prose((self.filled.decision or "").strip() or self.proposal.decision())
        if self.proposal.choice is None and self.proposal.questionnaire.institution:
            self.missing.append(t("gewählte Schwerpunkte"))

    def _grounds(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        for key, name in GROUNDS.items():
            yield writer.heading(2, t(name))
            given: str | None = getattr(self.filled, key)
            if given is None:
                yield writer.paragraph(self._lacking(t(name)))
            else:
                yield writer.prose(given) if given.strip() else writer.paragraph(t("Keine."))

    def _goals(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(2, t("Relevanz mit Leitbild"))
        if not self.filled.goals:
            yield writer.paragraph(self._lacking(t("Relevanz mit Leitbild")))
            return
        rows = [
            [Cell((words.clean(one.field),)), Cell((t("ja") if one.goal.strip() else t("nein"),)),
             Cell((words.clean(one.goal),))]
            for one in self.filled.goals
        ]  # fmt: skip
        yield writer.table(Table(
            t("Handlungsfelder des Leitbilds"),
            t("Eine Zeile je Handlungsfeld des Leitbilds: ob die Vorlage es betrifft, und die Nummer des Ziels."),
            (60, 18, 22),
            [Cell((t("Handlungsfeld"),)), Cell((t("betroffen"),)), Cell((t("Ziel-Nummer"),))],
            rows,
        ))  # fmt: skip
        touched = any(one.goal.strip() for one in self.filled.goals)
        asked, answer = t("Vorlage nicht leitbildrelevant"), t("nein") if touched else t("ja")
        yield writer.paragraph([f"{asked}: ", Run(answer, bold=True)], Style.AFTER_TABLE)

    def _reasons(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(2, t("Begründung"))
        yield writer.prose((self.filled.reasons or "").strip() or self.proposal.reasons())
        signature = self._given("signature", t("Unterschrift"))
        label = [f"{t('Unterschrift')}: "] if signature.italic else []
        yield writer.paragraph([*label, signature], Style.SIGNED)

    def _resolved(self) -> Iterator[str]:
        """The line for the day of the resolution, to be filled in by hand."""
        t = self.catalogue.t
        last = self.filled.consultation[-1].body if self.filled.consultation else t(COUNCIL[self.proposal.kind])
        yield self.writer.paragraph(t("Beschlossen im Gremium {council} am: ____________", council=words.clean(last)))

    # ---- the annex ----------------------------------------------------------------------------------------------

    def _annex(self) -> Iterator[str]:
        t, writer, views = self.catalogue.t, self.writer, self.proposal.views
        yield writer.heading(1, t("Anlage 1: Kennzahlen der Auswertung"), first=True)
        for voice in views.voices:
            standing = voice.evaluation.overall
            if len(views.voices) > 1:
                yield writer.heading(2, voice.name)
            if standing.level:
                yield writer.paragraph(t(words.LEVEL_SENTENCE[standing.level]), Style.LEVEL)
            yield writer.bullets(self._basis(voice, standing))
            yield writer.table(self._levels(voice))
        yield writer.heading(2, t("Schwerpunkte für den Workshop"))
        yield writer.bullets(self._focus())
        yield writer.heading(2, t("Woher die Zahlen kommen"))
        yield writer.bullets(self._source())

    def _basis(self, voice: VoiceView, standing: Standing) -> list[str]:
        institution = self.proposal.questionnaire.institution
        mean = words.mean(self.catalogue, standing.mean)
        people = [] if institution else [self.catalogue.n(
            "{n} Teilnehmender, selbst gewählt, nicht repräsentativ",
            "{n} Teilnehmende, selbst gewählt, nicht repräsentativ", voice.n,
        )]  # fmt: skip
        return [
            self.catalogue.t("Mittelwert {mean} auf der Linie von 0 bis 3", mean=mean),
            *people,
            words.coverage(self.catalogue, standing),
            *words.gaps(self.catalogue, standing, institution),
        ]

    def _levels(self, voice: VoiceView) -> Table:
        t, catalogue = self.catalogue.t, self.catalogue
        rows = []
        for found in voice.evaluation.fields:
            standing = found.standing
            title = words.title(catalogue, self.proposal.questionnaire, found.id)
            covered = t("{answered} von {asked}", answered=standing.answered, asked=standing.asked)
            rows.append([Cell((f"{found.id} {title}",)), Cell((words.levelled(catalogue, standing.level),)),
                         Cell((words.mean(catalogue, standing.mean),), Style.FIGURE),
                         Cell((covered,), Style.FIGURE)])  # fmt: skip
        return Table(
            t("Stufe, Mittelwert und bearbeitete Fragen je Handlungsfeld"),
            t("Eine Zeile je Handlungsfeld: Stufe, Mittelwert von 0 bis 3, bearbeitete Fragen."),
            (42, 28, 14, 16),
            [Cell((t("Handlungsfeld"),)), Cell((t("Stufe"),)), Cell((t("Mittelwert"),), Style.FIGURE),
             Cell((t("Fragen bearbeitet"),), Style.FIGURE)],
            rows,
        )  # fmt: skip

    def _focus(self) -> Sequence[str]:
        t, catalogue, asked = self.catalogue.t, self.catalogue, self.proposal.questionnaire
        found = []
        for voice in self.proposal.views.voices:
            ids = voice.evaluation.focus
            text = t("Nach der Regel werden als Schwerpunkte vorgeschlagen: {fields}.",
                     fields=words.named(catalogue, asked, ids)) if ids else (
                t("Nach der Regel wird kein Schwerpunkt vorgeschlagen."))  # fmt: skip
            found.append(text if len(self.proposal.views.voices) == 1 else f"{voice.name}: {text}")
        choice = self.proposal.choice
        if choice is None:
            return [*found, t("Eine Wahl ist noch nicht eingetragen.")]
        named = words.named(catalogue, asked, choice["fields"])
        reason = words.clean(choice["reason"])
        return [*found, t("Gewählt: {fields}.", fields=named), t("Grund: {reason}", reason=reason)]

    def _source(self) -> Iterator[str]:
        t, document = self.catalogue.t, self.proposal.document
        yield t("Erhebung {survey}, Fragebogen {questionnaire}, Stand {day}", survey=document["survey"]["id"],
                questionnaire=self.proposal.questionnaire.name, day=self.proposal.day)  # fmt: skip
        if town := document.get("town"):
            day = self.catalogue.day(date.fromisoformat(town["signed"]["day"]))
            yield t("Unterzeichnet: {signature}. Das ist Fassung {number}.", number=town["version"],
                    signature=plain(t("{function}, am {day}", function=words.clean(town["signed"]["function"]),
                                      day=day)))  # fmt: skip
        yield f"{t('Prüfsumme der Freigabe')}: {digest_of(document)}"
