"""The real bot between a stand-in of Telegram in foul weather and a crowd, killed again and again; what was damaged."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

from aiohttp import ClientSession
from crowd import NAME, USUAL, WORD, Crowd, Habits, Kind, Person, shown
from launch import Launcher, Started
from report import Report

from bot.communes import TEMPLATE
from bot.identity import Key, create_key
from bot.standin.chats import Message
from bot.standin.faults import Fault
from bot.standin.faults import Kind as Trouble
from bot.standin.server import Standin, start
from bot.view import view
from conversations.conversation import Conversation
from conversations.questionnaire import Questionnaire, Voice, load
from conversations.store import figures, open_store, people, post, surveys
from conversations.survey import SMALLEST_GROUP, Survey, commune

SEED = int(os.environ.get("WELTOFFEN_SEED", "1"))
FULL = os.environ.get("WELTOFFEN_FULL") == "1"
TOKEN = "4242:" + "secret" * 6
CODE = "ABCD2345"
SALT = b"salt"
TIMEOUT = 2.0  # seconds after which the bot gives a call up
LONGEST = 10.0  # seconds after which a bot is killed though people act slowly
AWAKE = 100.0  # seconds in which a bot must have begun to answer, however busy the machine is
LATE = "answered too late"  # a call that took effect, and whose answer comes after the bot gave it up
EVERYBODY = {Kind.STEADY: 8, Kind.IMPATIENT: 3, Kind.ONCE: 5, Kind.DELETES: 2, Kind.RETURNS: 2}
DUPLICATES = (Fault(Trouble.DUPLICATE, "callback_query", rate=0.1), Fault(Trouble.DUPLICATE, "message", rate=0.1))
WEATHER: Mapping[str, tuple[Fault, ...]] = {
    "calm": (),
    "storm": (
        Fault(Trouble.TOO_MANY, "sendMessage", rate=0.3), Fault(Trouble.TOO_MANY, "editMessageText", rate=0.3),
    ),
    "errors": (Fault(Trouble.SERVER_ERROR, "*", rate=0.15), Fault(Trouble.SERVER_ERROR, "*", rate=0.05, status=500)),
    "losses": (
        Fault(Trouble.LOST_BEFORE, "*", rate=0.05), Fault(Trouble.LOST_AFTER, "sendMessage", rate=0.2),
        Fault(Trouble.LOST_AFTER, "editMessageText", rate=0.1), Fault(Trouble.LOST_AFTER, "getUpdates", rate=0.1),
    ),
    "late": (Fault(Trouble.LATENCY, "*", rate=0.5, milliseconds=40),),
}  # fmt: skip


@dataclass(frozen=True)
class Showed:
    """What a message of the bot showed from a moment on: as it was sent, or edited."""

    id: int
    chat: int
    at: float
    text: str
    buttons: str
    new: bool


@dataclass(frozen=True)
class Kill:
    """A kill: when, at which point, and the messages the store knew of then."""

    at: float
    point: str
    known: frozenset[int]


@dataclass
class Run(Report):
    """What a run did, and the damage it found."""

    DAMAGE = (*Report.DAMAGE, "unserved", "unexplained", "leaked", "other")

    confirmed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    copies: int = 0  # messages that came once more because of a fault
    unserved: list[str] = field(default_factory=list)  # chats that do not show what they must
    unexplained: list[str] = field(default_factory=list)  # copies for which there was no fault
    leaked: list[str] = field(default_factory=list)  # what stands in the log
    other: list[str] = field(default_factory=list)


class House:
    """Database, key, survey, stand-in, and the bot between them; remembers all that was sent and all that struck."""

    def __init__(self, folder: Path, standin: Standin, launcher: Launcher, key: Key, mutant: str | None) -> None:
        self.folder, self.standin, self.launcher, self.key = folder, standin, launcher, key
        self.showed: list[Showed] = []
        self.struck: list[tuple[float, str, str, int | None]] = []
        self.kills: list[Kill] = []
        self.starts: list[float] = []  # when a bot was started: all that its predecessor had said came before
        self.late, self.dice = 0.0, Random(SEED)
        self.bot: Started | None = None
        self.environment = {
            "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": standin.url, "WELTOFFEN_DATABASE": str(self.database),
            "WELTOFFEN_KEY_FILE": str(folder / "w.key"), "CHAOS_CALLS": str(self.calls), "CHAOS_TIMEOUT": str(TIMEOUT),
            "WELTOFFEN_STEP_SECONDS": "5", "MUTANT": mutant or "", "CHAOS_KILL": "",
        }  # fmt: skip
        self._remember()

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.folder / "w.db"

    @property
    def log(self) -> Path:
        """Where the bot logs."""
        return self.folder / "log.txt"

    @property
    def calls(self) -> Path:
        """Where the bot notes which calls it gave up."""
        return self.folder / "calls.txt"

    def given_up(self, chat: int) -> list[float]:
        """When it gave up sending a message to a chat; the message may be there all the same."""
        lines = map(json.loads, self.calls.read_text().splitlines())
        return [x["at"] for x in lines if x["method"] == "sendMessage" and x["chat"] == chat]

    def _remember(self) -> None:
        chats, faults, telegram = self.standin.chats, self.standin.faults, self.standin.telegram
        say, edit, strike, call = chats.say, chats.edit, faults.struck, telegram.call

        def said(chat: int, *, from_bot: bool, **more: Any) -> Message:
            message = say(chat, from_bot=from_bot, **more)
            if from_bot:
                self._show(chat, message, True)
            return message

        def edited(chat: int, message: Message, **changes: Any) -> Message:
            after = edit(chat, message, **changes)
            if after.from_bot:
                self._show(chat, after, False)
            return after

        def struck(kind: Trouble, method: str, chat: int | None) -> Fault | None:
            fault = strike(kind, method, chat)
            if fault is not None:
                self.struck.append((time.time(), kind, method, chat))
            return fault

        async def called(method: str, arguments: dict[str, Any]) -> Any:
            found = await call(method, arguments)
            if method != "getUpdates" and self.dice.random() < self.late:
                self.struck.append((time.time(), LATE, method, telegram.chat_of(arguments)))
                await asyncio.sleep(TIMEOUT + 0.3)
            return found

        chats.say, chats.edit = said, edited  # type: ignore[method-assign]
        faults.struck, telegram.call = struck, called  # type: ignore[method-assign]

    def _show(self, chat: int, message: Message, new: bool) -> None:
        text, buttons = message.shown.text, json.dumps(message.rows)
        self.showed.append(Showed(message.id, chat, time.time(), text, buttons, new))

    # ---- the bot ----------------------------------------------------------------------------------------------

    async def begin(self, kill: str = "") -> Started:
        """Starts the bot, which dies at a point if `kill` names one."""
        await quiet(self.standin)
        self.starts.append(time.time())
        args = ["run", "--log", "DEBUG"]
        self.bot = await self.launcher.start(args, {**self.environment, "CHAOS_KILL": kill}, self.log)
        return self.bot

    async def kill(self, point: str, crowd: Crowd, acts: int) -> None:
        """Lets the bot die at a point, else when the crowd has acted so many times more; looks what it knew."""
        assert self.bot is not None
        wanted, end = crowd.acts + acts, time.monotonic() + LONGEST
        while not self.bot.ended.done() and crowd.acts < wanted and time.monotonic() < end:
            await asyncio.sleep(0.01)
        at_point = self.bot.ended.done()
        status = await self.bot.kill()
        if status != -9 or (at_point and not point):
            raise AssertionError(f"the bot ended by itself ({status}): {self.log.read_text()[-1000:]}")
        self.kills.append(Kill(time.time(), point.partition(":")[0] if at_point else "random", self.known()))

    async def awake(self, crowd: Crowd, answers: int) -> None:
        """Waits until the crowd has seen what follows from so many answers: then everybody is in the middle."""
        assert self.bot is not None
        end = time.monotonic() + AWAKE
        while sum(p.confirmed for p in crowd.people) < answers and not self.bot.ended.done():
            if time.monotonic() > end:
                raise AssertionError(f"the bot answers nobody: {self.log.read_text()[-1000:]}")
            await asyncio.sleep(0.05)

    def known(self) -> frozenset[int]:
        """The messages that the store knows to stand in chats."""
        with closing(sqlite3.connect(self.database)) as tx:
            try:
                rows = tx.execute("SELECT message FROM message UNION SELECT message FROM screen").fetchall()
            except sqlite3.OperationalError:
                return frozenset()
        return frozenset(row[0] for row in rows if row[0] is not None)

    async def pending(self) -> int:
        """How many updates wait for the bot."""
        found: dict[str, int] = await self.standin.telegram.call("getWebhookInfo", {})
        return found["pending_update_count"]

    @property
    def heard(self) -> float:
        """When the bot last did anything but fetch; now, while the one that runs has not begun to fetch."""
        fetched = any(c.at > self.starts[-1] for c in self.standin.api.calls if c.method == "getUpdates")
        said = max((c.at for c in self.standin.api.calls if c.method != "getUpdates"), default=0.0)
        return max(said, self.starts[-1]) if fetched else time.time()

    def weather(self, name: str, dice: Random) -> None:
        """What goes wrong at Telegram from now on."""
        self.standin.faults.set([*DUPLICATES, *WEATHER[name]], dice.randrange(2**32))
        self.late = 0.1 if name == "late" else 0.0

    # ---- what is kept -----------------------------------------------------------------------------------------

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with closing(sqlite3.connect(self.database)) as tx:
            return tx.execute(query).fetchall()


async def quiet(standin: Standin) -> None:
    """Waits until all that a bot said before it was killed is heard: whoever comes now stands in line behind it."""
    async with ClientSession(standin.url) as http, http.get("/standin/stats") as heard:
        await heard.read()
    while standin.connections:
        await asyncio.sleep(0.01)


@asynccontextmanager
async def house(folder: Path, mutant: str | None = None, launcher: Launcher | None = None) -> AsyncIterator[House]:
    """A house with an open survey; the bot does not run yet. Without a `launcher` it has one of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    key, survey = create_key(folder / "w.key"), _survey()

    def unit(tx: Connection) -> None:
        surveys.commune_id(tx, survey.commune.name)
        surveys.add(tx, survey, TEMPLATE, datetime.now(UTC).date().isoformat())

    async with await open_store(folder / "w.db", create=True) as store:
        await store.write(unit)
    standin = await start(TOKEN, seed=SEED)
    try:
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(Launcher()) if launcher is None else launcher
            yield House(folder, standin, ours, key, mutant)
    finally:
        await standin.close()


def _survey() -> Survey:
    voice = Voice.SOCIETY
    return Survey("survey", 1, commune(TEMPLATE), "kurzform-1", (voice,), {voice: CODE},
                  {voice: SMALLEST_GROUP[voice]}, salt=SALT)  # fmt: skip


def questionnaire() -> Questionnaire:
    """What is asked."""
    return load()["kurzform-1"]


def questions() -> list[tuple[str, bool]]:
    """The questions in order, and whether they are ratings."""
    return [(q.id, q.rating) for q in questionnaire().questions]


# ---- a run ------------------------------------------------------------------------------------------------------


async def damage(
    folder: Path, *, kills: Sequence[str], at_once: int, seed: int = SEED, mutant: str | None = None,
    kinds: Mapping[Kind, int] = EVERYBODY, habits: Habits = USUAL, weather: Sequence[str] = tuple(WEATHER),
    silence: float = 15.0, warm: int = 80, launcher: Launcher | None = None,
) -> Run:  # fmt: skip
    """Runs a crowd of `at_once` people against a bot that is killed so often, and reports.

    `kills` are points as in CHAOS_KILL, "" for a random time; the first comes after so many answers as `warm` says.
    After the last the weather is calm, and all must settle: the run ends when all have what they must, or when the
    bot was silent for `silence` seconds with nothing waiting.
    """
    dice = Random(f"{seed}/kills")
    async with house(folder, mutant, launcher) as home:
        crowd = Crowd(home.standin, CODE, questions(), seed, kinds=kinds, habits=habits)
        coming = asyncio.create_task(crowd.keep_coming(at_once))
        home.weather(weather[0], dice)
        await home.begin()
        await home.awake(crowd, warm)
        await home.kill("", crowd, dice.randint(0, 120))
        for point in kills:
            if coming.done():
                await coming
            home.weather(dice.choice(list(weather)), dice)
            await home.begin(point)
            if "delet" in point.lower() or any(w in point for w in ("vacuum", "checkpoint", "confirmation")):
                crowd.somebody_deletes()
            await home.kill(point, crowd, 500 if point else dice.randint(0, 120))
        home.weather("calm", dice)
        await home.begin()
        crowd.open = False
        await settled(home, crowd, silence, coming)
        crowd.go_home()
        await coming
        assert home.bot is not None
        report = Run(seed)
        if (status := await home.bot.end()) != 0:
            report.other.append(f"the bot ended with {status}")
        await judge(home, crowd, report)
    return report


async def settled(home: House, crowd: Crowd, silence: float, coming: asyncio.Task[None]) -> bool:
    """Whether everybody has what they must, in the end."""
    while not (coming.done() and coming.exception()) and home.bot is not None and not home.bot.ended.done():
        await asyncio.sleep(0.2)
        waiting = await home.pending()
        if not waiting and all(p.served for p in crowd.people) and time.time() - home.heard > 1.0:
            return True
        if not waiting and time.time() - home.heard > silence:
            break
    return False


# ---- the verdict ------------------------------------------------------------------------------------------------


async def judge(home: House, crowd: Crowd, report: Run) -> None:
    """Compares what is kept and shown with what people did, and accounts for every copy."""
    report.kills = len(home.kills)
    report.points = Counter(k.point for k in home.kills)
    report.people = len(crowd.people)
    report.updates = sum(p.acted for p in crowd.people)
    report.answers = sum(p.answered for p in crowd.people)
    report.confirmed = sum(p.confirmed for p in crowd.people)
    report.faults = Counter(str(kind) for _, kind, _, _ in home.struck)
    names = {home.key.respondent(SALT, p.user): p for p in crowd.people}
    async with await open_store(home.database) as store:
        found = await store.read(lambda tx: people.load(tx, names))
        try:
            await store.read(lambda tx: figures.proved(tx, "survey", Voice.SOCIETY))
        except Exception as error:
            report.other.append(str(error))
        wishes = await store.read(lambda tx: post.wishes(tx, "survey"))
        chats = Counter(home.key.unseal(sealed, i) for i, _, sealed in wishes)
    for respondent, person in names.items():
        _compare(person, found.get(respondent), report)
        if chats[person.user] != (person.intended is not None and person.intended.wished):
            report.wrong.append(f"{person.user}: {chats[person.user]} wishes for the result")
    for (table,) in await home.rows("SELECT 'trouble' FROM trouble UNION ALL SELECT 'farewell' FROM farewell"):
        report.other.append(f"a row of {table}")
    for (wrong,) in await home.rows("PRAGMA integrity_check"):
        report.other += [wrong] if wrong != "ok" else []
    for one in crowd.people:
        _copies(home, one, report)
    _leaks(home, crowd, report)


def _compare(person: Person, kept: Conversation | None, report: Run) -> None:
    who = person.user
    report.compare(who, person.intended, kept)
    if person.intended is None and person.unconfirmed:
        report.unserved.append(f"{who}: a deletion that was never confirmed")
    if person.intended is None or kept is None:
        return
    now, must = shown(person.chat), view(_survey(), questionnaire(), kept)
    data = [b.data for row in must.rows for b in row]
    buttons = sorted(d for ds in now.buttons.values() for d in ds) if now else []
    text = now.text if now else ""
    if buttons != sorted(data) or must.text not in text:
        report.unserved.append(f"{who} ({person.kind}): {text[:60]!r} instead of {must.text[:60]!r}")
    elif not person.served:
        report.unserved.append(f"{who} ({person.kind}): {text[:60]!r} does not follow from what was done")


def _copies(home: House, person: Person, report: Run) -> None:
    """Between a message and its next copy there must be a fault or a reason, and each counts once."""
    mine = [(at, kind, method) for at, kind, method, chat in home.struck if chat == person.user]
    ambiguous = [at for at, kind, method in mine if method == "sendMessage" and kind is Trouble.LOST_AFTER]
    ambiguous += home.given_up(person.user)
    twice = [at for at, kind, _ in mine if kind is Trouble.DUPLICATE]
    entering = person.entering + [at for at in twice if any(x.begun - 1 <= at <= x.entered for x in person.lives)]
    typed, acts = list(person.typed), list(person.acts)
    starts = [(min((s for s in home.starts if s > k.at), default=0.0), k.known) for k in home.kills]
    groups: dict[tuple[int, str, str], list[Showed]] = {}
    for one in home.showed:
        if one.chat == person.user and one.text:
            life = sum(x.begun <= one.at for x in person.lives)
            groups.setdefault((life, one.text, one.buttons), []).append(one)
    for (_, text, buttons), shows in groups.items():
        for one, again in pairwise(shows):
            if not again.new:
                continue
            killed = any(one.at <= start <= again.at and one.id not in known for start, known in starts)
            if killed or _taken(ambiguous, one.at, again.at):
                report.copies += 1
                continue
            reasons = acts if buttons == "[]" else typed
            if not (_taken(reasons, one.at, again.at) or _taken(entering, 0.0, again.at)):
                report.unexplained.append(f"{person.user}: {text[:60]!r} at {one.at:.3f} and {again.at:.3f}")


def _taken(moments: list[float], first: float, last: float) -> bool:
    """Whether there is a moment between these two; it is used up."""
    found = next((m for m in moments if first <= m <= last), None)
    if found is not None:
        moments.remove(found)
    return found is not None


def _leaks(home: House, crowd: Crowd, report: Run) -> None:
    canaries = [TOKEN, TOKEN.partition(":")[2], NAME, WORD, *(str(p.user) for p in crowd.people)]
    log = home.log.read_text("utf-8", "replace")
    report.leaked += [f"{one[:12]}… {log.count(one)} times" for one in canaries if one in log]
