"""The queue of updates: kept until acknowledged, handed to one poller at a time, forgotten when too old."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from bot.standin.refusal import RefusedError

CALLBACK_SECONDS = 150.0
OTHER_SECONDS = 24 * 3600.0
QUIET_SECONDS = 7 * 24 * 3600.0  # after a week without updates Telegram begins at another id
LONGEST_POLL = 50
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True)
class _Waiting:
    id: int
    kind: str
    body: dict[str, Any]
    since: float

    @property
    def seconds(self) -> float:
        """How long Telegram keeps it."""
        return CALLBACK_SECONDS if self.kind == "callback_query" else OTHER_SECONDS


class Updates:
    """What the bot has not acknowledged yet.

    A second getUpdates beside an open one is the one that is answered 409 (Telegram itself ends the older one).
    """

    def __init__(self, clock: Callable[[], float], dice: Random, copies: Callable[[str, int], int]) -> None:
        """`copies(kind, chat)` says how many times an update is to be queued, normally once."""
        self.allowed: list[str] = []
        self._clock = clock
        self._dice = dice
        self._copies = copies
        self._queue: list[_Waiting] = []
        self._next = dice.randrange(100_000_000, 900_000_000)
        self._last: float | None = None
        self._arrived = asyncio.Event()
        self.polling = False

    def put(self, kind: str, body: dict[str, Any], chat: int) -> None:
        """Queue something that happened in a chat, unless the bot does not want to hear of that kind."""
        now = self._clock()
        if self._last is not None and now - self._last >= QUIET_SECONDS:
            self._next = self._dice.randrange(100_000_000, 900_000_000)
        self._last = now
        if self.allowed and kind not in self.allowed:
            return
        for _ in range(self._copies(kind, chat)):
            self._queue.append(_Waiting(self._next, kind, body, now))
            self._next += 1
        self._arrived.set()

    def pending(self) -> int:
        """How many updates wait for the bot."""
        self._forget()
        return len(self._queue)

    def clear(self) -> None:
        """Forget all that waits."""
        self._queue.clear()

    async def poll(self, offset: int, limit: int, seconds: float, allowed: list[str] | None) -> list[dict[str, Any]]:
        """What a getUpdates call gives; waits up to that many seconds (at most 50) for the first update.

        A positive offset acknowledges all before it, a negative one keeps that many from the end. Raises
        RefusedError (409) while another poll is open.
        """
        if self.polling:
            raise RefusedError(409, CONFLICT)
        self.polling = True
        try:
            if allowed is not None:
                self.allowed = allowed
            if offset < 0:
                self._queue = self._queue[offset:]
            elif offset:
                self._queue = [update for update in self._queue if update.id >= offset]
            self._forget()
            if not self._queue and seconds > 0:
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), min(seconds, LONGEST_POLL))
                except TimeoutError:
                    return []
                self._forget()
            return [{"update_id": update.id, update.kind: update.body} for update in self._queue[:limit]]
        finally:
            self.polling = False

    def _forget(self) -> None:
        now = self._clock()
        self._queue = [update for update in self._queue if now - update.since <= update.seconds]
