"""Conversations, answers and statements of respondents: read once, written once per batch."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from sqlite3 import Connection
from types import MappingProxyType

from conversations.conversation import REFERRED, Conversation, Place, Statement
from conversations.questionnaire import Voice
from conversations.store import tombstones
from conversations.store.file import must_wipe
from conversations.store.tombstones import Kind

FIELDS = (
    "respondent, survey, voice, language, notice, person, place, at, version, since, "
    "each_new, handed_in, active, hidden"
)
NONE: Mapping[str, str] = MappingProxyType({})
NAMED = (  # where pseudonyms stand
    ("conversation", "respondent"), ("answer", "respondent"), ("statement", "respondent"), ("screen", "respondent"),
    ("message", "respondent"), ("referral", "respondent"), ("contributor", "respondent"),
    ("address", "owner"), ("letter", "owner"), ("organiser", "id"),
)  # fmt: skip


def load(tx: Connection, respondents: Iterable[str]) -> dict[str, Conversation]:
    """The conversations kept under these pseudonyms, by pseudonym."""
    wanted = json.dumps(list(respondents))
    among = "WHERE respondent IN (SELECT value FROM json_each(?))"
    rows = tx.execute(f"SELECT {FIELDS} FROM conversation {among}", (wanted,)).fetchall()
    if not rows:
        return {}
    answers: dict[str, dict[str, str]] = {row[0]: {} for row in rows}
    cursor = tx.execute(f"SELECT respondent, question, value FROM answer {among}", (wanted,))
    for respondent, question, value in cursor:
        answers[respondent][question] = value
    statements: dict[str, list[Statement]] = {r: [] for r in answers}
    query = f"SELECT respondent, question, text, id FROM statement {among} ORDER BY respondent, position"
    for respondent, question, text, identifier in tx.execute(query, (wanted,)):
        statements[respondent].append(Statement(question, text, identifier))
    referrals: dict[str, dict[str, str]] = {r: {} for r, given in answers.items() if REFERRED in given.values()}
    if referrals:
        query = "SELECT respondent, question, target FROM referral WHERE respondent IN (SELECT value FROM json_each(?))"
        for respondent, question, target in tx.execute(query, (json.dumps(list(referrals)),)):
            referrals[respondent][question] = target
    return {
        row[0]: Conversation(
            respondent=row[0], survey=row[1], voice=Voice(row[2]), language=row[3], notice=row[4], person=row[5],
            place=Place(row[6]), at=row[7], version=row[8], since=row[9],
            each_new=bool(row[10]), handed_in=bool(row[11]), active=bool(row[12]), hidden=bool(row[13]),
            answers=answers[row[0]], statements=tuple(statements[row[0]]), referrals=referrals.get(row[0], NONE),
        )
        for row in rows
    }  # fmt: skip


def keep(tx: Connection, before: Mapping[str, Conversation], after: Iterable[Conversation]) -> None:
    """Writes what changed between `before` and `after`: the conversations, their answers and statements.

    Statements without an id are new and get one. A conversation that is not in `before` must not exist yet:
    sqlite3.IntegrityError otherwise.
    """
    new, moved, changed, set_, unset, added, removed, referred, known = [], [], [], [], [], [], [], [], []
    for one in after:
        old = before.get(one.respondent)
        row = (
            one.language, one.place, one.at, one.version, one.since,
            one.each_new, one.handed_in, one.active, one.hidden, one.respondent,
        )  # fmt: skip
        if old is None:
            new.append((one.survey, one.voice, one.notice, one.person, *row))
        elif old == one:
            continue
        elif (old.language, old.notice, old.handed_in) == (one.language, one.notice, one.handed_in):
            # neither an index nor a tally to be kept
            moved.append((one.place, one.at, one.version, one.since, one.each_new, one.active, one.hidden,
                          one.respondent))  # fmt: skip
        else:
            changed.append((one.notice, *row))
        was = old.answers if old else {}
        set_ += [(one.respondent, q, v) for q, v in one.answers.items() if was.get(q) != v]
        unset += [(one.respondent, q) for q in was if q not in one.answers]
        if one.referrals != (old.referrals if old else {}):
            known.append((one.respondent,))
            referred += [(one.respondent, q, target) for q, target in one.referrals.items()]
        kept = {s.id for s in one.statements if s.id}
        removed += [(one.respondent, s.id) for s in (old.statements if old else ()) if s.id not in kept]
        added += [
            (secrets.token_hex(4), one.respondent, s.question, s.text, one.respondent)
            for s in one.statements if not s.id
        ]  # fmt: skip
    _many(
        tx,
        "INSERT INTO conversation (survey, voice, notice, person, language, place, at, version, since, each_new, "
        "handed_in, active, hidden, respondent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        new,
    )
    _many(
        tx,
        "UPDATE conversation SET place = ?, at = ?, version = ?, since = ?, each_new = ?, active = ?, hidden = ? "
        "WHERE respondent = ?",
        moved,
    )
    _many(
        tx,
        "UPDATE conversation SET notice = ?, language = ?, place = ?, at = ?, version = ?, since = ?, each_new = ?, "
        "handed_in = ?, active = ?, hidden = ? WHERE respondent = ?",
        changed,
    )
    _many(tx, "DELETE FROM answer WHERE respondent = ? AND question = ?", unset)
    _many(
        tx,
        "INSERT INTO answer (respondent, question, value) VALUES (?, ?, ?) "
        "ON CONFLICT (respondent, question) DO UPDATE SET value = excluded.value",
        set_,
    )
    _many(tx, "DELETE FROM referral WHERE respondent = ?", known)
    _many(tx, "INSERT INTO referral (respondent, question, target) VALUES (?, ?, ?)", referred)
    _many(tx, "DELETE FROM statement WHERE respondent = ? AND id = ?", removed)
    tombstones.bury(tx, Kind.STATEMENT, [tombstones.statement(*row) for row in removed])
    _many(
        tx,
        "INSERT INTO statement (id, respondent, question, text, position) VALUES (?, ?, ?, ?, "
        "(SELECT coalesce(max(position), 0) + 1 FROM statement WHERE respondent = ?))",
        added,
    )


def forget(tx: Connection, respondents: Iterable[str]) -> None:
    """Deletes everything held about these respondents: answers, statements, screens, messages, letters, address."""
    must_wipe(tx)
    rows = [(r,) for r in respondents]
    tombstones.bury(tx, Kind.RESPONDENT, [r for (r,) in rows])
    _many(  # a journal tells that something was said, and not what, once it is deleted
        tx,
        "UPDATE journal SET before = '', after = '' WHERE step IN ('comment', 'text') AND EXISTS "
        "(SELECT 1 FROM contributor AS c "
        "WHERE c.respondent = ? AND c.survey = journal.survey AND c.department || ', ' || c.function = journal.who)",
        rows,
    )
    _many(tx, "DELETE FROM comment WHERE contributor IN (SELECT id FROM contributor WHERE respondent = ?)", rows)
    _many(  # it can be invited again, or is already
        tx,
        "UPDATE contributor SET respondent = NULL, hash = iif(until IS NULL, NULL, hash), remind = 0, reminded = 0 "
        "WHERE respondent = ?",
        rows,
    )
    _many(tx, "DELETE FROM address WHERE owner = ?", rows)
    _many(tx, "DELETE FROM conversation WHERE respondent = ?", rows)


def rename(tx: Connection, names: Mapping[str, str]) -> None:
    """Gives respondents, and whoever else has an address, other pseudonyms, everywhere at once."""
    must_wipe(tx)
    tx.execute("PRAGMA defer_foreign_keys = ON")  # until the commit, when all of it fits together again
    rows = [(new, old) for old, new in names.items()]
    for table, column in NAMED:
        _many(tx, f"UPDATE {table} SET {column} = ? WHERE {column} = ?", rows)


def everybody(tx: Connection) -> list[tuple[str, str, int]]:
    """Pseudonym, survey, and which of the people at one telephone, of every respondent."""
    cursor = tx.execute("SELECT respondent, survey, person FROM conversation ORDER BY respondent")
    return [(row[0], row[1], row[2]) for row in cursor]


def messages(tx: Connection, respondents: Iterable[str]) -> list[int]:
    """The numbers of the messages in the chats of these respondents that are known from the last two days."""
    query = "SELECT message FROM message WHERE respondent IN (SELECT value FROM json_each(?)) ORDER BY message"
    return [row[0] for row in tx.execute(query, (json.dumps(list(respondents)),))]


def keep_messages(tx: Connection, rows: Iterable[tuple[str, int]], day: str) -> None:
    """Remembers which messages stand in a respondent's chat, so that a deletion can reach them for 48 hours."""
    _many(
        tx,
        "INSERT OR IGNORE INTO message (respondent, message, day) "
        "SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM conversation WHERE respondent = ?1)",
        [(r, m, day) for r, m in rows],
    )


def handled(tx: Connection, messages: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Which of these messages (respondent, number) were handled in the last two days."""
    wanted = set(messages)
    pairs = json.dumps([r for r, _ in wanted]), json.dumps([m for _, m in wanted])
    query = (
        "SELECT respondent, message FROM message WHERE respondent IN (SELECT value FROM json_each(?)) "
        "AND message IN (SELECT value FROM json_each(?))"
    )
    return wanted & {(row[0], row[1]) for row in tx.execute(query, pairs)}


def unfinished(tx: Connection, survey: str) -> list[tuple[str, str]]:
    """Pseudonym and language of everybody who has not handed in."""
    query = "SELECT respondent, language FROM conversation WHERE survey = ? AND handed_in = 0 ORDER BY respondent"
    return [(row[0], row[1]) for row in tx.execute(query, (survey,))]


def with_open_question(tx: Connection) -> list[str]:
    """The respondents of surveys not yet closed who are in the middle of answering."""
    query = (
        "SELECT respondent FROM conversation JOIN survey ON survey.id = conversation.survey "
        "WHERE active AND place NOT IN ('paused', 'thanks') AND closed_day IS NULL"
    )
    return [row[0] for row in tx.execute(query)]


def behind(tx: Connection) -> list[str]:
    """The respondents whose chat does not show the newest version of their conversation."""
    query = (
        "SELECT respondent FROM conversation JOIN screen USING (respondent) "
        "WHERE active AND (message IS NULL OR shown < version OR old IS NOT NULL)"
    )
    return [row[0] for row in tx.execute(query)]


def _many(tx: Connection, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        tx.executemany(sql, rows)
