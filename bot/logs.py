"""What is logged: one filter at the root that keeps token and chat contents out, whatever a library wants to write."""

from __future__ import annotations

import logging
import re
import sys
import traceback

TOKENS = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,}|/bot[^/\s]+/")
FOREIGN = ("telegram", "httpx", "httpcore", "aiohttp", "asyncio", "aiosqlite")


class Discreet(logging.Filter):
    """Lets our own records pass without tokens; of other libraries only warnings, and of those only their kind."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; it is cleaned in place."""
        if record.name.split(".")[0] in FOREIGN:
            if record.levelno < logging.WARNING:
                return False
            record.msg, record.args = f"{record.name}: {record.levelname.lower()} at line {record.lineno}", ()
            record.exc_info = record.exc_text = record.stack_info = None
            return True
        record.msg, record.args = TOKENS.sub("[token]", record.getMessage()), ()
        if record.exc_info:
            kind = record.exc_info[0]
            record.msg += f" ({kind.__name__ if kind else 'error'})"
            record.exc_info = record.exc_text = None
        record.stack_info = None
        return True


def places(error: BaseException) -> str:
    """Where an exception arose, without its message, which may hold what somebody wrote."""
    return " < ".join(f"{f.name}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)))


def start(level: str = "INFO") -> None:
    """Logs to standard error from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
