"""What the demonstration's people are called and say: every language for itself, in its own script, nothing twice."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from bot.demo import play
from conversations.questionnaire import load
from locales import languages

STATEMENTS: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(play.__file__).parent / "statements.toml").read_text("utf-8")
)
LATIN, CYRILLIC, ARABIC, HAN = "[a-zA-ZÀ-ž]", "[а-яА-ЯёЁіІїЇєЄґҐ]", "[\u0620-\u06ff]", "[\u4e00-\u9fff]"
SCRIPTS = {"uk": CYRILLIC, "ru": CYRILLIC, "ar": ARABIC, "fa": ARABIC, "zh_Hans": HAN}


def test_people_of_every_language_have_something_to_say_to_every_open_question() -> None:
    asked = {q.id for one in ("dialog-1", "kurzform-1") for q in load()[one].questions if not q.rating}
    assert {code: set(said) for code, said in STATEMENTS.items()} == dict.fromkeys(languages(), asked)
    assert {code for code, said in STATEMENTS.items() if min(map(len, said.values())) < 8} == set()


def test_nothing_is_said_twice() -> None:
    said = Counter(text for language in STATEMENTS.values() for texts in language.values() for text in texts)
    assert [text for text, number in said.items() if number > 1] == []


@pytest.mark.parametrize("code", STATEMENTS)
def test_they_write_in_their_own_script(code: str) -> None:
    texts = [text for texts in STATEMENTS[code].values() for text in texts]
    own = SCRIPTS.get(code, LATIN)
    others = "|".join({LATIN, CYRILLIC, ARABIC, HAN} - {own})
    assert [text for text in texts if not re.search(own, text) or re.search(others, text)] == []
    wrong = {"uk": "[ыэёъ]", "ru": "[іїєґ]", "fa": "[\u064a\u0643\u0629]", "ar": "[\u06cc\u06a9]"}.get(code, "\\n")
    assert [text for text in texts if re.search(wrong, text)] == []


def test_in_simple_german_sentences_are_short() -> None:
    texts = [text for texts in STATEMENTS["de@simple"].values() for text in texts]
    sentences = [s for text in texts for s in re.split(r"(?<=[.!?:]) ", text)]
    assert [s for s in sentences if len(s.split()) > 12] == []


def test_everybody_has_a_name_in_the_script_of_their_language() -> None:
    named = {code: play.NAMES.get(code, play.NAMES["de"]) for code in languages()}
    wrong = {c: [n for n in names if not re.fullmatch(f"{SCRIPTS.get(c, LATIN)}+", n)] for c, names in named.items()}
    assert wrong == {code: [] for code in languages()}
