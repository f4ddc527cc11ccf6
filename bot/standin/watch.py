"""Wakes those who wait for a change in a chat: one chat's watcher, and listeners to all chats."""

import asyncio
from collections import defaultdict


class Listener:
    """Collects the chats that changed until they are taken; a chat that changes twice is taken once."""

    def __init__(self) -> None:
        self._changed: dict[int, None] = {}
        self._something = asyncio.Event()

    def hear(self, chat: int) -> None:
        """A chat changed."""
        self._changed[chat] = None
        self._something.set()

    async def take(self, seconds: float) -> list[int]:
        """The chats that changed since the last take; waits up to `seconds` for the first, [] when there is none."""
        try:
            await asyncio.wait_for(self._something.wait(), seconds)
        except TimeoutError:
            return []
        self._something.clear()
        taken, self._changed = list(self._changed), {}
        return taken


class Watch:
    """Everybody who waits."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._waiting: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)

    def changed(self, chat: int) -> None:
        """Wake those who wait for this chat or for any."""
        for waiting in self._waiting.pop(chat, ()):
            if not waiting.done():
                waiting.set_result(None)
        for listener in self.listeners:
            listener.hear(chat)

    async def wait(self, chat: int, seconds: float) -> bool:
        """Whether the chat changed within that many seconds from now."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[chat].add(waiting)
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting[chat].discard(waiting)
            if not self._waiting[chat]:
                del self._waiting[chat]
        return True
