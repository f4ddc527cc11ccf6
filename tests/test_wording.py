"""The wording rules of METHOD §2, each with an example that breaks it; the committed questionnaires keep them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot import checking
from conversations.questionnaire import Kind, Questionnaire, Voice, load, parse
from conversations.wording import (
    PLAIN_READABLE,
    READABLE,
    lix,
    plain_problems,
    problems,
    readability,
    sentences,
    words,
)
from locales import FOLDER, complete, entries

MIRROR = 'mirror = "same"'


def asked(*texts: str, more: str = MIRROR, by: str = "persons", kind: str = "rating",
          voices: str = '["society"]') -> Questionnaire:  # fmt: skip
    """A questionnaire with these texts (TOML) as questions 1.1.1, 1.1.2, … or, if they are open, o1, o2, …."""
    lines = [
        'id = "probe"', "version = 1", f'answers_as = "{by}"', 'title = "Probe"', 'introduction = "Los."',
        'origin = "Probe"', "minutes = 1", f"voices = {voices}",
    ]  # fmt: skip
    if kind == "rating":
        lines += ["[[field]]", 'id = "1"', 'title = "Feld"']
        lines += ["[[field.criterion]]", 'id = "1.1"', 'title = "Kriterium"']
    for number, text in enumerate(texts, 1):
        lines += ["[[field.criterion.question]]" if kind == "rating" else "[[open]]", f'kind = "{kind}"', more]
        lines += [f'id = "{"1.1." if kind == "rating" else "o"}{number}"', f"text = {text}"]
    return parse("probe-1.toml", "\n".join(lines))


def found(questionnaire: Questionnaire) -> list[str]:
    """The complaints, without the file's name and without LIX, which says nothing on single questions."""
    return [p.removeprefix("probe-1.toml: ") for p in problems(questionnaire) if "LIX" not in p]


BREAKS = {
    "three-sentences": ("Eins. Zwei. Ist das gut?", "3 sentences instead of at most 2"),
    "sixteen-words": (f"Ist {'das ' * 14}gut?", "a sentence of 16 words instead of at most 15"),
    "long-word": ("Ist die Gemeindeordnung gut?", "'Gemeindeordnung' has more than 14 letters"),
    "long-part": ("Ist die Gemeindeordnung-Prüfung gut?", "'Gemeindeordnung' has more than 14 letters"),
    "negation": ("Ist das nicht gut?", "'nicht' in a rating question"),
    "negation-first": ("Keine Sorgen hier?", "'Keine' in a rating question"),
    "no-question": ("Das ist gut.", "is no question"),
    "jargon": ("Haben Akteure hier Zeit?", "'akteur' is jargon for residents"),
}


@pytest.mark.parametrize(("text", "why"), BREAKS.values(), ids=BREAKS)
def test_a_rule_that_is_broken_is_named_with_the_id(text: str, why: str) -> None:
    assert found(asked(f'"{text}"')) == [f"1.1.1: society: {why}"]


@pytest.mark.parametrize(
    "text",
    [
        "Eins gilt hier. Ist das gut?",
        f"Ist {'das ' * 13}gut?",
        "Ist die Stadtverwaltung gut für Menschen mit Einwanderungsgeschichte?",
        "Geht es Einwohner*innen gut?",
        "Ist die Verkehrs-Planung-Sitzung gut?",
        "Ist die Sinfonie gut, Vernichtung und alles?",
    ],
)
def test_what_keeps_the_rules_is_not_named(text: str) -> None:
    assert found(asked(f'"{text}"')) == []


def test_both_variants_are_looked_at() -> None:
    assert found(asked('{ all = { city = "Ist das nicht gut?", district = "Ist das kein Kreis?" } }')) == [
        "1.1.1: society: 'nicht' in a rating question",
        "1.1.1: society: 'kein' in a rating question",
    ]


def test_an_open_question_may_say_not_and_need_not_ask() -> None:
    assert found(asked('"Erzählen Sie, was nicht gut ist."', kind="open", more="")) == []


def test_jargon_is_for_the_administration_to_know() -> None:
    both = '{ society = "Ist das gut?", administration = "Haben Akteure hier Zeit?" }'
    assert found(asked(both, voices='["society", "administration"]')) == []


def test_help_fits_into_a_pop_up() -> None:
    fits, long = (f'{MIRROR}\nhelp = "{"x" * n}"' for n in (190, 191))
    assert found(asked('"Gut?"', more=fits)) == []
    assert found(asked('"Gut?"', more=long)) == ["1.1.1: society: help is longer than 190 characters"]


def test_society_s_question_says_how_it_mirrors_unless_an_institution_answers() -> None:
    says = "1.1.1: says not how society's question mirrors the administration's"
    assert found(asked('"Gut?"', more="")) == [says]
    assert found(asked('"Gut?"', more="", by="institution")) == []
    assert found(asked('"Gut?"', more="", voices='["administration"]')) == []


def test_lix_is_gated_over_the_whole_questionnaire_not_on_one_question() -> None:
    hard, easy = '"Ist unsere Verwaltung gegenüber Menschen freundlich?"', '"Geht es dir hier gut?"'
    assert list(problems(asked(hard))) == ["probe-1.toml: society: LIX 73 is over 40"]  # 6 + 100·4/6
    assert list(problems(asked(hard, easy, easy, easy))) == []  # 21/4 + 100·4/21 = 24


def test_lix_by_hand() -> None:
    # 8 words, 2 sentences, 2 words of more than six letters: 8/2 + 100·2/8
    assert lix(["Die Verwaltung hilft.", "Finden hier alle eine Wohnung?"]) == 29.0
    assert lix([]) == 0.0


def test_sentences_and_words_are_counted_as_people_read_them() -> None:
    assert sentences("Weltoffen heißt: Alle gehören dazu. Stimmt das?") == [
        "Weltoffen heißt:", "Alle gehören dazu.", "Stimmt das?",
    ]  # fmt: skip
    assert words("Geht es Einwohner*innen im Ruhrgebiet-Süd 24 Stunden gut?") == [
        "Geht", "es", "Einwohner*innen", "im", "Ruhrgebiet-Süd", "Stunden", "gut",
    ]  # fmt: skip


def test_readability_is_that_of_the_harder_kind_in_the_language_asked_for() -> None:
    hard, easy = "Ist die Verwaltung gegenüber Menschen freundlich?", "Geht es hier gut?"
    some = asked(f'{{ society = {{ city = "{easy}", district = "{hard}" }} }}')
    assert readability(some) == {Voice.SOCIETY: lix([hard])}
    assert readability(some, {hard: "Gut?", easy: "Gut?"}) == {Voice.SOCIETY: 1.0}


@pytest.mark.parametrize("name", load())
def test_the_committed_questionnaires_keep_the_rules(name: str) -> None:
    assert list(problems(load()[name])) == []


@pytest.mark.parametrize("voice", Voice)
def test_the_short_form_is_readable_in_city_and_district(voice: Voice) -> None:
    asked_here = load()["kurzform-1"].questions
    assert all(lix(q.text[voice][kind] for q in asked_here) <= READABLE[voice] for kind in Kind)


# ---- Einfache Sprache ---------------------------------------------------------------------------------------------

PLAIN_BREAKS = {
    "three-sentences": ("Eins. Zwei. Ist das gut?", "3 sentences instead of at most 2"),
    "thirteen-words": (f"Ist {'das ' * 11}gut?", "a sentence of 13 words instead of at most 12"),
    "thirteen-words-first": (f"Hier ist {'das ' * 10}gut. Stimmt das?", "a sentence of 13 words instead of at most 12"),
    "long-word": ("Ist die Freundschaft gut?", "'Freundschaft' has more than 11 letters"),
    "long-part": ("Ist der Freundschaft-Verein gut?", "'Freundschaft' has more than 11 letters"),
    "negation": ("Ist das nicht gut?", "'nicht' in a rating question"),
    "negation-first": ("Das ist kein Problem. Stimmt das?", "'kein' in a rating question"),
    "without": ("Geht es ohne Hilfe?", "'ohne' in a rating question"),
    "no-question": ("Das ist gut.", "is no question"),
    "jargon": ("Haben Akteure hier Zeit?", "'akteur' is jargon for residents"),
}
GERMAN = "Ist das gut?"


def found_plainly(questionnaire: Questionnaire, texts: Mapping[str, str]) -> list[str]:
    """The complaints about Einfache Sprache without LIX, which says nothing on single questions."""
    return [p for p in plain_problems(questionnaire, texts) if "LIX" not in p]


@pytest.mark.parametrize(("text", "why"), PLAIN_BREAKS.values(), ids=PLAIN_BREAKS)
def test_a_rule_of_plain_german_that_is_broken_is_named_with_the_id(text: str, why: str) -> None:
    assert found_plainly(asked(f'"{GERMAN}"'), {GERMAN: text}) == [f"1.1.1: society: {why}"]


@pytest.mark.parametrize(
    "text",
    [
        "Eins gilt hier. Ist das gut?",
        f"Ist {'das ' * 10}gut?",
        "Ist der Sport-Verein im Krankenhaus gut?",
        "Können Menschen hier mitentscheiden?",
        "Was denken Sie: Ist das gut?",
    ],
)
def test_what_is_plain_german_is_not_named(text: str) -> None:
    assert found_plainly(asked(f'"{GERMAN}"'), {GERMAN: text}) == []


def test_it_is_the_plain_wording_that_counts_and_not_the_german_one() -> None:
    hard = "Ist die Wohnungsgenossenschaft nicht gut?"
    assert found_plainly(asked(f'"{hard}"'), {hard: GERMAN}) == []


def test_city_and_district_are_both_looked_at_in_plain_german() -> None:
    both = asked('{ all = { city = "Ist die Stadt gut?", district = "Ist der Kreis gut?" } }')
    plain = {"Ist die Stadt gut?": "Ist die Stadt nie gut?", "Ist der Kreis gut?": "Ist der Landkreis nie gut?"}
    assert found_plainly(both, plain) == ["1.1.1: society: 'nie' in a rating question"] * 2
    readable = {"Ist die Stadt gut?": "Ist die Stadt gut?", "Ist der Kreis gut?": "Unterstützen Landkreise Menschen?"}
    assert list(plain_problems(both, readable)) == [
        "1.1.1: society: 'Unterstützen' has more than 11 letters",
        "society: LIX 103 is over 35",  # of the district: 3 + 100·3/3
    ]


def test_a_help_in_plain_german_has_short_sentences_and_words_and_fits() -> None:
    with_help = asked(f'"{GERMAN}"', more=f'{MIRROR}\nhelp = "Hilfe"')
    said = {
        "Eins. Zwei. Drei ohne Not.": [],
        f"Hier ist {'das ' * 10}gut.": ["1.1.1: society: help: a sentence of 13 words instead of at most 12"],
        "In der Nachbarschaft.": ["1.1.1: society: help: 'Nachbarschaft' has more than 11 letters"],
        "Das ist so. " * 16: ["1.1.1: society: help is longer than 190 characters"],
    }
    assert {h: found_plainly(with_help, {GERMAN: GERMAN, "Hilfe": h}) for h in said} == said


def test_an_open_question_in_plain_german_may_say_not_but_stays_short() -> None:
    question = asked(f'"{GERMAN}"', kind="open", more="")
    assert found_plainly(question, {GERMAN: "Erzählen Sie, was nicht gut ist."}) == []
    assert found_plainly(question, {GERMAN: "Eins. Zwei. Drei."}) == ["o1: society: 3 sentences instead of at most 2"]


def test_lix_of_plain_german_is_gated_for_every_voice_over_the_whole_questionnaire() -> None:
    both = asked('{ society = "S?", administration = "A?" }', voices='["society", "administration"]')
    easy, hard = "Geht es dir hier gut?", "Hilft unsere Verwaltung allen Menschen?"  # 5, and 5 + 100·2/5
    assert list(plain_problems(both, {"S?": easy, "A?": hard})) == ["administration: LIX 45 is over 35"]
    assert list(plain_problems(both, {"S?": easy, "A?": easy})) == []


@pytest.mark.parametrize("name", [name for name in load() if complete(checking.PLAIN_GERMAN, name)])
def test_the_committed_plain_german_keeps_the_rules(name: str) -> None:
    assert list(checking.plain_german(load()[name])) == []


@pytest.mark.parametrize("voice", Voice)
def test_the_short_form_in_plain_german_is_readable_in_city_and_district(voice: Voice) -> None:
    texts = entries(FOLDER / checking.PLAIN_GERMAN / "LC_MESSAGES" / "kurzform-1.po")
    asked_here = load()["kurzform-1"].questions
    assert all(lix(texts[q.text[voice][kind]][0] for q in asked_here) <= PLAIN_READABLE for kind in Kind)


@pytest.mark.parametrize("finished", [True, False])
def test_the_check_names_the_file_of_a_finished_catalogue(finished: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    probe, path = asked(f'"{GERMAN}"'), FOLDER / "de@simple" / "LC_MESSAGES" / "probe-1.po"
    monkeypatch.setattr(checking, "load", lambda: {"probe-1": probe})
    monkeypatch.setattr(checking, "offered_in", lambda questionnaire: [])
    monkeypatch.setattr(checking, "entries", lambda po: {GERMAN: ("Ist das nie gut?",)} if po == path else entries(po))
    monkeypatch.setattr(
        checking, "complete", lambda code, domain: finished if domain == "probe-1" else complete(code, domain)
    )
    says = "locales/de@simple/probe-1.po: 1.1.1: society: 'nie' in a rating question"
    assert list(checking.plain_german(probe)) == [says] * finished
    assert (says in checking.problems()) is finished
