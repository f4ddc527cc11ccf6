"""What is on its way to a chat: addresses, screens, letters, wishes; and what came in: seen ids, brakes, trouble."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import NamedTuple

from conversations.store import tombstones
from conversations.store.tombstones import Kind


class Address(NamedTuple):
    """A sealed chat; `not_before` is Telegram's retry_after in seconds since 1970."""

    owner: str
    survey: str | None
    sealed: bytes
    blocked: bool = False
    not_before: int = 0


class ShownScreen(NamedTuple):
    """Which message shows which version of a conversation; `old` still has buttons to be removed.

    `wish` counts how often it was to be sent anew at the bottom: a message sent for an earlier wish is not it.
    """

    message: int | None
    old: int | None
    shown: int
    wish: int = 0


@dataclass(frozen=True)
class Letter:
    """A message that must arrive once and stay. Its text is made when it is sent, so that deletions reach it.

    `until` is the second after which it is given up.
    """

    id: int
    owner: str
    survey: str
    kind: str
    language: str
    until: int


@dataclass(frozen=True)
class Farewell:
    """A deletion still to be confirmed in its chat: the messages to remove, and what is said then."""

    id: str
    sealed: bytes
    messages: tuple[int, ...]
    word: str


def seen(tx: Connection, ids: Iterable[int]) -> set[int]:
    """Which of these updates have been handled before."""
    query = "SELECT id FROM seen WHERE id IN (SELECT value FROM json_each(?))"
    return {row[0] for row in tx.execute(query, (json.dumps(list(ids)),))}


def keep_seen(tx: Connection, ids: Iterable[int], day: str) -> None:
    """Remembers updates as handled."""
    _many(tx, "INSERT INTO seen (id, day) VALUES (?, ?)", [(i, day) for i in ids])


def keep_trouble(tx: Connection, rows: Sequence[tuple[int, str]], day: str) -> None:
    """Sets updates aside that we could not handle: id and kind of error, nothing of their content."""
    _many(tx, "INSERT OR IGNORE INTO trouble (id, error, day) VALUES (?, ?, ?)", [(i, e, day) for i, e in rows])


def forget_old(tx: Connection, day: str, now: int) -> None:
    """Drops what is only needed for two days: seen ids, message numbers, trouble; and whatever has run out."""
    for table in ("seen", "message", "trouble"):
        tx.execute(f"DELETE FROM {table} WHERE day < ?", (day,))
    for table in ("brake", "invite", "letter"):
        tx.execute(f"DELETE FROM {table} WHERE until <= ?", (now,))
    tx.execute("UPDATE address SET not_before = 0 WHERE not_before BETWEEN 1 AND ?", (now,))


def addresses(tx: Connection, owners: Iterable[str]) -> dict[str, Address]:
    """The addresses of these owners."""
    query = (
        "SELECT owner, survey, sealed, blocked, not_before FROM address WHERE owner IN (SELECT value FROM json_each(?))"
    )
    cursor = tx.execute(query, (json.dumps(list(owners)),))
    return {row[0]: Address(row[0], row[1], row[2], bool(row[3]), row[4]) for row in cursor}


def keep_addresses(tx: Connection, rows: Sequence[Address]) -> None:
    """Keeps addresses of people who have just entered."""
    if rows:
        _many(
            tx,
            "INSERT INTO address (owner, survey, sealed) VALUES (?, ?, ?) "
            "ON CONFLICT (owner) DO UPDATE SET sealed = excluded.sealed, blocked = 0",
            [(a.owner, a.survey, a.sealed) for a in rows],
        )


def block(tx: Connection, owners: Sequence[str], blocked: bool) -> None:
    """Parks or unparks chats: their owner has blocked the bot, or let it in again."""
    _many(tx, "UPDATE address SET blocked = ? WHERE owner = ?", [(int(blocked), o) for o in owners])


def blocked_count(tx: Connection, survey: str) -> int:
    """How many people of a survey have blocked the bot."""
    row = tx.execute("SELECT count(*) FROM address WHERE survey = ? AND blocked", (survey,)).fetchone()
    return int(row[0]) if row else 0


def hold(tx: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Keeps Telegram's retry_after: (second since 1970, owner)."""
    _many(tx, "UPDATE address SET not_before = ? WHERE owner = ?", rows)


def screens(tx: Connection, respondents: Iterable[str]) -> dict[str, ShownScreen]:
    """What the chats of these respondents show."""
    query = (
        "SELECT respondent, message, old, shown, wish FROM screen WHERE respondent IN (SELECT value FROM json_each(?))"
    )
    cursor = tx.execute(query, (json.dumps(list(respondents)),))
    return {row[0]: ShownScreen(*row[1:]) for row in cursor}


def want_screens(tx: Connection, respondents: Iterable[str], bottom: Iterable[str]) -> None:
    """Makes room for screens; those in `bottom` are to be sent anew, their old buttons removed."""
    _many(tx, "INSERT OR IGNORE INTO screen (respondent) VALUES (?)", [(r,) for r in respondents])
    _many(
        tx,
        "UPDATE screen SET old = coalesce(message, old), message = NULL, wish = wish + 1 WHERE respondent = ?",
        [(r,) for r in bottom],
    )


def keep_shown(tx: Connection, rows: Sequence[tuple[int, int, str]]) -> None:
    """Notes what was shown by editing: (version, message, respondent)."""
    _many(tx, "UPDATE screen SET shown = max(shown, ?), old = NULL WHERE message = ? AND respondent = ?", rows)


def keep_sent(tx: Connection, rows: Sequence[tuple[int, int, str, int]]) -> None:
    """Notes a new message that shows a conversation: (message, version, respondent, wish).

    If another one has been wished for since, the message is an old one by now.
    """
    _many(tx, "UPDATE screen SET message = ?, shown = max(shown, ?) WHERE respondent = ? AND wish = ?", rows)
    late = [(message, respondent, wish) for message, _, respondent, wish in rows]
    _many(tx, "UPDATE screen SET old = coalesce(old, ?) WHERE respondent = ? AND wish <> ?", late)


def post(tx: Connection, letters: Sequence[Letter]) -> None:
    """Queues letters (their id is given here); an owner without an address gets none."""
    _many(
        tx,
        "INSERT INTO letter (owner, survey, kind, language, until) SELECT ?1, ?2, ?3, ?4, ?5 "
        "WHERE EXISTS (SELECT 1 FROM address WHERE owner = ?1)",
        [(x.owner, x.survey, x.kind, x.language, x.until) for x in letters],
    )


def letters(tx: Connection, now: int, limit: int) -> list[Letter]:
    """The next letters that can be sent: not to those who blocked the bot or must be left in peace until later."""
    query = (
        "SELECT letter.id, owner, letter.survey, kind, language, until FROM letter JOIN address USING (owner) "
        "WHERE NOT blocked AND not_before <= ? AND until > ? ORDER BY letter.id LIMIT ?"
    )
    return [Letter(*row) for row in tx.execute(query, (now, now, limit))]


def letter_waits(tx: Connection, letter: int) -> bool:
    """Whether a letter is still to be sent: a deletion may have taken it away."""
    return tx.execute("SELECT 1 FROM letter WHERE id = ?", (letter,)).fetchone() is not None


def newer_waits(tx: Connection, letter: Letter) -> bool:
    """Whether another letter of its kind waits for the same owner, which will say all that this one would."""
    query = "SELECT 1 FROM letter WHERE owner = ? AND survey = ? AND kind = ? AND id > ?"
    return tx.execute(query, (letter.owner, letter.survey, letter.kind, letter.id)).fetchone() is not None


def drop_letters(tx: Connection, ids: Sequence[int]) -> None:
    """Takes letters out of the queue: they have arrived, or never will."""
    _many(tx, "DELETE FROM letter WHERE id = ?", [(i,) for i in ids])


def waiting(tx: Connection, survey: str, now: int) -> int:
    """How many letters of a survey may still arrive."""
    query = (
        "SELECT count(*) FROM letter JOIN address USING (owner) WHERE letter.survey = ? AND NOT blocked AND until > ?"
    )
    row = tx.execute(query, (survey, now)).fetchone()
    return int(row[0]) if row else 0


def keep_wish(tx: Connection, identifier: str, survey: str, language: str, sealed: bytes) -> None:
    """Keeps the wish to be sent the result: an address without a respondent."""
    tx.execute("INSERT INTO wish (id, survey, language, sealed) VALUES (?, ?, ?, ?)",
                     (identifier, survey, language, sealed))  # fmt: skip


def wishes(tx: Connection, survey: str) -> list[tuple[str, str, bytes]]:
    """Id, language and sealed address of those who want the result."""
    query = "SELECT id, language, sealed FROM wish WHERE survey = ? ORDER BY id"
    return [(row[0], row[1], row[2]) for row in tx.execute(query, (survey,))]


def drop_wishes(tx: Connection, ids: Sequence[str]) -> None:
    """Deletes wishes, for good."""
    tombstones.bury(tx, Kind.WISH, ids)
    _many(tx, "DELETE FROM wish WHERE id = ?", [(i,) for i in ids])


def grant_wishes(tx: Connection, survey: str, until: int) -> list[Letter]:
    """Turns the wishes of a survey into addresses, and gives the letters to them that are to be queued."""
    found = wishes(tx, survey)
    keep_addresses(tx, [Address(identifier, survey, sealed) for identifier, _, sealed in found])
    _many(tx, "DELETE FROM wish WHERE id = ?", [(identifier,) for identifier, _, _ in found])
    return [Letter(0, identifier, survey, "result", language, until) for identifier, language, _ in found]


def braked(tx: Connection, now: int) -> bool:
    """Whether there is any chat whose wrong codes still count."""
    return tx.execute("SELECT 1 FROM brake WHERE until > ? LIMIT 1", (now,)).fetchone() is not None


def tries(tx: Connection, chats: Iterable[str], now: int) -> dict[str, int]:
    """How many wrong codes each of these chats has sent within the pause that still runs."""
    query = "SELECT chat, tries FROM brake WHERE until > ? AND chat IN (SELECT value FROM json_each(?))"
    return {row[0]: row[1] for row in tx.execute(query, (now, json.dumps(list(chats))))}


def keep_tries(tx: Connection, rows: Sequence[tuple[str, int, int]]) -> None:
    """Keeps the wrong codes of chats: (chat, tries, second since 1970 until which they count)."""
    _many(
        tx,
        "INSERT INTO brake (chat, tries, until) VALUES (?, ?, ?) "
        "ON CONFLICT (chat) DO UPDATE SET tries = excluded.tries, until = excluded.until",
        rows,
    )


def replace_letters(tx: Connection, survey: str, kind: str, letters_: Sequence[Letter]) -> None:
    """Queues letters in place of those of a survey and kind that have not gone out yet."""
    tx.execute("DELETE FROM letter WHERE survey = ? AND kind = ?", (survey, kind))
    post(tx, letters_)


def addresses_without_respondent(tx: Connection, survey: str) -> list[Address]:
    """The addresses of those who wanted the result, after closing."""
    query = (
        "SELECT owner, survey, sealed, blocked, not_before FROM address "
        "WHERE survey = ? AND owner NOT IN (SELECT respondent FROM conversation)"
    )
    return [Address(row[0], row[1], row[2], bool(row[3]), row[4]) for row in tx.execute(query, (survey,))]


def drop_addresses(tx: Connection, owners: Sequence[str]) -> None:
    """Deletes addresses of those who wanted the result, and with them the letters to them, for good."""
    tombstones.bury(tx, Kind.WISH, owners)
    _many(tx, "DELETE FROM address WHERE owner = ?", [(o,) for o in owners])


def keep_farewell(tx: Connection, identifier: str, sealed: bytes, messages: Sequence[int], word: str) -> None:
    """Remembers a deletion until it is confirmed in its chat."""
    tx.execute(
        "INSERT INTO farewell (id, sealed, messages, word) VALUES (?, ?, ?, ?)",
        (identifier, sealed, json.dumps(list(messages)), word),
    )


def all_addresses(tx: Connection) -> list[Address]:
    """Every address there is."""
    cursor = tx.execute("SELECT owner, survey, sealed, blocked, not_before FROM address ORDER BY owner")
    return [Address(row[0], row[1], row[2], bool(row[3]), row[4]) for row in cursor]


Sealed = Iterable[tuple[str, bytes]]
"""Owner or id, and the sealed chat."""


def reseal(tx: Connection, addresses_: Sealed, wishes_: Sealed, farewells_: Sealed) -> None:
    """Seals chats anew. What was counted under a chat's former name is dropped."""
    _many(tx, "UPDATE address SET sealed = ? WHERE owner = ?", [(sealed, owner) for owner, sealed in addresses_])
    _many(tx, "UPDATE wish SET sealed = ? WHERE id = ?", [(sealed, name) for name, sealed in wishes_])
    _many(tx, "UPDATE farewell SET sealed = ? WHERE id = ?", [(sealed, name) for name, sealed in farewells_])
    tx.execute("DELETE FROM brake")


def farewells(tx: Connection) -> list[Farewell]:
    """The deletions still to be confirmed."""
    cursor = tx.execute("SELECT id, sealed, messages, word FROM farewell")
    return [Farewell(row[0], row[1], tuple(json.loads(row[2])), row[3]) for row in cursor]


def drop_farewells(tx: Connection, ids: Sequence[str]) -> None:
    """Forgets deletions that have been confirmed, for good."""
    tombstones.bury(tx, Kind.FAREWELL, ids)
    _many(tx, "DELETE FROM farewell WHERE id = ?", [(i,) for i in ids])


def _many(tx: Connection, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        tx.executemany(sql, rows)
