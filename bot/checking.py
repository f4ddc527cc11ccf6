"""What `weltoffen check` looks at: whatever only we can do wrong, each complaint naming file and id."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from string import Formatter

from bot import notice
from bot.buttons import LIMIT
from bot.communes import TEMPLATE
from bot.labels import room, width
from bot.typed import typed_words
from bot.view import TEXT_LIMIT, TOAST_LIMIT, View, offered_in, view
from bot.words import COMMANDS, PLAIN, plain, said
from conversations.conversation import COMMENT_LENGTH, FINISHED, STATEMENTS, Conversation, Place, Say, Statement, Word
from conversations.institution import Contributor, Seat
from conversations.questionnaire import Questionnaire, Rating, Voice, load
from conversations.survey import SMALLEST_GROUP, Survey, commune
from conversations.wording import plain_problems
from conversations.wording import problems as wording_problems
from locales import FOLDER, SOURCE, catalogue, complete, entries, kept, kept_in, keys, languages
from locales.extract import stale
from reports.assessment import AssessmentError, blocks

MOST_VERSION = 999_999_999
PLAIN_GERMAN = "de@simple"
SAME = {  # words that are the same in German and in another language
    "en": {"Monitoring", "Name", "Sport", "Status", "Workshop"},
    "fr": {"Sport"},
}
NUMBER = "n!None:"  # the number that decides on a plural form
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # bidirectional classes


def problems() -> Iterator[str]:
    """Every complaint about questionnaires, languages and screens."""
    questionnaires = load()
    for questionnaire in questionnaires.values():
        yield from wording_problems(questionnaire)
    yield from _assessment(questionnaires.values())
    root = FOLDER.parent
    if (root / "pyproject.toml").exists():
        yield from stale(root)
    yield from _languages()
    try:
        typed_words()
    except ValueError as error:
        yield f"locales: {error}"
    for questionnaire in questionnaires.values():
        yield from plain_german(questionnaire)
        for language in offered_in(questionnaire):
            yield from _screens(questionnaire, language)


def _assessment(questionnaires: Iterable[Questionnaire]) -> Iterator[str]:
    """The building blocks of the drafts: readable, and there for every criterion."""
    try:
        found = {c for field in blocks().fields.values() for c in field.marks}
    except AssessmentError as error:
        yield str(error)
        return
    for questionnaire in questionnaires:
        if missing := [c for c in questionnaire.criteria if c not in found]:
            yield f"{questionnaire.name}: no building blocks of the draft for {', '.join(missing)}"


def _languages() -> Iterator[str]:
    templates = sorted(FOLDER.glob("*.pot"))
    for domain in sorted(set(kept_in()) - {template.stem for template in templates}):
        yield f"locales/languages.toml: kept_in: there is no domain {domain!r}"
    for code in languages():
        if code == SOURCE:
            continue
        for template in templates:
            translated = FOLDER / code / "LC_MESSAGES" / f"{template.stem}.po"
            name = f"locales/{code}/{template.stem}.po"
            if not kept(code, template.stem):
                if translated.exists():
                    yield f"{name}: is there, but languages.toml says that it is not kept in {code}"
            elif not complete(code, template.stem):
                found = set(entries(translated)) if translated.exists() else set()
                missing = sorted(keys(template) - found)
                yield f"{name}: {len(missing)} texts missing or fuzzy, the first: {missing[0][:60]!r}"
            elif translated.exists():
                yield from translation_problems(code, name, entries(translated))


def texts(code: str, domain: str) -> dict[str, str]:
    """The texts of a questionnaire in another language, by the German."""
    path = FOLDER / code / "LC_MESSAGES" / f"{domain}.po"
    return {german: found[0] for german, found in entries(path).items()}


def plain_german(questionnaire: Questionnaire) -> Iterator[str]:
    """What is not Einfache Sprache in a questionnaire's finished catalogue, also before the language is offered."""
    if not complete(PLAIN_GERMAN, questionnaire.name):
        return
    for why in plain_problems(questionnaire, texts(PLAIN_GERMAN, questionnaire.name)):
        yield f"locales/{PLAIN_GERMAN}/{questionnaire.name}.po: {why}"


def translation_problems(code: str, name: str, found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong with a language's translations of German texts, whatever they say; `name` is the file's."""
    for german, forms in found.items():
        wrong = [why for why, broken in (
            ("other placeholders than the German", not _same_values(german, forms)),
            ("other isolates or direction marks than the German", any(_marks(f) != _marks(german) for f in forms)),
            ("is still German", code != PLAIN_GERMAN and german in forms and _has_words(code, german)),
        ) if broken]  # fmt: skip
        yield from (f"{name}: {german[:60]!r}: {why}" for why in wrong)


def _same_values(german: str, forms: Sequence[str]) -> bool:
    """Whether every form inserts what the German does; of several all but the last may do without the number."""
    try:
        wanted, found = _values(german), [_values(form) for form in forms]
    except ValueError:  # a brace that is never closed
        return False
    without = [value for value in wanted if value != NUMBER]
    return found[-1] == wanted and all(given in (wanted, without) for given in found)


def _values(text: str) -> list[str]:
    """What is inserted into a text, sorted: names with all that says how they are written."""
    parts = Formatter().parse(text)
    return sorted(f"{name}!{how}:{spec}" for _, name, spec, how in parts if name is not None)


def _marks(text: str) -> list[str]:
    """The invisible characters of a text that decide on its direction; catalogues need none, for values get theirs."""
    return [one for one in text if unicodedata.bidirectional(one) in DIRECTIONS or one in "\u061c\u200e\u200f"]


def _has_words(code: str, text: str) -> bool:
    """Whether a text has words of its own that are not the same in both languages."""
    own = "".join(literal for literal, *_ in Formatter().parse(text))
    return text not in SAME.get(code, ()) and any(one.isalpha() for one in own)


def survey_for(questionnaire: Questionnaire) -> Survey:
    """A survey of the template's commune, with ids and codes as long as they get."""
    voices = questionnaire.voices
    return Survey(
        "wwwwww", 1, commune(TEMPLATE), questionnaire.name, voices, dict.fromkeys(voices, "WWWWWWWW"),
        {v: SMALLEST_GROUP[v] for v in voices}, salt=b"check",
    )  # fmt: skip


def conversations(questionnaire: Questionnaire, language: str, voice: Voice) -> Iterator[Conversation]:
    """A conversation for every kind of screen, as full as it can get."""
    survey = survey_for(questionnaire)
    empty = Conversation(survey.id, "r", voice, language, "n", version=MOST_VERSION)
    answers = {q.id: Rating.CANNOT_SAY if q.rating else FINISHED for q in questionnaire.questions}
    said_ = tuple(Statement(q.id, "ش" * 2000) for q in questionnaire.questions if q.several for _ in range(STATEMENTS))
    full = empty._replace(answers=answers, statements=said_, handed_in=True, person=2)
    for question in questionnaire.questions:
        yield empty._replace(at=question.id)
        yield full._replace(at=question.id)
    for place in (Place.REVIEW, Place.SETTINGS, Place.LANGUAGE, Place.PAUSED, Place.DELETE, Place.THANKS):
        yield empty._replace(place=place)
        yield full._replace(place=place)
    for field in [f.id for f in questionnaire.fields] + (["open"] if questionnaire.open else []):
        yield full._replace(place=Place.FIELD, at=field)


def office_views(questionnaire: Questionnaire, language: str) -> Iterator[tuple[str, View]]:
    """The screens of a contributor with long names, before and after it may comment on the town's answers."""
    survey = replace(survey_for(questionnaire), closes=datetime(2026, 11, 25, tzinfo=UTC))
    one = Contributor("c", "D" * 120, "F" * 120, questions=frozenset(q.id for q in questionnaire.questions))
    longest = {f.id: ("ß" * COMMENT_LENGTH, "2026-11-25") for f in questionnaire.fields}
    places = [Place.REVIEW, Place.THANKS, Place.SETTINGS, Place.REFERRAL, Place.COMMENTING, Place.COMMENT]
    for seat in (Seat(survey.id, one), Seat(survey.id, one, presented=True, comments=longest)):
        for shown in conversations(questionnaire, language, questionnaire.voices[0]):
            if shown.at == questionnaire.questions[0].id or shown.place is Place.REVIEW:
                yield f"contributor {shown.place}", view(survey, questionnaire, shown, seat)
            if shown.place is Place.REVIEW:
                for place, late in product(places, (False, True)):
                    there = shown._replace(place=place, at=questionnaire.fields[0].id)
                    yield f"contributor {place}", view(survey, questionnaire, there, seat, late=late)


def screens(questionnaire: Questionnaire, language: str, voice: Voice) -> Iterator[tuple[str, View]]:
    """Every screen and word that somebody of a voice can be shown in a language, with its id, in order."""
    survey = survey_for(questionnaire)
    yield "languages", notice.choose_language(survey, questionnaire, voice, 1, language)
    for shown in notice.notice(survey, questionnaire, voice, language, 1):
        yield "notice", shown
    for one in conversations(questionnaire, language, voice):
        yield f"{one.place} {one.at or ''}".strip(), view(survey, questionnaire, one)
    some = next(conversations(questionnaire, language, voice))
    for say in Say:
        questions = [q.id for q in questionnaire.questions if q.help.get(voice)] or [questionnaire.questions[0].id]
        for question in questions if say is Say.EXAMPLE else questions[:1]:
            if say is not Say.EXAMPLE or questionnaire.by_id[question].rating:
                word = said(survey, questionnaire, some, Word(say, question, Rating.CANNOT_SAY, 5))
                yield f"word {say} {question}", word
    if questionnaire.institution:
        yield from office_views(questionnaire, language)
    for which in PLAIN:
        yield f"plain {which}", plain(language, which)


def _screens(questionnaire: Questionnaire, language: str) -> Iterator[str]:
    right_to_left = languages()[language].right_to_left
    for voice in questionnaire.voices:
        for name, one in screens(questionnaire, language, voice):
            for why in _view(one, right_to_left):
                yield f"{questionnaire.name}/{language}: {voice} {name}: {why}"
            if name.startswith("word ") and len(one.text) > TOAST_LIMIT:
                yield f"{questionnaire.name}/{language}: {voice} {name}: longer than {TOAST_LIMIT}"
    words = catalogue(language)
    for name, text in COMMANDS.items():
        if not 1 <= len(words.t(text)) <= 256:
            yield f"{language}: /{name}: description is not 1 to 256 characters long"


def _view(one: View, right_to_left: bool) -> Iterator[str]:
    if not one.text.strip() or len(one.text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
        yield "text is empty or longer than a message"
    if right_to_left and one.text.lstrip("\u2068")[:1].isascii() and one.text.lstrip("\u2068")[:1].isalpha():
        yield "a right-to-left message begins with Latin letters"
    if "anonym" in one.text.lower():
        yield "says anonymous, which Telegram is not"
    for row in one.rows:
        for button in row:
            if not 1 <= len(button.data.encode()) <= LIMIT or not button.data.isascii():
                yield f"button {button.label!r} carries {len(button.data.encode())} bytes"
            if not button.label.strip() or width(button.label) > room(len(row)):
                yield f"button {button.label!r} is empty or too long: it would be cut off on a telephone"
