"""The named points at which a process can kill itself: statements of the database and calls to Telegram, from outside.

Nothing in the product knows of them. `CHAOS_KILL="before-commit:7"` names the point and at which passage of it to die.

  statement, in-deletion, in-migration        before any statement, before a DELETE, before a statement of a migration
  before-commit, after-commit                 around the COMMIT of a transaction that writes
  before-vacuum, after-vacuum, after-checkpoint, before-confirmation, after-confirmation    in a deletion
  in-copy, before-verified                    in a backup: while pages are copied, between copied and verified
  before-METHOD, after-METHOD                 around a call of Telegram's: before-sendMessage, after-getUpdates, …
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from bot.telegram import calls

CALLS = (
    "sendMessage", "editMessageText", "editMessageReplyMarkup", "answerCallbackQuery", "deleteMessages", "getUpdates",
)  # fmt: skip
OF_CALLS = tuple(f"{when}-{method}" for method in CALLS for when in ("before", "after"))
OF_COMMITS = ("before-commit", "after-commit")
OF_DELETIONS = (
    "in-deletion", "before-vacuum", "after-vacuum", "after-checkpoint", "before-confirmation", "after-confirmation",
)  # fmt: skip
OF_COPIES = ("in-copy", "before-verified")
Proceed = Callable[[], Awaitable[Any]]
Around = Callable[[str, dict[str, Any], Proceed], Awaitable[Any]]


class Points:
    """Counts passages, and kills this process at the wanted one."""

    def __init__(self, wanted: str | None) -> None:
        """`wanted` as in CHAOS_KILL; None: never."""
        name, _, number = (wanted or "").partition(":")
        self.name, self.number = name, int(number or 1)
        self.passages: Counter[str] = Counter()
        self.wiped = False  # whether the file was made to forget since the last message: the next one confirms it

    def passed(self, name: str) -> None:
        """This point is passed now; perhaps never left."""
        self.passages[name] += 1
        if name == self.name and self.passages[name] == self.number:
            os.kill(os.getpid(), signal.SIGKILL)

    # ---- the database -----------------------------------------------------------------------------------------

    def before_statement(self, sql: str, writes: bool) -> None:
        """A statement is about to be executed; `writes`: in a transaction that does."""
        self.passed("statement")
        words = sql.split(None, 2)
        match [w.upper() for w in words[:2]]:
            case ["COMMIT", *_] if writes:
                self.passed("before-commit")
            case ["DELETE", _]:
                self.passed("in-deletion")
            case [("CREATE" | "ALTER" | "DROP"), _]:
                self.passed("in-migration")
            case ["VACUUM", *rest] if not rest:
                self.passed("before-vacuum")
            case ["PRAGMA", pragma] if pragma.startswith(("USER_VERSION", "APPLICATION_ID")) and writes:
                self.passed("in-migration")
            case ["PRAGMA", pragma] if pragma.startswith(("INTEGRITY_CHECK", "QUICK_CHECK")):
                self.passed("before-verified")

    def after_statement(self, sql: str, writes: bool) -> None:
        """A statement was executed."""
        match sql.upper().split(None, 2)[:2]:
            case ["COMMIT", *_] if writes:
                self.passed("after-commit")
            case ["VACUUM"]:
                self.passed("after-vacuum")
            case ["VACUUM", "INTO"]:
                self.passed("in-copy")
            case ["PRAGMA", pragma] if pragma.startswith("WAL_CHECKPOINT"):
                self.passed("after-checkpoint")
                self.wiped = True

    # ---- calls to Telegram ------------------------------------------------------------------------------------

    async def call(self, method: str, parameters: dict[str, Any], proceed: Proceed) -> Any:
        """A call with its points around it; `proceed` makes it."""
        confirms = method == "sendMessage" and self.wiped
        self.passed(f"before-{method}")
        if confirms:
            self.passed("before-confirmation")
        found = await proceed()
        self.passed(f"after-{method}")
        if confirms:
            self.wiped = False
            self.passed("after-confirmation")
        return found


def around_statements(points: Points) -> None:
    """From now on every connection to a database tells `points` what it executes."""

    class Watched(sqlite3.Connection):
        """A connection whose statements can be watched."""

        writes = False

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            points.before_statement(sql, self.writes)
            found = super().execute(sql, *values)
            points.after_statement(sql, self.writes)
            if sql.startswith("BEGIN"):
                self.writes = "IMMEDIATE" in sql
            return found

        def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
            points.before_statement(sql, self.writes)
            return super().executemany(sql, *values)

        def backup(self, *values: Any, **named: Any) -> None:
            super().backup(*values, **named)
            points.passed("in-copy")

    connect = sqlite3.connect

    def watched(*values: Any, **named: Any) -> sqlite3.Connection:
        found: sqlite3.Connection = connect(*values, **{"factory": Watched, **named})
        return found

    sqlite3.connect = watched  # type: ignore[assignment]


def around_calls(around: Around) -> None:
    """From now on `around` makes every call to Telegram. The only place that knows how the product speaks to it."""
    call = calls.Calls.call

    async def made(self: calls.Calls, method: str, **parameters: Any) -> Any:
        return await around(method, parameters, lambda: call(self, method, **parameters))

    calls.Calls.call = made  # type: ignore[method-assign]


def give_up_after(seconds: float) -> None:
    """From now on a call to Telegram is given up after so many seconds."""
    calls.TIMEOUT = seconds


def install(wanted: str | None) -> Points:
    """Arms this process."""
    points = Points(wanted)
    around_statements(points)
    around_calls(points.call)
    return points
