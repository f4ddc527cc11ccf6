"""One trial: a bot, the load server, people who answer; a steady window in between is what counts.

At the end nobody presses any more, what is outstanding is replied to, the bot ends in good order, and what it stored is
compared with the answers to which people saw a reply. LossError where these are not the same.
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import ours
from process import Process, machine_cpu, until

BENCH = Path(__file__).absolute().parent
PEERS = BENCH / "peers"
T = TypeVar("T")


class LossError(AssertionError):
    """Stored answers are not those to which a reply was seen."""


@dataclass(frozen=True)
class Bot:
    """One of those that are compared. `needs`: what must be installed; `prepared`: it can be filled by SQL."""

    name: str
    about: str
    command: Callable[[], list[str]]
    stored: Callable[[Path], dict[str, Any]]
    needs: tuple[str, ...] = ()
    ours: bool = False


def _peer(name: str, about: str, *needs: str, stored: Callable[[Path], dict[str, Any]] | None = None) -> Bot:
    return Bot(
        name, about, lambda: [sys.executable, str(PEERS / f"{name}.py")],
        stored or (lambda path: ours.stored(path, "user")), needs,
    )  # fmt: skip


def _pickled(path: Path) -> dict[str, Any]:
    """What PicklePersistence wrote."""
    with path.open("rb") as file:
        people = pickle.load(file)["user_data"].values()
    values = Counter(value for answers in people for value in answers.values())
    given = Counter(len(answers) for answers in people if answers)
    return {"values": dict(values), "given": {str(n): times for n, times in sorted(given.items())}}


OURS = Bot("weltoffen", "this project", ours.command, ours.stored, ours=True)
STOCK = _peer("ptb_stock", "python-telegram-bot, ConversationHandler + PicklePersistence", "sniffio", stored=_pickled)
CONCURRENT = _peer("ptb_concurrent", "python-telegram-bot, concurrent_updates at its best (16) + aiosqlite", "sniffio")
AS_WRITTEN = replace(
    CONCURRENT, name="ptb_true", about="python-telegram-bot, concurrent_updates(True) + aiosqlite",
    command=lambda: [*CONCURRENT.command(), "--updates", "256"],
)  # fmt: skip
AIOGRAM = _peer("aiogram_bot", "aiogram 3, MemoryStorage + aiosqlite", "aiogram", "uvloop")
FLOOR = _peer("floor", "msgspec + aiohttp + group commit", "msgspec")
COMMIT_EACH = _peer("commit_each", "the floor with a commit per answer", "msgspec")
BOTS = (OURS, STOCK, CONCURRENT, AS_WRITTEN, AIOGRAM, FLOOR, COMMIT_EACH)


@dataclass(frozen=True)
class Plan:
    """What is played. `settle` and `window` in seconds; `filled`: people are in the middle already (ours only)."""

    people: int
    latency: float = 0.0
    pace: str = "think"
    rate: float = 100.0
    think: float = 0.5
    jitter: float = 0.5
    answers: int = 34
    settle: float = 4.0  # by then a bot has loaded what it loads beside its work
    window: float = 8.0
    filled: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 120.0


@dataclass(frozen=True)
class Trial:
    """What came of it, over the window. `others`: cores that other work on this machine took meanwhile."""

    bot: str
    seconds: float
    answers: int
    cpu: float
    load_busy: float
    others: float
    calls: Mapping[str, int]
    delay_ms: Mapping[str, float]
    wait_ms: Mapping[str, float]
    acknowledged: int
    missed: int
    stored: int
    buttons: float
    size: int

    @property
    def per_second(self) -> float:
        """Answers a second to which a reply came."""
        return self.answers / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU per answered press."""
        return 1000 * self.cpu / max(1, self.answers)

    @property
    def stored_per_second(self) -> float:
        """Presses a second that the bot has acknowledged: those it has kept, where it keeps before it acknowledges."""
        return self.acknowledged / self.seconds

    @property
    def shown_per_answer(self) -> float:
        """Messages sent and edited per answer."""
        shown = ("sendMessage", "editMessageText", "editMessageReplyMarkup", "editMessageCaption")
        return sum(self.calls.get(name, 0) for name in shown) / max(1, self.answers)


class Load:
    """The load server, under control."""

    def __init__(self, plan: Plan, folder: Path, start: str, seen: Path | None) -> None:
        """Starts it for a plan."""
        command = [
            sys.executable, str(BENCH / "load.py"), "--people", plan.people, "--latency", plan.latency,
            "--pace", plan.pace, "--rate", plan.rate, "--think", plan.think, "--jitter", plan.jitter,
            "--answers", plan.answers, "--start", start, *(["--seen", seen] if seen else []),
        ]  # fmt: skip
        self.process = Process([str(c) for c in command], ours.environment(folder), folder / "load.log", folder)
        until(lambda: b"\n" in self.process.log.read_bytes() or not self.process.alive, 30, "start of the load server")
        self.url: str = json.loads(self.process.log.read_text().splitlines()[0])["url"]

    def ask(self, what: str, timeout: float = 60.0) -> dict[str, Any]:
        """One request to its control address."""
        with urllib.request.urlopen(f"{self.url}/control/{what}", timeout=timeout) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@dataclass
class Stage:
    """A load server and a bot that has just asked for updates the first time; nobody has pressed yet."""

    load: Load
    bot: Process
    kind: Bot
    plan: Plan
    folder: Path
    start_cpu: float

    @property
    def database(self) -> Path:
        """Where answers are kept."""
        return self.folder / "w.db"

    def finish(self) -> int:
        """Nobody presses any more; all is replied to and compared. Gives the number of stored answers."""
        self.load.ask("stop")
        try:
            until(lambda: not self.load.ask("stats")["outstanding"], 60, "the reply to everybody")
        except TimeoutError:
            left = self.load.ask("stats")["outstanding"]
            raise LossError(f"{self.kind.name}: {left} presses were never replied to") from None
        told = self.load.ask("answers")
        self.bot.end()
        kept = self.kind.stored(self.database)
        if told != kept:
            raise LossError(f"{self.kind.name}: stored answers differ.\nreplied: {told}\nstored:  {kept}")
        return sum(kept["values"].values())


def staged(kind: Bot, plan: Plan, work: Callable[[Stage], T], fill: int | None = None) -> T:
    """Sets a stage in a folder of its own, does some work on it, and clears it. `fill`: people filled, else all."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, start, seen = Path(name), "/start", None
        if kind.ours:
            where = ours.installed(folder)
            start = f"/start {where.code}"
            if plan.filled:
                ours.fill(where, fill or plan.people)
                seen = folder / "seen.json"
                seen.write_text(json.dumps(ours.seen(where)), "utf-8")
        load = Load(plan, folder, start, seen)
        environment = {**ours.environment(folder, load.url), **plan.environment}
        with load.process, Process(kind.command(), environment, folder / f"{kind.name}.log", folder) as bot:
            load.ask("polled")
            return work(Stage(load, bot, kind, plan, folder, bot.cpu()))


def trial(kind: Bot, plan: Plan, fill: int | None = None) -> Trial:
    """Plays a plan with a bot. Raises LossError where an answer was lost or made up."""
    plan = plan if kind.ours else replace(plan, filled=False)
    return staged(kind, plan, _window, fill)


def _window(stage: Stage) -> Trial:
    load, plan = stage.load, stage.plan
    load.ask("begin")
    until(lambda: load.ask("stats")["entered"] >= plan.people, plan.patience, f"{stage.kind.name}: everybody's entry")
    time.sleep(plan.settle)
    before, cpu, all_of_it = load.ask("stats"), stage.bot.cpu(), machine_cpu()
    time.sleep(plan.window)
    after, spent = load.ask(f"stats?since={before['waits']}"), stage.bot.cpu() - cpu
    others = machine_cpu() - all_of_it - spent - (after["cpu"] - before["cpu"])
    size = ours.size(stage.database) if stage.database.exists() else 0
    if after["entered"] * plan.answers == after["replied"]:
        raise RuntimeError(f"{stage.kind.name}: everybody had finished within the window; take more people")
    stored = stage.finish()
    seconds = after["time"] - before["time"]
    return Trial(
        bot=stage.kind.name, seconds=seconds, answers=after["replied"] - before["replied"], cpu=spent,
        load_busy=(after["cpu"] - before["cpu"]) / seconds, others=max(0.0, others / seconds),
        calls=_difference(before["calls"], after["calls"]), delay_ms=after["delay_ms"], wait_ms=after["wait_ms"],
        acknowledged=after["acknowledged"] - before["acknowledged"], missed=after["missed"] - before["missed"],
        stored=stored, buttons=round(after["buttons"], 2), size=size,
    )  # fmt: skip


def _difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}


def missing(bots: Sequence[Bot]) -> dict[str, list[str]]:
    """Which bots cannot run here, and what they need."""
    import importlib.util

    found = {b.name: [n for n in b.needs if importlib.util.find_spec(n) is None] for b in bots}
    return {name: needs for name, needs in found.items() if needs}
