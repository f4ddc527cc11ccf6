"""Delivers letters: what must arrive once and stay; paced, and with text that is made at the last moment."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from sqlite3 import Connection

from bot.identity import Key
from bot.logs import places
from bot.telegram.calls import BadRequest, CallError, Calls, Forbidden, RetryAfter, TimedOut
from bot.telegram.noted import Noted
from bot.view import packed
from conversations.store import Store, post
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.letters")

PUSHES = 25  # letters and screens shown anew per second; replies are not held to it
LOOK = 1.0  # seconds between two looks for new letters
ENDING = 2.0  # seconds for letters that are under way when the process ends: cut off they would go once more
Text = Callable[[Connection, Letter], str | None]


class Pacer:
    """Keeps pushes apart: at most PUSHES a second, whoever sends them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self.clock = clock
        self.next = 0.0

    async def turn(self) -> None:
        """Waits for the next push."""
        now = self.clock()
        self.next = max(now, self.next + 1 / PUSHES)
        if self.next > now:
            await asyncio.sleep(self.next - now)


class Letters:
    """The postman. Where it is in doubt whether a letter arrived it goes once more, and then counts as sent.

    A long letter is several messages; where it is held up it goes on from the message it came to, after a kill from its
    beginning.
    """

    def __init__(self, calls: Calls, store: Store, key: Key, noted: Noted, pacer: Pacer, text: Text) -> None:
        """`text` makes a letter's text, or gives None where it is not to be sent any more."""
        self.calls, self.store, self.key, self.noted, self.pacer, self.text = calls, store, key, noted, pacer, text
        self.delivered = 0
        self._doubtful: set[int] = set()
        self._begun: dict[int, int] = {}  # how many messages of a long letter have gone out

    async def run(self) -> None:
        """Delivers what is there, and looks again."""
        while True:
            try:
                some = await self.deliver()
            except sqlite3.Error as error:
                log.error("letters wait (%s)", type(error).__name__)
                some = 0
            if not some:
                await asyncio.sleep(LOOK)

    async def deliver(self) -> int:
        """One round: at most as many letters as may go in a second; gives how many were tried. Raises sqlite3.Error."""

        def waiting(tx: Connection) -> list[tuple[Letter, bytes]]:
            letters = post.letters(tx, int(self.pacer.clock()), PUSHES)
            addresses = post.addresses(tx, {letter.owner for letter in letters})
            return [(letter, addresses[letter.owner].sealed) for letter in letters]

        letters = self._first(await self.store.read(waiting))
        sending: list[asyncio.Task[None]] = []
        try:
            for letter, sealed in letters:
                await self.pacer.turn()
                sending.append(asyncio.create_task(self._letter(letter, sealed)))
            if sending:
                await asyncio.wait(sending)
        except asyncio.CancelledError:
            await _ended(sending)
            raise
        await self.noted.write()
        return len(letters)

    def _first(self, waiting: Sequence[tuple[Letter, bytes]]) -> list[tuple[Letter, bytes]]:
        """Of each owner's letters the first, so that a long one comes whole before the next.

        Left out are those of which the store has not been told yet that they have gone out, or are to wait.
        """
        first: dict[str, tuple[Letter, bytes]] = {}
        for letter, sealed in waiting:
            if not self.noted.knows(letter):
                first.setdefault(letter.owner, (letter, sealed))
        return list(first.values())

    async def _letter(self, letter: Letter, sealed: bytes) -> None:
        """Sends the next message of a letter, and notes when it needs no further try."""
        number, messages = 0, list[str]()
        try:
            body = await self.store.read(lambda tx: self.text(tx, letter))
            if body is None:
                self._done(letter)
                return
            chat = self.key.unseal(sealed, letter.owner)
            quiet = letter.kind == "step" or None
            messages = packed(body.split("\n\n"))
            number = min(self._begun.get(letter.id, 0), len(messages) - 1)
            sent = await self.calls.call("sendMessage", chat_id=chat, text=messages[number], disable_notification=quiet)
            self.noted.message(letter.owner, int(sent["message_id"]))
            self._gone(letter, number + 1, messages)
        except RetryAfter as error:
            self.noted.hold(letter.owner, self.pacer.clock() + error.seconds)
        except Forbidden:
            self.noted.block(letter.owner)
        except BadRequest as error:
            log.error("a letter was refused: %s", error)
            self._done(letter)
        except TimedOut:
            if letter.id in self._doubtful:
                self._gone(letter, number + 1, messages)
            else:
                self._doubtful.add(letter.id)
        except (CallError, sqlite3.Error) as error:
            log.warning("a letter is tried again (%s)", type(error).__name__)
            await asyncio.sleep(LOOK)
        except Exception as error:  # a mistake of ours costs one letter, and not the process again and again
            log.error("letter %s set aside (%s at %s)", letter.id, type(error).__name__, places(error))
            self._done(letter)

    def _gone(self, letter: Letter, number: int, messages: Sequence[str]) -> None:
        """So many messages of a letter have gone out, or count as sent."""
        self._begun[letter.id] = number
        self._doubtful.discard(letter.id)
        if number >= len(messages):
            self.delivered += 1
            self._done(letter)

    def _done(self, letter: Letter) -> None:
        """A letter needs no further try."""
        self.noted.letter(letter.id)
        self._begun.pop(letter.id, None)
        self._doubtful.discard(letter.id)


async def _ended(sending: Sequence[asyncio.Task[None]]) -> None:
    """Lets what is under way arrive, if it does so soon."""
    if sending:
        _, late = await asyncio.wait(sending, timeout=ENDING)
        for task in late:
            task.cancel()
