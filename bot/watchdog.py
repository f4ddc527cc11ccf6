"""Ends a process whose poller does not move any more, so that a supervisor starts a new one: a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.health import Health

log = logging.getLogger("weltoffen.watchdog")

STALLED = 50.0  # seconds without a beat; a fetch that waits for people takes up to 40
WIPING = 1800.0  # seconds without a beat while a large database is rebuilt
EXIT = 70  # the exit code: a supervisor is to start the process again


def stalled(health: Health, wiping: bool) -> bool:
    """Whether the poller has not moved for longer than anything it waits for may take."""
    return health.clock() - health.beaten > (WIPING if wiping else STALLED)


@contextmanager
def watched(
    health: Health, wiping: Callable[[], bool], end: Callable[[int], None] = os._exit, look: float = 1.0
) -> Iterator[None]:
    """Looks every `look` seconds whether the poller moves, also while the event loop stands still.

    What was kept is kept and what was not will be handed out again, so the end may be as hard as a kill.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(look):
            if stalled(health, wiping()):
                log.critical("the poller has not moved for %d s; the process ends", health.clock() - health.beaten)
                end(EXIT)
                return

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
