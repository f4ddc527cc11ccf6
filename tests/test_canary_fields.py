"""A canary in every field that Telegram can send, and in every way out: none of it is kept, logged, shown or saved."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import Chat, House, opened_survey
from forms import filled, forms

import bot.cli as bot_cli
from bot.communes import TEMPLATE
from bot.logs import Discreet
from bot.standin.faults import Fault, Kind
from bot.standin.server import Standin, start
from conversations.questionnaire import Voice

ROOT = Path(__file__).parent.parent
TOKEN = "987654321:AAKanarientokenKanarientokenKanarienX"
USER = 5_987_654_321
FIRST = 77_123_000_000  # the numbers of canaries count from here
WORD = re.compile(rb"Kanarien?[A-Za-z0-9]*|AAKanarien|5987654321|77123\d{6}")
WRITTEN = b"Kanarienaussage"  # somebody wrote this to an open question: it is kept, and nowhere else


@dataclass
class Aviary:
    """Makes a canary for each field, and remembers in which one it sat."""

    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)

    def word(self, path: str) -> str:
        """A text for a field."""
        found = f"Kanarie{len(self.words)}x"
        self.words[found] = path
        return found

    def number(self, path: str) -> int:
        """A number for a field."""
        found = FIRST + len(self.numbers)
        self.numbers[found] = path
        return found

    def body(self, kind: str, user: int, depth: int = 4) -> Any:
        """What an update holds, every field filled; where it says who and where, it is somebody's private chat."""
        found = filled(kind, self.word, self.number, kind, depth)
        if kind in ("Message", "CallbackQuery", "ChatMemberUpdated"):
            found["from"] |= {"id": user, "is_bot": False}
        message = found["message"] if kind == "CallbackQuery" else found
        if "chat" in message:
            message["chat"] |= {"id": user, "type": "private"}
        if "message_id" in message:
            message["message_id"] = 50_000  # not one that the stand-in gives
        if kind == "ChatMemberUpdated":
            found["new_chat_member"]["status"] = "kicked"
        return found


def updates(aviary: Aviary, chat: Chat) -> list[dict[str, Any]]:
    """One update of every kind; of messages also some that are nothing but text to us, or a press that counts."""
    found = [chat.update(**{kind.name: aviary.body(kind.type, chat.user)}) for kind in forms().kinds()]
    for data in ("dddddd:1:f:d1:1", "L:SDDDDDD2:1", "N:SDDDDDD2:1:de", "Kanarienknopf"):
        query = aviary.body("CallbackQuery", chat.user)
        found.append(chat.update(callback_query=query | {"data": data}))
    for text in ("/start KANARENC", "/start org-Kanarieneinladung", "/Kanarienbefehl", "/help", "/mydata", "/status"):
        message = aviary.body("Message", chat.user)
        del message["forward_origin"]
        found.append(chat.update(message=message | {"text": text}))
    return found


def sorts(text: bytes) -> list[bytes]:
    """The canaries in what was written."""
    return sorted({*WORD.findall(text)})


async def test_no_field_of_any_update_is_kept_logged_or_shown(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await opened_survey(house.store, "dddddd", "dialog-1", [Voice.SOCIETY])
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(Discreet())
    aviary, shown = Aviary(), []
    guest, stranger = house.chat(USER), house.chat(USER + 1)
    await guest.enter("SDDDDDD2")
    for chat in (guest, stranger):
        for raw in updates(aviary, chat):
            outcome = await house.receiver.handle([raw])
            shown += [repr(v) for v in (*(d.view for d in outcome.due), *(p.view for p in outcome.passing))]
    assert (len(aviary.words) > 5000, len(aviary.numbers) > 1000) == (True, True)
    held = house.bytes()
    with closing(sqlite3.connect(house.store.path)) as tx:
        tables = [name for (name,) in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        numbers = {v for t in tables for row in tx.execute(f'SELECT * FROM "{t}"') for v in row if isinstance(v, int)}
    assert [aviary.words.get(w.decode(), w) for w in sorts(held)] == []
    assert {aviary.numbers[n] for n in numbers & {*aviary.numbers}} == set()
    assert (sorts(caplog.text.encode()), sorts("".join(shown).encode())) == ([], [])
    assert await house.rows("SELECT * FROM trouble") == []


HALF = "%d of %d"  # not a line that can be made with one text
FOREIGN = ["urllib3.connectionpool", "concurrent.futures", "py.warnings", "babel", "root", "", "websockets"]


def test_only_our_own_records_are_written_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(Discreet())
    for name in FOREIGN:
        logging.getLogger(name).error("Kanarie %s", TOKEN)
    assert sorts(caplog.text.encode()) == []


def test_a_mistake_in_a_line_of_the_log_ends_nobody_and_tells_nothing(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.handler.addFilter(Discreet())
    logging.getLogger("weltoffen.x").error(HALF, "Kanarie")
    assert sorts((caplog.text + capsys.readouterr().err).encode()) == []


# ---- the real process ---------------------------------------------------------------------------------------------


@dataclass
class Running:
    """The bot as a process of its own, with mistakes put into it."""

    folder: Path
    standin: Standin
    mistakes: Sequence[str]
    code: str = ""

    async def command(self, *words: str, **environment: str) -> asyncio.subprocess.Process:
        """A command of weltoffen in the folder."""
        settings = {
            "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": self.standin.url, "PYTHONPATH": str(ROOT),
            "WELTOFFEN_DATABASE": "w.db", "WELTOFFEN_KEY_FILE": "w.key", "PYTHONUTF8": "1", **environment,
        }  # fmt: skip
        return await asyncio.create_subprocess_exec(
            sys.executable, ROOT / "tests" / "mistakes.py", ",".join(self.mistakes), *words, cwd=self.folder,
            env=os.environ | settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip

    async def start(self) -> None:
        """Opens a survey and starts the bot; Python looks for whatever it can complain of."""
        (self.folder / "stadt.toml").write_text(TEMPLATE, "utf-8")
        opening = await self.command(
            "survey", "open", "dialog", "--commune", "stadt.toml", "--voice", "society", "--yes"
        )
        self.code = (await opening.communicate())[0].decode().partition("code ")[2][:8]
        self.standin.people.join("Kanarienvorname", id=USER, last_name="Kanariennachname", username="kanarienkonto")
        self.process = await self.command("run", "--log", "DEBUG", PYTHONDEVMODE="1")

    async def until(self, text: str) -> dict[str, Any]:
        """The newest message in the chat, as soon as it says this."""
        while self.process.returncode is None:
            messages = [m for m in self.standin.people.chat(USER).view["messages"] if m["from"] == "bot"]
            if messages and text in messages[-1]["text"]:
                return dict(messages[-1])
            await asyncio.sleep(0.02)
        raise AssertionError("the bot has ended")

    async def ended(self) -> bytes:
        """All that it wrote."""
        if self.process.returncode is None:
            self.process.terminate()
        return (await self.process.communicate())[0]


@asynccontextmanager
async def running(folder: Path, mistakes: Sequence[str]) -> AsyncIterator[Running]:
    bot = Running(folder, await start(TOKEN), mistakes)
    await bot.start()
    try:
        async with asyncio.timeout(90):
            yield bot
    finally:
        if bot.process.returncode is None:
            bot.process.kill()
            await bot.process.communicate()
        await bot.standin.close()


async def all_of_it(bot: Running) -> None:
    """Everything that can be sent, while calls fail in every way."""
    standin, aviary = bot.standin, Aviary()
    standin.people.start(USER, bot.code)
    for text in ("Sprache", "Wer fragt"):
        shown = await bot.until(text)
        standin.people.press(USER, shown["message_id"], shown["keyboard"][0][0]["data"])
    await bot.until("Frage 1 von 3")
    kinds = (Kind.SERVER_ERROR, Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.TOO_MANY)
    standin.faults.set([Fault(k, m, times=1) for k in kinds for m in ("sendMessage", "editMessageText", "getUpdates")])
    for kind in forms().kinds():
        body = aviary.body(kind.type, USER, 3)
        if kind.type != "ChatMemberUpdated":
            standin.people._updates.put(kind.name, body, USER)
    standin.people.send(USER, {"contact": "Kanarienausnahme"})  # of no form that Telegram knows
    standin.people.write(USER, "Kanarienbruch")
    standin.people.press(USER, 1, "Kanarienantwort", forged=True)
    standin.people.write(USER, f"{WRITTEN.decode()}.")
    await bot.until("Notiert: 1 Beitrag")


def files(folder: Path) -> bytes:
    """Every byte of every file that the bot has left, in any folder."""
    return b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


IN_THE_LOG = ["fold", "call", "task"]
BESIDE_THE_LOG = ["thread", "thrown away", "warning", "foreign"]


async def backup(bot: Running) -> bytes:
    """What making a backup wrote, and every byte of the backup."""
    if "backup" not in bot_cli.COMMANDS:
        return b""
    making = await bot.command("backup", "saved")
    told = (await making.communicate())[0]
    saved = files(bot.folder / "saved")
    assert (making.returncode, len(saved) > 10_000) == (0, True)
    return told + saved


@pytest.mark.chaos
async def test_the_process_writes_and_keeps_no_canary_whatever_goes_wrong(tmp_path: Path) -> None:
    async with running(tmp_path, IN_THE_LOG) as bot:
        await all_of_it(bot)
        saved = await backup(bot)
        written = await bot.ended()
    assert bot.process.returncode == 0
    for said in (b"set aside (MistakeError at ", b"is tried again", b"asyncio: error at line"):
        assert said in written
    assert (sorts(written), sorts(files(tmp_path)), sorts(saved)) == ([], [WRITTEN], [WRITTEN] if saved else [])


@pytest.mark.chaos
async def test_without_its_filter_the_log_would_be_found_out(tmp_path: Path) -> None:
    async with running(tmp_path, [*IN_THE_LOG, "no filter"]) as bot:
        await all_of_it(bot)
        written = await bot.ended()
    found = sorts(written)
    print(found)
    assert b"Kanarienausnahme" in found and TOKEN.encode() in written


@pytest.mark.chaos
async def test_a_process_that_ends_by_a_mistake_tells_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, ["housekeeping"]) as bot:
        await bot.process.wait()
        written = await bot.ended()
    assert (bot.process.returncode != 0, b"MistakeError" in written, sorts(written)) == (True, True, [])


@pytest.mark.chaos
async def test_what_goes_wrong_beside_the_log_tells_nothing_either(tmp_path: Path) -> None:
    async with running(tmp_path, BESIDE_THE_LOG) as bot:
        bot.standin.people.start(USER)
        await bot.until("Guten Tag")
        written = await bot.ended()
    assert sorts(written) == []


@pytest.mark.chaos
async def test_no_image_of_the_memory_is_written_when_the_process_crashes(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("the system writes none anyway")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        async with running(tmp_path, []) as bot:
            bot.standin.people.start(USER)
            await bot.until("Guten Tag")
            limits = Path(f"/proc/{bot.process.pid}/limits").read_text("utf-8")
            await bot.ended()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    (line,) = [x for x in limits.splitlines() if x.startswith("Max core file size")]
    assert line.split()[4] == "0"
