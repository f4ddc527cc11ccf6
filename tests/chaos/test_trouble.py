"""The real bot process while its database cannot be used: loud, lossless, and by itself at work again afterwards.

A full disk is a small file system that is really full, a read-only one has really been stopped by its kernel, a lock is
really held by another process. People type their ratings, so that one lost, doubled or swapped update would move all
that come after it. What needs the right to mount is skipped where that right is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from bot import notice, words
from bot.communes import TEMPLATE
from bot.identity import Key, create_key
from bot.standin.server import Standin, start
from conversations.questionnaire import Rating, Voice, load
from conversations.store import open_store, organisers, people, post, surveys
from conversations.store.post import Address
from conversations.survey import SMALLEST_GROUP, Survey, commune

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
TOKEN = "4242:" + "secret" * 6
CODE, SALT = "ABCD2345", b"salt"
PEOPLE = 6
ORGANISER = 7_500_000
RATINGS = list(Rating)
QUESTIONS = [q.id for q in load()["kurzform-1"].questions if q.rating]
AGAIN = 75  # the exit code after which a supervisor is to start the bot again
ALARMING = re.compile(r"^(ERROR|CRITICAL) weltoffen")
CANNOT = re.compile(r"^(Error: |CRITICAL weltoffen)")


# ---- an installation, its bot, and people ------------------------------------------------------------------------


class Bot:
    """The bot process; what it logs is kept, line by line."""

    def __init__(self, folder: Path, url: str) -> None:
        """`folder` holds database and key."""
        self.folder = folder
        self.environment = {
            **os.environ, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": url, "PYTHONUNBUFFERED": "1",
            "WELTOFFEN_DATABASE": str(folder / "w.db"), "WELTOFFEN_KEY_FILE": str(folder / "w.key"),
        }  # fmt: skip
        self.lines: list[str] = []

    async def __aenter__(self) -> Bot:
        self.lines.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=self.environment, cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode().rstrip())

    async def says(self, pattern: re.Pattern[str], since: int = 0, seconds: float = 40) -> str:
        """The first line since a number of lines that matches, as soon as there is one."""
        return await soon(lambda: next(filter(pattern.search, self.lines[since:]), None), seconds)

    async def ends(self, seconds: float = 40) -> int:
        """Its exit code, when it ends by itself."""
        code = await asyncio.wait_for(self.process.wait(), seconds)
        await self._reading
        return code

    async def end(self) -> int:
        """Ends it with SIGTERM; its exit code."""
        self.process.terminate()
        return await self.ends(12)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None


async def soon(found: Callable[[], Any], seconds: float = 40) -> Any:
    """What is found, as soon as there is something."""
    for _ in range(int(seconds * 20)):
        if value := found():
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing within {seconds} seconds")


class Town:
    """An installation in a folder, people at Telegram's stand-in, and what they have sent."""

    def __init__(self, folder: Path, standin: Standin, key: Key, survey: Survey) -> None:
        self.folder, self.standin, self.key, self.survey = folder, standin, key, survey
        self.bot = Bot(folder, standin.url)
        self.users = [8_000_000 + i for i in range(PEOPLE)]
        self.sent: dict[int, list[Rating]] = {user: [] for user in self.users}
        self._dice = Random(1)
        for user in (*self.users, ORGANISER):
            standin.people.join("P", id=user, language_code="de")
        standin.people.start(ORGANISER)

    def come(self) -> None:
        """Everybody consents."""
        version = notice.version(self.survey, load()["kurzform-1"], Voice.SOCIETY)
        for user in self.users:
            self.standin.people.start(user, CODE)
            self.standin.people.press(user, 1, f"C:{CODE}:1:de:{version}", forged=True)

    def rate(self, times: int) -> None:
        """Everybody types so many ratings, one after the other."""
        for _ in range(times):
            for user in self.users:
                rating = self._dice.choice(RATINGS)
                self.sent[user].append(rating)
                self.standin.people.write(user, str(RATINGS.index(rating) + 1))

    async def kept(self) -> dict[int, list[str]]:
        """The answers that are kept, by user, in the order of the questions."""
        names = {self.key.respondent(SALT, user): user for user in self.users}
        async with await open_store(self.folder / "w.db") as store:
            found = await store.read(lambda tx: people.load(tx, names))
        answers = {names[r]: one.answers for r, one in found.items()}
        return {user: [given[q] for q in QUESTIONS if q in given] for user, given in answers.items()}

    async def all_is_kept(self, seconds: float = 30) -> None:
        """Waits until all that was sent is kept: each update once, and in order."""
        found: dict[int, list[str]] = {}
        for _ in range(int(seconds * 5)):
            with contextlib.suppress(sqlite3.OperationalError):
                found = await self.kept()
            if found == self.sent:
                return
            await asyncio.sleep(0.2)
        assert found == self.sent

    async def pending(self) -> int:
        """How many updates wait at Telegram."""
        async with ClientSession() as http, http.get(f"{self.standin.url}/bot{TOKEN}/getWebhookInfo") as answer:
            return int((await answer.json())["result"]["pending_update_count"])

    def said(self, user: int) -> list[str]:
        """What the bot has said in a chat."""
        chat = self.standin.people.chat(user)
        return [m.shown.text for m in chat.messages.values() if m.from_bot and not m.deleted]

    async def open_and_working(self) -> None:
        """Waits until the first ratings are kept."""
        self.come()
        self.rate(3)
        await self.all_is_kept()


@pytest.fixture
async def standin() -> AsyncIterator[Standin]:
    found = await start(TOKEN)
    yield found
    await found.close()


async def installed(folder: Path, standin: Standin) -> Town:
    """A database with an open survey and an organiser, and its key."""
    key = create_key(folder / "w.key")
    asks = commune(TEMPLATE)
    found = Survey("survey", 1, asks, "kurzform-1", (Voice.SOCIETY,), {Voice.SOCIETY: CODE},
                   {Voice.SOCIETY: SMALLEST_GROUP[Voice.SOCIETY]}, salt=SALT)  # fmt: skip
    organiser = key.organiser(1, ORGANISER)

    def unit(tx: Connection) -> None:
        surveys.commune_id(tx, asks.name)
        surveys.add(tx, found, TEMPLATE, datetime.now(UTC).date().isoformat())
        organisers.add(tx, organiser, 1, "de")
        post.keep_addresses(tx, [Address(organiser, None, key.seal(ORGANISER, organiser))])

    async with await open_store(folder / "w.db", create=True) as store:
        await store.write(unit)
    return Town(folder, standin, key, found)


# ---- real trouble --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def mounted(at: Path, *arguments: str) -> Iterator[Path]:
    """A file system mounted for as long as needed; skips where it may not be."""
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(at)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount here: {done.stderr.decode().strip()}")
    try:
        yield at
    finally:
        if subprocess.run(["umount", str(at)], capture_output=True, check=False).returncode:
            subprocess.run(["umount", "-l", str(at)], check=True)


def fill(folder: Path) -> Path:
    """Leaves not a byte free; what fills the disk."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return path


def refused(folder: Path) -> str:
    """What SQLite says when something is to be written into the database now."""
    with contextlib.closing(sqlite3.connect(folder / "w.db", isolation_level=None, timeout=0.1)) as other:
        try:
            other.execute("CREATE TABLE proof (a)")
            other.execute("DROP TABLE proof")
        except sqlite3.OperationalError as error:
            return str(error)
    return ""


async def loud_and_waiting(town: Town, since: int, number: int = 6) -> None:
    """People send; the bot cannot keep it, says so, and acknowledges nothing of it."""
    town.rate(number)
    await town.bot.says(ALARMING, since)
    await asyncio.sleep(1)
    assert town.bot.alive
    assert await town.pending() >= PEOPLE * number


async def test_a_full_disk_is_loud_loses_nothing_and_ends_by_itself(tmp_path: Path, standin: Standin) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as small:
        town = await installed(small, standin)
        async with town.bot as bot:
            await town.open_and_working()
            filler, since = fill(small), len(bot.lines)
            await loud_and_waiting(town, since)
            assert refused(small) == "database or disk is full"
            filler.unlink()
            await town.all_is_kept()
            town.rate(3)
            await town.all_is_kept()
            assert await bot.end() == 0


@pytest.mark.parametrize("end", ["killed", "ended"])
async def test_a_disk_that_is_full_at_the_start_is_loud_and_loses_nothing(
    tmp_path: Path, standin: Standin, end: str
) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as small:
        town = await installed(small, standin)
        async with town.bot as bot:
            await town.open_and_working()
            if end == "ended":
                assert await bot.end() == 0
        filler = fill(small)
        town.rate(5)
        async with town.bot as bot:  # it may end, for whoever starts it again
            await soon(lambda: not bot.alive or any(map(ALARMING.search, bot.lines)))
            await asyncio.sleep(0.5)
            if not bot.alive:
                assert (await bot.ends() > 0, any(map(CANNOT.search, bot.lines))) == (True, True)
        filler.unlink()
        async with town.bot:
            await town.all_is_kept()


async def test_a_bot_that_ends_on_a_full_disk_asks_to_be_started_again(tmp_path: Path, standin: Standin) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as small:
        town = await installed(small, standin)
        filler = fill(small)
        async with town.bot as bot:
            await soon(lambda: not bot.alive or any(map(ALARMING.search, bot.lines)))
            await asyncio.sleep(2)
            code = None if bot.alive else await bot.ends()
        filler.unlink()
        assert code in (None, AGAIN)


async def test_a_bot_started_on_a_full_disk_goes_on_when_there_is_space(tmp_path: Path, standin: Standin) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as small:
        town = await installed(small, standin)
        filler = fill(small)
        async with town.bot as bot:
            await soon(lambda: bot.lines)
            await asyncio.sleep(2)
            filler.unlink()
            town.come()
            town.rate(3)
            await town.all_is_kept()
            assert bot.alive


async def test_a_disk_that_fails_to_write_is_loud_loses_nothing_and_ends_by_itself(
    tmp_path: Path, standin: Standin
) -> None:
    town = await installed(tmp_path, standin)
    async with town.bot as bot:
        await town.open_and_working()
        _, hard = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
        most, since = (tmp_path / "w.db-wal").stat().st_size, len(bot.lines)
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (most, hard))  # every write beyond it fails
        await loud_and_waiting(town, since)
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await town.all_is_kept()
        assert await bot.end() == 0


async def test_a_lock_held_for_long_is_loud_loses_nothing_and_ends_by_itself(tmp_path: Path, standin: Standin) -> None:
    town = await installed(tmp_path, standin)
    async with town.bot as bot:
        await town.open_and_working()
        async with locked(tmp_path / "w.db"):
            await loud_and_waiting(town, len(bot.lines))
        await town.all_is_kept()
        assert await bot.end() == 0


@contextlib.asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Another process that writes and does not come to an end."""
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); "
        "print('held', flush=True); sys.stdin.read()"
    )
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", program, path, stdin=pipe, stdout=pipe)
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.kill()
        await holder.wait()


async def test_a_database_locked_at_the_start_is_loud_and_loses_nothing(tmp_path: Path, standin: Standin) -> None:
    town = await installed(tmp_path, standin)
    async with town.bot:
        await town.open_and_working()
    town.rate(3)
    async with locked(tmp_path / "w.db"), town.bot as bot:
        await soon(lambda: not bot.alive or any(map(ALARMING.search, bot.lines)))
        await asyncio.sleep(0.5)
        if not bot.alive:
            assert (await bot.ends() > 0, any(map(CANNOT.search, bot.lines))) == (True, True)
    async with town.bot:
        await town.all_is_kept()


async def test_a_file_system_stopped_by_its_kernel_is_loud_and_loses_nothing(tmp_path: Path, standin: Standin) -> None:
    disk, folder = image(tmp_path / "disk.img"), tmp_path / "mounted"
    with mounted(folder, "-o", "loop", str(disk)):
        town = await installed(folder, standin)
        async with town.bot as bot:
            await town.open_and_working()
            stop_writing(folder)
            await loud_and_waiting(town, len(bot.lines))
            assert "readonly" in refused(folder) or "disk I/O error" in refused(folder)
            assert await bot.end() == 0
    with mounted(folder, "-o", "loop", str(disk)):
        async with town.bot:
            await town.all_is_kept()


def image(path: Path) -> Path:
    """A small ext4 file system in a file; at an error its kernel makes it read-only."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4")
    with path.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(path)], check=True, capture_output=True)
    subprocess.run(["tune2fs", "-e", "remount-ro", str(path)], check=True, capture_output=True)
    return path


def stop_writing(folder: Path) -> None:
    """Lets the kernel find an error in a mounted ext4 file system."""
    source = subprocess.run(["findmnt", "-no", "SOURCE", str(folder)], check=True, capture_output=True)
    trigger = Path("/sys/fs/ext4", Path(source.stdout.decode().strip()).name, "trigger_fs_error")
    if not trigger.exists():
        pytest.skip("this kernel cannot be asked for an error")
    trigger.write_text("test")


async def test_a_read_only_file_is_refused_at_the_start_and_left_as_it_is(tmp_path: Path, standin: Standin) -> None:
    (folder := tmp_path / "mine").mkdir()
    town = await installed(folder, standin)
    async with town.bot:
        await town.open_and_working()
    town.rate(3)
    with mounted(tmp_path / "read-only", "--bind", "-o", "ro", str(folder)) as shown:
        before = {f.name: f.read_bytes() for f in folder.iterdir()}
        async with Bot(shown, standin.url) as bot:
            assert await bot.ends() == 1
            assert await bot.says(CANNOT)
        assert {f.name: f.read_bytes() for f in folder.iterdir()} == before
    async with town.bot:
        await town.all_is_kept()


# ---- what is said meanwhile --------------------------------------------------------------------------------------


def text(which: str) -> str:
    """The German text of a word in passing."""
    return words.plain("de", words.Plain[which]).text


def times(town: Town, user: int, which: str) -> int:
    """How often something was said in a chat."""
    return sum(text(which) in said for said in town.said(user))


async def health(port: int) -> int:
    """What the process says of itself: the HTTP status, 0 where it does not answer."""
    try:
        async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status
    except ClientError:
        return 0


async def test_people_and_organisers_hear_of_an_outage_once_and_of_its_end(
    tmp_path: Path, standin: Standin, unused_tcp_port: int
) -> None:
    town = await installed(tmp_path, standin)
    town.bot.environment["WELTOFFEN_HEALTH_PORT"] = str(unused_tcp_port)
    async with town.bot as bot:
        await town.open_and_working()
        for outage in (1, 2):
            assert await health(unused_tcp_port) == 200
            async with locked(tmp_path / "w.db"):
                town.rate(2)
                await soon(lambda outage=outage: times(town, ORGANISER, "ALARM") == outage)
                await soon(lambda outage=outage: all(times(town, u, "LATER") == outage for u in town.users))
                assert await health(unused_tcp_port) == 503
                town.rate(2)
                await bot.says(ALARMING, len(bot.lines))
            await town.all_is_kept()
            await soon(lambda outage=outage: times(town, ORGANISER, "WELL_AGAIN") == outage)
            assert [times(town, u, "LATER") for u in town.users] == [outage] * PEOPLE
            assert (times(town, ORGANISER, "ALARM"), times(town, ORGANISER, "LATER")) == (outage, 0)
            assert [times(town, u, "ALARM") for u in town.users] == [0] * PEOPLE
        assert await health(unused_tcp_port) == 200
        assert await bot.end() == 0


async def test_a_press_during_an_outage_is_answered_with_the_request_to_wait(tmp_path: Path, standin: Standin) -> None:
    town = await installed(tmp_path, standin)
    async with town.bot:
        await town.open_and_working()
        async with locked(tmp_path / "w.db"):
            one = town.users[0]
            press = standin.people.press(one, 1, "survey:1:o:overview", forged=True)
            await soon(lambda: standin.chats.presses[press.id].answered)
            assert text("LATER") in (standin.chats.presses[press.id].text or "")
        await town.all_is_kept()


# ---- files that are not what they should be ----------------------------------------------------------------------


def foreign_text(path: Path) -> None:
    """A letter."""
    path.write_bytes(b"Sehr geehrte Damen und Herren, " * 1000)


def foreign_database(path: Path) -> None:
    """A database of something else."""
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")


def empty(path: Path) -> None:
    """Nothing is left of it."""
    path.write_bytes(b"")


def zeros(path: Path) -> None:
    """As long as before, and nothing in it."""
    path.write_bytes(bytes(path.stat().st_size))


def header(path: Path) -> None:
    """Noise in the first hundred bytes."""
    path.write_bytes(Random(1).randbytes(100) + path.read_bytes()[100:])


def magic(path: Path) -> None:
    """One bit of the first byte."""
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def half(path: Path) -> None:
    """The second half is missing."""
    os.truncate(path, path.stat().st_size // 2)


def torn(path: Path) -> None:
    """The last pages are missing, one of them in part."""
    os.truncate(path, path.stat().st_size - 13_000)


def first_page(path: Path) -> None:
    """Noise in the schema."""
    content = bytearray(path.read_bytes())
    content[100:4096] = Random(1).randbytes(3996)
    path.write_bytes(content)


def pages(number: int) -> Callable[[Path], None]:
    """Noise in each page whose number is a multiple of this one."""

    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        for at in range(4096 * number, len(content) - 4095, 4096 * number):
            content[at : at + 4096] = Random(at).randbytes(4096)
        path.write_bytes(content)

    damage.__name__ = f"every_page_of_{number}"
    return damage


def single_page(table: str) -> Callable[[Path], None]:
    """Noise in the root page of one table."""

    def damage(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as other:
            (root,) = other.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        content = bytearray(path.read_bytes())
        content[4096 * (root - 1) : 4096 * root] = Random(root).randbytes(4096)
        path.write_bytes(content)

    damage.__name__ = f"page_of_{table}"
    return damage


REFUSED = [
    foreign_text, foreign_database, zeros, header, magic, first_page,
    empty,
]  # fmt: skip
DAMAGED = [
    half, torn, pages(1), pages(5), single_page("answer"), single_page("seen"), single_page("screen"),
    single_page("audit"), single_page("release"),
]  # fmt: skip


def named(damage: Callable[[Path], None]) -> str:
    """The name of a kind of damage."""
    return damage.__name__


@pytest.mark.parametrize("damage", REFUSED, ids=named)
async def test_a_file_that_cannot_be_ours_is_refused_and_left_as_it_is(
    tmp_path: Path, standin: Standin, damage: Callable[[Path], None]
) -> None:
    town = await installed(tmp_path, standin)
    path = tmp_path / "w.db"
    async with town.bot as bot:
        await town.open_and_working()
        assert await bot.end() == 0
    sound = path.read_bytes()
    damage(path)
    before = path.read_bytes()
    town.rate(3)
    async with town.bot as bot:
        assert await bot.ends() == 1
        assert str(path) in await bot.says(CANNOT)
    assert path.read_bytes() == before
    put_back(path, sound)
    async with town.bot:
        await town.all_is_kept()


@pytest.mark.parametrize("damage", DAMAGED, ids=named)
async def test_a_damaged_file_is_loud_and_takes_nothing_that_a_backup_would_lack(
    tmp_path: Path, standin: Standin, damage: Callable[[Path], None]
) -> None:
    town = await installed(tmp_path, standin)
    path = tmp_path / "w.db"
    async with town.bot as bot:
        await town.open_and_working()
        assert await bot.end() == 0
    sound = path.read_bytes()
    damage(path)
    assert not sound_to_sqlite(path)
    town.rate(3)
    async with town.bot as bot:
        with contextlib.suppress(AssertionError):
            await soon(lambda: not bot.alive or any(map(ALARMING.search, bot.lines)), 5)
        await asyncio.sleep(2)
        loud = any(map(ALARMING.search, bot.lines)) or (not bot.alive and any(map(CANNOT.search, bot.lines)))
        waiting = await town.pending()
    put_back(path, sound)
    assert loud
    assert waiting >= 3 * PEOPLE
    async with town.bot:
        await town.all_is_kept()


def sound_to_sqlite(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as other:
        try:
            return bool(other.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
        except sqlite3.DatabaseError:
            return False


def put_back(path: Path, sound: bytes) -> None:
    """The file as it was, and nothing beside it."""
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    path.write_bytes(sound)


async def test_a_key_of_another_installation_is_refused_and_nothing_is_changed(
    tmp_path: Path, standin: Standin
) -> None:
    town = await installed(tmp_path, standin)
    path, key_file = tmp_path / "w.db", tmp_path / "w.key"
    async with town.bot as bot:
        await town.open_and_working()
        assert await bot.end() == 0
    sound, right = path.read_bytes(), key_file.read_text()
    town.rate(3)
    key_file.unlink()
    create_key(key_file)
    async with town.bot as bot:
        assert await bot.ends() == 1
        assert "does not belong to the database" in await bot.says(CANNOT)
    assert path.read_bytes() == sound
    key_file.write_text(right)
    async with town.bot:
        await town.all_is_kept()
