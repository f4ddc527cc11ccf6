"""Respondents who answer a questionnaire of rating questions: what they see, when they press, how long they waited.

Knows the labels on the buttons and nothing of how updates travel. A respondent thinks at least `think` seconds after a
question has appeared, so that the guard against double taps has its work and no more.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

LABELS = {
    "ja": "yes", "eher ja": "rather-yes", "eher nein": "rather-no", "nein": "no", "keine Einschätzung": "cannot-say",
}  # fmt: skip
"""The five buttons of a rating question, and the value that is stored for each."""

VALUES = tuple(LABELS.values())
ON_THE_WAY_IN = ("Deutsch", "Ich habe das gelesen und mache mit")
"""What is pressed before the first question, where it is asked."""

ENTERING = 0.1  # seconds a respondent takes for each of these


class Pace(StrEnum):
    """When people press."""

    THINK = "think"  # each when the thinking is done
    RATE = "rate"  # so many a second, by chance spread over time, whoever has done thinking
    TOGETHER = "together"  # all at the same moment, again when all have been answered


@dataclass(frozen=True, slots=True)
class Markup:
    """A keyboard: its JSON, the data of the five ratings, the data of a button on the way in, how many buttons."""

    json: bytes
    ratings: tuple[bytes, ...]
    inward: bytes
    buttons: int


def markup(raw: bytes, value: Any) -> Markup:
    """What a keyboard of Telegram's form offers to a respondent."""
    buttons = [b for row in value.get("inline_keyboard", ()) for b in row]
    by_label = {b["text"]: b.get("callback_data", "").encode() for b in buttons}
    ratings = tuple(by_label[name] for name in LABELS) if all(name in by_label for name in LABELS) else ()
    inward = next((by_label[name] for name in ON_THE_WAY_IN if name in by_label), b"")
    return Markup(raw, ratings, inward, len(buttons))


class Respondent:
    """One person: what the chat shows, and the press that waits for its reply."""

    __slots__ = ("answered", "choice", "delivered_at", "markup", "message", "outstanding", "pressed_at", "text", "user")

    def __init__(self, user: int) -> None:
        self.user = user
        self.message = 0
        self.text = b'""'
        self.markup: Markup | None = None
        self.answered = 0
        self.choice = 0
        self.outstanding = False
        self.pressed_at = 0.0
        self.delivered_at = 0.0


class Crowd:
    """Everybody who takes part, at one pace."""

    def __init__(
        self, people: Sequence[Respondent], press: Callable[[Respondent, bytes], None], clock: Callable[[], float], *,
        pace: Pace, rate: float, think: float, jitter: float, answers: int, seed: int = 1,
    ) -> None:  # fmt: skip
        """`press` carries a press (the button's data) to the bot; everybody gives `answers` answers at most."""
        self.people, self._press, self._clock = people, press, clock
        self.pace, self.rate, self.think, self.jitter, self.answers = pace, rate, think, jitter, answers
        self._dice = Random(seed)
        self._loop = asyncio.get_event_loop()
        self._ready: deque[tuple[float, Respondent]] = deque()
        self.stopped = False
        self.entered = self.pressed = self.replied = self.outstanding = self.missed = 0
        self.screens = self.buttons = 0
        self.chosen = [0] * len(VALUES)
        self.delays = array("d")  # from delivery to the bot until the bot's reply was there
        self.waits = array("d")  # from the press until the bot's reply was there

    def begin(self) -> None:
        """From now on people press what they see; some may see a question already."""
        for one in self.people:
            if one.markup is not None and one.markup.ratings:
                self.entered += 1
                self.ready(one)
        if self.pace is Pace.RATE:
            self._loop.call_soon(self._tick, self._clock())

    def shown(self, one: Respondent, message: int, text: bytes, shown: Markup | None, at: float) -> None:
        """The bot's message with these buttons stands in a chat; the bot's call had arrived at second `at`."""
        if shown is None and one.answered < self.answers - 1:
            return  # a word in passing
        fresh = text != one.text
        one.message, one.text, one.markup = message, text, shown
        if one.outstanding and fresh:
            self._replied(one, at)
        if shown is None or one.outstanding:
            return
        if shown.ratings:
            self.screens += 1
            self.buttons += shown.buttons
            self.entered += not one.answered and fresh
            if one.answered < self.answers and not self.stopped:
                self.ready(one)
        elif shown.inward and fresh:
            self._loop.call_later(ENTERING, self._press, one, shown.inward)

    def ready(self, one: Respondent) -> None:
        """Somebody sees a question and begins to think."""
        if self.pace is Pace.THINK:
            self._loop.call_later(self.think + self.jitter * self._dice.random(), self._rate, one)
        else:
            self._ready.append((self._clock() + self.think, one))
            if self.pace is Pace.TOGETHER and len(self._ready) == len(self.people):
                self._loop.call_later(self.think, self._together)

    def _replied(self, one: Respondent, at: float) -> None:
        one.outstanding = False
        one.answered += 1
        self.chosen[one.choice] += 1
        self.replied += 1
        self.outstanding -= 1
        self.delays.append(at - one.delivered_at)
        self.waits.append(at - one.pressed_at)

    def _rate(self, one: Respondent) -> None:
        if self.stopped or one.outstanding or one.markup is None or not one.markup.ratings:
            return
        one.choice = self._dice.randrange(len(VALUES))
        one.outstanding, one.pressed_at = True, self._clock()
        self.pressed += 1
        self.outstanding += 1
        self._press(one, one.markup.ratings[one.choice])

    def _together(self) -> None:
        everybody, self._ready = self._ready, deque()
        for _, one in everybody:
            self._rate(one)

    def _tick(self, due: float) -> None:
        now = self._clock()
        while due <= now and not self.stopped:
            if self._ready and self._ready[0][0] <= now:
                self._rate(self._ready.popleft()[1])
            else:
                self.missed += 1
            due += self._dice.expovariate(self.rate)
        if not self.stopped:
            self._loop.call_later(max(0.0005, due - self._clock()), self._tick, due)

    def counts(self) -> dict[str, Any]:
        """How far everybody is."""
        return {
            "entered": self.entered, "pressed": self.pressed, "replied": self.replied, "outstanding": self.outstanding,
            "missed": self.missed, "waits": len(self.waits), "buttons": self.buttons / max(1, self.screens),
        }  # fmt: skip

    def answers_given(self) -> dict[str, Any]:
        """The answers to which a reply came: how many of each value, and how many people gave how many."""
        given = Counter(p.answered for p in self.people if p.answered)
        return {
            "values": {v: n for v, n in zip(VALUES, self.chosen, strict=True) if n},
            "given": {str(n): times for n, times in sorted(given.items())},
        }


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 90 %, 99 % and the greatest, in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))], 3) for name, q in at.items()}
