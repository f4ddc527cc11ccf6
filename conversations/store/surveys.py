"""Communes, surveys, their codes, and the small facts an installation keeps about itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache, lru_cache
from sqlite3 import Connection
from typing import Any

from conversations.questionnaire import Voice
from conversations.store import contributions, tombstones
from conversations.store.file import must_wipe
from conversations.store.tombstones import Kind
from conversations.survey import Commune, Survey, commune

COLUMNS = "id, commune, profile, questionnaire, salt, opens, closes, closed_day, languages"


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def commune_id(tx: Connection, name: str) -> int:
    """The number of a commune, given one at first sight."""
    tx.execute("INSERT INTO commune (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
    row = tx.execute("SELECT id FROM commune WHERE name = ?", (name,)).fetchone()
    assert row is not None  # noqa: S101 - just inserted
    return int(row[0])


def add(tx: Connection, survey: Survey, profile: str, day: str) -> None:
    """Keeps a new survey with its codes; `profile` is the text of the commune's file."""
    tx.execute(
        "INSERT INTO survey (id, commune, profile, questionnaire, salt, opens, closes, opened_day, languages) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (survey.id, survey.commune_id, profile, survey.questionnaire, survey.salt,
         _seconds(survey.opens), _seconds(survey.closes), day,
         json.dumps(survey.languages) if survey.languages else None),
    )  # fmt: skip
    tx.executemany(
        "INSERT INTO door (code, survey, voice, k) VALUES (?, ?, ?, ?)",
        [(survey.codes[v], survey.id, v, survey.groups[v]) for v in survey.voices],
    )


def all_surveys(tx: Connection) -> dict[str, Survey]:
    """All surveys by id, in the order in which they were opened."""
    doors: dict[str, list[tuple[Voice, str, int]]] = {}
    for survey, voice, code, k in tx.execute("SELECT survey, voice, code, k FROM door"):
        doors.setdefault(survey, []).append((Voice(voice), code, k))
    found: dict[str, Survey] = {}
    for row in tx.execute(f"SELECT {COLUMNS} FROM survey ORDER BY opened_day, id"):
        found[row[0]] = _survey(row, tuple(doors.get(row[0], ())))
    return found


@lru_cache(maxsize=1000)
def _survey(row: tuple[Any, ...], doors: tuple[tuple[Voice, str, int], ...]) -> Survey:
    doors = tuple(sorted(doors, key=lambda d: list(Voice).index(d[0])))
    return Survey(
        id=row[0], commune_id=row[1], commune=_commune(row[2]), questionnaire=row[3], salt=row[4],
        opens=_moment(row[5]), closes=_moment(row[6]), closed=row[7] is not None,
        voices=tuple(d[0] for d in doors), codes={d[0]: d[1] for d in doors}, groups={d[0]: d[2] for d in doors},
        languages=tuple(json.loads(row[8])) if row[8] else (),
    )  # fmt: skip


def close(tx: Connection, survey: str, day: str) -> None:
    """Marks a survey as closed on a day; a backup that still holds it open must not open it again."""
    if tx.execute("UPDATE survey SET closed_day = ? WHERE id = ? AND closed_day IS NULL", (day, survey)).rowcount:
        must_wipe(tx)
        tombstones.bury(tx, Kind.CLOSED, [survey], day)


def closed_days(tx: Connection) -> dict[str, str]:
    """The day of closing of each closed survey, by id."""
    cursor = tx.execute("SELECT id, closed_day FROM survey WHERE closed_day IS NOT NULL")
    return {row[0]: row[1] for row in cursor}


def opened_day(tx: Connection, survey: str) -> str:
    """The day on which a survey was made."""
    row = tx.execute("SELECT opened_day FROM survey WHERE id = ?", (survey,)).fetchone()
    return str(row[0]) if row else ""


def erase_link(tx: Connection, survey: str) -> None:
    """Erases a survey's salt and addresses: from then on nobody can be matched with an answer."""
    must_wipe(tx)
    tombstones.bury(tx, Kind.LINK, [survey])
    tx.execute("DELETE FROM address WHERE survey = ?", (survey,))
    tx.execute("DELETE FROM wish WHERE survey = ?", (survey,))
    tx.execute("DELETE FROM message WHERE respondent IN (SELECT respondent FROM conversation WHERE survey = ?)",
                     (survey,))  # fmt: skip
    tx.execute("DELETE FROM screen WHERE respondent IN (SELECT respondent FROM conversation WHERE survey = ?)",
                     (survey,))  # fmt: skip
    tx.execute("UPDATE survey SET salt = NULL WHERE id = ?", (survey,))


def erase_people(tx: Connection, survey: str) -> int:
    """Deletes all respondents of a survey at the end of its retention; gives how many there were.

    Of an institution's statement goes with them how it came to be.
    """
    contributions.erase(tx, survey)
    cursor = tx.execute("DELETE FROM conversation WHERE survey = ?", (survey,))
    if cursor.rowcount:
        tombstones.bury(tx, Kind.PEOPLE, [survey])
    tx.execute("DELETE FROM tally WHERE survey = ?", (survey,))
    return cursor.rowcount


def keep_notice(tx: Connection, version: str, text: str) -> None:
    """Keeps the text of a notice under its version, so that it can be shown what somebody consented to."""
    tx.execute("INSERT OR IGNORE INTO notice (version, text) VALUES (?, ?)", (version, text))


def notice_text(tx: Connection, version: str) -> str | None:
    """The German text of a version of a notice."""
    row = tx.execute("SELECT text FROM notice WHERE version = ?", (version,)).fetchone()
    return str(row[0]) if row else None


def fact(tx: Connection, name: str) -> str | None:
    """A fact of this installation (the bot's username, the key's fingerprint, the last minute alive)."""
    row = tx.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def keep_fact(tx: Connection, name: str, value: str) -> None:
    """Keeps a fact of this installation."""
    tx.execute(
        "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def note(tx: Connection, commune_number: int | None, day: str, action: str, detail: str) -> None:
    """An entry in the audit log: what an organiser did, on which day; never who answered."""
    tx.execute(
        "INSERT INTO audit (commune, day, action, detail) VALUES (?, ?, ?, ?)", (commune_number, day, action, detail)
    )


@cache
def _commune(profile: str) -> Commune:
    return commune(profile)
