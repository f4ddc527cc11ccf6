"""What the courier has shown, and whom it could not reach, until the store knows of it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection

from conversations.store import Store, people, post
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.courier")

AGAIN = 1.0  # seconds until what could not be noted is tried again


class Noted:
    """Notes on their way to the store; many go in one commit, and none is lost where a commit fails."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self.store, self.clock = store, clock
        self.edited: dict[str, tuple[int, int]] = {}  # shown by editing: version, message
        self.sent: dict[str, tuple[int, int, int]] = {}  # shown by a new message: message, version, wish
        self.messages: list[tuple[str, int]] = []  # in whose chat which message stands
        self.held: dict[str, int] = {}  # owner: second since 1970 until which Telegram wants to be left in peace
        self.blocked: set[str] = set()
        self.letters: set[int] = set()  # that have gone out, or are not to be sent any more
        self.farewells: set[str] = set()  # deletions that are confirmed
        self._something = asyncio.Event()
        self._lock = asyncio.Lock()

    def new_screen(self, respondent: str, message: int, version: int, wish: int) -> None:
        """A new message shows a version of a conversation, and was sent for that wish (see ShownScreen)."""
        self.sent[respondent] = (message, version, wish)
        self.message(respondent, message)

    def message(self, owner: str, message: int) -> None:
        """A message stands in somebody's chat; a deletion is to reach it."""
        self.messages.append((owner, message))
        self._something.set()

    def hold(self, owner: str, until: float) -> None:
        """Telegram wants a chat left in peace until a second."""
        self.held[owner] = int(until) + 1
        self._something.set()

    def block(self, owner: str) -> None:
        """Somebody has blocked the bot."""
        self.blocked.add(owner)
        self._something.set()

    def letter(self, letter: int) -> None:
        """A letter has gone out, or is not to be sent any more."""
        self.letters.add(letter)
        self._something.set()

    def farewell(self, farewell: str) -> None:
        """A deletion is confirmed."""
        self.farewells.add(farewell)
        self._something.set()

    def knows(self, letter: Letter) -> bool:
        """Whether a letter is not to be sent now, though the store does not know it yet."""
        held = self.held.get(letter.owner, 0) > self.clock()
        return letter.id in self.letters or letter.owner in self.blocked or held

    def edits(self) -> list[tuple[int, int, str]]:
        """What was shown by editing and is not in the store yet: (version, message, respondent).

        It rides in the next batch; when that is kept, `edits_kept` takes it off.
        """
        return [(version, message, r) for r, (version, message) in self.edited.items()]

    def edits_kept(self, rows: Sequence[tuple[int, int, str]]) -> None:
        """These edits are in the store."""
        for version, message, respondent in rows:
            if self.edited.get(respondent) == (version, message):
                del self.edited[respondent]

    def waits_for(self, respondents: Collection[str]) -> bool:
        """Whether the store does not yet know what the chats of these respondents show."""
        return any(r in self.sent or r in self.edited for r in respondents)

    async def write(self) -> None:
        """One commit for all notes. Raises sqlite3.Error, keeping all."""
        async with self._lock:
            sent, held = dict(self.sent), dict(self.held)
            messages, blocked = list(self.messages), set(self.blocked)
            letters, farewells = set(self.letters), set(self.farewells)
            if not (sent or held or messages or blocked or letters or farewells):
                return
            day = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()

            def unit(tx: Connection) -> None:
                post.drop_letters(tx, list(letters))
                post.drop_farewells(tx, list(farewells))
                post.keep_sent(tx, [(message, version, r, wish) for r, (message, version, wish) in sent.items()])
                people.keep_messages(tx, messages, day)
                post.hold(tx, [(until, owner) for owner, until in held.items()])
                post.block(tx, list(blocked), True)

            await self.store.write(unit)
            self.sent = {r: shown for r, shown in self.sent.items() if sent.get(r) != shown}
            self.held = {o: until for o, until in self.held.items() if held.get(o) != until}
            self.messages = self.messages[len(messages) :]
            self.blocked -= blocked
            self.letters -= letters
            self.farewells -= farewells

    async def run(self) -> None:
        """Writes whenever there is something to note."""
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                await self.write()
            except sqlite3.Error as error:
                log.error("what was shown cannot be noted yet (%s)", type(error).__name__)
                self._something.set()
                await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        """Notes what is left when the process ends."""
        rows = self.edits()
        try:
            await self.store.write(lambda tx: post.keep_shown(tx, rows))
            await self.write()
        except sqlite3.Error as error:
            log.error("what was shown could not be noted (%s)", type(error).__name__)
