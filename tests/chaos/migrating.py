"""Migrations under kills: from every version, before every statement and at random times; each is all or nothing.

Run as a program: `migrating.py FOLDER SEED RANDOM_KILLS` prints a report as JSON; what is wrong is an AssertionError.
It forks, so that nothing is imported anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from random import Random
from typing import Any

from points import install

from bot.communes import TEMPLATE
from conversations.questionnaire import Voice, load
from conversations.store import figures, open_store
from conversations.store.file import APPLICATION
from conversations.store.schema import MIGRATIONS, statements

PEOPLE = 60
VOICES = (("aaaaaa", Voice.SOCIETY), ("aaaaaa", Voice.ADMINISTRATION), ("bbbbbb", Voice.SOCIETY))
Rows = dict[str, list[tuple[Any, ...]]]
State = tuple[int, list[tuple[Any, ...]], Rows]


def rows(dice: Random) -> Rows:
    """What a survey under way holds, in the tables and columns of the first version."""
    day, names = "2027-01-15", [f"{i:032x}" for i in range(1, PEOPLE + 1)]
    questions = load()["kurzform-1"].questions
    ratings = ("yes", "rather-yes", "rather-no", "no", "cannot-say", "skipped")
    answers = [(n, q.id, dice.choice(ratings) if q.rating else "finished") for n in names for q in questions
               if dice.random() < 0.8]  # fmt: skip
    return {
        "fact": [("key", "0" * 32), ("username", "weltoffen_bot"), ("alive", "1800000000"), ("unwiped", "1")],
        "commune": [(1, "Musterstadt"), (2, "Anderstadt")],
        "survey": [
            ("aaaaaa", 1, TEMPLATE, "kurzform-1", b"salt", None, 1_900_000_000, day, None),
            ("bbbbbb", 2, TEMPLATE, "kurzform-1", None, None, None, "2026-01-01", "2026-02-01"),
        ],
        "door": [("AAAAAAA2", "aaaaaa", "administration", 10), ("SAAAAAA2", "aaaaaa", "society", 5),
                 ("SBBBBBB2", "bbbbbb", "society", 5)],
        "notice": [("febd4cf2", "Wer fragt: …")],
        "conversation": [
            (n, "aaaaaa" if i % 3 else "bbbbbb", "society" if i % 2 or not i % 3 else "administration", "de",
             "febd4cf2", 1, ("question", "thanks")[i % 2], None, 40, 38, 0, i % 2, 1, 0, day, 0)
            for i, n in enumerate(names)
        ],
        "answer": answers,
        "statement": [(f"{i:08x}", n, "o1", 1, f"Beitrag {i} – „ä“ 🙂", ("new", "released")[i % 2], i % 2)
                      for i, n in enumerate(names[::3])],
        "address": [(n, "aaaaaa", b"sealed" + bytes([i % 250]), i % 7 == 0, 0) for i, n in enumerate(names)],
        "screen": [(n, 100 + i, None, 40) for i, n in enumerate(names)],
        "message": [(n, 100 + i, day) for i, n in enumerate(names)],
        "letter": [(1, names[0], "aaaaaa", "unfinished", "de", 1_900_000_000)],
        "wish": [("w1", "aaaaaa", "de", b"sealed")],
        "farewell": [("f1", b"sealed", "[1, 2]", "Alles ist gelöscht.")],
        "seen": [(700_000_000 + i, day) for i in range(500)],
        "trouble": [(1, "KeyError", day)],
        "brake": [("c" * 32, 3, 1_900_000_000)],
        "organiser": [("o" * 32, 1, "de")],
        "invite": [("h" * 64, 1, 1_900_000_000)],
        "step": [("aaaaaa", "society", 12, 10, "{}")],
        "release": [("bbbbbb", 1, "2026-02-01", "d" * 64, "{}", "{}")],
        "audit": [(1, 1, day, "open", "aaaaaa")],
    }  # fmt: skip


def build(path: Path, version: int, content: Rows) -> None:
    """A database as a version of weltoffen left it that has known these rows from its first version on."""
    with closing(sqlite3.connect(path, isolation_level=None)) as tx:
        tx.execute("PRAGMA journal_mode = WAL").fetchall()
        for number, script in enumerate(MIGRATIONS[:version]):
            for statement in statements(script):
                tx.execute(statement)
            if number == 0:
                for table, values in content.items():
                    places = ", ".join("?" * len(values[0]))
                    tx.executemany(f"INSERT INTO {table} VALUES ({places})", values)
        tx.execute(f"PRAGMA application_id = {APPLICATION}")
        tx.execute(f"PRAGMA user_version = {version}")


def state(path: Path) -> State:
    """All that is in a sound file: its version, its schema, its rows."""
    with closing(sqlite3.connect(path)) as tx:
        assert tx.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert tx.execute("PRAGMA foreign_key_check").fetchall() == []
        version: int = tx.execute("PRAGMA user_version").fetchone()[0]
        schema = tx.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2, 3").fetchall()
        tables = [name for kind, name, _, _ in schema if kind == "table"]
        return version, schema, {t: sorted(tx.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}


async def opened(path: Path, check: bool = False) -> None:
    """Opens the database as every command does; with `check` the kept counts are proved too."""
    async with await open_store(path) as store:
        if check:
            for survey, voice in VOICES:
                await store.read(lambda tx, s=survey, v=voice: figures.proved(tx, s, v))  # type: ignore[misc]


def killed(path: Path, point: str, seconds: float) -> bool:
    """Opens the database in a child that dies at a point, or after `seconds`; whether it died."""
    pid = os.fork()
    if pid == 0:
        status = 3
        try:
            install(point)
            asyncio.run(opened(path))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if not point:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    return status != 0


def campaign(folder: Path, seed: int, random_kills: int) -> dict[str, Any]:
    """From every version, and what it took."""
    dice = Random(seed)
    content = {table: [tuple(int(v) if isinstance(v, bool) else v for v in row) for row in values]
               for table, values in rows(dice).items()}  # fmt: skip
    report: dict[str, Any] = {"seed": seed, "kills": 0, "versions": len(MIGRATIONS), "stayed": 0, "went_on": 0}
    templates = [folder / f"{version}.db" for version in range(1, len(MIGRATIONS) + 1)]
    for version, template in enumerate(templates, 1):
        build(template, version, content)
    whole = [state(template) for template in templates]
    for before, template in enumerate(templates[:-1]):
        statement = ((f"statement:{n}", 0.0) for n in count(1))
        for point, seconds in chain((("", dice.uniform(0.0, 0.04)) for _ in range(random_kills)), statement):
            for file in folder.glob("w.db*"):
                file.unlink()
            path = folder / "w.db"
            shutil.copy(template, path)
            died = killed(path, point, seconds)
            found = state(path)
            assert found in whole[before:], f"killed at {point or seconds}: neither one version nor another"
            report["kills"] += died
            report["stayed" if found == whole[before] else "went_on"] += died
            asyncio.run(opened(path, check=True))
            assert state(path) == whole[-1]
            if point and not died:
                break
    return report


if __name__ == "__main__":
    print(json.dumps(campaign(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
