"""What a coordinator's commands, presses and texts do to a town's statement, and what is shown then.

Coordinators are the organisers of the commune. `meant.py` says of an update, without looking at the store, whether it
is for a statement; `Coordinating` takes the step, inside the receiver's transaction. Whoever is no organiser of that
commune, or no more, is answered like somebody who sent an unknown command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from sqlite3 import Connection

from bot.organisers import Organiser
from bot.statement import steps
from bot.statement.board import Board, invitation, seen, seen_whole, start_of
from bot.statement.meant import Meant, Opened, Pressed, Wrote
from bot.statement.menu import PATIENCE, TEXT, VALUES, Asked, Press, Verb, asked, chosen, portions, stamp
from bot.statement.parts import Parts
from bot.statement.steps import COORDINATOR, Refusal, StepError, Town
from bot.statement.words import refused
from bot.view import View
from conversations.questionnaire import Questionnaire
from conversations.store import contributions, organisers, surveys
from conversations.store.file import apart
from conversations.survey import Survey
from locales import Catalogue, catalogue

LISTED = 20  # statements that one list shows, the newest


@dataclass(frozen=True)
class Reply:
    """What follows for the chat: `view` replaces the menu that was pressed, or is sent anew after a text."""

    view: View | None = None
    toast: View | None = None
    messages: tuple[View, ...] = field(default=())


class Coordinating:
    """One organiser's step, with all that it needs to know."""

    def __init__(
        self, tx: Connection, mine: Sequence[Organiser], every: Mapping[str, Survey],
        questionnaires: Mapping[str, Questionnaire], now: datetime,
    ) -> None:  # fmt: skip
        """`mine` is looked up again: the organiser may be one no more."""
        there = organisers.known(tx, [one.id for one in mine])
        self.mine = [replace(one, asked=there[one.id][2]) for one in mine if one.id in there]
        self.tx, self.every, self.questionnaires, self.now = tx, every, questionnaires, now

    def reply(self, meant: Meant) -> Reply | None:
        """Takes the step; None where somebody has no right to it. What an exception of ours interrupts is undone."""
        was = next((a for o in self.mine if (a := asked(o.asked, self.now.timestamp())) is not None), None)
        if not self.mine:
            return None
        if isinstance(meant, Wrote):
            return self._wrote(meant.text, was)
        self.rest()
        match meant:
            case Opened():
                return self._opened()
            case Pressed(press):
                organiser = self._organiser(press)
                return _Step(self, organiser, press).reply(was) if press is not None and organiser is not None else None
        return Reply()

    def _organiser(self, press: Press | None) -> Organiser | None:
        """The organiser of the commune whose statement a press is about."""
        survey = self.every.get(press.survey) if press is not None else None
        if survey is None or not self.questionnaires[survey.questionnaire].institution:
            return None
        return next((one for one in self.mine if one.commune == survey.commune_id), None)

    def ask(self, organiser: Organiser, press: Press, given: tuple[str, ...] = ()) -> None:
        """From now on the next message answers this, and nothing else."""
        kept = Asked(press, int(self.now.timestamp()) + PATIENCE, given).kept()
        self._keep({organiser.id: kept})

    def rest(self) -> None:
        """Waits for no text any more."""
        self._keep({})

    def _keep(self, waiting: Mapping[str, str]) -> None:
        for one in self.mine:
            if waiting.get(one.id) != one.asked:
                organisers.ask(self.tx, one.id, waiting.get(one.id))
        self.mine = [replace(one, asked=waiting.get(one.id)) for one in self.mine]

    def _opened(self) -> Reply:
        """The one statement of the organiser's communes, or the list of several."""
        communes = {one.commune: one for one in self.mine}
        found = [
            s for s in self.every.values()
            if s.commune_id in communes and self.questionnaires[s.questionnaire].institution
        ][-LISTED:]  # fmt: skip
        if not found:
            words = catalogue(self.mine[0].language)
            return Reply(View(words.t(
                "Es gibt noch keinen Selbstcheck. Auf dem Server beginnt er mit: weltoffen survey open selbstcheck"
            )))  # fmt: skip
        if len(found) == 1:
            return _Step(self, communes[found[0].commune_id], Press(found[0].id, Verb.HOME)).reply(None)
        boards = [self.board(s, communes[s.commune_id]) for s in found]
        rows = [board.entry() for board in boards]
        return Reply(View(boards[0].words.t("Welche Erklärung?"), tuple(rows)))

    def board(self, survey: Survey, organiser: Organiser) -> Board:
        """The views of a statement as it stands now."""
        return Board(steps.town(self.tx, survey, self.questionnaires[survey.questionnaire]), organiser.language)

    def _wrote(self, text: str | None, was: Asked | None) -> Reply:
        """The message that was asked for; what was asked stays as it is where it cannot be used."""
        organiser = self._organiser(was.press) if was is not None else None
        if was is None or organiser is None:
            self.rest()
            return Reply(View(self._words().t("Gerade wird auf keinen Text gewartet. Weiter geht es mit /statement.")))
        if not text:
            return Reply(View(self._words().t("Hier wird ein Text gebraucht. Davon wurde nichts gespeichert.")))
        return _Step(self, organiser, was.press).written(text, was)

    def _words(self) -> Catalogue:
        return catalogue(self.mine[0].language)


class _Step:
    """One press, or the text that it asked for, on one statement."""

    def __init__(self, whole: Coordinating, organiser: Organiser, press: Press) -> None:
        self.whole, self.organiser, self.press = whole, organiser, press
        self.tx, self.now = whole.tx, whole.now
        self._look()

    def _look(self) -> None:
        """Looks at the statement as it is now."""
        self.board = self.whole.board(self.whole.every[self.press.survey], self.organiser)
        self.parts = Parts(self.board)
        self.town: Town = self.board.town
        self.words = self.board.words

    def _said(self, text: str) -> View:
        return View(text, alert=True)

    def _stale(self, view: View) -> Reply:
        return Reply(view, self._said(self.words.t("Inzwischen hat sich hier etwas geändert. So steht es jetzt.")))

    def _known(self) -> bool:
        """Whether there still is what the press is about."""
        about, asks = self.press.about, self.town.questionnaire
        match self.press.verb:
            case Verb.FIELD:
                return about[0] in {f.id for f in asks.fields}
            case Verb.CRITERION:
                return about[0] in asks.criteria
            case Verb.QUESTION | Verb.READ | Verb.DECIDE | Verb.UNDECIDE:
                rating = about[0] in asks.by_id and asks.by_id[about[0]].rating
                return about[0] in asks.by_id and (
                    self.press.verb is not Verb.DECIDE or rating is not (about[1] == TEXT)
                )
            case Verb.PERSON | Verb.LINK | Verb.GIVE | Verb.GIVEN | Verb.TAKE | Verb.TAKEN:
                return about[0] in {c.id for c in self.town.contributors}
        return True

    # ---- presses ----------------------------------------------------------------------------------------------

    def reply(self, was: Asked | None) -> Reply:
        """What a press shows or does. `was` is what was asked until now."""
        if not self._known():
            return self._stale(self.board.home())
        try:
            return apart(self.tx, lambda _: self._shown() or self._done(was))
        except StepError as error:
            return self._refused(error)

    def _refused(self, error: StepError) -> Reply:
        self._look()
        return Reply(self.board.home(), self._said(refused(self.words, error)))

    def _shown(self) -> Reply | None:
        """A view, where the press wants nothing else."""
        board, about = self.board, self.press.about
        match self.press.verb:
            case Verb.HOME:
                return Reply(board.home())
            case Verb.TODO:
                return Reply(board.todo(int(about[0])))
            case Verb.FIELDS:
                return Reply(board.fields())
            case Verb.FIELD:
                return Reply(board.field(next(f for f in self.town.questionnaire.fields if f.id == about[0])))
            case Verb.CRITERION:
                return Reply(board.criterion(about[0]))
            case Verb.QUESTION:
                return Reply(board.question(about[0]))
            case Verb.READ:
                return Reply(messages=tuple(board.texts(about[0])))
            case Verb.PEOPLE:
                return Reply(self.parts.people(int(about[0])))
            case Verb.PERSON:
                return Reply(self._person(about[0]))
            case Verb.GIVE | Verb.TAKE as mode:
                return Reply(self.parts.choose(self.town.contributor(about[0]), mode, about[1], about[2]))
            case Verb.FOCUS:
                return Reply(board.focus(about[0]))
            case Verb.PRESENT:
                return Reply(board.present(self._times("present")))
        return None

    def _person(self, identifier: str, lead: str = "") -> View:
        one = self.town.contributor(identifier)
        return self.parts.person(one, lead, self._times("link", one.title))

    def _times(self, step: str, subject: str | None = None) -> int:
        """How often a step was taken, by the journal."""
        journal = contributions.journal(self.tx, self.town.survey.id)
        return sum(e.step == step and subject in (None, e.subject) for e in journal)

    def _done(self, was: Asked | None) -> Reply:
        """What a press changes, or asks for."""
        if self.town.survey.closed:
            raise StepError(Refusal.CLOSED, self.town.survey.id)
        match self.press.verb, self.press.about:
            case Verb.DECIDE, (question, value, mark):
                return self._wants_reason(question, value, mark)
            case Verb.UNDECIDE, (question, mark):
                return self._undecided(question, mark)
            case Verb.NEW, _:
                self.whole.ask(self.organiser, self.press)
                return Reply(self.parts.ask_department())
            case Verb.LINK, (contributor, mark):
                return self._link(contributor, mark)
            case (Verb.GIVEN | Verb.TAKEN) as verb, (contributor, bits):
                return self._moved(verb, contributor, bits)
            case Verb.FOCUSED, _:
                return self._wants_focus()
            case Verb.PRESENTED, (mark,):
                return self._presented(mark)
            case Verb.SIGN, _:
                if not self.town.open:
                    self.whole.ask(self.organiser, self.press)
                return Reply(self.board.ask_signature())
        return self._signed(self.press.about[0], was)

    def _wants_reason(self, question: str, value: str, mark: str) -> Reply:
        if mark != seen(self.town, question):
            return self._stale(self.board.question(question))
        self.whole.ask(self.organiser, self.press)
        if value == TEXT:
            return Reply(self.board.ask_text(question))
        return Reply(self.board.ask_reason(question, self.board.value(VALUES[value])))

    def _undecided(self, question: str, mark: str) -> Reply:
        if mark != seen(self.town, question):
            return self._stale(self.board.question(question))
        steps.undecide(self.tx, self.town, question, self.now, COORDINATOR)
        self._look()
        return Reply(self.board.question(question), View(self.words.t("Zurückgenommen.")))

    def _link(self, contributor: str, mark: str) -> Reply:
        one = self.town.contributor(contributor)
        if mark != stamp(self._times("link", one.title)):
            return self._stale(self._person(contributor))
        return self._forward(contributor, steps.link(self.tx, self.town, one, self.now, COORDINATOR))

    def _forward(self, contributor: str, token: str) -> Reply:
        """A contributor, and as a message of its own the link to be forwarded."""
        self._look()
        lead = self.words.t("Die nächste Nachricht ist der Link. Leiten Sie sie an diese Stelle weiter.")
        link = start_of(surveys.fact(self.tx, "username"), token)
        return Reply(self._person(contributor, lead), messages=(invitation(self.board.language, link),))

    def _moved(self, verb: Verb, contributor: str, bits: str) -> Reply:
        every = portions(self.town.questionnaire)
        questions = [q for i in sorted(chosen(bits)) if i < len(every) for q in every[i].questions]
        step = steps.assign if verb is Verb.GIVEN else steps.withdraw
        moved = step(self.tx, self.town, contributor, questions, self.now, COORDINATOR)
        self._look()
        if not moved:
            return self._stale(self._person(contributor))
        said = (
            self.words.n("{n} Frage ist neu gegeben.", "{n} Fragen sind neu gegeben.", len(moved))
            if verb is Verb.GIVEN
            else self.words.n("{n} Frage ist zurückgenommen.", "{n} Fragen sind zurückgenommen.", len(moved))
        )
        return Reply(self._person(contributor), View(said))

    def _fields(self) -> list[str]:
        """The fields that the press chose."""
        numbers = chosen(self.press.about[0])
        return [f.id for i, f in enumerate(self.town.questionnaire.fields) if i in numbers]

    def _wants_focus(self) -> Reply:
        if not self._fields():
            raise StepError(Refusal.NO_FIELD)
        self.whole.ask(self.organiser, self.press)
        return Reply(self.board.ask_focus(self._fields()))

    def _presented(self, mark: str) -> Reply:
        if mark != stamp(self._times("present")):
            return self._stale(self.board.home())
        steps.present(self.tx, self.town, self.now, COORDINATOR)
        self._look()
        return Reply(self.board.home(), View(self.words.t("Alle Stellen können die Antworten jetzt sehen.")))

    def _signed(self, mark: str, was: Asked | None) -> Reply:
        signing = was is not None and was.press == Press(self.town.survey.id, Verb.SIGN) and was.given
        if was is None or not signing or mark != seen_whole(self.town):
            return self._stale(self.board.home())
        steps.sign(self.tx, self.town, was.given[-1], self.now)
        self._look()
        return Reply(self.board.home(), View(self.words.t("Unterzeichnet.")))

    # ---- texts ------------------------------------------------------------------------------------------------

    def written(self, text: str, was: Asked) -> Reply:
        """What a text does that was asked for. Where it is refused the question stays open: it can be written anew."""
        try:
            if self.town.survey.closed:
                raise StepError(Refusal.CLOSED, self.town.survey.id)
            return apart(self.tx, lambda _: self._written(text, was))
        except StepError as error:
            if error.why is Refusal.CLOSED:
                self.whole.rest()
            return Reply(View(refused(self.words, error)))

    def _written(self, text: str, was: Asked) -> Reply:
        match self.press.verb, self.press.about:
            case Verb.DECIDE, (question, value, mark):
                return self._decided(question, value, mark, text, was)
            case Verb.NEW, _:
                return self._named(text, was)
            case Verb.FOCUSED, _:
                steps.choose(self.tx, self.town, self._fields(), text, self.now, COORDINATOR)
                self.whole.rest()
                self._look()
                return Reply(self.board.home())
        function = " ".join(text.split())
        if len(function) > steps.TITLE_LENGTH:
            raise StepError(Refusal.TOO_LONG, str(steps.TITLE_LENGTH))
        if self.town.open:
            self.whole.rest()
            return Reply(self.board.ask_signature())
        self.whole.ask(self.organiser, self.press, (function,))
        return Reply(self.board.confirm(function, self.now))

    def _decided(self, question: str, value: str, mark: str, text: str, was: Asked) -> Reply:
        """The reason of a decision, or the text of an open question before it."""
        if mark != seen(self.town, question):
            self.whole.rest()
            lead = self.words.t("Inzwischen hat sich hier etwas geändert. Ihr Text wurde nicht gespeichert. So steht "
                                "es jetzt.")  # fmt: skip
            return Reply(self.board.question(question, lead))
        if value == TEXT and not was.given:
            self.whole.ask(self.organiser, self.press, (text,))
            return Reply(self.board.ask_reason(question, self.board.excerpt(text)))
        answer = was.given[0] if value == TEXT else VALUES[value]
        steps.decide(self.tx, self.town, question, answer, text, self.now, COORDINATOR)
        self.whole.rest()
        self._look()
        return Reply(self.board.question(question, self.words.t("Entschieden und begründet.")))

    def _named(self, text: str, was: Asked) -> Reply:
        """Department, then function of a new contributor."""
        line = " ".join(text.split())
        if len(line) > steps.TITLE_LENGTH:
            raise StepError(Refusal.TOO_LONG, str(steps.TITLE_LENGTH))
        if not was.given:
            self.whole.ask(self.organiser, self.press, (line,))
            return Reply(self.parts.ask_function(line))
        one, token = steps.invite(self.tx, self.town, was.given[0], line, None, self.now, COORDINATOR)
        self.whole.rest()
        return self._forward(one.id, token)
