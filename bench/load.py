"""The load server: a Bot API on loopback behind which N respondents fill in the short form. A process of its own.

    uv run python bench/load.py --people 200 --latency 30 --start "/start CODE"

Prints {"url": …} when it listens. The bot under test is pointed at that address; then, under the same address:

    POST /control/begin    people enter, or press what they see (--seen FILE)
    GET  /control/polled   answers when the bot has asked for updates the first time
    GET  /control/stats    how far everybody is, calls by method, bytes, this process's CPU; ?since=N: from wait N
    GET  /control/answers  the answers to which a reply came, to be compared with what is stored
    GET  /control/waits    from each press to its reply, in milliseconds, in order of the replies
    POST /control/stop     nobody presses any more

It is not strict as bot/standin is: it believes the bot and answers ok. What it does as Telegram does: getUpdates waits,
gives what has not been acknowledged again, and takes an offset as acknowledgement; messages have numbers and come back
whole; a press carries the message it belongs to. `--latency` is one round trip: half of it passes before a call takes
effect, half before its answer is written, for getUpdates as for all others, and costs no CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections import Counter, deque
from itertools import islice
from pathlib import Path
from typing import Any

from people import Crowd, Markup, Pace, Respondent, markup, quantiles
from wire import Call, Connection, Meanings, call

FIRST_USER = 10_000_000
ME = b'{"id":4242,"is_bot":true,"first_name":"Bench","username":"bench_bot"}'
TRUE = b'{"ok":true,"result":true}'
CHAT = b'{"id":%d,"first_name":"P%d","type":"private"}'
PERSON = b'{"id":%d,"is_bot":false,"first_name":"P%d","language_code":"de"}'
UNKNOWN = Respondent(0)


class Update:
    """One update until it is acknowledged: a press on a message as it was then, or a text."""

    __slots__ = ("data", "id", "message", "one", "shown", "text")

    def __init__(self, number: int, one: Respondent, data: bytes, shown: Markup | None) -> None:
        """`data` is a button's, or without `shown` the text that was sent."""
        self.id, self.one, self.data, self.shown = number, one, data, shown
        self.message, self.text = one.message, one.text

    def json(self, now: int) -> bytes:
        """As getUpdates gives it."""
        user = self.one.user
        chat, person = CHAT % (user, user), PERSON % (user, user)
        if self.shown is None:
            return (
                b'{"update_id":%d,"message":{"message_id":%d,"from":%b,"chat":%b,"date":%d,"text":"%b",'
                b'"entities":[{"offset":0,"length":6,"type":"bot_command"}]}}'
            ) % (self.id, self.message, person, chat, now, self.data)
        return (
            b'{"update_id":%d,"callback_query":{"id":"%d","from":%b,"message":{"message_id":%d,"from":%b,"chat":%b,'
            b'"date":%d,"edit_date":%d,"text":%b,"reply_markup":%b},"chat_instance":"-%d","data":"%b"}}'
        ) % (
            self.id, self.id, person, self.message, ME, chat, now, now, self.text, self.shown.json, user, self.data,
        )  # fmt: skip


class Server:
    """The Bot API and its respondents."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._loop = asyncio.get_event_loop()
        self._half = given.latency / 2000
        self._start = given.start.encode()
        self._meanings = Meanings()
        self._queue: deque[Update] = deque()
        self._next = 100_000_001
        self._message = 1_000_000
        self._poll: tuple[Connection, int] | None = None
        self._woken = False
        self._polled = asyncio.Event()
        self.acknowledged = self.delivered = 0
        self.calls: Counter[bytes] = Counter()
        self.connections: list[Connection] = []
        people = [Respondent(FIRST_USER + i) for i in range(given.people)]
        if given.seen:
            self._see(people, json.loads(Path(given.seen).read_text("utf-8")))
        self.crowd = Crowd(
            people, self._press, time.perf_counter, pace=Pace(given.pace), rate=given.rate, think=given.think,
            jitter=given.jitter, answers=given.answers,
        )  # fmt: skip

    def _see(self, people: list[Respondent], seen: dict[str, Any]) -> None:
        """Everybody sees the same message already."""
        text, rows = json.dumps(seen["text"], ensure_ascii=False).encode(), {"inline_keyboard": seen["rows"]}
        shown = markup(json.dumps(rows, ensure_ascii=False).encode(), rows)
        for one in people:
            one.message, one.text, one.markup = seen["message"], text, shown

    def connection(self) -> Connection:
        """A new connection."""
        made = Connection(self._arrived)
        self.connections.append(made)
        return made

    # ---- calls ------------------------------------------------------------------------------------------------

    def _arrived(self, connection: Connection, target: bytes, kind: bytes, body: bytes) -> None:
        at = time.perf_counter()
        asked = call(target, kind, body)
        if asked.path.startswith(b"/control/"):
            self._control(connection, asked)
            return
        name = asked.path[asked.path.rfind(b"/") + 1 :]
        self.calls[name] += 1
        if self._half:
            self._loop.call_later(self._half, self._effect, connection, name, asked, at)
        else:
            self._effect(connection, name, asked, at)

    def _effect(self, connection: Connection, name: bytes, asked: Call, at: float) -> None:
        if name == b"getUpdates":
            self._updates(connection, asked)
            return
        if name in (b"sendMessage", b"editMessageText", b"editMessageReplyMarkup"):
            result = self._said(name, asked, at)
        elif name == b"getMe":
            result = b'{"ok":true,"result":%b}' % (ME[:-1] + b',"can_join_groups":true}')
        else:
            result = TRUE
        if self._half:
            self._loop.call_later(self._half, connection.answer, result)
        else:
            connection.answer(result)

    def _said(self, name: bytes, asked: Call, at: float) -> bytes:
        """A message of the bot, new or changed."""
        chat, number, now = asked.whole(b"chat_id"), asked.whole(b"message_id"), int(time.time())
        index = chat - FIRST_USER
        one = self.crowd.people[index] if 0 <= index < len(self.crowd.people) else UNKNOWN
        raw = asked.values.get(b"reply_markup")
        shown = self._meanings.of(raw, asked.form, _keyboard) if raw else None
        text = self._meanings.text(asked.values[b"text"], asked.form) if b"text" in asked.values else one.text
        edited = b',"edit_date":%d' % now
        if name == b"sendMessage":
            self._message += 1
            number, edited = self._message, b""
        if name != b"editMessageReplyMarkup":
            self.crowd.shown(one, number, text, shown, at)
        keyboard = b',"reply_markup":' + shown.json if shown else b""
        return (
            b'{"ok":true,"result":{"message_id":%d,"from":%b,"chat":%b,"date":%d%b,"text":%b%b}}'
        ) % (number, ME, CHAT % (chat, chat), now, edited, text, keyboard)  # fmt: skip

    # ---- updates ----------------------------------------------------------------------------------------------

    def _press(self, one: Respondent, data: bytes) -> None:
        self._put(Update(self._next, one, data, one.markup))

    def _put(self, update: Update) -> None:
        self._next += 1
        self._queue.append(update)
        if self._poll is not None and not self._woken:  # what happens in the same moment goes out together
            self._woken = True
            self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        self._woken = False
        if self._poll is not None and self._queue:
            (connection, limit), self._poll = self._poll, None
            self._hand_out(connection, limit)

    def _updates(self, connection: Connection, asked: Call) -> None:
        self._polled.set()
        offset = asked.whole(b"offset")
        while self._queue and self._queue[0].id < offset:
            self.acknowledged += self._queue.popleft().shown is not None
        if self._poll is not None:
            self._poll[0].answer(b'{"ok":true,"result":[]}')
            self._poll = None
        limit, patience = asked.whole(b"limit", 100), asked.whole(b"timeout")
        if self._queue or not patience:
            self._hand_out(connection, limit)
            return
        self._poll = (connection, limit)
        self._loop.call_later(patience, self._expire, self._poll)

    def _expire(self, poll: tuple[Connection, int]) -> None:
        if self._poll is poll:
            self._poll = None
            poll[0].answer(b'{"ok":true,"result":[]}')

    def _hand_out(self, connection: Connection, limit: int) -> None:
        """What waits, whether or not it was handed out before: it stays until it is acknowledged."""
        updates = list(islice(self._queue, limit))
        now = int(time.time())
        body = b'{"ok":true,"result":[%b]}' % b",".join([update.json(now) for update in updates])
        if self._half:
            self._loop.call_later(self._half, self._deliver, connection, body, updates)
        else:
            self._deliver(connection, body, updates)

    def _deliver(self, connection: Connection, body: bytes, updates: list[Update]) -> None:
        connection.answer(body)
        at = time.perf_counter()
        for update in updates:
            update.one.delivered_at = at
        self.delivered += len(updates)

    # ---- control ----------------------------------------------------------------------------------------------

    def _control(self, connection: Connection, asked: Call) -> None:
        match asked.path:
            case b"/control/polled":
                waiting = asyncio.ensure_future(self._polled.wait())
                waiting.add_done_callback(lambda _: connection.answer(b"{}"))
            case b"/control/begin":
                self._begin()
                connection.answer(b"{}")
            case b"/control/stop":
                self.crowd.stopped = True
                connection.answer(b"{}")
            case b"/control/answers":
                connection.answer(json.dumps(self.crowd.answers_given()).encode())
            case b"/control/waits":
                waits = {"ms": [round(1000 * w, 3) for w in self.crowd.waits]}
                connection.answer(json.dumps(waits).encode())
            case _:
                connection.answer(json.dumps(self._stats(asked.whole(b"since", -1))).encode())

    def _begin(self) -> None:
        for one in self.crowd.people:
            if one.markup is None:
                self._message += 1
                one.message = self._message
                self._put(Update(self._next, one, self._start, None))
        self.crowd.begin()

    def _stats(self, since: int) -> dict[str, Any]:
        found = self.crowd.counts() | {
            "time": time.monotonic(), "cpu": time.process_time(), "queue": len(self._queue),
            "acknowledged": self.acknowledged, "delivered": self.delivered,
            "calls": {name.decode(): n for name, n in sorted(self.calls.items())},
            "received": sum(c.received for c in self.connections), "sent": sum(c.sent for c in self.connections),
        }  # fmt: skip
        if since >= 0:
            found |= {"delay_ms": quantiles(self.crowd.delays[since:]), "wait_ms": quantiles(self.crowd.waits[since:])}
        return found


def _keyboard(value: Any) -> Markup:
    return markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), value)


async def serve(given: argparse.Namespace) -> None:
    """Serves until it is ended."""
    server = Server(given)
    listening = await asyncio.get_running_loop().create_server(server.connection, "127.0.0.1", given.port)
    gc.collect()
    gc.freeze()  # what stays for ever need not be looked at again
    port = listening.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await listening.serve_forever()


def arguments() -> argparse.ArgumentParser:
    """What can be given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--people", type=int, default=100, help="how many respondents")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds of one round trip")
    parser.add_argument("--pace", choices=list(Pace), default=Pace.THINK.value)
    parser.add_argument("--rate", type=float, default=100.0, help="answers a second, with --pace rate")
    parser.add_argument("--think", type=float, default=0.5, help="seconds of thinking at least")
    parser.add_argument("--jitter", type=float, default=0.5, help="seconds of thinking more, at random")
    parser.add_argument("--answers", type=int, default=34, help="answers of each respondent at most")
    parser.add_argument("--start", default="/start", help="what is sent on entering")
    parser.add_argument("--seen", help="a JSON file: the message (text, rows, message) that everybody sees already")
    return parser


def main() -> None:
    """On uvloop where it is installed."""
    work = serve(arguments().parse_args())
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
