"""What a coordinator sees in the chat of a town's statement: every view as text and buttons, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from bot.clock import here
from bot.labels import fitted
from bot.statement.menu import NUMBERS, TEXT, Press, Verb, chosen, stamp, written
from bot.statement.seat import INVITE
from bot.statement.standing import TO_DECIDE, standing
from bot.statement.steps import LINK_DAYS, REASON_LENGTH, Town
from bot.statement.words import STATES, unsettled
from bot.view import TEXT_LIMIT, Button, View, answer_label, pieces, read_in, shortened
from conversations.conversation import REFERRED, SKIPPED
from conversations.institution import OPEN_STATES, Contribution, Position, State, fingerprint
from conversations.questionnaire import Field
from locales import catalogue, mark

PAGE = 8  # entries of a list in one view
WORDING = 160  # characters of a question where several stand below each other
TITLE = 100  # characters of a contributor, or of whom it refers to, where several stand below each other
EVIDENCE = 300  # characters of an evidence in the view of its question
NOT_WORKED_ON = mark("nicht bearbeitet")


def seen(town: Town, question: str) -> str:
    """The stamp of a question: what contributors and coordinator have said to it."""
    return stamp(fingerprint(town.positions[question].contributions), town.decisions.get(question))


def seen_whole(town: Town) -> str:
    """The stamp of all that would be signed."""
    return stamp(town.positions, town.comments, town.choice, town.drafts, town.signed and town.signed.number)


def invitation(language: str, link: str) -> View:
    """The one message that is forwarded to a contributor; it has no button of the coordinator's."""
    words = catalogue(language)
    return View("\n\n".join([
        words.t("Guten Tag! Ihre Stelle beantwortet einen Teil des Selbstchecks „Weltoffene Kommune“. Bitte öffnen Sie "
                "diesen Link auf dem Telefon, mit dem Sie antworten möchten:"),
        link,  # by itself: what stands around an inserted value would become part of it
        words.n("Er gilt für eine Person und {n} Tag. Sie können jederzeit aufhören und später weitermachen.",
                "Er gilt für eine Person und {n} Tage. Sie können jederzeit aufhören und später weitermachen.",
                LINK_DAYS),
    ]))  # fmt: skip


def start_of(username: str | None, token: str) -> str:
    """A contributor's one-time link, or what to write to the bot while its name is not known."""
    start = f"{INVITE}{token}"
    return f"https://t.me/{username}?start={start}" if username else f"/start {start}"


def page_of(page: int, total: int) -> int:
    """A page that there is: lists become shorter while their buttons stay."""
    return min(page, max(0, total - 1) // PAGE)


class Board:
    """The views of one statement as it stands."""

    def __init__(self, town: Town, language: str) -> None:
        """`language` is the organiser's; German stands in where the questionnaire does not exist in it."""
        self.town, self.asked = town, town.questionnaire
        self.language = read_in(town.questionnaire, language)
        self.words = catalogue(self.language)

    # ---- pieces -----------------------------------------------------------------------------------------------

    def button(self, label: str, verb: Verb, *about: str) -> tuple[Button, ...]:
        return (Button(fitted(label), Press(self.town.survey.id, verb, about).data),)

    def of(self, text: str) -> str:
        return self.words.of(self.asked.name, text)

    def wording(self, question: str) -> str:
        """How a question is asked."""
        return self.of(self.asked.by_id[question].text[self.asked.voices[0]][self.town.survey.commune.kind])

    def answer(self, position: Position) -> str:
        """The town's answer in words, or why there is none."""
        if not position.settled:
            return self.words.t(STATES[position.state])
        if position.value is None:
            text = shortened(" ".join(position.text.split()), EVIDENCE)
            return text or self.words.t("kein Text")
        return self.value(position.value)

    def value(self, value: str) -> str:
        """A value of the town's in words."""
        return self.words.t(NOT_WORKED_ON) if value == SKIPPED else answer_label(self.words, value)

    def said(self, one: Contribution, limit: int = TITLE) -> str:
        """What a contributor says to a question; nothing of it before it is handed in."""
        words, who = self.words, shortened(self.town.contributor(one.contributor).title, limit)
        if not one.handed_in:
            return words.t("{who}: noch nicht abgegeben", who=who)
        if one.value == REFERRED:
            return words.t("{who} verweist an: {target}", who=who, target=shortened(one.target or "", limit))
        if one.value is None:
            return words.t("{who}: keine Antwort", who=who)
        return words.t("{who}: {answer}", who=who, answer=self.value(one.value))

    def _counts(self, counts: Iterable[tuple[State, int]]) -> str:
        """How many questions are open for which reason, for instance "verschieden beantwortet: 3"."""
        found = dict(counts)
        told = [self.words.t("{state}: {number}", state=self.words.t(STATES[s]), number=found[s])
                for s in OPEN_STATES if found.get(s)]  # fmt: skip
        return "\n".join(told)

    def view(self, parts: Sequence[str], rows: Sequence[tuple[Button, ...]]) -> View:
        return View(shortened("\n\n".join(p for p in parts if p), TEXT_LIMIT), tuple(rows))

    def tick(self, label: str, on: bool, verb: Verb, *about: str) -> tuple[Button, ...]:
        """A button that chooses or gives up; words say what it holds."""
        return self.button(self.words.t("gewählt: {label}", label=label) if on else label, verb, *about)

    def pages(self, verb: Verb, page: int, total: int) -> list[tuple[Button, ...]]:
        rows = []
        if page > 0:
            rows.append(self.button(self.words.t("frühere"), verb, str(page - 1)))
        if (page + 1) * PAGE < total:
            rows.append(self.button(self.words.t("weitere"), verb, str(page + 1)))
        return rows

    # ---- the whole --------------------------------------------------------------------------------------------

    def title(self) -> str:
        """What is answered, by whom."""
        return self.words.t("{title}, {name}", title=self.of(self.asked.title), name=self.town.survey.commune.name)

    def entry(self) -> tuple[Button, ...]:
        """The statement as a line of a list of several."""
        return self.button(f"{self.town.survey.id}: {self.title()}", Verb.HOME)

    def lines(self) -> list[str]:
        """How the statement stands, in a few lines."""
        words, town, found = self.words, self.town, standing(self.town)
        lines = [words.t("{settled} von {total} Fragen geklärt", settled=found.settled, total=found.total)]
        if rest := self._counts(found.counts.items()):
            lines.append(rest)
        lines.append(words.t("abgegebene Teile: {number} von {total}", number=found.handed_in,
                             total=found.given))  # fmt: skip
        if found.referrals:
            lines.append(words.n("{n} Verweis an eine andere Stelle", "{n} Verweise an andere Stellen",
                                 len(found.referrals)))  # fmt: skip
        if town.survey.closes is not None:
            lines.append(words.t("Antworten bis {day}", day=words.day(here(town.survey.closes).date())))
        if town.presented is not None:
            lines.append(words.t("Den Stellen gezeigt am {day}, {number} Stellungnahmen bisher",
                                 day=words.day(date.fromisoformat(town.presented)),
                                 number=len(town.comments)))  # fmt: skip
        if town.signed is not None:
            lines.append(words.t("Unterzeichnet: Fassung {number} am {day}", number=town.signed.number,
                                 day=words.day(date.fromisoformat(town.signed.day))))  # fmt: skip
        if town.survey.closed:
            lines.append(words.t("Beendet. Es ändert sich nichts mehr."))
        return lines

    def home(self) -> View:
        """The statement and all ways from here."""
        words, found = self.words, standing(self.town)
        rows = []
        if found.todo:
            rows.append(self.button(words.t("Was zu tun ist ({n})", n=len(found.todo)), Verb.TODO, "0"))
        rows += [
            self.button(words.t("Felder und Fragen"), Verb.FIELDS),
            self.button(words.t("Stellen und ihre Teile"), Verb.PEOPLE, "0"),
            self.button(words.t("Schwerpunkte"), Verb.FOCUS, self._focus_now()),
        ]
        if not self.town.survey.closed:
            rows.append(self.button(words.t("den Stellen zeigen"), Verb.PRESENT))
            rows.append(self.button(words.t("unterzeichnen"), Verb.SIGN))
        head = words.t("Umfrage {survey}", survey=self.town.survey.id)
        return self.view([f"{self.title()}\n{head}", "\n".join(self.lines())], rows)

    def todo(self, page: int) -> View:
        """What has to be decided, and who does not know but says who may; each leads to its question."""
        words, town, found = self.words, self.town, standing(self.town)
        page = page_of(page, len(found.todo))
        shown = found.todo[page * PAGE : (page + 1) * PAGE]
        parts = [words.t("Was zu tun ist")]
        for question in shown:
            position = town.positions[question]
            lines = [words.t("{question}: {state}", question=question, state=words.t(STATES[position.state]))]
            parts.append("\n".join(lines + [self.said(c) for c in position.contributions]))
        if not found.todo:
            parts.append(words.t("Gerade ist nichts zu entscheiden."))
        if rest := self._counts((s, n) for s, n in found.counts.items() if s not in TO_DECIDE):
            parts.append(words.t("Außerdem offen:") + "\n" + rest)
        rows = [self.button(words.t("Frage {question}", question=q), Verb.QUESTION, q) for q in shown]
        rows += self.pages(Verb.TODO, page, len(found.todo))
        return self.view(parts, [*rows, self.button(words.t("zur Übersicht"), Verb.HOME)])

    # ---- fields, criteria, questions --------------------------------------------------------------------------

    def fields(self) -> View:
        """All fields with how many of their questions are settled."""
        words, lines, rows = self.words, [], []
        for one in standing(self.town).fields:
            title = f"{one.field.id} {self.of(one.field.title)}"
            line = words.t("{title}: {settled} von {total} geklärt", title=title, settled=one.settled, total=one.total)
            rest = self._counts(one.counts.items())
            lines.append(f"{line}\n{rest}" if rest else line)
            rows.append(self.button(title, Verb.FIELD, one.field.id))
        rows.append(self.button(words.t("zur Übersicht"), Verb.HOME))
        return self.view([words.t("Felder"), *lines], rows)

    def field(self, field: Field) -> View:
        """The criteria of a field and its open questions."""
        words, town, lines, rows = self.words, self.town, [], []
        for criterion in field.criteria:
            settled = sum(town.positions[q.id].settled for q in criterion.questions)
            title = f"{criterion.id} {self.of(criterion.title)}"
            lines.append(words.t("{title}: {settled} von {total} geklärt", title=title, settled=settled,
                                 total=len(criterion.questions)))  # fmt: skip
            rows.append(self.button(title, Verb.CRITERION, criterion.id))
        for question in field.open:
            asked = shortened(self.wording(question.id), WORDING)
            lines.append(f"{question.id} {asked}\n{shortened(self.answer(town.positions[question.id]), WORDING)}")
            rows.append(self.button(words.t("Frage {question}, mit Text", question=question.id), Verb.QUESTION,
                                     question.id))  # fmt: skip
        rows.append(self.button(words.t("alle Felder"), Verb.FIELDS))
        return self.view([f"{field.id} {self.of(field.title)}", *lines], rows)

    def criterion(self, identifier: str) -> View:
        """The questions of a criterion, each with the town's answer."""
        criterion, parts, rows = self.asked.criteria[identifier], [], []
        for question in criterion.questions:
            answer = self.answer(self.town.positions[question.id])
            parts.append(f"{question.id}: {shortened(self.wording(question.id), WORDING)}\n{answer}")
            rows.append(self.button(f"{question.id}: {answer}", Verb.QUESTION, question.id))
        rows.append(self.button(self.words.t("zum Feld"), Verb.FIELD, identifier.partition(".")[0]))
        return self.view([f"{identifier} {self.of(criterion.title)}", *parts], rows)

    def question(self, identifier: str, lead: str = "") -> View:
        """A question: every contributor's answer with its evidence, the town's, and how to decide."""
        words, town, position = self.words, self.town, self.town.positions[identifier]
        criterion = self.asked.criterion_of.get(identifier)
        head = f"{identifier} {self.of(criterion.title)}" if criterion else identifier
        limit = max(60, min(EVIDENCE, 1600 // max(1, sum(len(c.texts) for c in position.contributions))))
        parts = [lead, f"{head}\n{self.wording(identifier)}"]
        parts += ["\n".join([self.said(c), *self._evidence(c, limit)]) for c in position.contributions]
        if not position.contributions:
            parts.append(words.t("Diese Frage ist niemandem zugeteilt."))
        parts.append(self._answer_of_the_town(position))
        rows = [] if town.survey.closed else self._ways(identifier)
        if self._whole(identifier) > limit:
            rows.append(self.button(words.t("alle Texte ganz lesen"), Verb.READ, identifier))
        todo = standing(town).todo
        after = [q for q in todo if q != identifier and self._order(q) > self._order(identifier)]
        if following := (after or [q for q in todo if q != identifier])[:1]:
            rows.append(self.button(words.t("nächste zu klärende Frage: {question}", question=following[0]),
                                     Verb.QUESTION, following[0]))  # fmt: skip
        back = (Verb.CRITERION, criterion.id) if criterion else (Verb.FIELD, identifier.partition(".")[0])
        rows.append(self.button(words.t("zum Kriterium") if criterion else words.t("zum Feld"), *back))
        return self.view(parts, rows)

    def _order(self, question: str) -> int:
        return list(self.town.positions).index(question)

    def _whole(self, question: str) -> int:
        """The length of the longest text about a question."""
        position = self.town.positions[question]
        texts = [t for c in position.contributions if c.handed_in for t in c.texts]
        return max((len(t) for t in [*texts, position.text, position.reason]), default=0)

    def _evidence(self, one: Contribution, limit: int) -> list[str]:
        texts = one.texts if one.handed_in else ()
        return [self.words.t("• {statement}", statement=shortened(" ".join(t.split()), limit)) for t in texts]

    def _answer_of_the_town(self, position: Position) -> str:
        words = self.words
        decided = position.question in self.town.decisions
        if position.state is State.OUTDATED:
            lines = [words.t("Die Kommune: {answer}", answer=words.t(STATES[position.state]))]
            if position.value is not None:
                lines.append(words.t("Entschieden war: {answer}", answer=self.value(position.value)))
        else:
            lines = [words.t("Die Kommune: {answer}", answer=self.answer(position))]
        if decided:
            lines.append(words.t("Begründung: {reason}", reason=shortened(position.reason, EVIDENCE)))
        return "\n".join(lines)

    def _ways(self, question: str) -> list[tuple[Button, ...]]:
        """How to decide a question, or to take a decision back."""
        words, mark_ = self.words, seen(self.town, question)
        if self.asked.by_id[question].rating:
            rows = [
                self.button(words.t("entscheiden: {answer}", answer=self.value(value)), Verb.DECIDE, question, number,
                             mark_)
                for value, number in NUMBERS.items()
            ]  # fmt: skip
        else:
            rows = [self.button(words.t("Text der Kommune schreiben"), Verb.DECIDE, question, TEXT, mark_)]
        if question in self.town.decisions:
            rows.append(self.button(words.t("Entscheidung zurücknehmen"), Verb.UNDECIDE, question, mark_))
        return rows

    def texts(self, question: str) -> list[View]:
        """Every word that was written to a question, in as many messages as it takes."""
        position = self.town.positions[question]
        parts = [f"{question} {self.wording(question)}"]
        for one in position.contributions:
            parts.append("\n\n".join([self.said(one, TEXT_LIMIT), *(one.texts if one.handed_in else ())]))
        if question in self.town.decisions:
            town_s = [self.words.t("Die Kommune: {answer}", answer=position.text or self.answer(position))]
            parts.append("\n\n".join([*town_s, self.words.t("Begründung: {reason}", reason=position.reason)]))
        return [View(text) for text in pieces("\n\n".join(parts))]

    def ask_text(self, question: str) -> View:
        """The text of an open question is asked for."""
        words = self.words
        return self.view(
            [f"{question} {self.wording(question)}",
             words.t("Schreiben Sie den Text der Kommune in einer Nachricht. Er steht dann anstelle der Texte der "
                     "Stellen; diese bleiben unverändert. Danach fragt der Bot nach der Begründung.")],
            [self.cancel(Verb.QUESTION, question)],
        )  # fmt: skip

    def ask_reason(self, question: str, answer: str) -> View:
        """The reason of a decision is asked for."""
        words = self.words
        return self.view(
            [words.t("Frage {question}: Die Kommune antwortet „{answer}“.", question=question, answer=answer),
             self._why()],
            [self.cancel(Verb.QUESTION, question)],
        )  # fmt: skip

    def excerpt(self, text: str) -> str:
        """A text that was just written, shortened."""
        return shortened(" ".join(text.split()), WORDING)

    def _why(self) -> str:
        return self.words.t("Warum? Schreiben Sie die Begründung in einer Nachricht, mit höchstens {number} Zeichen. "
                            "Sie steht später in der Auswertung.", number=REASON_LENGTH)  # fmt: skip

    def cancel(self, verb: Verb, *about: str) -> tuple[Button, ...]:
        return self.button(self.words.t("abbrechen"), verb, *about)

    # ---- focus, presenting, signing ---------------------------------------------------------------------------

    def _focus_now(self) -> str:
        fields = self.town.choice.fields if self.town.choice else ()
        return written(frozenset(i for i, f in enumerate(self.asked.fields) if f.id in fields))

    def focus(self, bits: str) -> View:
        """Which fields the workshop takes up."""
        words, picked, town = self.words, chosen(bits), self.town
        parts = [words.t("Schwerpunkte für den Workshop")]
        if town.choice is not None:
            parts.append(words.t("Gewählt sind: {fields}\nBegründung: {reason}", fields=", ".join(town.choice.fields),
                                 reason=town.choice.reason))  # fmt: skip
        rows = []
        if not town.survey.closed:
            for i, field in enumerate(self.asked.fields):
                title = f"{field.id} {self.of(field.title)}"
                rows.append(self.tick(title, i in picked, Verb.FOCUS, written(picked ^ {i})))
            if picked:
                rows.append(self.button(words.t("fertig"), Verb.FOCUSED, written(picked)))
        return self.view(parts, [*rows, self.button(words.t("zur Übersicht"), Verb.HOME)])

    def ask_focus(self, fields: Sequence[str]) -> View:
        """The reason of the choice is asked for."""
        head = self.words.t("Schwerpunkte: {fields}", fields=", ".join(fields))
        return self.view([head, self._why()], [self.cancel(Verb.FOCUS, self._focus_now())])

    def present(self, times: int) -> View:
        """What presenting does, and whether it can be done now. `times`: how often it was done already."""
        words, rows = self.words, []
        parts = [
            words.t(
                "Jede Stelle sieht dann, was die Kommune zu ihrem Teil sagt, und kann zu jedem ihrer Felder "
                "eine Stellungnahme schreiben. Die Antworten der Kommune ändern sich dadurch nicht."
            )
        ]
        if self.town.open:
            parts.append(unsettled(self.words, self.town.open))
        else:
            rows.append(self.button(words.t("ja, jetzt zeigen"), Verb.PRESENTED, stamp(times)))
        return self.view(parts, [*rows, self.cancel(Verb.HOME)])

    def ask_signature(self) -> View:
        """Who signs is asked for, or what is still in the way."""
        words = self.words
        if self.town.open:
            return self.view([unsettled(words, self.town.open)], [self.button(words.t("zur Übersicht"), Verb.HOME)])
        text = words.t("Wer unterzeichnet für die Kommune? Schreiben Sie die Funktion, ohne Namen, zum Beispiel: "
                       "Oberbürgermeisterin")  # fmt: skip
        return self.view([text], [self.cancel(Verb.HOME)])

    def confirm(self, function: str, today: datetime) -> View:
        """What would be signed, once more before it is."""
        words, town = self.words, self.town
        version = town.signed.number + 1 if town.signed else 1
        parts = [
            words.t("Fassung {version} wird unterzeichnet: {function}, {day}.", version=version, function=function,
                    day=words.day(today.date())),
            words.t("Was unterzeichnet ist, steht fest. Ändert sich später etwas, entsteht eine neue Fassung, die den "
                    "Unterschied nennt."),
        ]  # fmt: skip
        if town.presented is None:
            parts.append(words.t("Achtung: Die Stellen haben die Antworten der Kommune noch nicht gesehen."))
        rows = [self.button(words.t("ja, unterzeichnen"), Verb.SIGNED, seen_whole(town)), self.cancel(Verb.HOME)]
        return self.view(parts, rows)


def status_text(town: Town, language: str) -> str:
    """How a statement stands, as one message."""
    board = Board(town, language)
    return "\n".join([board.title(), board.words.t("Umfrage {survey}", survey=town.survey.id), *board.lines()])
