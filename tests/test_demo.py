"""What the demonstration's people are called and say, in every language; and that they come to an end."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.demo import play
from bot.demo.person import Person, Plan
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


# ---- that they come to an end --------------------------------------------------------------------------------------

OPEN = ["5ndbbd:1:f:d1:1", "5ndbbd:1:s:d1:1"]  # an open question's buttons: finished, skip


class Heard(Person):
    """A person whose acts are written down instead of sent."""

    sent: list[tuple[str, dict[str, Any]]]

    async def _post(self, path: str, **values: object) -> dict[str, Any]:
        self.sent.append((path, values))
        return {}


async def _first_acts(answered: int) -> set[str]:
    """What 200 people do at an open question after so many answers."""
    found = set()
    async with ClientSession() as http:
        for seed in range(200):
            person = Heard(http, Plan("Ida", "de", 0.5, (0, 0)), {"d1": ["Der Sportverein nimmt alle auf."]}, seed)
            person.sent, person.answered = [], answered
            await person._act({"message_id": 7, "text": "Frage", "edited": 0}, OPEN)
            found |= {path.rpartition("/")[2] for path, _ in person.sent}
    return found


async def test_nobody_skips_every_question_since_an_empty_sheet_is_not_taken() -> None:
    assert await _first_acts(answered=0) == {"text"}


async def test_whoever_has_said_something_skips_now_and_then() -> None:
    assert await _first_acts(answered=1) == {"text", "press"}
