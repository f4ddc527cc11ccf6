"""The Telegram door: the only place that knows python-telegram-bot and Telegram's names."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library's way of telling durations from its next version on
