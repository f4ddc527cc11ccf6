"""No answer without a consent before it: random conversations, with everything in them that could get round it.

People press in any order, forge consents with old and wrong versions, write before they may, delete, come again, and
hand the telephone on; meanwhile communes change their text. A consent is a press on the very button, in the private
chat, with the version of the text that was in force at that moment. WELTOFFEN_FULL=1 walks 10 000 conversations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from sqlite3 import Connection
from typing import Any

import pytest
from conftest import Chat, House, commune_file, opened_survey
from hostile import FULL, SEED, silence

import bot.telegram.fold as fold
from bot import notice
from bot.buttons import Consent, read_before
from bot.notice import text as text_of
from conversations.conversation import PERSONS, Conversation
from conversations.questionnaire import Voice, load
from conversations.store import people, surveys
from conversations.survey import Survey

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]
QUESTIONNAIRES = load()
WALKS = 10_000 if FULL else 300
AT_ONCE, ROUNDS = 50, 40
GROUP = {"id": -1001, "type": "group", "title": "x"}
Who = tuple[int, str, int]  # chat, survey, person


def version_of(survey: Survey, voice: Voice) -> str:
    """The version of the text in force, not as the product works it out but as it is published: of its German words."""
    german = text_of(survey, QUESTIONNAIRES[survey.questionnaire], voice, "de")
    return hashlib.sha256(german.encode()).hexdigest()[:8]


@dataclass
class Witness:
    """Saw every consent; knows nothing of how answers are kept."""

    doors: dict[str, tuple[Survey, Voice]] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)  # of all texts there ever were
    given: dict[Who, list[tuple[str, Voice]]] = field(default_factory=dict)
    there: dict[Who, Conversation] = field(default_factory=dict)
    wrong: list[object] = field(default_factory=list)
    consents: int = 0
    answers: int = 0

    def look(self, every: Mapping[str, Survey]) -> None:
        """Sees what texts are in force now."""
        self.doors = {code: (s, v) for s in every.values() for v, code in s.codes.items()}
        self.versions |= {version_of(s, v) for s, v in self.doors.values()}

    def consented(self, raw: Mapping[str, Any]) -> Who | None:
        """Whose consent an update is, if it is one."""
        query = raw.get("callback_query", {})
        parts = str(query.get("data", "")).split(":")
        if len(parts) != 5 or parts[0] != "C" or query.get("message", {}).get("chat", {}).get("type") != "private":
            return None
        _, code, person, _, version = parts
        if code not in self.doors or version != version_of(*self.doors[code]):
            return None
        survey, voice = self.doors[code]
        who = (query["from"]["id"], survey.id, int(person))
        self.given.setdefault(who, []).append((version, voice))
        return who

    def judge(self, chains: Mapping[int, list[dict[str, Any]]], found: Mapping[Who, Conversation]) -> None:
        """Compares what is kept after a batch with the consents that were given up to then."""
        after: dict[Who, int] = {}  # how many updates came after somebody's first consent in this batch
        for chain in chains.values():
            for i, raw in enumerate(chain, 1):
                if (who := self.consented(raw)) is not None:
                    after.setdefault(who, len(chain) - i)
        for who, kept in found.items():
            before = self.there.get(who)
            if (kept.notice, kept.voice) not in self.given.get(who, []):
                self.wrong.append(("no consent", who, kept.notice))
            if before is None:
                self.consents += 1
                if (kept.answers or kept.statements) and not after.get(who):
                    self.wrong.append(("answered before consent", who))
            self.answers += len(kept.answers) - len(before.answers if before else ())
        self.there = {w: c for w, c in self.there.items() if w[0] not in chains} | dict(found)
        self.given = {w: g for w, g in self.given.items() if w in self.there}  # refused or withdrawn: to be given anew


@dataclass
class Walker:
    """Somebody who does whatever comes to mind."""

    dice: Random
    chat: Chat
    witness: Witness
    shown: list[str] = field(default_factory=list)

    def chain(self) -> list[dict[str, Any]]:
        """What this person sends in one batch: mostly one thing, sometimes several."""
        return [self.one() for _ in range(self.dice.choice([1, 1, 1, 2, 3]))]

    def one(self) -> dict[str, Any]:
        """One update."""
        dice, chat = self.dice, self.chat
        code = dice.choice(list(self.witness.doors))
        survey, voice = self.witness.doors[code]
        head, person = f"{survey.id}:{dice.choice('11123')}", dice.choice("1112233")
        match dice.randrange(20):
            case 0 | 1 | 2 | 3 | 4 | 5 if self.shown:
                return chat.presses(dice.choice(self.shown))
            case 6 | 7:
                return chat.writes(f"/start {code}")
            case 8:
                return chat.presses(f"{dice.choice('LN')}:{code}:{person}" + dice.choice(["", ":de", ":ar"]))
            case 9 | 10:
                return chat.presses(f"C:{code}:{person}:{dice.choice(['de', 'en'])}:{version_of(survey, voice)}")
            case 11:
                forged = dice.choice([*sorted(self.witness.versions), "deadbeef", "paper", ""])
                return chat.presses(f"C:{code}:{person}:de:{forged}")
            case 12:
                raw = chat.presses(f"C:{code}:{person}:de:{version_of(survey, voice)}")
                if dice.random() < 0.5:
                    raw["callback_query"]["message"]["chat"] = GROUP
                else:
                    del raw["callback_query"]["message"]
                return raw
            case 13:
                return chat.presses(f"{head}:r:{dice.choice(['1.1', '1.2', 'd1'])}:{dice.randrange(1, 6)}:1")
            case 14:
                return chat.presses(f"{head}:{dice.choice(['s:1.1', 's:d1', 'f:d1'])}:{dice.randrange(1, 6)}")
            case 15:
                return chat.writes(dice.choice(["ja", "2", "überspringen", "fertig", "Im Sportverein."]))
            case 16:
                return chat.writes("/delete")
            case 17:
                return chat.presses(f"{head}:{dice.choice(['x', 'x', 'xa'])}")
            case 18:
                return chat.presses(f"{head}:{dice.choice(['h', 'h', 'p'])}")
            case _:
                return chat.writes("/start")

    def hears(self, outcome: Any) -> None:
        """Remembers the buttons on the screen."""
        views = [d.view for d in outcome.due if d.chat == self.chat.user]
        views += [p.view for p in outcome.passing if p.chat == self.chat.user and p.view is not None]
        for view in views:
            if view.rows:
                self.shown = [b.data for row in view.rows for b in row][:12]


async def walked(house: House, walks: int, rounds: int = ROUNDS) -> Witness:
    """So many people walk, some at a time; what a witness has to say about it."""
    dice, witness = Random(SEED), Witness()
    await opened_survey(house.store, "dddddd", "dialog-1", [Voice.SOCIETY], profile=commune_file(name="Zweitstadt"))
    with silence():
        for first in range(0, walks, AT_ONCE):
            walkers = [
                Walker(dice, house.chat(6_000_000_000 + n), witness) for n in range(first, min(first + AT_ONCE, walks))
            ]
            names = await _names(house, walkers)
            for _ in range(rounds):
                if dice.random() < 0.1:
                    await _another_text(house, dice)
                witness.look(await house.store.read(surveys.all_surveys))
                chains = {w.chat.user: w.chain() for w in walkers if dice.random() < 0.8}
                batch = [raw for chain in chains.values() for raw in chain]
                house.clock.now += dice.choice([0.1, 1, 700])
                outcome = await house.receiver.handle(batch)
                for walker in walkers:
                    walker.hears(outcome)
                kept = await house.store.read(lambda tx, names=names: people.load(tx, names))  # type: ignore[misc]
                witness.judge(chains, {names[r]: c for r, c in kept.items() if names[r][0] in chains})
    return witness


async def _names(house: House, walkers: list[Walker]) -> dict[str, Who]:
    """The names under which these people can be kept."""
    every = await house.store.read(surveys.all_surveys)
    return {house.key.respondent(s.salt or b"", w.chat.user, p): (w.chat.user, s.id, p)
            for s in every.values() for w in walkers for p in range(1, PERSONS + 1)}  # fmt: skip


async def _another_text(house: House, dice: Random) -> None:
    """A commune changes what its notice says."""
    survey, name = dice.choice([("aaaaaa", "Musterstadt"), ("dddddd", "Zweitstadt")])
    profile = commune_file(name=name, contact=f"Zimmer {dice.randrange(6)}")

    def unit(tx: Connection) -> None:
        tx.execute("UPDATE survey SET profile = ? WHERE id = ?", (profile, survey))

    await house.store.write(unit)


async def test_every_answer_has_a_consent_to_the_text_in_force_before_it(house: House) -> None:
    witness = await walked(house, WALKS)
    texts = dict(await house.rows("SELECT version, text FROM notice"))
    counts = await house.counts("conversation", "address", "trouble")
    strangers = await house.rows(
        "SELECT respondent FROM answer UNION SELECT respondent FROM statement "
        "EXCEPT SELECT respondent FROM conversation"
    )
    unknown = await house.rows("SELECT notice FROM conversation EXCEPT SELECT version FROM notice")
    print(json.dumps({"seed": SEED, "walks": WALKS, "texts": len(witness.versions), "consents": witness.consents,
                      "answers": witness.answers, "wrong": witness.wrong[:5], **counts}))  # fmt: skip
    assert (witness.wrong, strangers, unknown, counts["trouble"]) == ([], [], [], 0)
    assert counts["conversation"] == counts["address"]
    assert {v: hashlib.sha256(t.encode()).hexdigest()[:8] for v, t in texts.items()} == {v: v for v in texts}
    assert witness.consents > WALKS and witness.answers > WALKS  # they did get somewhere


class Agreeing(str):
    """A version that no other differs from."""

    __slots__ = ()

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def reading_counts(data: str) -> Any:
    """A press before consent, where reading the notice already counts as one."""
    wish = read_before(data)
    if isinstance(wish, fold.ReadNotice):
        return Consent(wish.code, wish.language, wish.person, "deadbeef")
    return wish


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "any version will do": lambda patch: patch.setattr(notice, "version", lambda *_: Agreeing("deadbeef")),
    "reading is consenting": lambda patch: (
        patch.setattr(notice, "version", lambda *_: Agreeing("deadbeef")),
        patch.setattr(fold, "read_before", reading_counts),
    )[0],
    "a consent of yesterday": lambda patch: patch.setattr(
        notice, "version", lambda survey, questionnaire, voice: Agreeing(version_of(survey, voice))
    ),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_bot_that_is_careless_about_consent_would_be_seen(
    house: House, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    BROKEN[how](monkeypatch)
    witness = await walked(house, AT_ONCE, 20)
    assert [w for w in witness.wrong if w[0] == "no consent"] != []  # type: ignore[index]
