"""The wording rules of METHOD §2, each with an example that breaks it; the committed questionnaires keep them."""

from __future__ import annotations

import pytest

from conversations.questionnaire import Kind, Questionnaire, Voice, load, parse
from conversations.wording import READABLE, lix, problems, sentences, words

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


@pytest.mark.parametrize("name", load())
def test_the_committed_questionnaires_keep_the_rules(name: str) -> None:
    assert list(problems(load()[name])) == []


@pytest.mark.parametrize("voice", Voice)
def test_the_short_form_is_readable_in_city_and_district(voice: Voice) -> None:
    asked_here = load()["kurzform-1"].questions
    assert all(lix(q.text[voice][kind] for q in asked_here) <= READABLE[voice] for kind in Kind)
