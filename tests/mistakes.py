"""Runs weltoffen with mistakes put into it, each of which has the words of people and the token in its message.

python mistakes.py MISTAKE,MISTAKE,… run --log DEBUG
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

WORDS = "Kanarienausnahme"


def words() -> str:
    """What must not be written anywhere."""
    return f"{WORDS} {os.environ.get('TELEGRAM_BOT_TOKEN')}"


class MistakeError(RuntimeError):
    """A mistake of ours that quotes what somebody wrote."""


def fail(*_: object, **__: object) -> Any:
    """Fails as no handler expects it."""
    raise MistakeError(words())


def in_a_fold() -> None:
    """One text cannot be understood."""
    import bot.telegram.fold as fold

    cleaned = fold.cleaned
    fold.cleaned = lambda text: fail() if "Kanarienbruch" in text else cleaned(text)


def in_a_commit() -> None:
    """One update cannot be kept."""
    from bot.telegram.receive import post

    keep = post.keep_seen
    post.keep_seen = lambda tx, ids, day: fail() if 77 in ids else keep(tx, ids, day)


def in_a_call() -> None:
    """What is said to a press cannot be said."""
    from bot.telegram.calls import Calls

    call = Calls.call

    async def broken(self: Calls, method: str, **parameters: Any) -> Any:
        if method == "answerCallbackQuery":
            raise MistakeError(f"{words()} {parameters}")
        return await call(self, method, **parameters)

    Calls.call = broken  # type: ignore[method-assign]


def at_the_start(what: Callable[[], object]) -> Callable[[], None]:
    """Does something as soon as the process works."""

    def install() -> None:
        from bot.telegram.run import Process

        run = Process.run

        async def changed(self: Process) -> None:
            what()
            await run(self)

        Process.run = changed  # type: ignore[method-assign]

    return install


def lost_task() -> None:
    """A task fails, and nobody asks for its result."""

    async def broken() -> None:
        fail()

    asyncio.get_running_loop().create_task(broken()).set_name(WORDS)


def in_a_thread() -> None:
    """A thread ends with an exception."""
    thread = threading.Thread(target=fail, name=WORDS)
    thread.start()
    thread.join()


class Dying:
    """Fails when it is thrown away."""

    __del__ = fail


def foreign() -> None:
    """Other libraries write to the log."""
    for name in ("urllib3.connectionpool", "concurrent.futures", "py.warnings", "root"):
        logging.getLogger(name).error("%s %s", words(), "x")
    logging.getLogger("telegram.Bot").debug(words())
    logging.getLogger("asyncio").error(words(), exc_info=MistakeError(words()))


def in_housekeeping() -> None:
    """What is done every few seconds fails, and the process ends."""
    import bot.telegram.run as run

    run.housekeeping = fail


def no_filter() -> None:
    """The filter of the log lets everything through."""
    from bot.logs import Discreet

    Discreet.filter = lambda self, record: True  # type: ignore[method-assign]


MISTAKES: dict[str, Callable[[], None]] = {
    "fold": in_a_fold, "commit": in_a_commit, "call": in_a_call, "task": at_the_start(lost_task),
    "thread": at_the_start(in_a_thread), "thrown away": at_the_start(lambda: Dying() and None),
    "warning": at_the_start(lambda: warnings.warn(words(), stacklevel=1)), "foreign": at_the_start(foreign),
    "housekeeping": in_housekeeping, "no filter": no_filter,
}  # fmt: skip


if __name__ == "__main__":
    from bot.cli import main

    for name in filter(None, sys.argv[1].split(",")):
        MISTAKES[name]()
    main(args=sys.argv[2:], prog_name="weltoffen")
