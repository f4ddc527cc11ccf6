"""The play: stand-in, real bot process, people; the organiser's commands; reports and digests at the end."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
import tomllib
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import ClientSession

from bot.communes import TEMPLATE
from bot.demo.person import Person, Plan, Statements
from bot.standin.server import start
from locales import languages

STAFF = 24
LEAVERS, DELETERS = 2, 1
PATIENCE = 900.0  # seconds after which somebody who has not finished is given up
NAMES = {
    "de": ["Anna", "Jonas", "Greta", "Paul", "Marlene", "Emil", "Ida", "Karl"],
    "en": ["Grace", "Oliver", "Amara", "James", "Chloe", "Kwame"],
    "ar": ["أمل", "يوسف", "ليلى", "سامر", "هدى", "كريم"],
    "fa": ["مریم", "آرش", "شیرین", "نوید", "پروین", "داوود"],
    "uk": ["Олена", "Андрій", "Соломія", "Тарас", "Дарина", "Остап"],
    "ru": ["Нина", "Виктор", "Людмила", "Артур", "Вера", "Эдуард"],
    "tr": ["Elif", "Murat", "Zeynep", "Deniz", "Hatice", "Emre"],
    "fr": ["Fatou", "Luc", "Aminata", "Hugo", "Solange", "Karim"],
    "zh_Hans": ["小雨", "建国", "美玲", "志远", "晓芳", "明"],
}


class DemoError(RuntimeError):
    """The play could not go on; the message says where."""


@dataclass(frozen=True)
class Wishes:
    """What the play is to be: `pace` in seconds per act, `out` where the reports go."""

    residents: int
    out: Path
    headless: bool
    seed: int
    pace: tuple[float, float]


@dataclass(frozen=True)
class Finished:
    """How it ended: residents meant to finish, and those who did; staff likewise."""

    residents: int
    finished: int
    staff: int
    staff_finished: int
    files: tuple[Path, ...]


class Play:
    """One demonstration, in a folder of its own that goes when it ends."""

    def __init__(self, wishes: Wishes, tell: Callable[[str], None]) -> None:
        """`tell` prints one line of progress."""
        self.wishes, self.tell = wishes, tell
        self.dice = Random(wishes.seed)  # noqa: S311 - a play, no secret # nosec B311
        self.folder = Path(tempfile.mkdtemp(prefix="weltoffen-demo-"))
        self.token = f"{7_000_000_000 + self.dice.randrange(10**9)}:{secrets.token_urlsafe(26)}"
        self.environment = {
            **os.environ,
            "TELEGRAM_BOT_TOKEN": self.token,
            "WELTOFFEN_DATABASE": str(self.folder / "demo.db"),
            "WELTOFFEN_KEY_FILE": str(self.folder / "demo.key"),
            "TELEGRAM_BOT_USERNAME": "weltoffen_demo_bot",
            "PYTHONIOENCODING": "utf-8",
            "WELTOFFEN_STEP_SECONDS": "5",
        }
        self.environment.pop("TELEGRAM_BOT_TOKEN_FILE", None)
        self.bot: asyncio.subprocess.Process | None = None
        self.done = {"residents": 0, "staff": 0}
        self.left: dict[tuple[str, str], list[str]] = {}

    async def run(self) -> Finished:
        """Plays it from beginning to end; cleans up whatever happens."""
        standin = await start(self.token, seed=self.wishes.seed)
        self.environment["TELEGRAM_API_URL"] = standin.url
        try:
            async with ClientSession(standin.url) as http:
                return await self._acts(http, standin.page)
        finally:
            await self._end()
            await standin.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _acts(self, http: ClientSession, page: str) -> Finished:
        (self.folder / "musterstadt.toml").write_text(TEMPLATE, "utf-8")
        dialog = await self._open("dialog", "society")
        short = await self._open("kurzform", "administration", "society")
        self.tell("Musterstadt opens two surveys: a dialogue event and a short form")
        await self._start_bot(http)
        organiser = await self._organiser(http)
        if not self.wishes.headless:
            self.tell(f"watch and join in: {page}")
            self.tell(f"  your code for the dialogue: {dialog['codes']['society']['code']}")
            self.tell(f"  your code as an employee: {short['codes']['administration']['code']}")
            await asyncio.to_thread(webbrowser.open, page)
        finished = await self._people(http, dialog["codes"], short["codes"])
        await self._moderate(dialog["survey"])
        await self._moderate(short["survey"])
        for command in ("/status", "/digest"):
            await organiser._text(command)
        files = [f for survey in (dialog["survey"], short["survey"]) for f in await self._publish(survey)]
        await self._letters(http, organiser.user)
        residents, staff = self.wishes.residents, STAFF
        if not self.wishes.headless:
            await self._linger(page, files)
        return Finished(residents, finished["residents"], staff, finished["staff"], tuple(files))

    # ---- the organiser's commands -----------------------------------------------------------------------------

    async def _command(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        out, err = await process.communicate()
        if process.returncode:
            raise DemoError(f"weltoffen {' '.join(arguments)}: {err.decode().strip()}")
        return out.decode()

    async def _open(self, questionnaire: str, *voices: str) -> dict[str, Any]:
        chosen = [a for v in voices for a in ("--voice", v)]
        commune = str(self.folder / "musterstadt.toml")
        text = await self._command("survey", "open", questionnaire, "--commune", commune, *chosen, "--yes",
                                   "--format", "json")  # fmt: skip
        found: dict[str, Any] = json.loads(text)
        return found

    async def _organiser(self, http: ClientSession) -> Person:
        text = await self._command("organiser", "invite", "--commune", str(self.folder / "musterstadt.toml"),
                                   "--format", "json")  # fmt: skip
        organiser = Person(http, Plan("Organisatorin", "de", 1, (0, 0)), {}, self.wishes.seed)
        await organiser.join()
        await organiser._post(f"/standin/users/{organiser.user}/start", parameter=json.loads(text)["start"])
        return organiser

    async def _moderate(self, survey: str) -> None:
        """Reads what people wrote: releases most, drops one, redacts one."""
        text = await self._command("statements", survey, "list", "--state", "new", "--format", "json")
        listed = json.loads(text)["statements"]
        if not listed:
            return
        keep = [s["id"] for i, s in enumerate(listed) if i % 7 != 3]
        await self._command("statements", survey, "release", *keep)
        if len(listed) > 3:
            await self._command("statements", survey, "drop", listed[3]["id"])
        if len(listed) > 10:
            await self._command("statements", survey, "redact", listed[10]["id"], "[…] " + listed[10]["text"][:120])
        self.tell(f"survey {survey}: {len(keep)} of {len(listed)} statements released")

    async def _publish(self, survey: str) -> list[Path]:
        """Closes a survey, and writes Auswertung and digest in every language."""
        await self._command("survey", "close", survey)
        self.tell(f"survey {survey}: closed and released")
        await self._moderate(survey)  # the last block of statements can be read only now
        name = await self._name(survey)
        files = []
        for code in languages():
            html = self.wishes.out / f"auswertung-{name}-{code}.html"
            await self._command("report", survey, "--format", "html", "--locale", code, "-o", str(html))
            text = self.wishes.out / f"digest-{name}-{code}.txt"
            text.write_text(await self._command("digest", survey, "--locale", code), "utf-8")
            files += [html, text]
        figures = self.wishes.out / f"auswertung-{name}.json"
        await self._command("report", survey, "--format", "json", "-o", str(figures))
        return [*files, figures]

    async def _name(self, survey: str) -> str:
        found = json.loads(await self._command("survey", "status", survey, "--format", "json"))
        return str(found["questionnaire"]).partition("-")[0]

    # ---- the bot process --------------------------------------------------------------------------------------

    async def _start_bot(self, http: ClientSession) -> None:
        """The real process; it is ready when it has asked for updates."""
        self.bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--log", "WARNING", env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(300):
            if self.bot.returncode is not None:
                raise DemoError("the bot process ended at once; see above")
            async with http.get("/standin/stats") as answer:
                if (await answer.json()).get("setMyCommands"):
                    return
            await asyncio.sleep(0.1)
        raise DemoError("the bot process did not begin to work within 30 seconds")

    async def _end(self) -> None:
        if self.bot is not None and self.bot.returncode is None:
            self.bot.terminate()
            try:
                await asyncio.wait_for(self.bot.wait(), 8)
            except TimeoutError:
                self.bot.kill()
                await self.bot.wait()

    async def _letters(self, http: ClientSession, organiser: int) -> None:
        """Waits until the organiser has the final digests, at most ten seconds."""
        for _ in range(50):
            async with http.get("/standin/stats") as answer:
                before = (await answer.json()).get("sendMessage")
            await asyncio.sleep(1.2)
            async with http.get("/standin/stats") as answer:
                if before == (await answer.json()).get("sendMessage"):
                    return

    # ---- the people -------------------------------------------------------------------------------------------

    async def _people(self, http: ClientSession, dialog: Mapping[str, Any], short: Mapping[str, Any]) -> dict[str, int]:
        """Everybody at once, in an order drawn by the seed."""
        statements = tomllib.loads(Path(__file__).with_name("statements.toml").read_text("utf-8"))
        event, society, staff = dialog["society"]["code"], short["society"]["code"], short["administration"]["code"]
        walks: list[Awaitable[None]] = []
        for i in range(self.wishes.residents):
            codes = [event, society] if i % 3 == 0 else [event]
            walks.append(self._walk(http, self._plan(i, 0.42), statements, codes, "residents"))
        for i in range(STAFF):
            walks.append(self._walk(http, self._plan(i, 0.66, german=0.8), statements, [staff], "staff"))
        for i in range(LEAVERS):
            walks.append(self._walk(http, self._plan(i, 0.5, leaves_after=1 + i), statements, [event], None))
        for i in range(DELETERS):
            walks.append(self._walk(http, self._plan(i, 0.5, deletes_after=2), statements, [event], None))
        progress = asyncio.create_task(self._progress())
        try:
            await asyncio.gather(*walks)
        finally:
            progress.cancel()
        return dict(self.done)

    def _plan(self, i: int, mood: float, german: float = 0.5, **more: int) -> Plan:
        codes = list(languages())
        language = "de" if self.dice.random() < german else codes[i % len(codes)]
        names = NAMES.get(language, NAMES["de"])
        name = f"{names[i % len(names)]} {i // len(names) + 1}"
        return Plan(name, language, min(1, max(0, self.dice.gauss(mood, 0.18))), self.wishes.pace, **more)

    async def _walk(
        self, http: ClientSession, plan: Plan, statements: Mapping[str, Statements], codes: Sequence[str],
        group: str | None,
    ) -> None:  # fmt: skip
        person = Person(http, plan, self._share(statements, plan.language), self.dice.randrange(2**32))
        await asyncio.sleep(self.dice.uniform(0, 3 if self.wishes.headless else 15))
        await person.join()
        finished = [await person.walk(code, PATIENCE) for code in codes]
        if group is not None and all(finished):
            self.done[group] += 1

    def _share(self, statements: Mapping[str, Statements], language: str) -> Statements:
        """What one person has to say, mostly one thing: the next ones of a shuffled round, so that few say the same."""
        share: dict[str, list[str]] = {}
        for question, every in statements[language].items():
            left = self.left.setdefault((language, question), [])
            if len(left) < 2:
                left += self.dice.sample(every, len(every))
            share[question] = [left.pop() for _ in range(1 + (self.dice.random() < 0.2))]
        return share

    async def _progress(self) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(5)
            self.tell(f"{time.monotonic() - began:4.0f} s  residents {self.done['residents']} of "
                      f"{self.wishes.residents}, staff {self.done['staff']} of {STAFF}")  # fmt: skip

    async def _linger(self, page: str, files: Sequence[Path]) -> None:
        for file in files:
            if file.name.endswith("-de.html"):
                await asyncio.to_thread(webbrowser.open, file.resolve().as_uri())
        self.tell(f"chats: {page}   reports: {self.wishes.out.resolve()}")
        self.tell("end with Ctrl-C")
        await asyncio.Event().wait()
