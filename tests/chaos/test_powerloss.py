"""The product's schema, SQL and receiver on a disk that loses power: nothing kept is lost, halved, or comes back.

People answer in batches, hand in and delete; the power goes at any write, sync, truncation or deletion of a file, also
in the middle of a commit, a checkpoint, a VACUUM, a migration, or at rest. After each crash the database must hold
exactly what was acknowledged, or that and the one transaction under way; Telegram then hands out the same batch again,
and in the end everybody's answers must be those that they sent. WELTOFFEN_SEED draws another run, WELTOFFEN_FULL=1 a
run of 2,000 crashes, WELTOFFEN_CRASHES any other number.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from conftest import DAY, Clock
from connection import Connection, Ledger, state
from powerloss import Disk, PowerLossError

import conversations.store.file as file
from bot import notice
from bot.communes import TEMPLATE
from bot.identity import Key
from bot.telegram.receive import Receiver
from conversations.questionnaire import Rating, Voice, load
from conversations.store import Store, figures, people, post, surveys
from conversations.store.schema import MIGRATIONS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]
SEED = int(os.environ.get("WELTOFFEN_SEED", "1"))
CRASHES = int(os.environ.get("WELTOFFEN_CRASHES") or ("2000" if os.environ.get("WELTOFFEN_FULL") == "1" else "100"))
MUTANT = 60  # crashes in which a mutant must be found out
LIVES = 15  # crashes that one database goes through
CODE, SALT, SURVEY = "ABCD2345", b"salt", "survey"
RATINGS = list(Rating)
WIPING = ("VACUUM", "PRAGMA wal_checkpoint", "DELETE FROM fact")  # statements that are there where somebody deletes
TARGETS = ("COMMIT", "COMMIT", "COMMIT", *WIPING, "close", "nothing", "nothing")
NEVER = "never"  # no loss of power at all
QUESTIONNAIRES = load()
Mutation = Callable[[Connection], None]


# ---- a database of the first version, as it may lie on somebody's server ------------------------------------------


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database of version 1 with an open survey and respondents, in the words of that version."""
    path = tmp_path_factory.mktemp("old") / "w.db"
    dice, questions = Random(7), [q.id for q in QUESTIONNAIRES["kurzform-1"].questions if q.rating]
    names = [dice.randbytes(16).hex() for _ in range(30)]
    path.touch()
    tx = sqlite3.connect(path, isolation_level=None)
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(file, "MIGRATIONS", MIGRATIONS[:1])
        file.prepare(tx, path)
    tx.execute("BEGIN IMMEDIATE")
    tx.execute("INSERT INTO commune (id, name) VALUES (1, 'Musterstadt')")
    tx.execute(
        "INSERT INTO survey (id, commune, profile, questionnaire, salt, opened_day) VALUES (?, 1, ?, ?, ?, ?)",
        (SURVEY, TEMPLATE, "kurzform-1", SALT, DAY),
    )
    tx.execute("INSERT INTO door (code, survey, voice, k) VALUES (?, ?, 'society', 5)", (CODE, SURVEY))
    tx.executemany(
        "INSERT INTO conversation (respondent, survey, voice, language, notice, person, place, version, since, "
        "each_new, handed_in, active, day) VALUES (?, ?, 'society', 'de', 'n1', 1, 'thanks', 9, 9, 0, ?, 1, ?)",
        [(name, SURVEY, int(dice.random() < 0.8), DAY) for name in names],
    )
    tx.executemany(
        "INSERT INTO answer (respondent, question, value) VALUES (?, ?, ?)",
        [(name, question, dice.choice(RATINGS)) for name in names for question in questions],
    )
    tx.execute("COMMIT")
    tx.close()
    return path.read_bytes()


# ---- people --------------------------------------------------------------------------------------------------------


NUMBERS = count(5)  # of messages, each once as in a real chat


@dataclass
class Person:
    """Somebody who types ratings, so that one lost, doubled or swapped update moves all that come after it."""

    user: int
    left: list[tuple[dict[str, Any], str, str]]  # what is still to be sent: body, question, value (no question: text)
    answers: dict[str, str] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)  # of which no byte may stay after a deletion
    come: bool = False
    gone: bool = False

    def message(self, text: str) -> dict[str, Any]:
        """A message as in an update."""
        who = {"id": self.user, "is_bot": False, "first_name": "P", "language_code": "de"}
        chat = {"id": self.user, "type": "private"}
        return {"message": {"message_id": next(NUMBERS), "date": 1, "chat": chat, "from": who, "text": text}}

    def press(self, data: str) -> dict[str, Any]:
        """A press on a button as in an update."""
        who = {"id": self.user, "is_bot": False, "first_name": "P", "language_code": "de"}
        shown = {"message_id": 2, "date": 1, "chat": {"id": self.user, "type": "private"}, "text": "x"}
        query = {"id": "q", "from": who, "chat_instance": "1", "data": data, "message": shown}
        return {"callback_query": query}

    def next(self) -> dict[str, Any]:
        """What is sent next."""
        body, question, value = self.left.pop(0)
        self.come = True
        if question:
            self.answers[question] = value
        elif value:
            self.statements.append(value)
        return body


def person(user: int, dice: Random, version: str) -> Person:
    """Somebody with all that they are going to send."""
    found = Person(user, [])
    steps = [(found.press(f"C:{CODE}:1:de:{version}"), "", "")]
    for question in (q for q in QUESTIONNAIRES["kurzform-1"].questions if q.rating):
        rating = dice.choice(RATINGS)
        steps.append((found.message(str(RATINGS.index(rating) + 1)), question.id, rating))
    for _ in range(dice.randint(0, 4)):
        canary = dice.randbytes(8).hex()
        found.secrets.append(canary.encode())
        text = " ".join([canary] * dice.randint(1, 40))
        steps.append((found.message(text), "", text))
    steps.append((found.message("fertig" if len(steps) > 15 else "überspringen"), "o1", ""))
    found.left = steps
    return found


# ---- a town: one database, and what happens to it ------------------------------------------------------------------


class Found(Counter[str]):
    """What was found in all crashes, by name."""

    def bad(self) -> dict[str, int]:
        """What must not be."""
        return {name: self[name] for name in ("corrupt", "half", "lost", "wrong", "remains")}


class DamageError(Exception):
    """A database is not as it should be; the message is the figure under which that counts."""


class Town:
    """One database that goes through many lives; each ends with a loss of power."""

    def __init__(
        self, disk: Disk, image: bytes, dice: Random, found: Found, reach: Counter[str], mutation: Mutation, whole: bool
    ) -> None:
        """`reach`: how many operations a statement took last."""
        self.disk, self.dice, self.found, self.mutation, self.whole = disk, dice, found, mutation, whole
        self.reach = reach
        self.path = disk.place("w.db", image)
        self.key, self.clock, self.ledger = Key(bytes(range(32))), Clock(), Ledger()
        self.people: list[Person] = []
        self.batch: list[dict[str, Any]] = []  # what Telegram hands out until it is acknowledged
        self.leaving: list[Person] = []  # who deletes with this batch
        self.gone: list[bytes] = []  # deleted, and not yet confirmed
        self.wiped: list[bytes] = []  # deleted, and confirmed
        self.updates = 0
        self.opening = self.migrating = False
        self.target = "nothing"

    # ---- one life ------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Opens the database and works on it until the power is lost; then looks at what the disk holds."""
        self.target = self.dice.choice(TARGETS)
        try:
            await self._open()
            for _ in range(self.dice.randint(1, 8) if self.target == "nothing" else 25):
                await self._do_something()
            if self.dice.random() < 0.5:  # the last that happens is a deletion, just confirmed
                self._fill(leaving=1.0)
                await self._deliver(wipe=1.0)
            self._count("at rest")
        except PowerLossError:
            self._count(self._where())
        files = self.disk.crash(self.dice)
        self.found["remains"] += any(secret in data for secret in self.wiped for data in files.values())
        self.found["not confirmed"] += any(secret in data for secret in self.gone for data in files.values())

    async def look_back(self) -> None:
        """Opens the database a last time, and closes it in good order."""
        self.target = NEVER
        await self._open()
        await self._close()

    def _count(self, where: str) -> None:
        self.found["crashes"] += 1
        self.found[f"in {where}" if where != "at rest" else where] += 1

    def _where(self) -> str:
        """What the power was lost in."""
        assert self.disk.struck is not None
        if self.migrating:
            return "migration"
        statement = self.tx.statement
        if statement == "close" or self.opening:
            return "close" if statement == "close" else "opening"
        if self.disk.struck[1] == self.path.name or statement.startswith("PRAGMA wal_checkpoint"):
            return "checkpoint"
        return {"COMMIT": "commit", "VACUUM": "vacuum"}.get(statement, "a single statement")

    async def _open(self) -> None:
        self.opening = True
        tx = self.tx = Armed(self)
        self._judge(tx)
        self.migrating = tx.rows("PRAGMA user_version")[0][0] < len(MIGRATIONS)
        if self.migrating and self.target != NEVER and self.dice.random() < 0.8:
            self.target = "COMMIT"
        file.prepare(cast(Any, tx), self.path)
        self.migrating = False
        self.mutation(tx)
        tx.rows(f"PRAGMA wal_autocheckpoint = {self.dice.choice((1000, 1000, 200, 50))}")  # else they are rare here
        self.opening = False
        self.store = Store(cast(Any, tx), self.path)
        self.receiver = Receiver(self.store, self.key, QUESTIONNAIRES, self.clock)
        await self._wipe()
        await self._deliver()
        await self._look()

    def _judge(self, tx: Connection) -> None:
        """The database is whole, and holds what was acknowledged."""
        try:
            sound = tx.rows("PRAGMA integrity_check") == (("ok",),) and not tx.rows("PRAGMA foreign_key_check")
            now = state(tx) if sound else ()
        except sqlite3.Error:
            sound = False
        if not sound:
            raise DamageError("corrupt")
        if self.ledger.acknowledged is None:
            self.ledger.acknowledged = now
        if (verdict := self.ledger.verdict(now)) is not None:
            raise DamageError(verdict)

    async def _look(self) -> None:
        """Everybody's answers are those that they sent, each once and in order; and the counts are theirs."""
        names = {self.key.respondent(SALT, one.user): one for one in self.people}
        kept = await self.store.read(lambda tx: people.load(tx, names))
        found = {names[r].user: (dict(c.answers), [s.text for s in c.statements]) for r, c in kept.items()}
        wanted = {
            one.user: (
                {q: v or ("finished" if one.statements else "skipped") for q, v in one.answers.items()},
                one.statements,
            )
            for one in self.people if one.come and not one.gone
        }  # fmt: skip
        try:
            await self.store.read(lambda tx: figures.proved(tx, SURVEY, Voice.SOCIETY))
        except figures.TallyError:
            raise DamageError("half") from None
        if found != wanted:
            raise DamageError("wrong")

    # ---- what happens --------------------------------------------------------------------------------------------

    async def _do_something(self) -> None:
        self.clock.now += 2
        match self.dice.choices(("batch", "wipe", "note", "again", "reader"), (70, 15, 5, 5, 5))[0]:
            case "batch":
                self._fill(leaving=0.5 if self.target in WIPING else 0.1)
                await self._deliver()
            case "wipe":
                await self._wipe()
            case "note":
                await self.store.write(lambda tx: surveys.keep_fact(tx, "alive", str(int(self.clock.now))))
            case "again":
                await self._close()
                await self._open()
            case "reader":
                await self._wipe_beside_a_reader()

    def _fill(self, leaving: float) -> None:
        """A batch of what several people send at once; `leaving` is how probably one of them deletes everything."""
        survey = (file.transaction(cast(Any, self.tx), surveys.all_surveys, "BEGIN"))[SURVEY]
        version = notice.version(survey, QUESTIONNAIRES["kurzform-1"], Voice.SOCIETY)
        if len([p for p in self.people if not p.gone]) < 12:
            self.people += [
                person(8_000_000 + len(self.people) + n, self.dice, version) for n in range(self.dice.randint(0, 4))
            ]
        here = [p for p in self.people if p.left]
        for one in self.dice.sample(here, min(len(here), self.dice.randint(1, 6))):
            for _ in range(min(len(one.left), self.dice.randint(1, 5))):
                self._send(one.next())
            if not one.left:
                self._send(one.press(f"{SURVEY}:1:h"))
        could = [p for p in self.people if not p.gone and len(p.answers) > 3]
        if could and self.dice.random() < leaving:
            self._leave(self.dice.choice(could))

    def _leave(self, one: Person) -> None:
        name = self.key.respondent(SALT, one.user)
        sealed = self.tx.rows(f"SELECT sealed FROM address WHERE owner = '{name}'")
        one.secrets += [name.encode(), *(s for (s,) in sealed)]
        self._send(one.message("/delete"))
        self._send(one.press(f"{SURVEY}:1:x"))
        one.left, one.gone = [], True
        self.leaving.append(one)

    def _send(self, body: dict[str, Any]) -> None:
        self.updates += 1
        self.batch.append({"update_id": self.updates, **body})

    async def _deliver(self, wipe: float = 0.5) -> None:
        """Hands the batch to the receiver; it is acknowledged when that returns."""
        if not self.batch:
            return
        await self.receiver.handle(self.batch)
        self.batch = []
        self.gone += [s for one in self.leaving for s in one.secrets]
        self.leaving = []
        if self.dice.random() < wipe:  # as the courier does
            await self._wipe()
            if self.dice.random() < 0.5:
                done = [one.id for one in await self.store.read(post.farewells)]
                await self.store.write(lambda tx: post.drop_farewells(tx, done))

    async def _wipe(self) -> None:
        if await self.store.forget(tries=1):
            self.wiped += self.gone
            self.gone = []

    async def _wipe_beside_a_reader(self) -> None:
        reader = Connection(self.disk, self.path.name, self.ledger)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM conversation")
        self._fill(leaving=0.5)
        await self._deliver()
        await self._wipe()
        reader.execute("ROLLBACK")
        reader.close()

    async def _close(self) -> None:
        self.tx.close()


class Armed(Connection):
    """The town's connection: the power may go within the statement that the town aims at."""

    def __init__(self, town: Town) -> None:
        self._town = town
        super().__init__(town.disk, town.path.name, town.ledger, whole=town.whole)

    def execute(self, sql: str, values: Any = ()) -> Any:
        """One statement; while it runs the power may go."""
        return self._aimed(sql, lambda: super(Armed, self).execute(sql, values))

    def close(self) -> None:
        """Closes; meanwhile the power may go."""
        self._aimed("close", super().close)

    def _aimed(self, sql: str, call: Callable[[], Any]) -> Any:
        town, disk = self._town, self._town.disk
        if not sql.startswith(town.target) or self.reading or (sql == "COMMIT" and town.dice.random() < 0.5):
            return call()
        before, kind = disk.operations, "migration" if town.migrating else sql
        disk.arm(town.dice.randint(0, 2 * town.reach[kind] + 4))
        found = call()
        disk.disarm()
        town.reach[kind] = disk.operations - before
        return found


# ---- the tests -----------------------------------------------------------------------------------------------------


async def lives(
    folder: Path, image: bytes, number: int, seed: int, mutation: Mutation = lambda _: None, *, whole: bool = True
) -> Found:
    """So many crashes, in one town after the other."""
    found, reach, dice = Found(), Counter[str](), Random(seed)
    with drawn(dice):
        while found["crashes"] < number:
            disk = Disk(folder)
            town = Town(disk, image, dice, found, reach, mutation, whole)
            try:
                for _ in range(min(LIVES, number - found["crashes"])):
                    await town.live()
                await town.look_back()
            except DamageError as damage:
                found[str(damage)] += 1
            finally:
                disk.crash(dice)
                disk.close()
                for left in folder.iterdir():
                    left.unlink()
    return found


@contextmanager
def drawn(dice: Random) -> Iterator[None]:
    """Ids and nonces that are drawn by these dice, so that a run can be had again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_hex", lambda n=16: dice.randbytes(n).hex())
        patch.setattr(secrets, "choice", dice.choice)
        patch.setattr(os, "urandom", dice.randbytes)
        yield


def told(name: str, found: Found) -> str:
    return json.dumps({"run": name, "seed": SEED, **dict(sorted(found.items())), **found.bad()})


async def test_no_loss_of_power_loses_halves_or_brings_back_anything(tmp_path: Path, first_version: bytes) -> None:
    found = await lives(tmp_path, first_version, CRASHES, SEED)
    print(told("as it is", found))
    assert found.bad() == dict.fromkeys(found.bad(), 0)
    places = ("in commit", "at rest", "in migration", "in checkpoint", "in vacuum", "in close")
    assert [place for place in (places if CRASHES >= 500 else places[:2]) if not found[place]] == []


def less_synchronous(level: str) -> Mutation:
    """The database with another setting of synchronous."""
    return lambda tx: cast(None, tx.rows(f"PRAGMA synchronous = {level}"))


async def test_with_synchronous_normal_the_loss_is_reported(tmp_path: Path, first_version: bytes) -> None:
    found = await lives(tmp_path, first_version, MUTANT, SEED, less_synchronous("NORMAL"))
    print(told("synchronous=NORMAL", found))
    assert found["lost"] > 0
    assert found["corrupt"] == found["half"] == 0


async def test_without_any_sync_the_damage_is_reported(tmp_path: Path, first_version: bytes) -> None:
    found = await lives(tmp_path, first_version, MUTANT, SEED, less_synchronous("OFF"))
    print(told("synchronous=OFF", found))
    assert found["corrupt"] > 0


async def test_without_transactions_the_halves_are_reported(tmp_path: Path, first_version: bytes) -> None:
    found = await lives(tmp_path, first_version, MUTANT, SEED, whole=False)
    print(told("no transactions", found))
    assert found["half"] > 0


def nothing_wiped(tx: Any, note: object = None) -> bool:
    """No VACUUM and no checkpoint."""
    tx.execute("DELETE FROM fact WHERE name = 'unwiped'")
    return True


def not_checkpointed(tx: Any, note: object = None) -> bool:
    """The file is rebuilt, and the write-ahead log not emptied."""
    tx.execute("VACUUM")
    return nothing_wiped(tx)


def not_synced(tx: Any, note: object = None) -> bool:
    """Everything is done but the last commit: with it the emptied write-ahead log would be synced."""
    tx.execute("PRAGMA busy_timeout = 0")
    if tx.execute("SELECT 1 FROM fact WHERE name = 'unwiped'").fetchone() is None:
        return True
    tx.execute("VACUUM")
    return file._checkpointed(tx)


@pytest.mark.parametrize(
    ("mutant", "crashes"),
    [(nothing_wiped, MUTANT), (not_checkpointed, MUTANT), (not_synced, 5 * MUTANT)],  # the last only shows at once
    ids=["nothing-wiped", "not-checkpointed", "not-synced"],
)
async def test_a_deletion_that_is_not_carried_through_is_reported(
    tmp_path: Path, first_version: bytes, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[Any], bool], crashes: int
) -> None:
    monkeypatch.setattr(file, "_wiped", mutant)
    found = await lives(tmp_path, first_version, crashes, SEED)
    print(told(mutant.__name__, found))
    assert found["remains"] > 0


# ---- two processes that delete at the same time --------------------------------------------------------------------


class Interrupted(Connection):
    """A connection; right after a statement another process gets its turn."""

    after, turn = "", staticmethod(lambda: None)

    def execute(self, sql: str, values: Any = ()) -> Any:
        """One statement."""
        found = super().execute(sql, values)
        if self.after and sql.startswith(self.after):
            self.after = ""
            self.turn()
        return found


@pytest.mark.parametrize("after", ["VACUUM", "PRAGMA wal_checkpoint"])
async def test_what_another_process_deletes_while_this_one_wipes_is_not_taken_for_wiped(
    tmp_path: Path, first_version: bytes, after: str
) -> None:
    disk = Disk(tmp_path)
    path = disk.place("w.db", first_version)
    bot, command = Interrupted(disk, path.name, Ledger()), Connection(disk, path.name, Ledger())
    for tx in (bot, command):
        file.prepare(cast(Any, tx), path)
    one, two = Store(cast(Any, bot), path), Store(cast(Any, command), path)
    first, second, *_ = [name for (name,) in bot.rows("SELECT respondent FROM conversation")]
    await one.write(lambda tx: people.forget(tx, [first]))
    bot.after = after
    bot.turn = lambda: file.transaction(cast(Any, command), lambda tx: people.forget(tx, [second]))  # type: ignore
    await one.forget(tries=1)
    wipes = bool(command.rows("SELECT 1 FROM fact WHERE name = 'unwiped'"))
    assert await two.forget(tries=1)
    left = [f.name for f in tmp_path.iterdir() if second.encode() in f.read_bytes()]
    disk.crash(Random(1))
    disk.close()
    assert (wipes, left) == (True, [])
