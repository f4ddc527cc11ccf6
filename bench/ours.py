"""weltoffen as it is measured: installed through its command line, filled by plain SQL, its rows counted.

What is told of the inside: the tables (conversations/store/schema.py), how a pseudonym and a sealed address are made
(bot.identity), and what the first question looks like (bot.view), so that 100,000 people can be in the middle of a
survey without having walked in one by one.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from load import FIRST_USER

ROOT = Path(__file__).absolute().parents[1]
sys.path.insert(0, str(ROOT))  # this checkout's modules, also where another one is installed
TOKEN = "4242:" + "bench" * 7
VOICE = "society"
MESSAGE = 1000  # the message that shows everybody the first question
RATINGS = ("yes", "rather-yes", "rather-no", "no", "cannot-say")


@dataclass(frozen=True)
class Installation:
    """A database and a key in a folder, with one survey of the short form."""

    folder: Path
    survey: str
    code: str

    @property
    def database(self) -> Path:
        return self.folder / "w.db"


def environment(folder: Path, url: str = "") -> dict[str, str]:
    """The settings of weltoffen and of all peers; this checkout's modules come first."""
    return {
        **os.environ, "PYTHONPATH": str(ROOT), "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": url,
        "WELTOFFEN_DATABASE": str(folder / "w.db"), "WELTOFFEN_KEY_FILE": str(folder / "w.key"),
    }  # fmt: skip


def installed(folder: Path) -> Installation:
    """A new database with one open survey."""
    _ours(folder, "commune", "init", "stadt.toml")
    text = _ours(folder, "survey", "open", "kurzform", "--commune", "stadt.toml", "--voice", VOICE, "--yes",
                 "--format", "json")  # fmt: skip
    found = json.loads(text)
    return Installation(folder, found["survey"], found["codes"][VOICE]["code"])


def _ours(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "bot", *arguments]
    done = subprocess.run(command, env=environment(folder), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def command() -> list[str]:
    """What runs the bot."""
    return [sys.executable, "-m", "bot", "run", "--log", "WARNING"]


# ---- filled by plain SQL ------------------------------------------------------------------------------------------


def fill(where: Installation, people: int, first: int = FIRST_USER) -> None:
    """So many people, with the chats of the load server, who see the first question and have answered none."""
    from bot.identity import read_key

    key = read_key(where.folder / "w.key")
    with closing(_opened(where.database)) as database:
        salt = database.execute("SELECT salt FROM survey WHERE id = ?", (where.survey,)).fetchone()[0]
        names = [(key.respondent(salt, user), user) for user in range(first, first + people)]
        database.execute("BEGIN IMMEDIATE")
        _conversations(database, where.survey, [name for name, _ in names], handed_in=False)
        database.executemany(
            "INSERT INTO address (owner, survey, sealed) VALUES (?, ?, ?)",
            ((name, where.survey, key.seal(user, name)) for name, user in names),
        )
        database.executemany(
            "INSERT INTO screen (respondent, message, shown) VALUES (?, ?, 1)", ((name, MESSAGE) for name, _ in names)
        )
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_answers(where: Installation, people: int, part: int = 20_000) -> int:
    """So many people who have handed in all 34 ratings; gives the number of answers.

    In order of the pseudonyms, in transactions of `part` people, past whatever triggers there are. Handed in first and
    answered then, or the other way round, must come to the same; half of the parts are written this way, half that.
    """
    dice = Random(7)
    questions = [q.id for q in _questionnaire().questions if q.rating]
    names = sorted(f"{dice.getrandbits(128):032x}" for _ in range(people))
    mark = "UPDATE conversation SET handed_in = 1 WHERE respondent = ?"

    def rows(some: list[str]) -> Iterator[tuple[str, str, str]]:
        for name in some:
            for question in questions:
                yield name, question, RATINGS[min(4, int(dice.expovariate(0.7)))]

    with closing(_opened(where.database)) as database:
        database.execute("PRAGMA synchronous = OFF")
        for start in range(0, people, part):
            some = names[start : start + part]
            late = (start // part) % 2 == 1
            database.execute("BEGIN IMMEDIATE")
            _conversations(database, where.survey, some, handed_in=not late)
            database.executemany("INSERT INTO answer (respondent, question, value) VALUES (?, ?, ?)", rows(some))
            if late:
                database.executemany(mark, [(name,) for name in some])
            database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return people * len(questions)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _conversations(database: sqlite3.Connection, survey: str, names: list[str], *, handed_in: bool) -> None:
    place = "thanks" if handed_in else "question"
    database.executemany(
        "INSERT INTO conversation (respondent, survey, voice, language, notice, person, place, at, version, since, "
        "each_new, handed_in, active) VALUES (?, ?, ?, 'de', 'bench', 1, ?, NULL, 1, 1, 0, ?, 1)",
        ((name, survey, VOICE, place, int(handed_in)) for name in names),
    )


def _questionnaire() -> Any:
    from conversations.questionnaire import load

    return load()["kurzform-1"]


def seen(where: Installation) -> dict[str, Any]:
    """The message with the first question, as the load server takes it for everybody (`--seen`)."""
    from bot.communes import commune_of
    from bot.view import view
    from conversations.conversation import Conversation
    from conversations.questionnaire import Voice
    from conversations.survey import Survey

    _, commune = commune_of(where.folder / "stadt.toml")
    voice = Voice(VOICE)
    survey = Survey(where.survey, 1, commune, "kurzform-1", (voice,), {voice: where.code}, {voice: 5})
    shown = view(survey, _questionnaire(), Conversation(where.survey, "0" * 32, voice, "de", "bench"))
    rows = [[{"text": b.label, "callback_data": b.data} for b in row] for row in shown.rows]
    return {"message": MESSAGE, "text": shown.text, "rows": rows}


# ---- counted ------------------------------------------------------------------------------------------------------


def stored(database: Path, person: str = "respondent") -> dict[str, Any]:
    """What a table of answers holds: how many of each value, and how many people gave how many."""
    with closing(sqlite3.connect(database)) as opened:
        values = dict(opened.execute("SELECT value, count(*) FROM answer GROUP BY value").fetchall())
        given = Counter(row[0] for row in opened.execute(f"SELECT count(*) FROM answer GROUP BY {person}"))
    return {"values": values, "given": {str(n): times for n, times in sorted(given.items())}}


def size(database: Path) -> int:
    """Bytes on disk, with the write-ahead log."""
    return sum(p.stat().st_size for p in database.parent.glob(f"{database.name}*"))
