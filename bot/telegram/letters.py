"""Delivers letters: what must arrive once and stay; paced, and with text that is made at the last moment."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from sqlite3 import Connection

from bot.identity import Key
from bot.telegram.calls import BadRequest, CallError, Calls, Forbidden, RetryAfter, TimedOut
from bot.telegram.noted import Noted
from bot.view import packed
from conversations.store import Store, post
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.letters")

PUSHES = 25  # letters and screens shown anew per second; replies are not held to it
LOOK = 1.0  # seconds between two looks for new letters
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
        """One round: at most as many letters as may go in a second; gives how many were tried."""

        def waiting(tx: Connection) -> list[tuple[Letter, bytes]]:
            letters = post.letters(tx, int(self.pacer.clock()), PUSHES)
            addresses = post.addresses(tx, {letter.owner for letter in letters})
            return [(letter, addresses[letter.owner].sealed) for letter in letters]

        letters, sending = await self.store.read(waiting), []
        for letter, sealed in letters:
            await self.pacer.turn()
            sending.append(asyncio.create_task(self._letter(letter, sealed)))
        done = await asyncio.gather(*sending)
        gone = [letter.id for (letter, _), sent in zip(letters, done, strict=True) if sent]
        await self.noted.write(gone)
        self._doubtful -= set(gone)
        self._begun = {letter: number for letter, number in self._begun.items() if letter not in gone}
        return len(letters)

    async def _letter(self, letter: Letter, sealed: bytes) -> bool:
        """Sends the next message of a letter; whether it was the last one, or the letter needs no further try."""
        number, messages = 0, list[str]()
        try:
            body = await self.store.read(lambda tx: self.text(tx, letter))
            if body is None:
                return True
            chat = self.key.unseal(sealed, letter.owner)
            quiet = letter.kind == "step" or None
            messages = packed(body.split("\n\n"))
            number = min(self._begun.get(letter.id, 0), len(messages) - 1)
            sent = await self.calls.call("sendMessage", chat_id=chat, text=messages[number], disable_notification=quiet)
            self.noted.message(letter.owner, int(sent["message_id"]))
            return self._gone(letter, number + 1, messages)
        except RetryAfter as error:
            self.noted.hold(letter.owner, self.pacer.clock() + error.seconds)
        except Forbidden:
            self.noted.block(letter.owner)
        except BadRequest as error:
            log.error("a letter was refused: %s", error)
            return True
        except TimedOut:
            if letter.id in self._doubtful:
                return self._gone(letter, number + 1, messages)
            self._doubtful.add(letter.id)
        except (CallError, sqlite3.Error) as error:
            log.warning("a letter is tried again (%s)", type(error).__name__)
            await asyncio.sleep(LOOK)
        return False

    def _gone(self, letter: Letter, number: int, messages: Sequence[str]) -> bool:
        """So many messages of a letter have gone out, or count as sent; whether that is all of it."""
        self._begun[letter.id] = number
        self._doubtful.discard(letter.id)
        self.delivered += number >= len(messages)
        return number >= len(messages)
