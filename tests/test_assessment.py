"""The building blocks of the draft: one text for each criterion and mark, its own, short, fit for every commune."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest
from samples import DESSAU, kurzform, same

from conversations.questionnaire import Rating
from conversations.wording import sentences, words
from locales import SOURCE, catalogue, languages
from reports.assessment import DOMAIN, AssessmentError, Draft, Point, blocks, field_draft, parse
from reports.evaluation import MARKS, evaluate

TEXTS = {
    (criterion, mark): text
    for field in blocks().fields.values()
    for criterion, its in field.marks.items()
    for mark, text in its.items()
}
MOST_WORDS = 20  # of a sentence
MOST_SHARED = 0.6  # of the words of the shorter of two texts
MOST_SHARED_TRANSLATED = 0.65  # more where a language says much with small words
# Names of a kind of commune, its council or its head: ten languages inflect, and a text serves all kinds.
KINDS = {
    "de": r"stadt|städt|landkreis|\bkreis|kreistag|landrat|rathaus|bürgermeister|dorf|\bgemeinde",
    "en": r"\b(city|cities|town|district|county|mayor|village)",
    "ar": "مدينة|مدن|مقاطعة|عمدة|قرية",
    "uk": r"\bміст(о|а|у|ом|ах)\b|\bмер(а|у|ом)?\b",
    "ru": r"\bгород(а|у|ом|е|ах)?\b|\bмэр",
    "tr": r"\bşehir|\bkent\b|\bilçe\b|\bköy\b",
    "fr": r"\bvilles?\b|\bmaires?\b|\bvillages?\b",
}  # not in every language: where German says Kommune, some say "town or district"


def test_every_criterion_has_a_text_for_each_mark() -> None:
    assert sorted(TEXTS) == sorted(product(kurzform().criteria, MARKS))
    assert len(TEXTS) == 136


@pytest.mark.parametrize("code", languages())
def test_no_two_texts_are_the_same(code: str) -> None:
    counted = Counter(catalogue(code).of(DOMAIN, text) for text in TEXTS.values())
    assert [text for text, times in counted.items() if times > 1] == []


def shared(one: str, other: str) -> float:
    """The part of the words of the shorter text that stand in the other as well."""
    found, others = ({word.lower() for word in words(text)} for text in (one, other))
    return len(found & others) / min(len(found), len(others))


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("pair", [(Rating.NO, Rating.RATHER_NO), (Rating.RATHER_YES, Rating.YES)], ids=" ".join)
def test_neighbouring_marks_of_a_criterion_get_other_advice(code: str, pair: tuple[Rating, Rating]) -> None:
    def said(criterion: str, mark: Rating) -> str:
        return catalogue(code).of(DOMAIN, TEXTS[criterion, mark])

    alike = {c: shared(*(said(c, mark) for mark in pair)) for c in kurzform().criteria}
    assert {
        c: part for c, part in alike.items() if part > (MOST_SHARED if code == SOURCE else MOST_SHARED_TRANSLATED)
    } == {}


def test_shared_words_are_measured_on_the_shorter_text() -> None:
    assert shared("Das bleibt so.", "Das bleibt hier so, wenn alle mitmachen.") == 1
    assert shared("Ämter fragen Vereine.", "Vereine laden Schulen ein.") == 1 / 3


@pytest.mark.parametrize("code", KINDS)
def test_no_text_names_the_kind_of_commune(code: str) -> None:
    said = {place: catalogue(code).of(DOMAIN, text) for place, text in TEXTS.items()}
    assert {place: text for place, text in said.items() if re.search(KINDS[code], text, re.IGNORECASE)} == {}


def test_texts_are_two_or_three_short_sentences() -> None:
    many = {place for place, text in TEXTS.items() if not 2 <= len(re.findall(r"[.!?](?=\s|$)", text)) <= 3}
    long = [s for text in TEXTS.values() for s in sentences(text) if len(words(s)) > MOST_WORDS]
    assert (many, long) == (set(), [])


# ---- in a draft -------------------------------------------------------------------------------------------------


def draft(ratings: str, field: int = 6) -> Draft:
    """The draft of a field whose criteria were rated so by all."""
    evaluation = evaluate(kurzform(), same({**DESSAU, str(field): ratings}, 12), 12)
    return field_draft(kurzform(), evaluation, evaluation.fields[field - 1], catalogue("de"))


def point(criterion: str, mark: Rating) -> Point:
    titles = {c.id: c.title for f in kurzform().fields for c in f.criteria}
    return Point(criterion, titles[criterion], TEXTS[criterion, mark])


RATED = dict(zip("0123", MARKS, strict=True))


@pytest.mark.parametrize("ratings", ["012", "123", "230", "301"])
def test_a_draft_says_the_text_of_exactly_the_mark(ratings: str) -> None:
    marks = {f"6.{n}": RATED[rating] for n, rating in enumerate(ratings, 1)}
    positive = sorted(
        (c for c in marks if marks[c] in (Rating.RATHER_YES, Rating.YES)), key=lambda c: marks[c] != "yes"
    )
    negative = sorted((c for c in marks if c not in positive), key=lambda c: marks[c] != "no")
    found = draft(ratings)
    assert found.strengths == tuple(point(c, marks[c]) for c in positive)
    assert found.recommendations == tuple(point(c, marks[c]) for c in negative)


# What the report on Dessau-Roßlau of 2020 (001) advises, by the criterion it belongs to: a word of ours for each thing.
ADVISED = {
    "1.1": "Austausch zwischen Leitung und Fachbereichen",
    "1.4": "Kennzahlen",
    "2.8": "Sportvereinen",
    "3.3": "Unternehmertreffen",
    "4.1": "Konzept auf lange Sicht für alle Beschäftigten",
    "4.3": "Integrationsbeirat regelmäßig in Ausschüssen anhören",
    "4.5": "unbewusste Benachteiligung",
    "5.1": "Koordination mit festem Geld",
    "5.2": "Menschen ohne Wahlrecht",
    "5.3": "globale Themen",
    "7.3": "gemeinsame Haltung",
    "7.4": "vorbeugt",
}


def test_what_dessau_rosslau_was_advised_is_said_at_its_marks() -> None:
    marks = {f"{field}.{n}": RATED[r] for field, rs in DESSAU.items() for n, r in enumerate(rs, 1) if r != "-"}
    assert {c: thing for c, thing in ADVISED.items() if thing not in TEXTS[c, marks[c]]} == {}


# ---- the file ---------------------------------------------------------------------------------------------------

FILE = """
origin = "Probe"
[overall.levels]
setting-out = "a"
on-the-way = "b"
advanced = "c"
open = "d"
[[field]]
id = "1"
opening = "e"
[field.levels]
setting-out = "f"
on-the-way = "g"
advanced = "h"
open = "i"
[[field.criterion]]
id = "1.1"
[field.criterion.marks]
no = "j"
rather-no = "k"
rather-yes = " l "
yes = "m"
"""


def test_a_file_gives_its_texts_by_criterion_and_mark() -> None:
    assert parse(FILE).fields["1"].marks == {"1.1": dict(zip(MARKS, "jklm", strict=True))}


BROKEN = {
    "a-mark-missing": ('yes = "m"', "", r"^probe: 1\.1: marks must be no, rather-no, rather-yes, yes$"),
    "a-mark-too-many": ('yes = "m"', 'yes = "m"\ncannot-say = "n"', r"^probe: 1\.1: marks must be "),
    "no-marks": ("[field.criterion.marks]", "[field.criterion.texts]", r"^probe: KeyError 'marks'$"),
    "a-level-missing": ('open = "d"', "", r"^probe: overall: levels must be "),
    "a-text-that-is-none": ('no = "j"', "no = 1", r"^probe: AttributeError "),
}


@pytest.mark.parametrize(("old", "new", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_and_the_place_named(old: str, new: str, why: str) -> None:
    assert old in FILE
    with pytest.raises(AssessmentError, match=why):
        parse(FILE.replace(f"\n{old}\n", f"\n{new}\n", 1), "probe")
