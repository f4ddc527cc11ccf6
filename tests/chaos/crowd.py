"""People who answer by looking at their chat, and know exactly what must be kept of them: an oracle with thumbs.

Everybody acts on what the chat shows and nothing else, waits until it shows what must follow, and never repeats an
answer that seems lost, but for the impatient, who press the same button again. What must follow, and what must be
kept, is worked out here in a few lines of its own, not by the product.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from intended import FINISHED, RATINGS, SKIPPED, Intended

from bot.standin.chats import Chat, Message
from bot.standin.server import Standin

NAME = "Kanarienvorname"  # must never be logged, nor anything that people write
WORD = "Kanarienwort"
CALM = 0.45  # seconds: whoever presses sooner may be taken for the second half of a double tap
AGAIN = 1.5  # seconds after which what is not kept (a way in) or an impatient press is repeated
PATIENCE = 5  # how often an impatient person presses again


class Kind(StrEnum):
    """How somebody behaves."""

    STEADY = "steady"
    IMPATIENT = "impatient"  # presses at once, and again where nothing happens
    ONCE = "once"  # taps once and looks on
    DELETES = "deletes"  # and perhaps begins anew
    RETURNS = "returns"  # changes answers after handing in


@dataclass(frozen=True)
class Habits:
    """How often people type a rating, and press an old button; how long they think beyond the shortest time."""

    types: float = 0.12
    stale: float = 0.06
    pace: tuple[float, float] = (0.0, 0.4)


USUAL = Habits()


@dataclass(frozen=True)
class Shown:
    """The last message with buttons in a chat."""

    message: int
    text: str
    buttons: Mapping[str, Sequence[str]]  # by kind: what they carry
    question: str | None
    version: int

    @property
    def place(self) -> str:
        """What it is, told from its buttons."""
        kinds = self.buttons.keys()
        for kind, place in (("N", "language"), ("C", "notice"), ("r", "question"), ("f", "question"), ("x", "delete"),
                            ("p", "thanks"), ("w", "thanks"), ("h", "review")):  # fmt: skip
            if kind in kinds:
                return place
        opens = {d.split(":")[3] for d in self.buttons.get("o", ())}
        return "field" if "review" in opens else "review" if "field" in opens else "paused"


def shown(chat: Chat) -> Shown | None:
    """What a chat shows, None where no message has buttons."""
    for message in reversed(chat.messages.values()):
        if message.from_bot and not message.deleted and message.rows:
            return _shown(message)
    return None


def _shown(message: Message) -> Shown:
    buttons: dict[str, list[str]] = {}
    for row in message.rows:
        for button in row:
            data = button["callback_data"]
            parts = data.split(":")
            buttons.setdefault(parts[0] if parts[0] in ("L", "N", "C") else parts[2], []).append(data)
    one = next((d.split(":") for k in ("r", "f") for d in buttons.get(k, ())), None)
    return Shown(message.id, message.shown.text, buttons, one[3] if one else None, int(one[4]) if one else 0)


@dataclass
class Life:
    """From a link to a deletion or the end: when it began, and when the first question was there."""

    begun: float
    entered: float = math.inf


class Person:
    """One telephone."""

    def __init__(self, crowd: Crowd, number: int, kind: Kind) -> None:
        self.crowd, self.kind, self.dice = crowd, kind, Random(f"{crowd.seed}/{number}")
        language = "de"
        self.user = crowd.standin.people.join(f"{NAME}{number}", language_code=language).id
        self.chat = crowd.standin.people.chat(self.user)
        self.intended: Intended | None = None  # None: nothing of this person may be kept
        self.wanted: Callable[[Shown], bool] = lambda _: True
        self.acted = 0  # what was pressed, typed or sent
        self.answered = self.confirmed = 0  # answers given; answers of which the chat showed what follows
        self.typed: list[float] = []  # when something was typed: the screen is then sent anew, below
        self.entering: list[float] = []  # when a step of the way in was done again
        self.acts: list[float] = []  # when anything was done that may be answered by a word
        self.lives: list[Life] = []
        self.waits: list[tuple[float, float]] = []  # when an answer was given, and how long the next question took
        self.deletes_at = self.dice.randint(1, 20) if kind is Kind.DELETES else None
        self.unconfirmed = False  # whether this person still waits to hear that all is deleted
        self._pending = 0
        self._since = 0.0
        self._last: tuple[int, str] | None = None
        self._old: list[tuple[int, str]] = []  # message and data of the ratings of earlier questions
        self._news = asyncio.Event()

    def hear(self) -> None:
        """The chat changed."""
        self._news.set()

    # ---- living -----------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """From the link to the end, whatever that is for this person."""
        while await self._enter():
            if not await self._answer():
                return

    async def _enter(self) -> bool:
        """The way in; nothing of it is kept before consent, so that whatever is not answered is done again."""
        self.lives.append(Life(time.time()))
        done: list[str] = []
        while not self.crowd.over and (self.crowd.open or done):
            now = shown(self.chat)
            place = now.place if now is not None and done else ""
            if place == "question":
                self.lives[-1].entered = time.time()
                return True
            self.entering += [time.time()] if place in done else []
            done.append(place)
            if now is not None and place == "language":
                self._press(now.message, next(d for d in now.buttons["N"] if d.endswith(":de")))
            elif now is not None and place == "notice":
                self.intended = Intended(self.crowd.questions)
                self._press(now.message, now.buttons["C"][0])
            else:
                self._write(f"/start {self.crowd.code}", start=True)
            if await self._until(now, AGAIN):
                await self._pause()
        return False

    async def _answer(self) -> bool:
        """All questions; whether this person begins anew."""
        self.wanted = self._follows
        while True:
            now = await self._following()
            if now is None or not self.crowd.open:
                return False
            if self.kind is Kind.ONCE and self.answered:
                return False
            await self._pause()
            if not self.crowd.open:
                return False
            if (now := shown(self.chat)) is None or not self._follows(now):
                continue  # it was sent once more meanwhile
            intended = self.intended
            assert intended is not None
            if self.deletes_at is not None and self.answered >= self.deletes_at:
                self.deletes_at = None
                return await self._delete()
            if intended.place == "question":
                await self._question(now, intended)
            elif intended.place == "review":
                self._review(now, intended)
            elif intended.place == "field":
                wish = self.dice.choice([d for d in now.buttons["o"] if ":question:" in d])
                intended.at, intended.place = wish.split(":")[4], "question"
                self._press(now.message, wish)
            elif intended.place == "paused":
                intended.onward()
                self._press(now.message, next(d for d in now.buttons["o"] if ":question" in d))
            elif self.kind is Kind.RETURNS:
                self.kind = Kind.STEADY
                intended.place = "review"
                self._write("/summary")
            else:
                if not intended.wished and self.dice.random() < 0.3:
                    intended.wished = True
                    self._press(now.message, now.buttons["w"][0])
                return False

    def _review(self, now: Shown, intended: Intended) -> None:
        if "h" in now.buttons and self.dice.random() < 0.8:
            intended.handed_in, intended.place = True, "thanks"
            self._press(now.message, now.buttons["h"][0])
        else:
            wish = self.dice.choice([d for d in now.buttons["o"] if ":field:" in d])
            intended.place = "field"
            self._press(now.message, wish)

    async def _question(self, now: Shown, intended: Intended) -> None:
        question = intended.current
        assert question is not None
        rating = dict(intended.questions)[question]
        chance = self.dice.random()
        if self.kind is not Kind.ONCE:
            if self.dice.random() < self.crowd.habits.stale and self._stale(now):
                return  # nothing may follow from that: the same question is looked at again
            if chance < 0.02:
                intended.onward()
                intended.place = "paused" if intended.place == "question" else intended.place
                return self._write("/pause")
            if chance < 0.04:
                message = self.crowd.standin.people.send(self.user, {"sticker": {"file_id": "x", "emoji": "🙂"}})
                return self._typed(message.id)
            if chance < 0.07 and "b" in now.buttons:
                ids = [q for q, _ in intended.questions]
                intended.at = ids[ids.index(question) - 1]
                return self._press(now.message, now.buttons["b"][0])
        if rating:
            return await self._rate(now, intended, question)
        await self._speak(now, intended, question)

    async def _rate(self, now: Shown, intended: Intended, question: str) -> None:
        choice, chance = self.dice.randrange(5), self.dice.random()
        self._old = [*self._old[-50:], *((now.message, data) for data in now.buttons["r"])]
        self._given()
        if self.dice.random() < self.crowd.habits.types:
            intended.settle(question, RATINGS[choice])
            return self._write(str(choice + 1))
        if chance < 0.05 and "s" in now.buttons:
            intended.settle(question, SKIPPED)
            return self._press(now.message, now.buttons["s"][0])
        intended.settle(question, RATINGS[choice])
        self._press(now.message, now.buttons["r"][choice])
        if chance < 0.2:  # a double tap, now and then on the neighbour
            await asyncio.sleep(self.dice.choice((0.0, 0.05, 0.2)))
            second = choice if chance < 0.15 or self.kind is Kind.IMPATIENT else (choice + 1) % 5
            self._press(now.message, now.buttons["r"][second], forged=True)

    async def _speak(self, now: Shown, intended: Intended, question: str) -> None:
        given = intended.given(question)
        chance = self.dice.random()
        if not given and chance < 0.3:
            self._given()
            intended.settle(question, SKIPPED)
            if "s" in now.buttons:
                return self._press(now.message, now.buttons["s"][0])
            return self._press(now.message, now.buttons["f"][0])
        if not given or (len(given) < 4 and chance < 0.4):
            for _ in range(self.dice.choice((1, 1, 3))):  # one, or several in a row without looking
                text = f"{WORD} {self.user} {self.crowd.number()}"
                intended.statements.append((question, text))
                if intended.answers.get(question) == SKIPPED:
                    del intended.answers[question]
                intended.at, intended.place = question, "question"
                self._given()
                self._write(text)
                if self.dice.random() < 0.5:
                    await asyncio.sleep(self.dice.uniform(0, 0.2))
            return None
        if chance < 0.5 and "d" in now.buttons and len(given) > 1:
            intended.statements.remove((question, given[-1]))
            newer = now.version
            self.wanted = lambda s: self._follows(s) and s.version > newer
            return self._press(now.message, now.buttons["d"][0])
        self._given()
        intended.settle(question, FINISHED)
        return self._press(now.message, now.buttons["f"][0]) if chance < 0.8 else self._write("fertig")

    async def _delete(self) -> bool:
        """All is taken back; whether this person begins anew."""
        assert self.intended is not None
        self.intended.place = "delete"
        self._write("/delete")
        now = await self._following()
        if now is None:
            return False
        await self._pause()
        if (now := shown(self.chat)) is None or now.place != "delete":
            return await self._delete()
        self.intended, last, self.unconfirmed = None, max(self.chat.messages), True
        self._press(now.message, now.buttons["x"][0])
        while not any(m.id > last and m.from_bot and m.shown.text and not m.rows for m in self.chat.messages.values()):
            if not await self._changes(None):
                return False
        self.unconfirmed = False
        await self._pause()
        return self.crowd.open and self.dice.random() < 0.5

    def _stale(self, now: Shown) -> bool:
        """Presses a button of an earlier question, as it still stands in another part of the chat."""
        there = {d for datas in now.buttons.values() for d in datas}
        gone = [(m, d) for m, d in self._old if d not in there]
        if not gone:
            return False
        self._press(*self.dice.choice(gone), forged=True)
        return True

    # ---- acting and looking -----------------------------------------------------------------------------------

    def _press(self, message: int, data: str, *, forged: bool = False) -> None:
        self.acted += 1
        self.crowd.acts += 1
        self.acts.append(time.time())
        if not forged:
            self._since, self._last = time.monotonic(), (message, data)
        self.crowd.standin.people.press(self.user, message, data, forged=forged)

    def _write(self, text: str, *, start: bool = False) -> None:
        self.acted += 1
        self.crowd.acts += 1
        self.acts.append(time.time())
        people = self.crowd.standin.people
        self._typed((people.start(self.user, self.crowd.code) if start else people.write(self.user, text)).id)

    def _typed(self, message: int) -> None:
        """What is shown next stands below what was typed."""
        self.typed.append(time.time())
        self._since = time.monotonic()
        self._last = None
        self.wanted = lambda s: self._follows(s) and s.message > message

    def _given(self) -> None:
        self.answered += 1
        self._pending += 1

    def _follows(self, now: Shown) -> bool:
        """Whether this is what must be shown after all that was done."""
        if self.intended is None:
            return False
        if now.place != self.intended.place:
            return False
        if now.place != "question":
            return True
        given = self.intended.given(now.question or "")
        return now.question == self.intended.current and all(text in now.text for text in given[-3:])

    @property
    def served(self) -> bool:
        """Whether the chat shows what it must; of somebody who left nothing must be shown."""
        now = shown(self.chat)
        if self.intended is None:
            return not self.unconfirmed
        return now is not None and self.wanted(now)

    async def _following(self) -> Shown | None:
        """What follows, as soon as it is shown; None where the crowd is sent home before."""
        tries = PATIENCE if self.kind is Kind.IMPATIENT else 0
        while True:
            now = shown(self.chat)
            if now is not None and self.wanted(now):
                break
            wait = AGAIN if tries and self._last is not None else None
            tries = max(0, tries - 1)
            if not await self._changes(wait):
                if wait is None:
                    return None
                self._press_again()
        if self._pending:
            self.waits.append((self._since, time.monotonic() - self._since))
        self.confirmed += self._pending
        self._pending = 0
        self.wanted = self._follows
        return now

    def _press_again(self) -> None:
        """The same button, if it still stands there, or in a copy below."""
        now = shown(self.chat)
        if now is not None and self._last is not None and any(self._last[1] in d for d in now.buttons.values()):
            self._press(now.message, self._last[1])

    async def _until(self, before: Shown | None, seconds: float) -> bool:
        """Whether within that time the chat shows something else than before."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if shown(self.chat) != before:
                return True
            await self._changes(left)
        return False

    async def _changes(self, seconds: float | None) -> bool:
        """Whether the chat changes within that time, or, without a limit, before the crowd is sent home."""
        self._news.clear()
        if self.crowd.over:
            return False
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return not self.crowd.over

    async def _pause(self) -> None:
        shortest, longest = self.crowd.habits.pace
        if self.kind is Kind.IMPATIENT:
            await asyncio.sleep(self.dice.uniform(0, CALM))
        else:
            await asyncio.sleep(CALM + self.dice.uniform(shortest, longest))


class Crowd:
    """Everybody who takes part: so many at once, and whoever is done is followed by somebody else."""

    def __init__(
        self, standin: Standin, code: str, questions: Sequence[tuple[str, bool]], seed: int, *,
        kinds: Mapping[Kind, int], habits: Habits = USUAL,
    ) -> None:  # fmt: skip
        """`kinds` are weights."""
        self.standin, self.code, self.questions, self.seed, self.habits = standin, code, questions, seed, habits
        self.kinds, self.dice = kinds, Random(f"{seed}/crowd")
        self.people: list[Person] = []
        self.open = True  # whether people go on
        self.over = False  # whether nobody waits any more
        self.acts = 0  # what all have pressed, typed and sent
        self._number = 0
        self._by_user: dict[int, Person] = {}
        standin.chats.on_change.append(self._hear)

    def _hear(self, user: int) -> None:
        if (person := self._by_user.get(user)) is not None:
            person.hear()

    def number(self) -> int:
        """A number that is given once."""
        self._number += 1
        return self._number

    def come(self, kind: Kind | None = None) -> Person:
        """Somebody comes."""
        kind = kind or self.dice.choices(list(self.kinds), list(self.kinds.values()))[0]
        person = Person(self, len(self.people), kind)
        self.people.append(person)
        self._by_user[person.user] = person
        return person

    async def keep_coming(self, at_once: int) -> None:
        """So many are there at any time until the crowd is closed; ends when everybody has what must follow."""

        async def one() -> None:
            await asyncio.sleep(self.dice.uniform(0, 1.5))
            while self.open:
                await self.come().live()

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one())

    def somebody_deletes(self) -> None:
        """One of those who are in the middle takes all back next."""
        some = [p for p in self.people if p.intended is not None and p.kind is Kind.STEADY and p.deletes_at is None]
        if some:
            self.dice.choice(some[-20:]).deletes_at = 0

    def go_home(self) -> None:
        """Nobody waits any longer."""
        self.over = True
        for person in self.people:
            person.hear()
