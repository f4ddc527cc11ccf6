"""Bots broken on purpose, by name: what the harness must find out about. Each is as small as it can be.

`MUTANT="ack-before-commit"` names one. A mutant patches what it breaks, and knows the product as far as that.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any

from points import Proceed, around_calls


def ack_before_commit() -> None:
    """Asks for the next batch, which acknowledges the last one, before that is kept."""
    from bot.telegram.poll import Poller

    keep = Poller._keep

    async def early(self: Any, batch: list[dict[str, Any]]) -> None:
        async def later() -> None:
            await asyncio.sleep(0.1)
            await keep(self, batch)

        self.late = asyncio.create_task(later())

    Poller._keep = early  # type: ignore[method-assign]


def no_uniqueness() -> None:
    """Handles every delivery, seen before or not."""
    from bot.telegram.receive import Receiver
    from conversations.store import post

    Receiver._unseen = lambda self, tx, known, incoming: list(incoming)  # type: ignore[method-assign]
    keep = post.keep_seen

    def keep_new(tx: Connection, ids: Any, day: str) -> None:
        keep(tx, sorted(set(ids) - post.seen(tx, ids)), day)

    post.keep_seen = keep_new


def memory_first() -> None:
    """Speaks and acknowledges at once, and commits now and then."""
    from conversations.store import file

    committed = [time.monotonic()]

    def transaction(tx: Connection, unit: Callable[[Connection], Any], begin: str = "BEGIN IMMEDIATE") -> Any:
        if not tx.in_transaction:
            tx.execute("BEGIN IMMEDIATE")
        found = unit(tx)
        if time.monotonic() - committed[0] > 0.7:
            tx.execute("COMMIT")
            committed[0] = time.monotonic()
        return found

    file.transaction = transaction


def stale_accepted() -> None:
    """Takes a press on any button, however old, for an answer."""
    from conversations import engine

    engine._fresh = lambda questionnaire, conversation, question, version: question in questionnaire.by_id


def impatient() -> None:
    """Sends a message again at once where the answer was lost, and once more because it was lost."""

    async def twice(method: str, parameters: dict[str, Any], proceed: Proceed) -> Any:
        try:
            return await proceed()
        except Exception as error:
            if method == "sendMessage" and "connection" in str(error).lower():
                with contextlib.suppress(Exception):
                    await proceed()
            raise

    around_calls(twice)


def screens_forgotten() -> None:
    """Does not keep which message shows the question: every start sends it anew."""
    from conversations.store import post

    post.keep_sent = lambda tx, rows: None


def log_filter_off() -> None:
    """Logs whatever a library wants to write."""
    from bot.logs import Discreet

    Discreet.filter = lambda self, record: True  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    broken.__name__.replace("_", "-"): broken
    for broken in (
        ack_before_commit, no_uniqueness, memory_first, stale_accepted, impatient, screens_forgotten, log_filter_off,
    )
}  # fmt: skip
