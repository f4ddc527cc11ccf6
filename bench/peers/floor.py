"""The floor: what must be done at least, and nothing else. msgspec, aiohttp's client, one table, a group commit.

A batch is decoded into structs, its answers are kept in one transaction (WAL, synchronous=FULL), and only then the next
batch is asked for; each press is answered and its message edited, beside each other. No conversation, no languages, no
notice, no retries, no double taps, no deletion, no pseudonyms: texts and keyboards are bytes made once.

On asyncio's own event loop, as weltoffen is; `--uvloop` shows what another loop would give both.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import msgspec
from asked import API_URL, DATABASE, INSERT, PRAGMAS, QUESTIONS, TABLE, THANKS, TOKEN

CONNECTIONS = 256


class User(msgspec.Struct):
    """Who."""

    id: int


class Message(msgspec.Struct):
    """Where."""

    message_id: int
    sender: User = msgspec.field(name="from")


class Query(msgspec.Struct):
    """A press."""

    id: str
    data: str
    message: Message
    sender: User = msgspec.field(name="from")


class Update(msgspec.Struct):
    """An update."""

    update_id: int
    message: Message | None = None
    callback_query: Query | None = None


class Updates(msgspec.Struct):
    """What getUpdates gives."""

    result: list[Update]


def _body(text: str, rows: tuple[tuple[tuple[str, str], ...], ...]) -> bytes:
    shown: dict[str, Any] = {"text": text}
    if rows:
        shown["reply_markup"] = {
            "inline_keyboard": [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
        }
    return json.dumps(shown, ensure_ascii=False).encode().replace(b"%", b"%%")[1:]


SCREENS = [_body(q.text, q.rows) for q in QUESTIONS] + [_body(THANKS, ())]
SEND = [b'{"chat_id":%d,' + screen for screen in SCREENS]
EDIT = [b'{"chat_id":%d,"message_id":%d,' + screen for screen in SCREENS]
DECODER = msgspec.json.Decoder(Updates)

Keep = Callable[[sqlite3.Connection, list[tuple[int, str, str]]], None]


def together(database: sqlite3.Connection, rows: list[tuple[int, str, str]]) -> None:
    """All answers of a batch in one commit."""
    database.execute("BEGIN IMMEDIATE")
    database.executemany(INSERT, rows)
    database.execute("COMMIT")


class Floor:
    """The loop."""

    def __init__(self, keep: Keep) -> None:
        """`keep` writes the answers of one batch."""
        self._keep = keep
        self._tasks: set[asyncio.Task[None]] = set()
        self._headers = {"Content-Type": "application/json"}

    async def run(self) -> None:
        """Fetch, keep, say, until SIGTERM."""
        database = sqlite3.connect(DATABASE, isolation_level=None)
        for sql in (*PRAGMAS, TABLE):
            database.execute(sql)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as self._http:
            polling = asyncio.create_task(self._poll(database))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([polling, stopping], return_when=asyncio.FIRST_COMPLETED)
            polling.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        database.close()

    async def _poll(self, database: sqlite3.Connection) -> None:
        offset = 0
        while True:
            body = b'{"offset":%d,"timeout":25,"limit":100}' % offset
            batch = DECODER.decode(await self._call("getUpdates", body)).result
            if not batch:
                continue
            rows = []
            for update in batch:
                if (press := update.callback_query) is not None:
                    _, number, value = press.data.split(":")
                    rows.append((press.sender.id, QUESTIONS[int(number)].id, value))
            if rows:
                self._keep(database, rows)
            offset = batch[-1].update_id + 1
            for update in batch:
                self._reply(update)

    def _reply(self, update: Update) -> None:
        if (press := update.callback_query) is not None:
            following = int(press.data.split(":")[1]) + 1
            self._say("editMessageText", EDIT[following] % (press.sender.id, press.message.message_id))
            self._say("answerCallbackQuery", b'{"callback_query_id":"%b"}' % press.id.encode())
        elif update.message is not None:
            self._say("sendMessage", SEND[0] % update.message.sender.id)

    def _say(self, method: str, body: bytes) -> None:
        work: Coroutine[Any, Any, Any] = self._call(method, body)
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, method: str, body: bytes) -> bytes:
        async with self._http.post(f"{API_URL}/bot{TOKEN}/{method}", data=body, headers=self._headers) as answer:
            return await answer.read()


def main(keep: Keep = together) -> None:
    """Runs until SIGTERM."""
    if "--uvloop" in sys.argv:
        import uvloop

        uvloop.run(Floor(keep).run())
    else:
        asyncio.run(Floor(keep).run())


if __name__ == "__main__":
    main()
