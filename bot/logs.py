"""What is logged: one filter at the root that keeps token and chat contents out, whatever a library wants to write.

The same holds for what Python itself would write beside the log: exceptions that nobody caught, and warnings.
"""

from __future__ import annotations

import logging
import re
import resource
import sys
import threading
import traceback
from types import TracebackType

TOKENS = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,}|/bot[^/\s]+/")
OURS = "weltoffen"  # what the names of our own loggers begin with

log = logging.getLogger("weltoffen.logs")


class Discreet(logging.Filter):
    """Lets our own records pass without tokens; of all others only warnings, and of those only their kind."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written; it is cleaned in place."""
        if record.name.split(".")[0] != OURS:
            if record.levelno < logging.WARNING:
                return False
            record.msg, record.args = f"{record.name}: {record.levelname.lower()} at line {record.lineno}", ()
            record.exc_info = record.exc_text = record.stack_info = None
            return True
        try:
            message = record.getMessage()
        except Exception:  # a mistake in a line of ours must not end what it tells of
            message = f"a line that cannot be written ({record.filename}:{record.lineno})"
        record.msg, record.args = TOKENS.sub("[token]", message), ()
        if record.exc_info:
            kind = record.exc_info[0]
            record.msg += f" ({kind.__name__ if kind else 'error'})"
            record.exc_info = record.exc_text = None
        record.stack_info = None
        return True


def places(error: BaseException) -> str:
    """Where an exception arose, without its message, which may hold what somebody wrote."""
    return _places(error.__traceback__)


def _places(trace: TracebackType | None) -> str:
    return " < ".join(f"{f.name}:{f.lineno}" for f in reversed(traceback.extract_tb(trace)))


def _uncaught(kind: type[BaseException], trace: TracebackType | None, where: str) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("nobody caught %s (%s at %s)", where, kind.__name__, _places(trace))


def start(level: str = "INFO") -> None:
    """Logs to standard error from `level` on; nothing passes the filter by, and no image of the memory goes to disk."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, _, trace: _uncaught(kind, trace, "an exception")
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_traceback, "an exception of a thread")
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_traceback, "an exception of what is gone")
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
