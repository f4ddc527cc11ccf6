"""What a coordinator sees of contributors and their parts: the list, each one, and what to give or to take back."""

from __future__ import annotations

from bot.statement.board import PAGE, Board, page_of
from bot.statement.menu import NO_FIELD, Verb, chosen, portions, stamp, written
from bot.statement.standing import PartStanding, standing
from bot.statement.steps import TITLE_LENGTH
from bot.view import View
from conversations.institution import Contributor
from locales import mark

MODES = {
    Verb.GIVE: (mark("Was soll diese Stelle beantworten?"), Verb.GIVEN),
    Verb.TAKE: (mark("Was soll diese Stelle nicht mehr beantworten? Ihre Antworten dazu bleiben stehen, zählen aber "
                     "nicht mehr."), Verb.TAKEN),
}  # fmt: skip


class Parts:
    """The views of contributors on one board."""

    def __init__(self, board: Board) -> None:
        """`board` is the statement as it stands, in the organiser's language."""
        self.board, self.town, self.asked, self.words = board, board.town, board.asked, board.words

    def people(self, page: int) -> View:
        """All contributors, and how far each is."""
        words, found = self.words, standing(self.town)
        page = page_of(page, len(found.parts))
        shown = found.parts[page * PAGE : (page + 1) * PAGE]
        lines = [f"{one.contributor.title}: {self._progress(one)}" for one in shown]
        if not found.parts:
            lines = [words.t("Noch ist keine Stelle genannt. Nennen Sie die erste.")]
        rows = [self.board.button(one.contributor.title, Verb.PERSON, one.contributor.id) for one in shown]
        rows += self.board.pages(Verb.PEOPLE, page, len(found.parts))
        if not self.town.survey.closed:
            rows.append(self.board.button(words.t("neue Stelle"), Verb.NEW))
        rows.append(self.board.button(words.t("zur Übersicht"), Verb.HOME))
        return self.board.view([words.t("Stellen"), "\n".join(lines)], rows)

    def _progress(self, one: PartStanding) -> str:
        words = self.words
        if not one.given:
            return words.t("hat noch keinen Teil")
        if one.contributor.respondent is None:
            return words.n("{n} Frage, noch nicht begonnen", "{n} Fragen, noch nicht begonnen", one.given)
        if one.handed_in:
            return words.t("{settled} von {given}, abgegeben", settled=one.settled, given=one.given)
        return words.t("{settled} von {given}, noch nicht abgegeben", settled=one.settled, given=one.given)

    def person(self, one: Contributor, lead: str = "", links: int = 0) -> View:
        """A contributor with its part. `links`: how many links it was given, so that a double tap makes one."""
        words = self.words
        part = next(p for p in standing(self.town).parts if p.contributor.id == one.id)
        parts = [lead, "\n".join([one.title, *([one.name] if one.name else []), self._progress(part)])]
        if given := self._given(one):
            parts.append("\n".join([words.t("Ihr Teil:"), *given]))
        rows = []
        if not self.town.survey.closed:
            rows.append(self.board.button(words.t("Feld oder Kriterium geben"), Verb.GIVE, one.id, "0", NO_FIELD))
            if one.questions:
                rows.append(self.board.button(words.t("etwas zurücknehmen"), Verb.TAKE, one.id, "0", NO_FIELD))
            rows.append(self.board.button(words.t("neuer Link"), Verb.LINK, one.id, stamp(links)))
        rows.append(self.board.button(words.t("alle Stellen"), Verb.PEOPLE, "0"))
        return self.board.view(parts, rows)

    def _given(self, one: Contributor) -> list[str]:
        """What a contributor was given: whole fields as one line each, else criteria."""
        found = []
        for field in self.asked.fields:
            mine = [q.id for q in field.questions if q.id in one.questions]
            if len(mine) == len(field.questions):
                found.append(self.words.t("{title}, das ganze Feld", title=f"{field.id} {self.board.of(field.title)}"))
                continue
            for number, portion in enumerate(portions(self.asked)):
                had = sum(q in one.questions for q in portion.questions)
                if portion.field == field.id and had:
                    of = len(portion.questions)
                    some = self.words.t("{number} von {of} Fragen", number=had, of=of)
                    found.append(self._portion(number) + (f", {some}" if had < of else ""))
        return found

    def _portion(self, number: int) -> str:
        portion = portions(self.asked)[number]
        if portion.criterion is not None:
            return f"{portion.criterion} {self.board.of(self.asked.criteria[portion.criterion].title)}"
        told = self.words.t("Fragen mit Text")
        return f"{portion.field} {told}"

    def _choices(self, one: Contributor, mode: Verb) -> list[int]:
        """The portions that can be given, or taken back."""

        def free(questions: tuple[str, ...]) -> bool:
            had = [q in one.questions for q in questions]
            return not all(had) if mode is Verb.GIVE else any(had)

        return [i for i, portion in enumerate(portions(self.asked)) if free(portion.questions)]

    def choose(self, one: Contributor, mode: Verb, bits: str, field: str) -> View:
        """What to give or to take back: the fields, or the criteria of one; what is chosen is in the buttons."""
        words, free, picked = self.words, self._choices(one, mode), chosen(bits)
        question, done = MODES[mode]
        picked = picked & frozenset(free)
        parts, rows = [one.title, words.t(question)], []
        here = [i for i in free if portions(self.asked)[i].field == field]
        if here:
            for i in here:
                rows.append(self.board.tick(self._portion(i), i in picked, mode, one.id, written(picked ^ {i}), field))
            every = frozenset(here)
            whole = picked - every if every <= picked else picked | every
            rows.append(self.board.tick(words.t("alles davon"), every <= picked, mode, one.id, written(whole), field))
            rows.append(self.board.button(words.t("alle Felder"), mode, one.id, written(picked), NO_FIELD))
        else:
            for one_field in self.asked.fields:
                mine = [i for i in free if portions(self.asked)[i].field == one_field.id]
                if mine:
                    title = f"{one_field.id} {self.board.of(one_field.title)}"
                    rows.append(self.board.button(title, mode, one.id, written(picked), one_field.id))
            if not rows:
                parts.append(words.t("Da gibt es nichts mehr zu wählen."))
        if picked:
            parts.append("\n".join([words.t("Gewählt:"), *(self._portion(i) for i in sorted(picked))]))
            rows.append(self.board.button(words.t("fertig"), done, one.id, written(picked)))
        return self.board.view(parts, [*rows, self.board.cancel(Verb.PERSON, one.id)])

    def ask_department(self) -> View:
        """The department of a new contributor is asked for."""
        text = self.words.t("Welches Dezernat oder Amt? Schreiben Sie es in einer Nachricht, mit höchstens {number} "
                            "Zeichen, zum Beispiel: Dezernat II, Sozialamt", number=TITLE_LENGTH)  # fmt: skip
        return self.board.view([text], [self.board.cancel(Verb.PEOPLE, "0")])

    def ask_function(self, department: str) -> View:
        """The function of a new contributor is asked for."""
        text = self.words.t("Welche Funktion antwortet dort? Ohne Namen, zum Beispiel: Amtsleitung")
        return self.board.view([department, text], [self.board.cancel(Verb.PEOPLE, "0")])
