"""On receiving, the stand-in and a witness made by others give the same outcomes to the same script of calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, web
from lo_bot_api_emulator import LoBotApiEmulator  # type: ignore[import-untyped]

from bot.standin.server import start

TOKEN = "4242:secret"
CHAT = 5_000_000_001


@dataclass
class Door:
    """One Bot API at a URL, and a way to make a text arrive there."""

    url: str
    client: ClientSession
    arrive: Callable[[str], Awaitable[object]]
    polled: Callable[[], bool]
    first: int | None = None
    outcomes: list[tuple[Any, ...]] = field(default_factory=list)

    async def poll(self, **arguments: Any) -> None:
        """Call getUpdates and note status, error code and the texts with their ids from the first one on."""
        async with self.client.post(f"{self.url}/bot{TOKEN}/getUpdates", data=self.shifted(arguments)) as response:
            answer = await response.json()
        if answer["ok"]:
            for update in answer["result"]:
                self.first = update["update_id"] if self.first is None else self.first
            got = [(update["update_id"] - (self.first or 0), update["message"]["text"]) for update in answer["result"]]
            self.outcomes.append((response.status, got))
        else:
            self.outcomes.append((response.status, answer["error_code"], answer["description"].split(":")[0]))

    def shifted(self, arguments: dict[str, Any]) -> dict[str, str]:
        """The arguments with a positive offset counted from the first id that this door gave."""
        offset = arguments.get("offset", 0)
        counted = isinstance(offset, int) and offset > 0
        given = arguments | ({"offset": offset + (self.first or 0)} if counted else {})
        return {name: str(value) for name, value in given.items()}


async def script(door: Door) -> list[tuple[Any, ...]]:
    """Everything about receiving on which the bot relies."""
    await door.poll()
    for text in ("eins", "zwei", "drei", "vier", "fünf"):
        await door.arrive(text)
    await door.poll()  # all of them
    await door.poll()  # again: nothing was acknowledged
    await door.poll(limit=2)
    await door.poll(offset=1)  # acknowledges the first
    await door.poll()
    await door.poll(offset=1, limit=1)
    await door.poll(offset=-2)  # keeps the last two
    await door.poll()
    await door.poll(offset=-9)  # more than there are
    for wrong in ({"limit": 0}, {"limit": 101}, {"limit": "many"}, {"offset": "x"}, {"timeout": "soon"}):
        await door.poll(**wrong)
    await door.poll(offset=5)  # acknowledges all
    await door.poll()
    waiting = asyncio.create_task(door.poll(offset=5, timeout=50))
    while not door.polled():
        await asyncio.sleep(0)
    await door.poll()  # a second poller
    await door.poll(offset=99)  # must acknowledge nothing
    await door.arrive("sechs")
    await waiting
    await door.poll()  # the door is free again
    await door.poll(offset=6)
    return door.outcomes


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def ours(client: ClientSession) -> AsyncIterator[Door]:
    standin = await start(TOKEN)
    standin.people.join("Amal", id=CHAT)

    async def arrive(text: str) -> None:
        standin.people.write(CHAT, text)

    yield Door(standin.url, client, arrive, lambda: standin.telegram.polled)
    await standin.close()


@pytest.fixture
async def witness(client: ClientSession) -> AsyncIterator[Door]:
    emulator = LoBotApiEmulator(enable_control=True)
    runner = web.AppRunner(emulator.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def arrive(text: str) -> None:
        chat = {"id": CHAT, "type": "private", "first_name": "Amal"}
        update = {"message": {"message_id": 1, "date": 1, "chat": chat, "text": text}}
        async with client.post(f"{url}/__fixture/updates", json={"token": TOKEN, "update": update}) as response:
            assert (await response.json())["ok"]

    # The emulator shows nowhere whether a poll is open; its queue's own mark is read here.
    queues = emulator._update_queues
    yield Door(url, client, arrive, lambda: any(inbox.polling for inbox in queues._bots.values()))
    await runner.cleanup()


async def test_receiving_agrees_with_the_witness(ours: Door, witness: Door) -> None:
    expected = [(0, "eins"), (1, "zwei"), (2, "drei"), (3, "vier"), (4, "fünf")]
    refused = (400, 400, "Bad Request")
    outcomes = await script(ours)
    assert outcomes == [
        (200, []),
        (200, expected),
        (200, expected),
        (200, expected[:2]),
        (200, expected[1:]),
        (200, expected[1:]),
        (200, expected[1:2]),
        (200, expected[3:]),
        (200, expected[3:]),
        (200, expected[3:]),
        *([refused] * 5),
        (200, []),
        (200, []),
        (409, 409, "Conflict"),
        (409, 409, "Conflict"),
        (200, [(5, "sechs")]),
        (200, [(5, "sechs")]),
        (200, []),
    ]
    theirs = [outcome[:2] if outcome[0] == 400 else outcome for outcome in await script(witness)]
    assert theirs == [outcome[:2] if outcome[0] == 400 else outcome for outcome in outcomes]
