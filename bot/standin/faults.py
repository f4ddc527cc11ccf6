"""What goes wrong on demand: chosen kinds of trouble, for chosen methods and chats, by seeded dice."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from random import Random
from typing import Any

from bot.standin.refusal import ImproperError


class Kind(StrEnum):
    """The kinds of trouble."""

    TOO_MANY = "too_many"  # 429 with retry_after, the call has no effect
    SERVER_ERROR = "server_error"  # 5xx, the call has no effect
    LOST_BEFORE = "lost_before"  # the connection ends without an answer, the call has no effect
    LOST_AFTER = "lost_after"  # the connection ends without an answer, but the call took effect
    LATENCY = "latency"  # the call takes effect later
    DUPLICATE = "duplicate"  # the same update comes twice under different ids; method names the kind of update


@dataclass(frozen=True)
class Fault:
    """One kind of trouble and when it strikes.

    `method` is a Bot API method or "*" (for DUPLICATE: "callback_query", "message" or "*"), `chats` the chats it is
    for (None: all, and calls without a chat), `rate` a probability, `times` how often at most. `retry_after` is in
    seconds, `milliseconds` the added latency, `status` the 5xx.
    """

    kind: Kind
    method: str = "*"
    chats: tuple[int, ...] | None = None
    rate: float = 1.0
    times: int | None = None
    retry_after: int = 1
    status: int = 502
    milliseconds: float = 0.0


class Faults:
    """The faults in force and how often each struck."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)  # noqa: S311 (trouble to order, no secret) # nosec B311
        self._faults: list[Fault] = []
        self._struck: list[int] = []

    def set(self, faults: Sequence[Fault], seed: int | None = None) -> None:
        """Put these faults in place of the former ones; a seed throws the dice anew."""
        self._faults = list(faults)
        self._struck = [0] * len(faults)
        if seed is not None:
            self._dice.seed(seed)

    def struck(self, kind: Kind, method: str, chat: int | None) -> Fault | None:
        """The fault of that kind that strikes this call now, if any."""
        for index, fault in enumerate(self._faults):
            if (
                fault.kind is kind
                and fault.method in ("*", method)
                and (fault.chats is None or chat in fault.chats)
                and (fault.times is None or self._struck[index] < fault.times)
                and self._dice.random() < fault.rate
            ):
                self._struck[index] += 1
                return fault
        return None

    def copies(self, kind: str, chat: int) -> int:
        """How many times an update is queued."""
        return 2 if self.struck(Kind.DUPLICATE, kind, chat) else 1

    @property
    def view(self) -> list[dict[str, Any]]:
        """The faults as JSON values, each with how often it struck."""
        return [asdict(fault) | {"struck": times} for fault, times in zip(self._faults, self._struck, strict=True)]


def read_fault(value: Mapping[str, Any]) -> Fault:
    """A fault from JSON; raises ImproperError when a key, the kind or a number is wrong."""
    names = {field.name for field in fields(Fault)}
    if unknown := sorted(value.keys() - names):
        raise ImproperError(f"a fault has no {', '.join(unknown)}")
    try:
        kind = Kind(value.get("kind", ""))
    except ValueError:
        raise ImproperError(f"no such kind of fault: {value.get('kind')!r}") from None
    chats = value.get("chats")
    try:
        fault = Fault(**{**value, "kind": kind, "chats": None if chats is None else tuple(map(int, chats))})
        sound = 0 <= fault.rate <= 1 and 500 <= fault.status <= 599 and fault.milliseconds >= 0
        sound = sound and fault.retry_after >= 1 and (fault.times is None or fault.times >= 0)
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise ImproperError("of a fault, rate is 0 to 1, status 5xx, retry_after at least 1, the rest not negative")
    return fault
