"""What the tests share: a real database, a key, an open survey, and chats whose raw updates go to the receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from bot.communes import TEMPLATE
from bot.identity import Key, new_salt
from bot.telegram.receive import Outcome, Receiver
from bot.view import View
from conversations.conversation import Conversation
from conversations.questionnaire import Voice, load
from conversations.store import Store, open_store, people
from conversations.store import surveys as kept
from conversations.survey import SMALLEST_GROUP, Survey
from conversations.survey import commune as parse_commune

NOW = 1_800_000_000.0  # 15 January 2027, 08:00 UTC
DAY = "2027-01-15"
CANARIES = {
    "first_name": "Kanarienvorname", "last_name": "Kanariennachname", "username": "kanarienkonto",
}  # fmt: skip
PHONE = "+4915100000042"
DELETE, DELETE_ALL = "ja, diese Umfrage löschen", "ja, alles von diesem Telefon"  # what the buttons say
VOICES = (Voice.ADMINISTRATION, Voice.SOCIETY)


settings.register_profile("weltoffen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("weltoffen")  # how fast a machine is says nothing about us


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """The fast tier runs on all cores; the slow ones alone, for they kill, load and time real processes."""
    return None if config.option.markexpr.startswith("not ") else 0


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    @property
    def moment(self) -> datetime:
        """The same as an aware datetime."""
        return datetime.fromtimestamp(self.now, UTC)


@dataclass(frozen=True)
class Heard:
    """What followed from one batch: for this chat the screen shown last, what was said, the answer to the press."""

    outcome: Outcome
    shown: View | None
    said: tuple[str, ...]
    toast: str | None


@dataclass
class House:
    """A database with its key and a receiver; `survey` is a short form open to administration and society."""

    store: Store
    key: Key
    clock: Clock
    receiver: Receiver
    survey: Survey
    updates: int = 7_000
    messages: int = 0

    def chat(self, user: int = 5_000_000_001, language: str = "de") -> Chat:
        """Somebody's private chat."""
        return Chat(self, user, language)

    async def guests(self, number: int, survey: Survey | None = None, voice: Voice = Voice.SOCIETY) -> list[Chat]:
        """So many people who have consented."""
        code = (survey or self.survey).codes[voice]
        chats = [self.chat(5_100_000_000 + i) for i in range(number)]
        for chat in chats:
            await chat.enter(code)
        return chats

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What stands in the database."""

        def unit(tx: Any) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in tx.execute(query, values)]

        return await self.store.read(unit)

    async def counts(self, *tables: str) -> dict[str, int]:
        """How many rows these tables hold."""
        return {t: (await self.rows(f"SELECT count(*) FROM {t}"))[0][0] for t in tables}

    def bytes(self) -> bytes:
        """Everything in the files of the database."""
        path = self.store.path
        files = [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
        return b"".join(f.read_bytes() for f in files if f.exists())

    async def reread(self) -> Survey:
        """The house's survey as it is kept now."""
        return (await self.store.read(kept.all_surveys))[self.survey.id]


@dataclass
class Chat:
    """One person: builds raw updates as Telegram sends them, and remembers what the chat shows."""

    house: House
    user: int
    language: str = "de"
    shown: View | None = None
    said: list[View] = field(default_factory=list)

    @property
    def person(self) -> dict[str, Any]:
        """The person as in an update."""
        return {"id": self.user, "is_bot": False, "language_code": self.language, **CANARIES}

    def update(self, **body: Any) -> dict[str, Any]:
        """A raw update with the next id."""
        self.house.updates += 1
        return {"update_id": self.house.updates, **body}

    def message(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        """A message as in an update."""
        self.house.messages += 1
        content = {} if text is None else {"text": text}
        return {
            "message_id": self.house.messages, "date": int(self.house.clock()), "from": self.person,
            "chat": {"id": self.user, "type": "private", **CANARIES}, **content, **more,
        }  # fmt: skip

    def writes(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        """The raw update of a message."""
        return self.update(message=self.message(text, **more))

    def presses(self, data: str, message: int = 900, **more: Any) -> dict[str, Any]:
        """The raw update of a press on a button that carries `data`."""
        bot = {"id": 42, "is_bot": True, "first_name": "weltoffen"}
        shown = {**self.message("…"), "from": bot, "message_id": message}
        query = {"id": f"q{self.house.updates}", "from": self.person, "message": shown, "chat_instance": "1"}
        return self.update(callback_query={**query, "data": data, **more})

    def blocks(self, blocked: bool = True) -> dict[str, Any]:
        """The raw update of blocking the bot, or letting it in again."""
        bot = {"id": 42, "is_bot": True, "first_name": "weltoffen"}
        kicked, member = {"user": bot, "status": "kicked", "until_date": 0}, {"user": bot, "status": "member"}
        old, new = (member, kicked) if blocked else (kicked, member)
        chat = {"id": self.user, "type": "private", **CANARIES}
        change = {"chat": chat, "from": self.person, "date": 1, "old_chat_member": old, "new_chat_member": new}
        return self.update(my_chat_member=change)

    async def hand(self, *batch: dict[str, Any]) -> Heard:
        """Hands raw updates to the receiver as one batch."""
        return self.heard(await self.house.receiver.handle(batch))

    def heard(self, outcome: Outcome) -> Heard:
        """What an outcome means for this chat; the chat remembers it."""
        for due in outcome.due:
            if due.chat == self.user:
                self.shown = due.view
        mine = [p for p in outcome.passing if p.chat == self.user]
        self.said = [p.view for p in mine if p.view is not None and p.callback is None]
        if self.said and self.said[-1].rows:
            self.shown = self.said[-1]
        toast = next((p.view.text for p in mine if p.callback is not None and p.view is not None), None)
        return Heard(outcome, self.shown, tuple(v.text for v in self.said), toast)

    async def write(self, text: str | None = None, **more: Any) -> Heard:
        """Writes a message, or sends something else."""
        return await self.hand(self.writes(text, **more))

    async def press(self, data: str, **more: Any) -> Heard:
        """Presses a button that carries `data`, whether there is one or not."""
        return await self.hand(self.presses(data, **more))

    def data(self, label: str) -> str:
        """What the button with this label carries; the first one where several do."""
        buttons = [b for row in (self.shown.rows if self.shown else ()) for b in row]
        for button in buttons:
            if button.label == label:
                return button.data
        raise LookupError(f"there is no button {label!r} among {[b.label for b in buttons]}")

    async def tap(self, label: str) -> Heard:
        """Presses the button with this label; time goes on by a second, as it does between two taps."""
        self.house.clock.now += 1
        return await self.press(self.data(label))

    async def enter(self, code: str, language: str = "Deutsch") -> Heard:
        """The three taps from the link to the first question."""
        await self.write(f"/start {code}")
        await self.tap(language)
        assert self.shown is not None
        return await self.press(self.shown.rows[0][0].data)

    async def answer(self, *labels: str) -> None:
        """One tap after another."""
        for label in labels:
            await self.tap(label)

    async def hand_in(self, *labels: str) -> Heard:
        """Answers, then hands in from the overview."""
        await self.answer(*labels)
        await self.write("/summary")
        return await self.tap("Antworten abgeben")

    async def conversations(self) -> list[Conversation]:
        """What is kept of this person, over all surveys and people at this telephone."""
        every = (await self.house.store.read(kept.all_surveys)).values()
        names = [
            self.house.key.respondent(s.salt, self.user, n) for s in every if s.salt is not None for n in range(1, 7)
        ]
        found = await self.house.store.read(lambda tx: people.load(tx, names))
        return [found[n] for n in names if n in found]

    async def kept(self) -> Conversation:
        """The one conversation of this person that is active."""
        (found,) = [c for c in await self.conversations() if c.active]
        return found


def commune_file(**changes: object) -> str:
    """The template of a commune's file, with keys replaced."""
    lines = TEMPLATE.splitlines()
    for key, value in changes.items():
        written = f'"{value}"' if isinstance(value, str) else str(value)
        lines = [f"{key} = {written}" if line.startswith(f"{key} = ") else line for line in lines]
    return "\n".join(lines) + "\n"


async def survey_of_the_first_version(store: Store) -> None:
    """A survey as the first version of the tables kept it."""

    def unit(tx: Any) -> None:
        tx.execute("INSERT INTO commune (id, name) VALUES (1, 'Musterstadt')")
        tx.execute("INSERT INTO survey (id, commune, profile, questionnaire, salt, opened_day) "
                   "VALUES ('aaaaaa', 1, ?, 'kurzform-1', ?, ?)", (commune_file(), new_salt(), DAY))  # fmt: skip
        tx.execute("INSERT INTO door (code, survey, voice, k) VALUES ('SAAAAAA2', 'aaaaaa', 'society', 5)")

    await store.write(unit)


async def opened_survey(
    store: Store,
    identifier: str = "aaaaaa",
    questionnaire: str = "kurzform-1",
    voices: Sequence[Voice] = VOICES,
    *,
    profile: str | None = None,
    opens: datetime | None = None,
    closes: datetime | None = None,
) -> Survey:
    """A survey kept in the store; its codes begin with the voice's letter and its own id."""
    profile = profile or commune_file()
    asks = parse_commune(profile)
    letters = {Voice.ADMINISTRATION: "A", Voice.POLITICS: "P", Voice.SOCIETY: "S"}
    codes = {v: (letters[v] + identifier.upper() + "2")[:8] for v in voices}

    def unit(tx: Any) -> Survey:
        number = kept.commune_id(tx, asks.name)
        found = Survey(
            identifier, number, asks, questionnaire, tuple(voices), codes, {v: SMALLEST_GROUP[v] for v in voices},
            opens, closes, salt=new_salt(),
        )  # fmt: skip
        kept.add(tx, found, profile, DAY)
        return found

    return await store.write(unit)


@pytest.fixture
def key() -> Key:
    """A key of thirty-two known bytes."""
    return Key(bytes(range(32)))


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A new database in a real file."""
    async with await open_store(tmp_path / "w.db", create=True) as found:
        yield found


@pytest.fixture
async def house(store: Store, key: Key, clock: Clock) -> House:
    """A receiver with one open survey."""
    return House(store, key, clock, Receiver(store, key, load(), clock), await opened_survey(store))
