"""How much a bot may send: about one message a second to a chat, thirty a second over all, with a short burst."""

import math
from collections.abc import Callable
from dataclasses import dataclass

CHAT_RATE, CHAT_BURST = 1.0, 5.0
BOT_RATE, BOT_BURST = 30.0, 30.0
REPLY_SECONDS = 10.0  # what answers a person heard from within this time is not held to the limit over all


@dataclass
class _Bucket:
    rate: float
    burst: float
    level: float
    at: float

    def fill(self, now: float) -> None:
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now

    @property
    def wait(self) -> float:
        """Seconds until one more may go."""
        return max(0.0, (1.0 - self.level) / self.rate)


class Limits:
    """Counts what was sent. `on` switches the limits; `heard` is told whenever a person did something."""

    def __init__(self, clock: Callable[[], float], on: bool) -> None:
        self.on = on
        self._clock = clock
        self._chats: dict[int, _Bucket] = {}
        self._bot = _Bucket(BOT_RATE, BOT_BURST, BOT_BURST, clock())
        self._heard: dict[int, float] = {}

    def heard(self, chat: int) -> None:
        """A person did something in this chat."""
        self._heard[chat] = self._clock()

    def retry_after(self, chat: int) -> int | None:
        """None when a message may go to this chat (it is counted then), else the whole seconds to wait."""
        if not self.on:
            return None
        now = self._clock()
        pushed = now - self._heard.get(chat, -math.inf) > REPLY_SECONDS
        buckets = [self._chats.setdefault(chat, _Bucket(CHAT_RATE, CHAT_BURST, CHAT_BURST, now))]
        if pushed:
            buckets.append(self._bot)
        for bucket in buckets:
            bucket.fill(now)
        if wait := max(bucket.wait for bucket in buckets):
            return max(1, math.ceil(wait))
        for bucket in buckets:
            bucket.level -= 1
        return None
