"""Killed with -9 under load, the real bot loses, doubles and reorders nothing. Telegram's side is a third party's.

`lo-bot-api-emulator` hands out updates and takes acknowledgements; it is not ours and knows nothing of our stand-in.
People type their ratings: the next typed rating always answers the next question, so that a single lost, doubled or
swapped update would move all later answers of that person. WELTOFFEN_SEED draws another run.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

import pytest
from aiohttp import ClientSession

from bot import notice
from bot.communes import TEMPLATE
from bot.identity import Key, create_key
from conversations.conversation import Conversation
from conversations.questionnaire import Rating, Voice, load
from conversations.store import open_store, people, surveys
from conversations.survey import SMALLEST_GROUP, Survey, commune

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
TOKEN = "4242:" + "secret" * 6
PEOPLE, KILLS = 40, 8
OWN = 1_000_000  # added to the numbers of people's messages: in a chat no number is given twice
CODE = "ABCD2345"
RATINGS = list(Rating)


class Witness:
    """The emulator as a process of its own, with its control endpoint."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http, self.url, self.last = http, url, 0

    async def arrive(self, update: dict[str, Any]) -> None:
        """Queues an update; waits while the queue is full."""
        while True:
            async with self.http.post(
                f"{self.url}/__fixture/updates", json={"token": TOKEN, "update": update}
            ) as answer:
                found = await answer.json(content_type=None)
                if answer.status == 200:
                    self.last = max(self.last, int(found["result"]["update_id"]))
                    return
            if "capacity" not in str(found).lower():
                raise AssertionError(f"the witness refuses an update: {found}")
            await asyncio.sleep(0.05)


@pytest.fixture
async def witness(unused_tcp_port: int) -> AsyncIterator[Witness]:
    program = Path(sys.executable).with_name("lo-bot-api-emulator")
    process = await asyncio.create_subprocess_exec(
        program, "--port", str(unused_tcp_port), "--enable-control", stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{unused_tcp_port}"
    try:
        async with ClientSession() as http:
            for _ in range(200):
                try:
                    async with http.get(f"{url}/bot{TOKEN}/getMe") as answer:
                        if answer.status == 200:
                            break
                except OSError:
                    await asyncio.sleep(0.05)
            yield Witness(http, url)
    finally:
        process.terminate()
        await process.wait()


def user(i: int) -> int:
    return 8_000_000 + i


def message(i: int, number: int, text: str) -> dict[str, Any]:
    sender = {"id": user(i), "is_bot": False, "first_name": f"P{i}", "language_code": "de"}
    chat = {"id": user(i), "type": "private", "first_name": f"P{i}"}
    return {"message": {"message_id": OWN + number, "date": 1_790_000_000, "chat": chat, "from": sender, "text": text}}


def press(i: int, number: int, data: str) -> dict[str, Any]:
    sender = {"id": user(i), "is_bot": False, "first_name": f"P{i}", "language_code": "de"}
    inner = {"message_id": 1, "date": 1_790_000_000, "chat": {"id": user(i), "type": "private"}, "text": "x"}
    return {"callback_query": {"id": f"{i}-{number}", "from": sender, "chat_instance": "1", "data": data,
                               "message": inner}}  # fmt: skip


def script(i: int, dice: Random, version: str) -> tuple[list[dict[str, Any]], dict[str, str], list[str]]:
    """What one person sends, the answers and the statements that must be kept of it."""
    questions = load()["kurzform-1"].questions
    sent = [press(i, 0, f"C:{CODE}:1:de:{version}")]
    expected: dict[str, str] = {}
    for q in (q for q in questions if q.rating):
        rating = dice.choice(RATINGS)
        expected[q.id] = rating
        sent.append(message(i, len(sent) + 1, str(RATINGS.index(rating) + 1)))
    statements = [f"Beitrag {i}.{n}" for n in range(3)]
    sent += [message(i, 50 + n, text) for n, text in enumerate(statements)]
    expected["o1"] = "finished"
    sent += [message(i, 60, "fertig"), message(i, 61, "überspringen")]
    expected["o2"] = "skipped"
    return sent, expected, statements


class Bot:
    """The bot process, started again after each kill; it never outlives the test."""

    def __init__(self, folder: Path, url: str) -> None:
        self.environment = {
            **os.environ, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": url,
            "WELTOFFEN_DATABASE": str(folder / "w.db"), "WELTOFFEN_KEY_FILE": str(folder / "w.key"),
        }  # fmt: skip

    async def start(self) -> None:
        silent = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--log", "ERROR", env=self.environment, stdout=silent, stderr=silent
        )

    async def kill(self) -> bool:
        """Kills it with -9; whether it was alive."""
        alive = self.process.returncode is None
        if alive:
            self.process.kill()
        await self.process.wait()
        return alive

    async def end(self) -> int:
        """Ends it with SIGTERM; its exit code."""
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 8)

    async def __aenter__(self) -> Bot:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()


async def opened(folder: Path) -> tuple[Key, Survey]:
    key = create_key(folder / "w.key")
    asks = commune(TEMPLATE)
    found = Survey("survey", 1, asks, "kurzform-1", (Voice.SOCIETY,), {Voice.SOCIETY: CODE},
                   {Voice.SOCIETY: SMALLEST_GROUP[Voice.SOCIETY]}, salt=b"salt")  # fmt: skip

    def unit(tx: Connection) -> None:
        surveys.commune_id(tx, asks.name)
        surveys.add(tx, found, TEMPLATE, datetime.now(UTC).date().isoformat())

    async with await open_store(folder / "w.db", create=True) as store:
        await store.write(unit)
    return key, found


async def feed(witness: Witness, scripts: Sequence[list[dict[str, Any]]], dice: Random) -> None:
    """Everybody sends at once, each in their own order."""
    left = [list(s) for s in scripts]
    while any(left):
        some = dice.choice([s for s in left if s])
        await witness.arrive(some.pop(0))
        await asyncio.sleep(dice.uniform(0, 0.016))


async def test_kill_9_under_load_loses_doubles_and_reorders_nothing(witness: Witness, tmp_path: Path) -> None:
    seed = int(os.environ.get("WELTOFFEN_SEED", "1"))
    dice = Random(seed)
    key, survey = await opened(tmp_path)
    version = notice.version(survey, load()["kurzform-1"], Voice.SOCIETY)
    scripts = [script(i, dice, version) for i in range(PEOPLE)]
    names = {key.respondent(b"salt", user(i)): i for i in range(PEOPLE)}
    killed_while_working = 0
    async with Bot(tmp_path, witness.url) as bot, asyncio.TaskGroup() as group:
        feeding = group.create_task(feed(witness, [s for s, _, _ in scripts], dice))
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.8, 1.8))
            killed_while_working += await bot.kill() and not feeding.done()
            await bot.start()
        await feeding
        found = await settled(tmp_path, names)
        assert await bot.end() == 0
    kept = {i: (dict(c.answers), [s.text for s in c.statements]) for r, c in found.items() for i in [names[r]]}
    wanted = {i: (answers, statements) for i, (_, answers, statements) in enumerate(scripts)}
    wrong = [i for i in wanted if kept.get(i) != wanted[i]]
    print(json.dumps({"seed": seed, "kills": killed_while_working, "updates": witness.last, "wrong": wrong}))
    assert killed_while_working == KILLS
    assert kept == wanted


async def settled(folder: Path, names: Mapping[str, int]) -> Mapping[str, Conversation]:
    """The conversations once everybody's last answer is kept, at most a minute later."""
    async with await open_store(folder / "w.db") as store:
        for _ in range(600):
            found = await store.read(lambda tx: people.load(tx, names))
            if len(found) == PEOPLE and all("o2" in c.answers for c in found.values()):
                break
            await asyncio.sleep(0.1)
    return found
