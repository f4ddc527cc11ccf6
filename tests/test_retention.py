"""To the day: what people gave is there until the day before its deletion, and not one byte of it on the day itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import House, commune_file, opened_survey

from bot.housekeeping import housekeeping
from bot.organising import digest_text
from bot.paper import conversations as from_paper
from conversations.questionnaire import Voice, load
from conversations.store import Store, figures, people, post
from conversations.survey import Survey
from locales import catalogue

QUESTIONNAIRES = load()
DIALOG = QUESTIONNAIRES["dialog-1"]
SOCIETY = Voice.SOCIETY
PAPER = b"respondent,voice,language,question,answer\n" + b"".join(
    f"Bogen{n},society,de,d1,Kanarienbogen {n}\n".encode() for n in range(3)
)


@dataclass
class Held:
    """What is held of people: what stays until the day of deletion, and what must be gone before."""

    stays: dict[str, bytes] = field(default_factory=dict)
    link: dict[str, bytes] = field(default_factory=dict)


def files(house: House) -> bytes:
    """Every byte of every file beside the database."""
    return b"".join(p.read_bytes() for p in sorted(house.store.path.parent.iterdir()) if p.is_file())


def left(house: House, secrets: dict[str, bytes]) -> list[str]:
    """Which of these are found in the files."""
    held = files(house)
    return sorted(name for name, secret in secrets.items() if secret in held)


async def tick(house: House) -> list[str]:
    return await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=True)


async def delivered(house: House) -> None:
    ids = [i for (i,) in await house.rows("SELECT id FROM letter")]
    await house.store.write(lambda tx: post.drop_letters(tx, ids))


async def everybody(house: House, survey: Survey) -> Held:
    """People on telephones and on paper, two of them on one telephone; not all hand in."""
    for n in range(7):
        chat = house.chat(700 + n)
        await chat.enter(survey.codes[SOCIETY])
        await chat.write(f"Kanarienaussage {n}")
        if n != 6:
            await chat.press(f"{survey.id}:1:h")
        if n < 2:
            await chat.tap("Ergebnis zuschicken lassen")
    shared = house.chat(700)
    await shared.press(f"{survey.id}:1:p")
    for _ in range(2):
        assert shared.shown is not None
        await shared.press(shared.shown.rows[0][0].data)
    await shared.write("Kanarienaussage der zweiten Person")
    sheets = from_paper(PAPER, survey, DIALOG)
    await house.store.write(lambda tx: people.keep(tx, {}, sheets))
    held = Held()
    for (name,) in await house.rows("SELECT respondent FROM conversation WHERE survey = ?", survey.id):
        held.stays[f"respondent {name}"] = name.encode()
    for (text,) in await house.rows("SELECT text FROM statement"):
        held.stays[text] = text.encode()
    for owner, sealed in await house.rows("SELECT owner, sealed FROM address UNION SELECT id, sealed FROM wish"):
        held.link[f"address {owner}"] = sealed
    held.link["salt"] = survey.salt or b""
    assert (len(held.stays), len(held.link)) == (22, 11)
    return held


async def redacted(house: House, survey: Survey, held: Held) -> None:
    """A moderator releases, drops and redacts what was said; redacted words are gone at once."""
    found = {s.text: s.id for s in await house.store.read(lambda tx: figures.listed(tx, survey.id))}
    todo: dict[str, tuple[str, str | None]] = {
        "Kanarienaussage 1": ("released", None), "Kanarienbogen 1": ("dropped", None),
        "Kanarienaussage 2": ("released", "Kanarienersatz"),
    }  # fmt: skip
    for text, (state, instead) in todo.items():

        def unit(tx: Any, text: str = text, state: str = state, instead: str | None = instead) -> bool:
            return figures.moderate(tx, survey.id, found[text], state, instead)

        assert await house.store.write(unit)
    assert await house.store.forget()
    assert left(house, {"": b"Kanarienaussage 2"}) == []
    del held.stays["Kanarienaussage 2"]
    held.stays["Kanarienersatz"] = b"Kanarienersatz"


CLOSING = {
    "in the evening": "2027-01-20T23:30",
    "at midnight": "2027-01-21T00:00",
    "after midnight": "2027-01-21T00:01",
}


@pytest.mark.parametrize("days", [2, 30, 90])
@pytest.mark.parametrize("when", CLOSING)
async def test_all_is_there_the_day_before_and_nothing_on_the_day(house: House, days: int, when: str) -> None:
    closes = datetime.fromisoformat(CLOSING[when]).replace(tzinfo=UTC)
    profile = commune_file(retention_days=days)
    survey = await opened_survey(house.store, "rrrrrr", "dialog-1", [SOCIETY], profile=profile, closes=closes)
    held = await everybody(house, survey)
    assert left(house, held.stays | held.link) == sorted(held.stays | held.link)
    house.clock.now = closes.timestamp()
    await tick(house)
    await redacted(house, survey, held)
    await delivered(house)
    await tick(house)
    assert left(house, held.stays | held.link) == sorted(held.stays)
    last = datetime.combine(closes.date() + timedelta(days=days), datetime.min.time(), UTC)
    house.clock.now = last.timestamp() - 1
    assert (await tick(house), left(house, held.stays | held.link)) == ([], sorted(held.stays))
    house.clock.now += 1
    assert await tick(house) == ["survey rrrrrr: retention over, all respondents deleted"]
    assert left(house, held.stays | held.link) == []
    assert await house.counts("conversation", "answer", "statement", "address", "tally", "release") == {
        "conversation": 0, "answer": 0, "statement": 0, "address": 0, "tally": 0, "release": 1,
    }  # fmt: skip
    text = await house.store.read(lambda tx: digest_text(tx, survey, DIALOG, catalogue("de")))
    assert ("Kanarien" in text, "zurückgezogen" in text) == (False, False)


async def test_a_survey_that_nobody_saw_ending_keeps_its_day(house: House) -> None:
    closes = house.clock.moment + timedelta(days=1)
    profile = commune_file(retention_days=3)
    survey = await opened_survey(house.store, "rrrrrr", "dialog-1", [SOCIETY], profile=profile, closes=closes)
    held = await everybody(house, survey)
    house.clock.now = (closes + timedelta(days=3)).timestamp()  # the day itself; until now the machine was off
    for _ in range(3):
        await tick(house)
    assert left(house, held.stays) == []


async def test_a_wipe_left_out_would_be_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    closes = house.clock.moment + timedelta(days=1)
    profile = commune_file(retention_days=3)
    survey = await opened_survey(house.store, "rrrrrr", "dialog-1", [SOCIETY], profile=profile, closes=closes)
    held = await everybody(house, survey)

    async def pretended(self: Store, tries: int = 20, pause: float = 0.25) -> bool:
        return True

    monkeypatch.setattr(Store, "forget", pretended)
    for day in range(6):
        house.clock.now = (closes + timedelta(days=day)).timestamp()
        await tick(house)
        await delivered(house)
    assert await house.counts("conversation", "statement") == {"conversation": 0, "statement": 0}
    assert left(house, held.stays) != []


def test_files_means_all_files(tmp_path: Path) -> None:
    class Beside:
        path = tmp_path / "w.db"

    class Somewhere:
        store = Beside()

    for name in ("w.db", "w.db-wal", "w.db-shm", "w.db-journal", "other"):
        (tmp_path / name).write_bytes(name.encode())
    assert left(Somewhere(), {n: n.encode() for n in ("w.db-wal", "w.db-journal", "other", "none")}) == [  # type: ignore[arg-type]
        "other", "w.db-journal", "w.db-wal",
    ]  # fmt: skip
