"""The core under kills: the receiver and its database in a child without any network, killed thousands of times.

The parent is Telegram: it hands out what is not acknowledged, other batches of it each time, and after every death it
looks whether each batch that was acknowledged is wholly there, and the one under way wholly or not at all. Run as a
program: `core.py FOLDER SEED KILLS ANSWERS` prints a report as JSON. It forks, so that nothing is imported anew.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from intended import FINISHED, RATINGS, SKIPPED, Intended
from mutants import MUTANTS
from points import OF_COMMITS, install
from report import Report

from bot import notice
from bot.communes import TEMPLATE
from bot.identity import Key
from bot.telegram.receive import Receiver
from conversations.questionnaire import Voice, load
from conversations.store import Store, open_store, people, post, surveys
from conversations.survey import SMALLEST_GROUP, Survey, commune

KEY = Key(bytes(range(32)))
SALT, CODE = b"salt", "ABCD2345"
QUESTIONNAIRES = load()
QUESTIONS = [(q.id, q.rating) for q in QUESTIONNAIRES["kurzform-1"].questions]
POINTS = (*OF_COMMITS, *OF_COMMITS, "statement", "in-deletion", "before-vacuum", "after-vacuum", "after-checkpoint")
AT_ONCE = 60  # people in the middle of answering


def survey() -> Survey:
    """What is asked."""
    voice = Voice.SOCIETY
    return Survey("survey", 1, commune(TEMPLATE), "kurzform-1", (voice,), {voice: CODE},
                  {voice: SMALLEST_GROUP[voice]}, salt=SALT)  # fmt: skip


async def prepare(database: Path) -> None:
    """Makes the database with its survey."""

    def unit(tx: sqlite3.Connection) -> None:
        surveys.commune_id(tx, survey().commune.name)
        surveys.add(tx, survey(), TEMPLATE, datetime.now(UTC).date().isoformat())

    async with await open_store(database, create=True) as store:
        await store.write(unit)


# ---- the child --------------------------------------------------------------------------------------------------


async def work(database: Path, reading: int, writing: int) -> None:
    """Takes batches, keeps them, acknowledges; makes the file forget as the bot does."""
    clock = {"now": 0.0}
    async with await open_store(database) as store:
        receiver = Receiver(store, KEY, QUESTIONNAIRES, lambda: clock["now"])
        await store.forget(tries=1)
        await _confirm(store, [one.id for one in await store.read(post.farewells)])
        with os.fdopen(reading, "rb") as lines:
            for line in lines:
                asked = json.loads(line)
                clock["now"] = asked["now"]
                outcome = await receiver.handle(asked["batch"])
                os.write(writing, b"kept\n")
                await _confirm(store, [gone.id for gone in outcome.forgotten])


async def _confirm(store: Store, farewells: list[str]) -> None:
    if farewells:
        await store.forget()
        await store.write(lambda tx: post.drop_farewells(tx, farewells))


# ---- people -----------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """One telephone, that acts without looking: it knows what the chat would show."""

    user: int
    dice: Random
    intended: Intended | None = None
    version: int = 0  # of the conversation
    old: list[str] = field(default_factory=list)  # what buttons of earlier questions carry
    pressed: int = 0  # the last update that pressed something
    done: bool = False
    numbers: int = 0
    answers: int = 0

    def acts(self, may_press: bool) -> Iterator[dict[str, Any]]:
        """The next thing this person does: one update, or several. Whoever may not press now types, or waits."""
        one = self.intended
        if one is None:
            if may_press:
                self.intended, self.version, self.old = Intended(QUESTIONS), 1, []
                yield self._press(f"C:{CODE}:1:de:{VERSION}")
            return
        chance = self.dice.random()
        if chance < 0.02:
            yield self._message(sticker={"file_id": "x"})
        elif chance < 0.06 and self.old:
            yield self._press(self.dice.choice(self.old))
        elif one.place == "question":
            yield from self._question(one, one.current or "", may_press)
        elif may_press:
            yield from self._after(one)

    def _question(self, one: Intended, question: str, may_press: bool) -> Iterator[dict[str, Any]]:
        rating, chance = dict(one.questions)[question], self.dice.random()
        if rating:
            self.answers += 1
            choice, press = self.dice.randrange(5), may_press and chance < 0.5
            data = f"survey:1:r:{question}:{self.version}:{choice + 1}"
            self.old = [*self.old[-20:], f"survey:1:r:{question}:{self.version}:{self.dice.randint(1, 5)}"]
            one.settle(question, RATINGS[choice] if chance < 0.97 else SKIPPED)
            self.version += 1
            if press:
                yield self._press(data)
                if self.dice.random() < 0.3:
                    yield self._press(data)  # a double tap
            else:
                yield self._message(text=str(choice + 1) if chance < 0.97 else "überspringen")
        elif one.given(question) and chance < 0.5:
            self.answers += 1
            data = f"survey:1:f:{question}:{self.version}"
            one.settle(question, FINISHED)
            self.version += 1
            yield self._press(data) if may_press else self._message(text="fertig")
        elif chance < 0.2 and not one.given(question):
            self.answers += 1
            one.settle(question, SKIPPED)
            self.version += 1
            yield self._message(text="überspringen")
        elif len(one.given(question)) < 10:
            for _ in range(self.dice.choice((1, 1, 3))):
                self.numbers += 1
                self.answers += 1
                text = f"Beitrag {self.user} Nummer {self.numbers}"
                one.statements.append((question, text))
                one.at = question
                self.version += 1
                yield self._message(text=text)

    def _after(self, one: Intended) -> Iterator[dict[str, Any]]:
        self.version += 1
        if one.place == "review":
            one.handed_in, one.place = True, "thanks"
            yield self._press("survey:1:h")
        elif one.place == "delete":
            self.intended, self.done = None, self.dice.random() < 0.5
            yield self._press("survey:1:x")
        elif self.dice.random() < 0.3:
            one.place = "delete"
            yield self._message(text="/delete")
        else:
            self.done = True
            yield self._press("survey:1:o:thanks")

    def _sender(self) -> dict[str, Any]:
        return {"id": self.user, "is_bot": False, "first_name": "P", "language_code": "de"}

    def _message(self, **more: Any) -> dict[str, Any]:
        self.numbers += 1
        head = {"message_id": 100_000 + self.numbers, "date": 1, "chat": {"id": self.user, "type": "private"}}
        return {"message": {**head, "from": self._sender(), **more}}

    def _press(self, data: str) -> dict[str, Any]:
        self.numbers += 1
        inner = {"message_id": 1, "date": 1, "chat": {"id": self.user, "type": "private"}, "text": "x"}
        return {"callback_query": {"id": f"{self.user}-{self.numbers}", "from": self._sender(), "chat_instance": "1",
                                   "data": data, "message": inner}}  # fmt: skip


VERSION = notice.version(survey(), QUESTIONNAIRES["kurzform-1"], Voice.SOCIETY)


@dataclass(frozen=True)
class Update:
    """What somebody did, and what must be kept of that person from then on."""

    raw: dict[str, Any]
    user: int
    after: Intended | None

    @property
    def id(self) -> int:
        """Telegram's number."""
        return int(self.raw["update_id"])


# ---- the parent -------------------------------------------------------------------------------------------------


@dataclass
class Campaign(Report):
    """What a campaign did and found."""

    DAMAGE = (*Report.DAMAGE, "torn")

    deliveries: int = 0
    again: int = 0  # updates that were handed out more than once
    torn: list[str] = field(default_factory=list)  # batches of which a part is there
    seconds: float = 0.0


class Telegram:
    """Hands out updates and takes acknowledgements; people act as long as it asks them."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(f"{seed}/telegram")
        self.people: list[Person] = []
        self.queue: list[Update] = []
        self.past: list[Update] = []  # acknowledged
        self.expected: dict[int, Intended | None] = {}
        self.last = 0  # the last update that is in the database
        self._next = 1000

    def refill(self, size: int) -> None:
        """People act until so much waits."""
        active = [p for p in self.people if not p.done]
        while len(self.queue) < size:
            while len(active) < AT_ONCE:
                active.append(Person(9_000_000 + len(self.people), Random(self.dice.random())))
                self.people.append(active[-1])
            person = self.dice.choice(active)
            waiting = not self.queue or person.pressed < self.queue[0].id  # whether no press of theirs is under way
            for body in person.acts(waiting):
                self._put(person, body)
                if "callback_query" in body:
                    person.pressed = self._next - 1
                    if self.dice.random() < 0.1:
                        self._put(person, body)  # the same press under another number
                        person.version += body["callback_query"]["data"].startswith("C:")  # it is shown once more
            if person.done:
                active.remove(person)

    def _put(self, person: Person, body: dict[str, Any]) -> None:
        raw = {"update_id": self._next, **body}
        self._next += 1 if self.dice.random() < 0.99 else self.dice.randint(2, 1000)
        self.queue.append(Update(raw, person.user, person.intended and person.intended.copy()))

    def batch(self) -> list[Update]:
        """What waits, or the beginning of it; now and then with something that was acknowledged long ago."""
        found = self.queue[: self.dice.randint(1, min(40, len(self.queue)))]
        if self.past and self.dice.random() < 0.05:
            found = [self.dice.choice(self.past[-500:]), *found]
        return found

    def kept(self, batch: Iterable[Update]) -> None:
        """These are in the database."""
        for update in batch:
            if update.id > self.last:
                self.expected[update.user], self.last = update.after, update.id

    def acknowledged(self, batch: list[Update]) -> None:
        """These are not handed out again."""
        new = batch if batch[0] is self.queue[0] else batch[1:]
        self.kept(new)
        self.past = [*self.past[-1000:], *new]
        self.queue = self.queue[len(new) :]


class Child:
    """The core in a process of its own."""

    def __init__(self, database: Path, kill: str, mutant: str) -> None:
        there, self.to = os.pipe()
        self.back, here = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.to)
                os.close(self.back)
                install(kill)
                if mutant:
                    MUTANTS[mutant]()
                asyncio.run(work(database, there, here))
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(3)
        os.close(there)
        os.close(here)

    def hand(self, batch: list[Update], now: float) -> None:
        """Hands a batch out."""
        line = json.dumps({"now": now, "batch": [u.raw for u in batch]}).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self.to, line) :]
        except BrokenPipeError:
            pass

    def answer(self, seconds: float) -> bytes | None:
        """What it answers within that time: None nothing, b"" it is dead."""
        ready, _, _ = select.select([self.back], [], [], max(0.0, seconds))
        return os.read(self.back, 4096) if ready else None

    def bury(self) -> bytes:
        """Kills it, if it lives; its last words."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "the core ended by itself"
        words = b""
        while some := os.read(self.back, 4096):
            words += some
        os.close(self.to)
        os.close(self.back)
        return words


def campaign(folder: Path, seed: int, kills: int, answers: int, mutant: str = "") -> Campaign:
    """So many kills, and at least so many answers."""
    database, dice, report = folder / "core.db", Random(f"{seed}/kills"), Campaign(seed)
    began, telegram, now = time.monotonic(), Telegram(seed), 1_800_000_000.0
    asyncio.run(prepare(database))
    gc.freeze()
    handed: set[int] = set()
    while report.kills < kills or sum(p.answers for p in telegram.people) < answers:
        point = f"{dice.choice(POINTS)}:{dice.randint(1, 4)}" if dice.random() < 0.5 else ""
        point = point.replace("statement:", f"statement:{dice.randint(1, 20)}")
        child = Child(database, point, mutant)
        end = time.monotonic() + (2.0 if point else dice.uniform(0.0, 0.06))
        by_point = False
        while True:
            telegram.refill(60)
            batch = telegram.batch()
            ids = {u.id for u in batch}
            report.again += len(ids & handed)
            report.deliveries += len(ids)
            handed |= ids
            now += 1.0
            child.hand(batch, now)
            answer = child.answer(end - time.monotonic())
            if answer:
                telegram.acknowledged(batch)
                continue
            by_point = answer == b""
            break
        if child.bury():
            telegram.acknowledged(batch)
            batch = []
        report.kills += 1
        report.points[point.partition(":")[0] if by_point else "random"] += 1
        _check(database, telegram, batch, report, everybody=report.kills % 200 == 0)
    while telegram.queue:
        child = Child(database, "", mutant)
        while telegram.queue:
            batch, now = telegram.queue[:100], now + 1.0
            child.hand(batch, now)
            assert child.answer(60.0)
            telegram.acknowledged(batch)
        child.bury()
    _check(database, telegram, [], report, everybody=True)
    report.people, report.updates = len(telegram.people), len(handed)
    report.answers, report.seconds = sum(p.answers for p in telegram.people), round(time.monotonic() - began, 1)
    return report


def _check(database: Path, telegram: Telegram, batch: list[Update], report: Campaign, *, everybody: bool) -> None:
    """Whether all that was acknowledged is there, and the batch under way wholly or not at all."""
    with closing(sqlite3.connect(database)) as tx:
        new = [u for u in batch if u.id > telegram.last]
        if seen := post.seen(tx, [u.id for u in new]):
            if len(seen) != len(new):
                report.torn.append(f"{len(seen)} of {len(new)} updates of a batch")
            telegram.kept(new)
        users = telegram.expected if everybody else {u.user for u in [*batch, *telegram.past[-100:]]}
        names = {KEY.respondent(SALT, user): user for user in users}
        found = people.load(tx, names)
        if everybody:
            assert tx.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for name, user in names.items():
        report.compare(user, telegram.expected.get(user), found.get(name))


if __name__ == "__main__":
    place, seed, kills, answers = sys.argv[1:]
    print(campaign(Path(place), int(seed), int(kills), int(answers), os.environ.get("MUTANT", "")).line)
