"""Delivers letters: what must arrive once and stay; paced, and with text that is made at the last moment."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from sqlite3 import Connection

from bot.identity import Key
from bot.telegram.calls import BadRequest, CallError, Calls, Forbidden, RetryAfter, TimedOut
from bot.telegram.noted import Noted
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
    """The postman. Where it is in doubt whether a letter arrived it goes once more, and then counts as sent."""

    def __init__(self, calls: Calls, store: Store, key: Key, noted: Noted, pacer: Pacer, text: Text) -> None:
        """`text` makes a letter's text, or gives None where it is not to be sent any more."""
        self.calls, self.store, self.key, self.noted, self.pacer, self.text = calls, store, key, noted, pacer, text
        self.delivered = 0
        self._doubtful: set[int] = set()

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
        return len(letters)

    async def _letter(self, letter: Letter, sealed: bytes) -> bool:
        """Whether a letter needs no further try."""
        try:
            body = await self.store.read(lambda tx: self.text(tx, letter))
            if body is None:
                return True
            chat = self.key.unseal(sealed, letter.owner)
            quiet = letter.kind == "step" or None
            sent = await self.calls.call("sendMessage", chat_id=chat, text=body, disable_notification=quiet)
            self.noted.message(letter.owner, int(sent["message_id"]))
            self.delivered += 1
            return True
        except RetryAfter as error:
            self.noted.hold(letter.owner, self.pacer.clock() + error.seconds)
        except Forbidden:
            self.noted.block(letter.owner)
        except BadRequest as error:
            log.error("a letter was refused: %s", error)
            return True
        except TimedOut:
            again = letter.id in self._doubtful
            self._doubtful.add(letter.id)
            return again
        except (CallError, sqlite3.Error) as error:
            log.warning("a letter is tried again (%s)", type(error).__name__)
            await asyncio.sleep(LOOK)
        return False
