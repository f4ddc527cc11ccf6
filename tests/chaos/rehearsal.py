"""A town for a rehearsal: the real commands, the real bot that dies in every phase, and people with telephones.

People act on what their chat shows and nothing else. What a contributor does is never lost, so it acts once and waits
for what must follow. A coordinator's menu is a passing reply, which a kill may swallow: whoever gets none looks with
/statement how things stand, and goes on from there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crowd import CALM, Shown, shown
from harness import TOKEN, quiet
from launch import Launcher, Started
from openpyxl import load_workbook

from bot.standin.chats import Message
from bot.standin.server import Standin
from bot.statement.form import LABELS
from conversations.conversation import REFERRED, SKIPPED
from conversations.questionnaire import Rating
from locales import FSI, PDI, catalogue

POINTS = (
    "before-commit", "after-commit", "before-sendMessage", "after-sendMessage", "before-answerCallbackQuery",
    "after-editMessageText", "after-getUpdates",
)  # fmt: skip
SILENCE = 1.2  # seconds after which a bot that has nothing to fetch says nothing more
LONGEST = 30.0  # seconds in which what must follow is there
TRIES = 8  # how often a coordinator begins anew
BARE = str.maketrans("", "", FSI + PDI)
WORDS = catalogue("de")


@dataclass(frozen=True)
class Kill:
    """A kill: in which phase, and whether at a named point, or after which act and how much later."""

    phase: str
    where: str


class Town:
    """Database, commands and bot of a town; the bot is killed in each phase, and started again."""

    def __init__(self, folder: Path, standin: Standin, launcher: Launcher, seed: int) -> None:
        self.folder, self.standin, self.launcher = folder, standin, launcher
        self.dice, self.kills, self.acts, self.acted_at = Random(f"{seed}/rehearsal"), list[Kill](), 0, 0.0
        self.began, self.ending = 0.0, False
        self.bot: Started | None = None
        self._acted = asyncio.Event()
        self.environment = {
            "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": standin.url, "WELTOFFEN_STEP_SECONDS": "2",
            "WELTOFFEN_DATABASE": str(folder / "w.db"), "WELTOFFEN_KEY_FILE": str(folder / "w.key"),
        }  # fmt: skip

    # ---- the command line ---------------------------------------------------------------------------------------

    async def run(self, *words: str | Path, code: int = 0) -> str:
        """What a command prints; it must end with this exit code."""
        self.act()
        program, pipe = Path(sys.executable).with_name("weltoffen"), asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            program, *map(str, words), cwd=self.folder, env={**os.environ, **self.environment}, stdout=pipe, stderr=pipe
        )
        out, err = await process.communicate()
        assert process.returncode == code, f"weltoffen {' '.join(map(str, words))}: {err.decode()}"
        return out.decode()

    async def json(self, *words: str | Path, code: int = 0) -> Any:
        """What a command prints for machines."""
        return json.loads(await self.run(*words, "--format", "json", code=code))

    # ---- the bot --------------------------------------------------------------------------------------------------

    async def begin(self, point: str = "") -> None:
        """Starts the bot, which dies at a point if one is named."""
        await quiet(self.standin)
        self.began = time.monotonic()
        environment = {**self.environment, "CHAOS_KILL": point}
        self.bot = await self.launcher.start(["run", "--log", "DEBUG"], environment, self.folder / "log.txt")

    @asynccontextmanager
    async def phase(self, name: str, acts: int) -> AsyncIterator[None]:
        """A phase of at least so many acts, in which the bot dies twice: at any time, and at a named point."""
        self.ending = False
        killing = asyncio.create_task(self._kill(name, self.dice.randint(1, acts), self.acts))
        try:
            yield
        finally:
            self.ending = True
            self._acted.set()
            await killing

    async def _kill(self, phase: str, acts: int, before: int) -> None:
        wanted, later = before + acts, self.dice.uniform(0.0, 0.06)
        point = f"{self.dice.choice(POINTS)}:{self.dice.randint(1, 2)}"
        assert self.bot is not None
        while self.acts < wanted and not self.ending:
            self._acted.clear()
            await self._acted.wait()
        await asyncio.sleep(later)
        too_late = self.ending
        assert await self.bot.kill() == -9, "the bot ended by itself"
        self.kills.append(Kill(phase, "after the phase" if too_late else f"act {acts}, {later * 1000:.0f} ms later"))
        await self.begin(point)
        while not self.bot.ended.done() and not self.ending:
            await asyncio.sleep(0.005)
        reached = self.bot.ended.done()
        assert await self.bot.kill() == -9, "the bot ended by itself"
        self.kills.append(Kill(phase, point if reached else "end of the phase"))
        await self.begin()

    def act(self) -> None:
        """Somebody did something."""
        self.acts, self.acted_at = self.acts + 1, time.monotonic()
        self._acted.set()

    async def silent(self) -> bool:
        """Whether all was fetched, and the bot says nothing more to it."""
        heard = max((c.at for c in self.standin.api.calls if c.method != "getUpdates"), default=0.0)
        if self.bot is None or self.bot.ended.done() or time.time() - heard < SILENCE:
            return False
        if time.monotonic() - max(self.began, self.acted_at) < SILENCE:
            return False
        found: dict[str, int] = await self.standin.telegram.call("getWebhookInfo", {})
        return not found["pending_update_count"]

    # ---- what is kept -------------------------------------------------------------------------------------------

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with closing(sqlite3.connect(self.folder / "w.db")) as tx:
            return tx.execute(query).fetchall()


class Telephone:
    """One chat, as somebody sees it."""

    def __init__(self, town: Town, name: str) -> None:
        self.town, self.people = town, town.standin.people
        self.user = self.people.join(name, language_code="de").id
        self.chat = self.people.chat(self.user)

    def said(self) -> list[Message]:
        """What the bot has said that still stands here."""
        return [m for m in self.chat.messages.values() if m.from_bot and not m.deleted]

    def texts(self) -> list[str]:
        """The same in words."""
        return [m.shown.text.translate(BARE) for m in self.said()]

    @property
    def menu(self) -> Message | None:
        """The last message with buttons."""
        return next((m for m in reversed(self.said()) if m.rows), None)

    @property
    def text(self) -> str:
        """What the last message with buttons says."""
        return self.menu.shown.text.translate(BARE) if self.menu else ""

    def data(self, label: str) -> str | None:
        """What the button that begins so carries."""
        buttons = [b for row in (self.menu.rows if self.menu else ()) for b in row]
        return next((b["callback_data"] for b in buttons if begins(b["text"].translate(BARE), label)), None)

    def write(self, text: str) -> None:
        """Writes a message."""
        self.people.write(self.user, text)
        self.town.act()

    def press(self, label: str) -> bool:
        """Presses a button of the last message that has any; whether it was there."""
        if self.menu is None or (data := self.data(label)) is None:
            return False
        self.people.press(self.user, self.menu.id, data)
        self.town.act()
        return True

    async def until(self, there: Callable[[], bool], *, patient: bool = True) -> bool:
        """Waits for what must follow; who is not patient gives up when the bot has nothing more to say."""
        end = time.monotonic() + LONGEST
        while not there():
            if not patient and await self.town.silent():
                return there()
            assert time.monotonic() < end, f"what must follow is not there, but: {self.texts()[-2:]}"
            await asyncio.sleep(0.01)
        return True


class Coordinator(Telephone):
    """Leads the statement in the chat; looks anew where no reply comes."""

    async def enter(self, start: str) -> None:
        """Becomes an organiser."""
        self.write(f"/start {start}")
        await self.until(lambda: len(self.said()) > 0)

    async def _see(self, *words: str) -> bool:
        return await self.until(lambda: all(w in self.text for w in words), patient=False)

    async def _home(self) -> bool:
        last = max(self.chat.messages, default=0)
        self.write("/statement")
        return await self.until(
            lambda: self.menu is not None and self.menu.id > last and "Umfrage " in self.text, patient=False
        )

    async def _walk(self, *ways: tuple[str, str]) -> bool:
        """From the first view over buttons, each with what its view says; whether the end was reached."""
        if not await self._home():
            return False
        for label, view in ways:
            if not self.press(label) or not await self._see(view):
                return False
        return True

    async def _repeat(self, step: Callable[[], Any]) -> None:
        for _ in range(TRIES):
            if await step():
                return
        raise AssertionError(f"the coordinator gives up at: {self.texts()[-2:]}")

    async def name(self, department: str, function: str) -> tuple[str, int]:
        """Names a contributor; gives what the link says, and how many links it took."""
        title, links = f"{department}, {function}", 0

        def invited() -> str | None:
            last = self.texts()[-1]
            return next((w.partition("start=")[2] for w in last.split() if "start=con-" in w), None)

        async def step() -> bool:
            nonlocal links
            if not await self._walk(("Stellen und ihre Teile", "Stellen")):
                return False
            if self.data(title) is not None:
                self.press(title)
                if not await self.until(lambda: self.data("neuer Link") is not None, patient=False):
                    return False
                links += self.press("neuer Link")
            else:
                if not self.press("neue Stelle") or not await self._see("Welches Dezernat"):
                    return False
                self.write(department)
                if not await self._see("Welche Funktion"):
                    return False
                self.write(function)
                links += 1
            return await self.until(lambda: invited() is not None, patient=False)

        await self._repeat(step)
        return invited() or "", links

    async def give(self, title: str, field_: str, criterion: str) -> None:
        """Gives a contributor a criterion."""

        async def step() -> bool:
            if not await self._walk(("Stellen und ihre Teile", "Stellen"), (title, title)):
                return False
            if f"\n{criterion} " in self.text:
                return True
            for label, view in (("Feld oder Kriterium geben", "Was soll"), (f"{field_} ", "Was soll"),
                                (f"{criterion} ", "Gewählt:"), ("fertig", "Ihr Teil:")):  # fmt: skip
                if not await self.until(lambda label=label: self.data(label) is not None, patient=False):  # type: ignore[misc]
                    return False
                if not self.press(label) or not await self._see(view):
                    return False
            return True

        await self._repeat(step)

    async def decide(self, question: str, answer: str, reason: str) -> None:
        """Decides a question that is to be decided, with a reason."""

        async def step() -> bool:
            if not await self._home():
                return False
            if not self.press("Was zu tun ist"):
                return True
            if not await self._see("Was zu tun ist\n"):
                return False
            if self.data(f"Frage {question}") is None:
                return True  # it was decided, and only the reply was lost
            if not self.press(f"Frage {question}") or not await self._see(f"{question} ", "Die Kommune:"):
                return False
            if not self.press(f"entscheiden: {answer}") or not await self._see("Warum?"):
                return False
            self.write(reason)
            return await self._see("Entschieden und begründet.")

        await self._repeat(step)

    async def sees_referral(self, question: str, whom: str) -> None:
        """Looks which office should be asked, where the menu shows what contributors say."""
        field_, criterion = question.partition(".")[0], question.rpartition(".")[0]
        ways = (("Felder und Fragen", "Felder"), (f"{field_} ", f"{criterion} "), (f"{criterion} ", f"{question}:"),
                (f"{question}:", f"verweist an: {whom}"))  # fmt: skip
        await self._repeat(lambda: self._walk(*ways))

    async def present(self) -> int:
        """Shows the offices the answers; gives how often it was pressed."""
        pressed = 0

        async def step() -> bool:
            nonlocal pressed
            if not await self._home():
                return False
            if "Den Stellen gezeigt" in self.text:
                return True
            if not self.press("den Stellen zeigen") or not await self._see("Jede Stelle sieht dann"):
                return False
            pressed += self.press("ja, jetzt zeigen")
            return await self._see("Den Stellen gezeigt")

        await self._repeat(step)
        return pressed

    async def sign(self, function: str, version: int) -> None:
        """Signs, once the version is not signed yet."""

        async def step() -> bool:
            if not await self._home():
                return False
            if f"Fassung {version} am" in self.text:
                return True
            if not self.press("unterzeichnen") or not await self._see("Wer unterzeichnet"):
                return False
            self.write(function)
            if not await self._see(f"Fassung {version} wird unterzeichnet: {function}"):
                return False
            return self.press("ja, unterzeichnen") and await self._see(f"Fassung {version} am")

        await self._repeat(step)


@dataclass
class Wanted:
    """What an office says, worked out beforehand: answers, texts to each question, to whom it refers."""

    answers: dict[str, str]
    texts: dict[str, list[str]] = field(default_factory=dict)
    referrals: dict[str, str] = field(default_factory=dict)


class Office(Telephone):
    """A contributor at a telephone. What it does is kept, whatever happens to the bot, so it does everything once."""

    @property
    def screen(self) -> Shown | None:
        """What is asked."""
        return shown(self.chat)

    async def join(self, start: str) -> None:
        """By the link over language and notice to the first question; what has no reply is done again."""
        for _ in range(TRIES):
            place = self.screen.place if self.screen else ""
            if place == "question":
                return
            before = self.menu
            if place == "language":
                self.press("Deutsch")
            elif place == "notice":
                self.press("Ich habe das gelesen")
            else:
                self.write(f"/start {start}")
            await self.until(lambda before=before: self.menu != before, patient=False)  # type: ignore[misc]
        raise AssertionError(f"nobody lets in: {self.texts()[-2:]}")

    async def answer(self, wanted: Wanted, until: str = "") -> None:
        """Answers what is asked, until nothing is or the question `until` is."""
        while (now := self.screen) is not None and now.place == "question" and now.question != until:
            question = now.question or ""
            for number, text in enumerate(wanted.texts.get(question, ()), 1):
                self.write(text)
                await self.until(lambda n=number: f"Notiert: {n} " in self.text)  # type: ignore[misc]
            await asyncio.sleep(CALM)  # whoever presses sooner may be taken for the second half of a double tap
            value = wanted.answers[question]
            if value == REFERRED:
                assert self.press("weiß ich nicht")
                await self.until(lambda: "Wer kann das beantworten?" in self.text)
                self.write(wanted.referrals[question])
            else:
                assert self.press(label(value)), (value, self.text)
            await self.until(lambda q=question: self.screen is not None and self.screen.question != q)  # type: ignore[misc]
            await self.until(lambda: "Wer kann das" not in self.text)

    async def hand_in(self) -> None:
        """Hands in from the overview."""
        await self.until(lambda: self.data("Antworten abgeben") is not None)
        assert self.press("Antworten abgeben")
        await self.until(lambda: "Vielen Dank! Ihr Teil ist abgegeben." in self.text)

    async def comment(self, field_: str, text: str) -> None:
        """Writes a Stellungnahme on a field."""
        self.write("/summary")
        await self.until(lambda: self.data(f"Stellungnahme zu Feld {field_}") is not None)
        assert self.press(f"Stellungnahme zu Feld {field_}")
        await self.until(lambda: "Schreiben Sie Ihre Stellungnahme" in self.text)
        self.write(text)
        await self.until(lambda: "So wird es gedruckt:" in self.text and text in self.text)
        await asyncio.sleep(CALM)  # and reads it

    def letters(self, begin: str) -> int:
        """How often a letter that begins so stands here."""
        return sum(text.startswith(begin) for text in self.texts())


def begins(text: str, wanted: str) -> bool:
    """Whether a button's label, which may be cut, is or begins with what is wanted."""
    return text.startswith(wanted) or (text.endswith("…") and wanted.startswith(text[:-1]))


def label(value: str) -> str:
    """The button of an answer."""
    found = {r.value: WORDS.t(LABELS[r.value]) for r in Rating} | {SKIPPED: "überspringen", "finished": "fertig"}
    return found[value]


def fill(path: Path, wanted: Wanted) -> None:
    """Fills a sheet in as somebody at a desk does."""
    book = load_workbook(path)
    texts = {q: "\n\n".join(t) for q, t in wanted.texts.items()}
    answers = {q: WORDS.t(LABELS[v]) for q, v in wanted.answers.items() if v in LABELS}
    columns: Sequence[tuple[str, str, Mapping[str, str]]] = (
        ("Fragen", "F", answers), ("Fragen", "G", texts), ("Selbstauskunft", "E", texts),
    )  # fmt: skip
    for name, column, cells in columns:
        for cell in book[name]["A"][1:] if name in book.sheetnames else ():
            if cell.value in cells:
                book[name][f"{column}{cell.row}"] = cells[cell.value]
    book.save(path)
