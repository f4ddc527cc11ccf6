"""Whatever is shown or said, in every language: it fits Telegram, and nothing in it is unfilled, German or broken.

What people and towns write stands between two brackets of our own (`own`), so that all the rest can be held to what
catalogues may say. The walks press what is shown, now or earlier, and write whatever can be typed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from sqlite3 import Connection
from string import Formatter
from typing import Any

import pytest
from babel.messages.pofile import read_po
from conftest import House, opened_survey
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from samples import closed_dialog, statement_of_dessau, three_voices
from test_languages import balanced

from bot import organising
from bot.buttons import LIMIT, read_press
from bot.checking import survey_for
from bot.labels import room, width
from bot.mydata import mydata
from bot.notice import choose_language, notice, privacy, promises
from bot.organisers import HELP, Organiser
from bot.statement import contributing
from bot.statement import seat as office
from bot.statement.board import Board, invitation, start_of, status_text
from bot.statement.menu import Verb, portions, written
from bot.statement.parts import Parts
from bot.statement.steps import Refusal, StepError, Town
from bot.statement.words import refused
from bot.typed import cleaned, meaning
from bot.view import TEXT_LIMIT, TOAST_LIMIT, Button, View, led, offered_in, packed, spoken_in, units, view
from bot.words import COMMANDS, PLAIN, Plain, help_text, plain, said
from conversations.conversation import (
    COMMENT_LENGTH,
    FINISHED,
    REFERRAL_LENGTH,
    REFERRED,
    SKIPPED,
    STATEMENT_LENGTH,
    Act,
    AnotherPerson,
    ChoseLanguage,
    Conversation,
    Edited,
    Effect,
    HandedIn,
    Opened,
    Place,
    Say,
    Sent,
    Statement,
    WantedData,
    WantedResult,
    Word,
    Wrote,
)
from conversations.engine import advance, after_deadline
from conversations.institution import Contributor, Decision, Seat, contribution, fingerprint, positions
from conversations.questionnaire import Questionnaire, Rating, Voice, load, part
from conversations.store.contributions import Choice, Comment
from conversations.store.figures import KeptRelease
from conversations.store.post import Letter
from conversations.survey import Survey
from locales import FOLDER, FSI, PDI, catalogue, entries, kept, languages
from reports.digest import Interim, digest

NOW, LATER = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ALL = load()
LONG = ALL["selbstcheck-1"]
EVERYWHERE = [(name, code) for name, asked in ALL.items() for code in offered_in(asked)]
LOOSELY = "de@simple"  # may say the same as German


# ---- what may be shown --------------------------------------------------------------------------------------------

FOREIGN = re.compile(r"[{}]|%[sdr(]|\bNone\b(?! of)|\$\w|</?[a-z]|&[a-z]+;")  # of Python, printf, Jinja, HTML
WORD = re.compile(r"[^\W\d_]+")
SCRIPTS = {"ar": "\u0600-\u06ff", "fa": "\u0600-\u06ff", "uk": "\u0400-\u04ff", "ru": "\u0400-\u04ff",
           "zh_Hans": "\u4e00-\u9fff"}  # fmt: skip
OWN = re.compile("⟦[^⟧…]*(?:[⟧…]|$)")


def own(text: str) -> str:
    """A text that somebody wrote, as it is kept; it may be shown cut off, then an ellipsis ends it."""
    return f"⟦{cleaned(text)}⟧"


def others(text: str, inside: bool = False) -> tuple[str, bool]:
    """A text without what people wrote, and whether it ends within such; `inside`: whether it begins there."""
    rest = OWN.sub("¤", "⟦" * inside + text)
    return rest, (("⟦" * inside + text).rfind("⟦") > max(map(text.rfind, "⟧…")))


def runs(text: str) -> set[tuple[str, ...]]:
    """Every three words that follow each other within a text, across no inserted value."""
    found = set()
    for literal, *_ in Formatter().parse(text):
        words = WORD.findall(literal)
        found |= {tuple(words[i : i + 3]) for i in range(len(words) - 2)}
    return found


@cache
def german(code: str) -> frozenset[tuple[str, ...]]:
    """Three words that follow each other in a German text, and in none of another language."""
    found: set[tuple[str, ...]] = set()
    for template in FOLDER.glob("*.pot"):
        with template.open("rb") as file:
            for message in read_po(file):
                for text in [message.id] if isinstance(message.id, str) else message.id:
                    found |= runs(text)
        if kept(code, template.stem):
            for forms in entries(FOLDER / code / "LC_MESSAGES" / f"{template.stem}.po").values():
                found -= set().union(*map(runs, forms))
    return frozenset(found)


@lru_cache(maxsize=20_000)
def said_wrongly(text: str, code: str) -> list[str]:
    """What is wrong with words of ours in a language."""
    wrong = [f"{found[0]!r} is unfilled"] if (found := FOREIGN.search(text)) else []
    bare = text
    for language in languages().values():
        bare = bare.replace(language.name, "")
    alien = "".join(sorted({*SCRIPTS.values()} - {SCRIPTS.get(code, "")}))
    wrong += [f"{found[0]!r} is of another script"] if (found := re.search(f"[{alien}]", bare)) else []
    if code not in ("de", LOOSELY):
        words = WORD.findall(text)
        left = {tuple(words[i : i + 3]) for i in range(len(words) - 2)} & german(code)
        wrong += [f"{' '.join(run)!r} is German" for run in sorted(left)]
    return wrong


def begins_latin(text: str) -> bool:
    return bool(re.match(r"[^\w¤]*[A-Za-z]", text))


def wrong(shown: Sequence[View], code: str | None, limit: int = TEXT_LIMIT) -> list[str]:
    """What is wrong with messages that belong together; `code` None: several languages at once."""
    found, inside = [], False
    right_to_left = code is not None and languages()[code].right_to_left
    for one in shown:
        began, (text, inside) = inside, others(one.text, inside)
        if not one.text.strip() or not 1 <= units(one.text) <= limit:
            found.append(f"{units(one.text)} units")
        if not balanced(one.text):
            found.append("isolates are not closed")
        if right_to_left and not began and begins_latin(text):
            found.append("begins with Latin letters")
        found += said_wrongly(text, code) if code else []
        for row in one.rows:
            for button in row:
                found += said_wrongly(others(button.label)[0], code) if code else []
                if not button.label.strip() or width(button.label) > room(len(row)) or not balanced(button.label):
                    found.append(f"label {button.label!r}")
                if not button.data.isascii() or not 1 <= len(button.data) <= LIMIT:
                    found.append(f"carries {button.data!r}")
    return [f"{code}: {why}: {[v.text[:400] for v in shown[:3]]}" for why in found]


# ---- surveys ------------------------------------------------------------------------------------------------------

ODD = ["{name} {0} {{x}} {% if y %} {{ 7 * 7 }} {", "%s %(n)d ${HOME} $1", "<b>x</b> &amp; None", "👩‍👩‍👧 🇺🇦 e\u0301",
       "\u202eabc\u2066d\u2068e\u200f\u061c", "مرحبا abc 123", "a\n\n\nb\r\n\tc", "\u2028x\u200b\ufeff", "Ἀ" * 40,
       "x" * (STATEMENT_LENGTH - 2), "👍" * 900, "ش " * 800, "y" * (STATEMENT_LENGTH + 1), "z" * (COMMENT_LENGTH - 2),
       "w" * (COMMENT_LENGTH + 1), "v" * (REFERRAL_LENGTH - 2), "ß" * (REFERRAL_LENGTH + 1)]  # fmt: skip
TYPED = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="⟦⟧…"), max_size=30),
)


@cache
def survey_of(name: str, closes: bool = False) -> Survey:
    """A survey of a town all of whose texts are its own."""
    found = survey_for(ALL[name])
    asks = {f.name: own(v) for f in fields(found.commune) if isinstance(v := getattr(found.commune, f.name), str)}
    asks.pop("kind")
    commune = replace(found.commune, **asks, next_steps={"de": own("Danach reden wir.")})
    return replace(found, commune=commune, closes=NOW if closes else None)


def start_at(where: str, asked: Questionnaire, voice: Voice, code: str) -> Conversation:
    """Somebody new, one question before the end, at its end, or after handing in; what was written is long."""
    new = Conversation("wwwwww", "r", voice, code, "n")
    if where == "new" or not asked.questions:
        return new
    values = [*Rating, SKIPPED]
    answers = {q.id: values[i % 6] if q.rating else FINISHED for i, q in enumerate(asked.questions)}
    given_ = tuple(Statement(q.id, own(ODD[i % 12] if q.id[0] == "1" else "x" * 1990))
                   for q in asked.questions if not q.rating for i in range(4))  # fmt: skip
    if where == "nearly":
        answers.pop(asked.questions[-1].id)
        return new._replace(answers=answers, statements=tuple(s for s in given_ if s.question in answers))
    place = Place.THANKS if where == "done" else Place.REVIEW
    return new._replace(answers=answers, statements=given_, place=place, handed_in=where == "done")


# ---- walks --------------------------------------------------------------------------------------------------------

DO = [Sent(), Edited(), HandedIn(), WantedData(), WantedResult(), AnotherPerson(), *map(Opened, Place),
      *(ChoseLanguage(code) for code in languages())]  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("press"), st.integers(0, 40)),
        st.tuples(st.just("press"), st.integers(0, 40)),
        st.tuples(st.just("late"), st.integers(0, 400)),
        st.tuples(st.just("write"), TYPED),
        st.tuples(st.just("word"), st.sampled_from(["ja", "5", "fertig", "назад", "跳过", "لا", "✘"])),
        st.tuples(st.just("do"), st.sampled_from(DO)),
    ),
    max_size=12,
)


class Walk:
    """One respondent, or a contributor at its seat: does a step, and says what is wrong with all that is then told."""

    def __init__(self, name: str, now: Conversation, seat: Seat | None, late: bool) -> None:
        self.survey, self.whole = survey_of(name, seat is not None), ALL[name]
        self.now, self.seat, self.late, self.moment = now, seat, late, 0.0
        self.buttons: list[str] = []
        self.wrong = self.show()

    @property
    def asked(self) -> Questionnaire:
        return part(self.whole, self.seat.contributor.questions) if self.seat else self.whole

    def show(self, lead: str = "") -> list[str]:
        self.shown = view(self.survey, self.asked, self.now, self.seat, late=self.late)
        self.buttons += [b.data for row in self.shown.rows for b in row]
        return wrong([led(lead, self.shown)], self.now.language)

    def act(self, how: str, what: Any) -> Act | None:
        self.moment += 1
        match how:
            case "do":
                return what  # type: ignore[no-any-return]
            case "word":
                return Wrote(own(what), meaning(what))  # to an open question it is a text like any other
            case "write":
                return Wrote(own(text) if (text := cleaned(what)) else "")
        shown = [b.data for row in self.shown.rows for b in row] if how == "press" else self.buttons
        found = read_press(shown[what % len(shown)], self.moment) if shown else None
        assert found is not None or not shown, "what is on a button can be read"
        return found[1] if found else None

    def step(self, how: str, what: Any) -> list[str]:
        act = self.act(how, what)
        if act is None:
            return []
        if isinstance(act, ChoseLanguage) and act.language not in spoken_in(self.survey, self.whole):
            return self.say(Word(Say.STALE))
        comments = isinstance(act, Opened) and act.place in (Place.COMMENTING, Place.COMMENT)
        if comments and not (self.seat and self.seat.presented):
            return self.say(Word(Say.NOT_PRESENTED))
        before, turn = self.now, advance(self.asked, self.now, act)
        turn = after_deadline(before, turn) if self.late else turn
        self.now = turn.conversation
        found = self.say(turn.word) if turn.word else []
        found += self.affect(turn.effect, before, act)
        word = said(self.survey, self.asked, self.now, turn.word).text if turn.word and how == "write" else ""
        return found + self.show(word)

    def say(self, word: Word) -> list[str]:
        return wrong([said(self.survey, self.asked, self.now, word)], self.now.language, TOAST_LIMIT)

    def affect(self, effect: Effect | None, before: Conversation, act: Act) -> list[str]:
        """What happens beside the conversation, as the fold does it."""
        match effect:
            case Effect.DATA:
                return wrong(mydata(self.survey, self.whole, self.now, self.seat), self.now.language)
            case Effect.ANOTHER:
                self.now = start_at("new", self.asked, before.voice, before.language)._replace(person=before.person + 1)
            case Effect.DELETE | Effect.DELETE_ALL:
                self.now = start_at("new", self.asked, before.voice, before.language)
            case Effect.COMMENT | Effect.UNCOMMENT if self.seat:
                comments = {f: c for f, c in self.seat.comments.items() if f != before.at}
                if isinstance(act, Wrote):
                    comments[before.at or ""] = (act.text.strip(), "2026-11-25")
                self.seat = replace(self.seat, comments=comments)
            case Effect.REMIND | Effect.LEAVE_ALONE if self.seat:
                one = replace(self.seat.contributor, reminders=effect is Effect.REMIND)
                self.seat = replace(self.seat, contributor=one)
        return []


@pytest.mark.parametrize(("name", "code"), [e for e in EVERYWHERE if e[0] != "selbstcheck-1"])
@settings(max_examples=30)
@given(data=st.data(), where=st.sampled_from(["new", "nearly", "full", "done"]), steps=STEPS)
def test_on_every_walk_all_that_is_told_can_be_told(name: str, code: str, data: Any, where: str, steps: Any) -> None:
    asked = ALL[name]
    walk = Walk(name, start_at(where, asked, data.draw(st.sampled_from(asked.voices)), code), None, late=False)
    assert walk.wrong + [why for step in steps for why in walk.step(*step)] == []


@pytest.mark.parametrize("code", offered_in(LONG))
@settings(max_examples=60)
@given(
    given_=st.sets(st.integers(0, 40), max_size=5), presented=st.booleans(), late=st.booleans(), steps=STEPS,
    where=st.sampled_from(["new", "nearly", "full", "done"]),
)  # fmt: skip
def test_so_it_is_for_contributors(
    code: str, given_: set[int], presented: bool, late: bool, steps: Any, where: str
) -> None:
    every = portions(LONG)
    mine = frozenset(q for i in given_ for q in every[i % len(every)].questions)
    seat = Seat("wwwwww", Contributor("c", own("Amt {x} " * 10), own("F" * 118), questions=mine), presented)
    asked = part(LONG, mine)
    walk = Walk("selbstcheck-1", start_at(where, asked, Voice.ADMINISTRATION, code), seat, late)
    assert walk.wrong + [why for step in steps for why in walk.step(*step)] == []


# ---- beside the walks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), EVERYWHERE)
def test_before_and_beside_the_questions_all_can_be_told(name: str, code: str) -> None:
    asked, words, found = ALL[name], catalogue(code), []
    for survey in (survey_of(name), survey_of(name, closes=True)):
        found += [[View(text)] for text in promises(survey, asked, words)]
        for voice in asked.voices:
            here = Conversation(survey.id, "r", voice, code, "n")
            found += [notice(survey, asked, voice, code, 5), privacy(survey, asked, here, own("y" * 9000))]
            found += [mydata(survey, asked, start_at("done", asked, voice, code))]
            assert wrong([choose_language(survey, asked, voice, 1, code)], None) == []
    assert [why for views in found for why in wrong(views, code)] == []


@pytest.mark.parametrize("code", languages())
def test_outside_a_conversation_all_can_be_told(code: str) -> None:
    words = catalogue(code)
    told = [plain(code, which) for which in PLAIN] + [help_text(code), help_text(code, HELP if code in MORE else {})]
    told += [View(words.t(text)) for text in COMMANDS.values()]
    assert [why for one in told for why in wrong([one], code)] == []
    pressed = [Plain.CLOSED, Plain.NOT_YET, Plain.NO_SURVEY, Plain.CHANGED, Plain.LATER, Plain.TROUBLE, Plain.LINK_GONE]
    assert [why for which in pressed for why in wrong([plain(code, which)], code, TOAST_LIMIT)] == []


RELEASES = [("kurzform-1", three_voices), ("dialog-1", closed_dialog), ("selbstcheck-1", statement_of_dessau)]
WRITTEN = {"o1": [ODD[0], "x" * 390, "a"], "o2": ["👍" * 300, "%s"], "d1": ["b", ODD[5]], "d2": ["c", "</p>"]}


def written_to(statements: Mapping[str, Sequence[object]]) -> dict[str, list[str | None]]:
    """A text for every statement of a release."""
    return {q: [own(WRITTEN[q][i % len(WRITTEN[q])]) for i in range(len(ids))] for q, ids in statements.items()}


@pytest.mark.parametrize("code", languages())
def test_every_digest_can_be_told(code: str) -> None:
    told, words = [], catalogue(code)
    for name, release in [r for r in RELEASES if code in offered_in(ALL[r[0]])]:
        asked = ALL[name]
        shown = [Interim(voice, 20 * i) for i, voice in enumerate(asked.voices)]
        for given_ in ({}, written_to(release().document["statements"])):
            for figures in (shown, release().document):
                told.append(digest(figures, asked, words, given_, commune=own("Musterstadt")))  # type: ignore[arg-type]
    assert [why for text in told for why in wrong([View(text)], code)] == []


@pytest.mark.parametrize("code", languages())
async def test_what_organisers_are_told_of_a_survey_can_be_told(house: House, code: str) -> None:
    every = {}
    for i, (name, asked) in enumerate(ALL.items()):
        if code in offered_in(asked):
            survey = await opened_survey(
                house.store, "bcdefg"[i] * 6, name, asked.voices, closes=NOW.replace(year=2028)
            )
            every[survey.id] = survey
    mine = [Organiser("o", next(iter(every.values())).commune_id, code), Organiser("p", 99, code)]

    def unit(tx: Connection) -> list[View]:
        answer = organising.answer
        return [v for c in ("status", "digest") for v in answer(tx, c, mine, every, ALL, house.clock.moment)]

    told = await house.store.read(unit)
    assert len(told) == 2 * (len(every) + 1)
    assert [why for one in told for why in wrong([one], code)] == []


# ---- a town's statement -------------------------------------------------------------------------------------------

MORE = offered_in(LONG)  # the languages in which coordinators and contributors read


def town_of(dice: random.Random, code: str) -> Town:
    """A statement as it may stand: some departments, what they said, and what was decided."""
    who = []
    for i in range(dice.choice([0, 1, 3, 10])):
        questions = frozenset(q for p in portions(LONG) if dice.random() < 0.5 for q in p.questions)
        department, function = own(dice.choice(ODD[:6])), own("F" * dice.choice([1, 118]))
        name, respondent = dice.choice([None, own("N")]), dice.choice([None, f"r{i}"])
        who.append(Contributor(f"c{i}", department, function, name, respondent, questions))
    spoke = {one.respondent: conversation_of(dice, one, code) for one in who if one.respondent}
    decided = {}
    for question in LONG.questions:
        if dice.random() < 0.5:
            given_ = [contribution(c, question.id, spoke.get(c.respondent)) for c in who if question.id in c.questions]
            value = dice.choice([*Rating, SKIPPED]) if question.rating else None
            text = None if question.rating else own("t" * dice.choice([1, 3000]))
            seen = dice.choice([fingerprint(given_), "before"])
            decided[question.id] = Decision(value, text, own("g" * dice.choice([1, 998])), seen)
    signed = statement_of_dessau()
    kept_ = KeptRelease(1, "2026-11-02", signed.digest, signed.bytes.decode())
    comments = [Comment(c.id, "1", own("k" * 3998), "2026-11-01") for c in who[:2]]
    choice = dice.choice([None, Choice(("1", "7"), own("{grund}"))])
    survey = replace(survey_of(LONG.name, closes=dice.random() < 0.5), closed=dice.random() < 0.2)
    return Town(
        survey, LONG, who, spoke, decided, positions(LONG, who, spoke, decided), comments, choice, {},
        dice.choice([None, "2026-11-01"]), dice.choice([None, kept_]),
    )  # fmt: skip


def conversation_of(dice: random.Random, one: Contributor, code: str) -> Conversation:
    answers, texts, referred = {}, [], {}
    for question in sorted(one.questions):
        value = dice.choice([*Rating, SKIPPED, REFERRED, None] if LONG.by_id[question].rating else [FINISHED, REFERRED])
        if value is not None:
            answers[question] = value
        if value == REFERRED:
            referred[question] = own(dice.choice(["Amt", "R" * 198]))
        elif value == FINISHED or dice.random() < 0.2:
            texts.append(Statement(question, own(dice.choice(ODD[:12]).strip())))
    return Conversation("wwwwww", one.respondent or "", Voice.ADMINISTRATION, code, "n", answers=answers,
                        statements=tuple(texts), referrals=referred, handed_in=dice.random() < 0.7)  # fmt: skip


def board_views(town: Town, code: str, dice: random.Random) -> Iterator[list[View]]:
    """What a coordinator can be shown of a statement."""
    board = Board(town, code)
    parts, some = Parts(board), dice.sample([q.id for q in LONG.questions], 12)
    yield from ([v] for v in (
        board.home(), board.todo(0), board.todo(99), board.fields(), board.ask_focus(["1", "2"]), board.present(1),
        board.ask_signature(), board.confirm(own("OB"), NOW), parts.people(0), parts.people(1), parts.ask_department(),
        parts.ask_function(own("Amt")), View(status_text(town, code)), invitation(code, start_of(None, "t" * 22)),
        *(board.focus(written(frozenset(picked))) for picked in ([], [0], range(7))),
        *map(board.field, LONG.fields), *map(board.criterion, dice.sample([*LONG.criteria], 8)),
    ))  # fmt: skip
    for question in some:
        yield from ([v] for v in (board.question(question, own("davor")), board.ask_text(question),
                                  board.ask_reason(question, board.excerpt(own("x" * 50)))))  # fmt: skip
        yield board.texts(question)
    for one in town.contributors[:3]:
        yield [parts.person(one, own("davor"), 1)]
        for mode in (Verb.GIVE, Verb.TAKE):
            for picked, field in (([], "-"), ([0, 3], "1"), (range(40), "2")):
                yield [parts.choose(one, mode, written(frozenset(picked)), field)]


def letters(town: Town, code: str) -> Iterator[list[View]]:
    """Every letter to a contributor, as the postman cuts it."""
    for one in town.contributors:
        for kind in contributing.KINDS:
            letter, words = Letter(1, one.respondent or "", town.survey.id, kind, code, 0), catalogue(code)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(contributing.steps, "town", lambda *_: town)
                patch.setattr(contributing.post, "newer_waits", lambda *_: False)
                text = contributing.letter_text(None, letter, town.survey, LONG, words)  # type: ignore[arg-type]
            if text is not None:
                yield [View(message) for message in packed(text.split("\n\n"))]


@pytest.mark.parametrize("code", MORE)
@settings(max_examples=12, phases=[Phase.generate])
@given(dice=st.randoms(use_true_random=False))
def test_all_that_is_told_of_a_statement_can_be_told(code: str, dice: random.Random) -> None:
    town = town_of(dice, code)
    told = [*board_views(town, code, dice), *letters(town, code)]
    assert [why for views in told for why in wrong(views, code)] == []


@pytest.mark.parametrize("code", MORE)
def test_what_is_said_in_passing_to_contributors_and_coordinators_can_be_told(code: str) -> None:
    words, one = catalogue(code), Contributor("c", own("D" * 118), own("{F}"), questions=frozenset({"1.1.1"}))
    seat = Seat("wwwwww", one)
    told = [office.linked_again(code, one), office.seated(code, one), office.late(code), office.released(code),
            office.held(code, {"r": seat, "s": seat})]  # fmt: skip
    told += [refused(words, StepError(why, "7")) for why in Refusal]
    told += [refused(words, StepError(Refusal.OPEN_QUESTIONS, ", ".join(q.id for q in LONG.questions)))]
    assert [why for text in told for why in wrong([View(text)], code)] == []


# ---- that all this would be seen ----------------------------------------------------------------------------------

BROKEN = {
    "unfilled": ("en", "Hello {name}", "'{' is unfilled"),
    "printf": ("de", "Hallo %s", "'%s' is unfilled"),
    "German": ("fr", "Bonjour. Das ist die erste Frage.", "'Das ist die' is German"),
    "German in part": ("tr", "ist die erste Frage", "'die erste Frage' is German"),
    "another script": ("fr", "Bonjour да", "'д' is of another script"),
    "open isolate": ("de", f"Hallo {FSI}Welt", "isolates are not closed"),
    "isolate in an isolate": ("de", f"{FSI}{FSI}Welt{PDI}{PDI}", "isolates are not closed"),
    "Latin first": ("ar", f"{FSI}abc{PDI} مرحبا", "begins with Latin letters"),
    "empty": ("de", " ", "1 units"),
    "too long": ("de", "👍" * 2049, "4098 units"),
}


@pytest.mark.parametrize(("code", "text", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_seen(code: str, text: str, why: str) -> None:
    found = wrong([View(text)], code)
    assert [one for one in found if one.startswith(f"{code}: {why}: ")]
    assert wrong([View("Gut."), View(text)], None) == [] or "units" in why or "isolates" in why


@pytest.mark.parametrize(("label", "data"), [("x" * 60, "a"), ("", "a"), ("ja", ""), ("ja", "ä"), ("ja", "a" * 65)])
def test_a_broken_button_is_seen(label: str, data: str) -> None:
    assert len(wrong([View("Frage?", ((Button(label, data),),))], "de")) == 1


def test_what_people_wrote_is_theirs_also_over_several_messages() -> None:
    long = [View(f"Ihre Antwort: {FSI}⟦Das {{x}}{PDI}"), View(f"{FSI}ist die erste{PDI}"), View(f"{FSI}Frage⟧{PDI} ja")]
    assert wrong(long, "de") == []
    assert others("⟦a…") == ("¤", False)
    assert [others(v.text, i > 0) for i, v in enumerate(long)] == [
        (f"Ihre Antwort: {FSI}¤", True), ("¤", True), (f"¤{PDI} ja", False),
    ]  # fmt: skip
