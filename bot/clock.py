"""Whose clocks go: those of Germany, for what is typed and what is shown, wherever the server stands. UTC is kept."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

GERMANY = ZoneInfo("Europe/Berlin")


def here(moment: datetime) -> datetime:
    """A moment as the clock on a commune's wall shows it."""
    return moment.astimezone(GERMANY)
